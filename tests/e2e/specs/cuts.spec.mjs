// The connection is cut again and again while a run goes on: nothing is lost, nothing comes twice.

import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from '../support/fixtures.mjs';
import { seeded } from '../support/random.mjs';
import { waitFor } from '../support/workflow.mjs';

const CUTS = 10;
const LINES = 2_000;
/** The last lines come only after the last cut, however slow the machine is. */
const HELD_BACK = 100;
/** The seed of the moments at which the connection is cut; set another one to look further. */
const SEED = Number(process.env.E2E_SEED ?? 20_251);

/** Ten lines at a time, a hundred a second at the most. */
const EMITTER = `
n=0
until [ "$n" -ge ${LINES} ]; do
  [ "$n" -ne ${LINES - HELD_BACK} ] || { ${waitFor('end')}; }
  for _ in 1 2 3 4 5 6 7 8 9 10; do n=$((n + 1)); echo "item $n;"; done
  sleep 0.1
done
`;

test(`${LINES} lines through ${CUTS} cuts are each shown once and in order`, async ({
  activity,
  startGateway,
  startProxy,
  workflows,
}) => {
  test.setTimeout(120_000);
  const random = seeded(SEED);
  await workflows.write('lines', { label: 'Lines', phases: [{ id: 'emit', script: EMITTER }] });
  const gateway = await startGateway({ args: ['--history', '5000'] });
  const proxy = await startProxy(gateway.port);
  await activity.openStart(proxy.url);
  const session = await activity.run('Lines');

  await expect(activity.row(/item \d+;/).first()).toBeVisible();

  const places = [];
  for (let cut = 1; cut <= CUTS; cut += 1) {
    await connected(activity, proxy, cut);
    // From within the replay to long after it.
    await sleep(random(0, 1_500));
    places.push((await gateway.session(session)).newest);
    proxy.cut(cut % 2 === 0);
  }
  expect((await gateway.session(session)).state).toBe('running');
  // The machine would have to be very slow for the lines to be at their end by then.
  expect(new Set(places).size, `cut at ${places}`).toBeGreaterThan(CUTS / 2);

  await connected(activity, proxy, CUTS + 1);
  await workflows.open('end');
  await activity.hasRun('complete', { timeout: 40_000 });
  await activity.hasConnection('ended');

  // The numbers: the page's, the server's, and what was written.
  const events = await gateway.events(session);
  const status = await gateway.session(session);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(status.newest).toBe(events.length);
  await activity.hasEntries(status.newest - 1);

  // Every event once, in order.
  const rows = await activity.collect();
  const entries = rows.filter(({ marker }) => !marker);
  const expected = events.filter(({ type }) => type !== 'plan');
  expect(entries.map(({ seq }) => seq)).toEqual(expected.map(({ seq }) => seq));
  const items = entries.flatMap(({ text }) => text.match(/item (\d+);/)?.[1] ?? []);
  expect(items).toEqual(Array.from({ length: LINES }, (_, index) => String(index + 1)));

  // One mark for each connection that came back and caught up, and none for anything else.
  const { sockets, liveMax } = await activity.record();
  const again = sockets.slice(1).filter(({ readies }) => readies > 0);
  const markers = rows.map(({ marker }) => marker).filter(Boolean);
  expect(markers.filter((marker) => marker === 'reconnected')).toHaveLength(again.length);
  expect(markers.filter((marker) => !['live', 'reconnected', 'end'].includes(marker))).toEqual([]);

  // One socket at a time, and each resumed where the one before it was cut.
  expect(liveMax).toBe(1);
  expect(proxy.liveMax).toBe(1);
  expect(proxy.upgrades.length).toBeGreaterThan(CUTS);
  expect(proxy.upgrades[0]).not.toContain('?');
  const cursors = proxy.upgrades.slice(1).map((url) => new URL(url, proxy.url).searchParams);
  expect(new Set(cursors.map((cursor) => cursor.get('epoch')))).toEqual(new Set([status.epoch]));
  const after = cursors.map((cursor) => Number(cursor.get('after')));
  expect(after).toEqual(after.toSorted((a, b) => a - b));
});

/** Waits for the page's `count`th connection, without patience. */
async function connected(activity, proxy, count) {
  const hasCome = () => proxy.upgrades.length >= count && proxy.live === 1;
  await expect(async () => {
    const soon = expect.poll(hasCome, { timeout: 1_000, intervals: [20] }).toBe(true);
    await soon.catch(async (error) => {
      await activity.hurry(500);
      throw error;
    });
  }).toPass({ timeout: 30_000, intervals: [0] });
}
