// The events that pages are measured with: the same in every run, and made before it.

import { Sender } from 'ws';

import { seeded } from '../support/random.mjs';

const SEED = 20_261;
const PHASES = ['plan', 'research', 'draft', 'review', 'publish'];
const AGENTS = ['planner', 'researcher', 'writer', 'reviewer', 'publisher'];
const WORDS = (
  'reads the changes since the last release and writes down what people will see of them first ' +
  'then asks for a measurement where a sentence claims one checks every link runs the tests again'
).split(' ');

/** Event `number` of `count`, counted from one. The phases follow one another; the last ends all. */
function event(number, count, random) {
  const phase = Math.min(PHASES.length - 1, Math.floor(((number - 1) / count) * PHASES.length));
  const isFirst = number === 1 || Math.floor(((number - 2) / count) * PHASES.length) < phase;
  const words = Array.from({ length: Math.floor(random(6, 18)) }, () =>
    WORDS[Math.floor(random(0, WORDS.length))]);
  return {
    type: number === count ? 'complete' : isFirst ? 'agent_start' : 'agent_progress',
    seq: number,
    epoch: 'bench',
    timestamp: new Date(Date.UTC(2026, 0, 1) + number * 7).toISOString(),
    phase: PHASES[phase],
    agent: AGENTS[phase],
    message: `step ${number}: ${words.join(' ')}`,
  };
}

/** One text frame, as a server sends it. */
export function frame(text) {
  const options = { fin: true, opcode: 1, mask: false, readOnly: true, rsv1: false };
  return Buffer.concat(Sender.frame(Buffer.from(text), options));
}

/** Events as frames, which can be sent from any of them on. */
export class Stream {
  #frames = [];
  #perFrame;

  /**
   * @param {number} count how many events
   * @param {{ perFrame?: number, marker: string, isOpen?: boolean }} options `perFrame`: more than
   *   one are JSON arrays; `marker`: what the message of the last event begins with; `isOpen`: the
   *   last event does not end the run
   */
  constructor(count, { perFrame = 1, marker, isOpen = false }) {
    this.count = count;
    this.#perFrame = perFrame;
    const random = seeded(SEED);
    let batch = [];
    for (let number = 1; number <= count; number += 1) {
      const next = event(number, count, random);
      if (number === count) {
        next.message = `${marker} ${next.message}`;
        if (isOpen) next.type = 'agent_progress';
      }
      batch.push(next);
      if (batch.length === perFrame || number === count) {
        this.#frames.push(frame(JSON.stringify(perFrame === 1 ? batch[0] : batch)));
        batch = [];
      }
    }
  }

  /** The frames of the events after `after` up to `last`, which are whole frames. */
  slice(after, last) {
    return this.#frames.slice(
      Math.floor(after / this.#perFrame),
      Math.ceil(last / this.#perFrame),
    );
  }
}
