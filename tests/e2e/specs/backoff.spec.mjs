// The page behind Trunk's proxy, which opens a socket before it has reached the gateway.

import { expect, test as base } from '../support/fixtures.mjs';
import { Trunk } from '../support/trunk.mjs';
import { waitFor } from '../support/workflow.mjs';

/** A port that nothing listens on: it takes a privilege that no gateway has. */
const NOBODY = 1;
const MINUTE_MS = 60_000;
const ATTEMPTS_MAX = 15;

const test = base.extend({
  startTrunk: async ({}, use) => {
    const trunks = [];
    await use(async (port) => {
      const trunk = await Trunk.start(port);
      trunks.push(trunk);
      return trunk;
    });
    await Promise.all(trunks.map((trunk) => trunk.stop()));
  },
});

test('with the gateway down there are few attempts in a minute, and one socket at a time', async ({
  activity,
  startTrunk,
}) => {
  test.setTimeout(MINUTE_MS + 60_000);
  const trunk = await startTrunk(NOBODY);
  await activity.open(trunk.url, 'any');
  await activity.hasConnection('waiting');
  await expect(activity.reconnect).toBeVisible();
  await expect(activity.page.getByText(/Next attempt in \d+ s \(attempt \d+\)/)).toBeVisible();
  await expect(activity.root).toHaveAttribute('data-reason', 'proxy');
  await expect(activity.page.getByText(/The server behind the proxy seems to be down/)).toBeVisible();
  await activity.page.waitForFunction((end) => performance.now() > end, MINUTE_MS, {
    timeout: MINUTE_MS + 30_000,
    polling: 250,
  });

  const { sockets, liveMax, connections } = await activity.record();
  const first = sockets.filter(({ at }) => at <= MINUTE_MS);
  expect(first.length).toBeGreaterThan(2);
  expect(first.length).toBeLessThanOrEqual(ATTEMPTS_MAX);
  expect(liveMax).toBe(1);
  // Every attempt was let in and thrown out by the proxy; the last may still be under way.
  for (const socket of first.slice(0, -1)) {
    expect(socket).toMatchObject({ opened: true, state: 3, readies: 0, code: expect.any(Number) });
  }
  // None follows another without a wait.
  const attempts = connections.filter((state) => state !== 'greeting');
  expect(attempts.filter((state) => state === 'waiting').length).toBeGreaterThan(2);
  attempts.forEach((state, index) => {
    if (index > 0) expect(`${attempts[index - 1]}, ${state}`).toMatch(/waiting/);
  });
  expect(connections).not.toContain('connected');
});

test('with the gateway up a run goes from the start screen to its end', async ({
  activity,
  gateway,
  startTrunk,
  workflows,
}) => {
  const phases = [{ id: 'only', script: `echo through the proxy; ${waitFor('go')}` }];
  await workflows.write('run', { label: 'A run', phases });
  const trunk = await startTrunk(gateway.port);
  await activity.openStart(trunk.url);
  const session = await activity.run('A run');
  await expect(activity.row('through the proxy')).toBeVisible();
  await activity.hasConnection('connected');
  await workflows.open('go');
  await activity.hasRun('complete');
  await activity.hasConnection('ended');
  await activity.hasEntries(await gateway.entries(session));
  expect((await activity.record()).sockets).toHaveLength(1);
});
