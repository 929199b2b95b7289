// A hundred cuts while fifty thousand events come in and two hundred messages go out: nothing is
// lost, nothing comes twice, and of every message it is known what became of it.

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from '../support/fixtures.mjs';
import { seeded } from '../support/random.mjs';

const CUTS = 100;
const EVENTS = 50_000;
const MESSAGES = 200;
/** How many events are published at a time. */
const BATCH = 100;
/** The seed of the moments at which the connection is cut; set another one to look further. */
const SEED = Number(process.env.E2E_SEED ?? 20_251);

test(`${EVENTS} events and ${MESSAGES} messages through ${CUTS} cuts`, async ({
  activity,
  startGateway,
  startProxy,
}) => {
  test.setTimeout(600_000);
  // Few steps to the end of a long log.
  await activity.page.setViewportSize({ width: 1280, height: 3_000 });
  const random = seeded(SEED);
  const gateway = await startGateway({ args: ['--history', '100000'] });
  const proxy = await startProxy(gateway.port);
  const session = await gateway.createSession();
  await activity.open(proxy.url, session, { composer: '1' });
  await activity.hasConnection('connected');

  // All three go on side by side until the cuts are done, however slow the machine is.
  const storm = { cuts: 0, isOver: false };
  await Promise.all([
    cutAgainAndAgain(activity, proxy, random, storm),
    publish(gateway, session, storm),
    write(activity, random, storm),
  ]);
  const settled = async () => {
    const { acked, expired, refused } = JSON.parse(await activity.connectionRecord());
    return acked + expired + refused;
  };
  await expect.poll(settled, { timeout: 60_000 }).toBe(MESSAGES);
  await gateway.publish(session, [{ type: 'complete', message: 'done' }]);
  await activity.hasRun('complete', { timeout: 60_000 });

  const events = await gateway.events(session);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));

  // Out: each message is stored once, and the page knows it.
  const record = JSON.parse(await activity.connectionRecord());
  const stored = events.filter(({ type }) => type === 'message');
  expect(new Set(stored.map(({ id }) => id)).size).toBe(stored.length);
  expect(new Set(stored.map(({ content }) => content)).size).toBe(stored.length);
  expect(record.acked).toBe(stored.length);

  // In: each event is shown once, and in order.
  const published = events.filter(({ type }) => type === 'log');
  expect(published).toHaveLength(EVENTS);
  await activity.hasEntries(events.length, { timeout: 60_000 });
  const rows = await activity.collect();
  const entries = rows.filter(({ marker }) => !marker);
  expect(entries.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
  const items = entries.flatMap(({ text }) => text.match(/item (\d+);/)?.[1] ?? []);
  expect(items).toEqual(Array.from({ length: EVENTS }, (_, index) => String(index + 1)));
  const markers = new Set(rows.map(({ marker }) => marker).filter(Boolean));
  expect([...markers].filter((name) => !['live', 'reconnected', 'end'].includes(name))).toEqual([]);

  const { liveMax } = await activity.record();
  expect(liveMax).toBe(1);
  expect(proxy.liveMax).toBe(1);
  expect(proxy.upgrades.length).toBeGreaterThan(CUTS);
});

/** Cuts the connection at moments from within the replay to long after it. */
async function cutAgainAndAgain(activity, proxy, random, storm) {
  while (storm.cuts < CUTS) {
    const came = proxy.upgrades.length;
    await expect
      .poll(async () => {
        if (proxy.live === 1) return true;
        await activity.hurry(200);
        return proxy.live === 1 || proxy.upgrades.length > came;
      }, { timeout: 60_000, intervals: [20] })
      .toBe(true);
    await sleep(random(0, 700));
    proxy.cut(storm.cuts % 2 === 0);
    storm.cuts += 1;
  }
  storm.isOver = true;
}

/** Publishes all events, the last ones only after the last cut. */
async function publish(gateway, session, storm) {
  for (let first = 1; first <= EVENTS; first += BATCH) {
    const isLast = first + BATCH > EVENTS;
    while (isLast && !storm.isOver) await sleep(50);
    const numbers = Array.from({ length: BATCH }, (_, index) => first + index);
    const lines = numbers.map((number) => ({ type: 'log', message: `item ${number};` }));
    await gateway.publish(session, lines);
    await sleep(100);
  }
}

/** Writes all messages, the last ones only after the last cut. */
async function write(activity, random, storm) {
  for (let number = 1; number <= MESSAGES; number += 1) {
    while (number > MESSAGES - 5 && !storm.isOver) await sleep(50);
    await activity.message.fill(`message ${number}`);
    // Not by the mouse, which the other hand needs.
    await activity.send.dispatchEvent('click');
    await expect(activity.message).toHaveValue('');
    await sleep(random(0, 300));
  }
}
