// One page in one scenario, in a browser of its own.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { Browser } from './browser.mjs';
import { Stream } from './events.mjs';
import { now, Server } from './server.mjs';

const PROBE = await readFile(new URL('probe.js', import.meta.url), 'utf8');

/** How long a page is left alone once it has connected, so that its start is not measured. */
const SETTLE_MS = 400;
/** Reports of long tasks come late. */
const REPORT_MS = 300;
const TIMEOUT_MS = 180_000;

/**
 * What the page of this folder did in a scenario. Times are in milliseconds, sizes in bytes.
 *
 * @param {{ folder: string, query?: string }} page `query`: what its address has beside the session
 */
export async function measure(page, scenario) {
  const marker = `marker-${randomBytes(4).toString('hex')}`;
  const { events, perFrame, isOpen, rate, cuts, missed } = scenario;
  const stream = new Stream(events, { perFrame, isOpen, marker });
  const browser = await Browser.launch();
  let server;
  try {
    await browser.page('Page.enable');
    await browser.page('Performance.enable', { timeDomain: 'threadTicks' });
    const source = PROBE.replace('__MARKER__', marker);
    await browser.page('Page.addScriptToEvaluateOnNewDocument', { source });
    let before;
    const note = async () => (before = await sample(browser));
    const isStartup = scenario.kind === 'startup';
    const begin = async () => {
      if (isStartup) return;
      await sleep(SETTLE_MS);
      await note();
    };
    server = await Server.start({ folder: page.folder, stream, rate, cuts, missed, begin });
    // What Chromium does when it starts is over by then.
    await sleep(500);
    await note();
    const navigatedAt = now();
    const loaded = browser.event('Page.loadEventFired');
    await browser.page('Page.navigate', { url: server.url + (page.query ?? '') });
    await loaded;
    const doneAt = await limited(browser.evaluate('bench.done'));
    const after = await sample(browser);
    await sleep(REPORT_MS);
    const offset = await clockOffset(browser);
    const from = isStartup ? navigatedAt : server.firstSentAt;
    const { gaps, tasks, errors, wasmBytes, entries } = await browser.evaluate(
      `bench.between(${from - offset}, ${doneAt})`,
    );
    const wallMs = doneAt + offset - from;
    const seconds = (name) => (after.metrics[name] - before.metrics[name]) * 1_000;
    const result = {
      timeMs: wallMs,
      lagMs: rate && !cuts ? doneAt + offset - server.lastDueAt : null,
      cpuMs: isStartup ? null : seconds('TaskDuration'),
      load: rate ? seconds('TaskDuration') / wallMs : null,
      scriptMs: isStartup ? null : seconds('ScriptDuration'),
      styleMs: isStartup ? null : seconds('RecalcStyleDuration'),
      layoutMs: isStartup ? null : seconds('LayoutDuration'),
      gapMs: quantile(gaps, 0.99),
      taskMs: Math.max(0, ...tasks),
      memoryBytes: (await heapBytes(browser)) + wasmBytes,
      entries,
      expected: events,
      connections: server.connections,
      errors,
      foreign: foreignShare(before, after),
    };
    if (scenario.word) result.search = await search(browser, scenario.word);
    return result;
  } finally {
    await browser.close();
    await server?.stop();
  }
}

/** What a search for a word takes, where the page has one. */
async function search(browser, word) {
  const before = await browser.metrics();
  const [from, to] = await browser.evaluate(`(async () => {
    const from = performance.now();
    if (globalThis.search) {
      globalThis.search('${word}');
      return [from, performance.now()];
    }
    const box = document.querySelector('input[type="search"]');
    if (!box) return [from, from];
    box.value = '${word}';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    const tools = document.querySelector('[role="search"]');
    while (!/\\d found/.test(tools.textContent)) await new Promise(requestAnimationFrame);
    return [from, performance.now()];
  })()`);
  await sleep(REPORT_MS);
  const after = await browser.metrics();
  const { tasks } = await browser.evaluate(`bench.between(${from}, ${to})`);
  return {
    timeMs: to - from,
    cpuMs: (after.TaskDuration - before.TaskDuration) * 1_000,
    taskMs: Math.max(0, ...tasks),
  };
}

async function sample(browser) {
  const { user, system } = process.cpuUsage();
  const times = os.cpus().map(({ times }) => times);
  return {
    at: now(),
    metrics: await browser.metrics(),
    ownMs: (await browser.cpuMs()) + (user + system) / 1_000,
    busyMs: times.reduce((sum, it) => sum + it.user + it.nice + it.sys + it.irq, 0),
  };
}

/** How much of the machine other programs used, from 0 to 1. */
function foreignShare(before, after) {
  const foreignMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return Math.max(0, foreignMs / ((after.at - before.at) * os.cpus().length));
}

/** What to add to a time of the page for the time here: from the quickest of some questions. */
async function clockOffset(browser) {
  const answers = [];
  for (let question = 0; question < 5; question += 1) {
    const asked = now();
    const answer = await browser.evaluate('performance.now()');
    const took = now() - asked;
    answers.push({ took, offset: asked + took / 2 - answer });
  }
  return answers.sort((a, b) => a.took - b.took)[0].offset;
}

async function heapBytes(browser) {
  for (let pass = 0; pass < 2; pass += 1) await browser.page('HeapProfiler.collectGarbage');
  return (await browser.metrics()).JSHeapUsedSize;
}

/** The value below which this share of the values is. */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}

async function limited(promise) {
  const timer = new AbortController();
  const late = sleep(TIMEOUT_MS, null, { signal: timer.signal }).then(() => {
    throw new Error(`the last event is not shown after ${TIMEOUT_MS / 1_000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
