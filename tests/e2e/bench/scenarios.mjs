// What happens while a page is measured.

const UNITS = { '': 1, k: 1_000, m: 1_000_000 };

/** What each kind of scenario does, and what its numbers mean. */
export const KINDS = {
  startup: 'startup            one event; from the navigation on',
  replay: 'replay:N           N events of the past, as fast as they are taken',
  batch: 'batch:N            the same, a hundred events to a frame',
  rate: 'rate:R             R events a second for ten seconds',
  reconnect: 'reconnect:N        N events at 5,000 a second, cut off ten times, 200 missed each time',
  search: 'search:N           a word is looked for in N entries',
};

/** All that are measured if none is asked for. */
export const DEFAULT = [
  'startup',
  'replay:10k',
  'replay:100k',
  'batch:100k',
  'rate:100',
  'rate:1k',
  'rate:10k',
  'reconnect:20k',
  'search:100k',
];

/** The scenario of this name; an error that names it if there is none. */
export function scenario(name) {
  const [kind, amount = ''] = name.split(':');
  const [, digits, unit] = /^(\d+)([km]?)$/.exec(amount) ?? [];
  const number = Number(digits) * UNITS[unit];
  const kinds = {
    startup: () => ({ events: 1, isOpen: true }),
    replay: () => ({ events: number }),
    batch: () => ({ events: number, perFrame: 100 }),
    rate: () => ({ events: number * 10, rate: number }),
    reconnect: () => ({ events: number, rate: 5_000, cuts: 10, missed: 200 }),
    search: () => ({ events: number, perFrame: 100, word: 'measurement' }),
  };
  const made = kinds[kind]?.();
  if (!(made?.events > 0)) {
    throw new Error(`there is no scenario ${name}; there are:\n  ${Object.values(KINDS).join('\n  ')}`);
  }
  return { name, kind, ...made };
}
