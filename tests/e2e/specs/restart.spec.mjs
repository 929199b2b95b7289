// The gateway is killed during a run and started again: the page says so, and begins anew.

import { expect, test } from '../support/fixtures.mjs';
import { waitFor } from '../support/workflow.mjs';

const RUN = {
  label: 'A run',
  phases: [
    { id: 'count', script: `for n in 1 2 3 4 5; do echo "item $n;"; done; ${waitFor('go')}` },
    { id: 'close', script: 'echo closing' },
  ],
};

/** A run under way, seen through a proxy; and how its gateway is started anew. */
async function runningRun({ activity, startGateway, startProxy, workflows }) {
  await workflows.write('run', RUN);
  const gateway = await startGateway();
  const proxy = await startProxy(gateway.port);
  await activity.openStart(proxy.url);
  const session = await activity.run('A run');
  await expect(activity.row('item 5;')).toBeVisible();
  return {
    gateway,
    proxy,
    session,
    /** Kills the gateway; nothing answers from then on. */
    async kill() {
      proxy.refuse(true);
      await gateway.kill();
      proxy.cut();
    },
    /** Starts another one at the same place, with a session of the same name. */
    async restart() {
      const next = await startGateway({ args: [], port: gateway.port });
      await next.createSession({ id: session, workflow: 'run' });
      proxy.refuse(false);
      return next;
    },
  };
}

test('while the gateway is gone the page says so and vouches for nothing', async ({
  activity,
  startGateway,
  startProxy,
  workflows,
}) => {
  const { kill } = await runningRun({ activity, startGateway, startProxy, workflows });
  await kill();
  await activity.hasConnection('waiting');
  await expect(activity.page.getByText('Reconnecting', { exact: true })).toBeVisible();
  await expect(activity.page.getByText(/Next attempt in \d+ s \(attempt \d+\)/)).toBeVisible();
  await expect(activity.page.getByText(/as of \d\d:\d\d:\d\d/)).toBeVisible();
  await expect(activity.reconnect).toBeVisible();
  await expect(activity.reconnect).toBeEnabled();

  // What runs stands still while nobody knows whether it runs.
  const phase = await activity.phase('count').textContent();
  const asOf = await activity.page.getByText(/as of/).textContent();
  const countdown = activity.page.getByText(/Next attempt in [3-9]|Next attempt in \d\d/);
  await expect(countdown).toBeVisible();
  expect(await activity.phase('count').textContent()).toBe(phase);
  expect((await activity.page.getByText(/as of/).textContent()).match(/as of \S+/)[0]).toBe(
    asOf.match(/as of \S+/)[0],
  );
  await activity.hasRun('running');
  await activity.hasPhases({ count: 'active', close: 'pending' });
  await expect(activity.page.getByRole('status')).not.toHaveText('Connection restored.');
});

test('a restarted gateway is a new history below the old one, shown to its end', async ({
  activity,
  startGateway,
  startProxy,
  workflows,
}) => {
  const run = await runningRun({ activity, startGateway, startProxy, workflows });
  const { epoch } = await run.gateway.session(run.session);
  const before = (await activity.collect()).filter(({ marker }) => !marker);
  await run.kill();
  await activity.hasConnection('waiting');
  await activity.hasEntries(before.length);

  const next = await run.restart();
  expect((await next.session(run.session)).epoch).not.toBe(epoch);
  await expect(activity.log.locator('[data-marker="epoch"]')).toBeVisible({ timeout: 40_000 });
  await activity.hasConnection('connected');
  await activity.hasPhases({ count: 'active', close: 'pending' });
  await expect(activity.row('item 5;')).toHaveCount(2);
  await activity.hasEntries(await next.entries(run.session));

  await workflows.open('go');
  await activity.hasRun('complete');
  await activity.hasPhases({ count: 'done', close: 'done' });
  await activity.hasConnection('ended');
  const entries = await next.entries(run.session);
  await activity.hasEntries(entries);

  const rows = await activity.collect();
  const markers = rows.flatMap(({ marker }, index) => (marker === 'epoch' ? [index] : []));
  expect(markers).toHaveLength(1);
  const plain = (list) =>
    list.filter(({ marker }) => !marker).map(({ seq, text }) => ({ seq, text }));
  expect(plain(rows.slice(0, markers[0]))).toEqual(plain(before));
  const after = plain(rows.slice(markers[0]));
  expect(after).toHaveLength(entries);
  const seqs = (await next.events(run.session)).filter(({ type }) => type !== 'plan');
  expect(after.map(({ seq }) => seq)).toEqual(seqs.map(({ seq }) => seq));
  expect((await activity.record()).liveMax).toBe(1);
});

test('“Reconnect now” connects at once, and the focus stays on it', async ({
  activity,
  startGateway,
  startProxy,
  workflows,
}) => {
  const run = await runningRun({ activity, startGateway, startProxy, workflows });
  await run.kill();
  // Long enough that an attempt which comes at once is none that would have come anyway.
  const longWait = activity.page.getByText(/Next attempt in ([4-9]|[1-3]\d) s/);
  await expect(longWait).toBeVisible({ timeout: 40_000 });
  await run.restart();
  const attempts = run.proxy.upgrades.length;
  await activity.reconnect.focus();
  await activity.page.keyboard.press('Enter');
  await expect.poll(() => run.proxy.upgrades.length, { timeout: 2_000 }).toBe(attempts + 1);
  await activity.hasConnection('connected', { timeout: 2_000 });
  await expect(activity.log.locator('[data-marker="epoch"]')).toBeVisible();
  await expect(activity.reconnect).toBeFocused();
  await expect(activity.reconnect).toBeVisible();
  await expect(activity.reconnect).toBeDisabled();
  await activity.page.keyboard.press('Tab');
  await expect(activity.reconnect).toBeHidden();
});
