// A run from the start screen to its end, and what goes wrong on the way.

import { join } from 'node:path';

import { ROOT } from '../support/environment.mjs';
import { expect, test } from '../support/fixtures.mjs';
import { membersOf } from '../support/process.mjs';
import { waitFor } from '../support/workflow.mjs';

/** Two phases, each of which goes on until its gate is opened. */
const GATED = {
  label: 'A gated run',
  phases: [
    {
      id: 'first',
      label: 'First',
      script: `echo "six times seven is $((6 * 7))"; ${waitFor('first')}`,
    },
    {
      id: 'second',
      label: 'Second',
      script: `echo "to stderr" >&2; ${waitFor('second')}; echo '{"type":"result","answer":42}'`,
    },
  ],
};

test('the project’s own workflows are offered on the start screen', async ({
  activity,
  startGateway,
}) => {
  const gateway = await startGateway({ workflows: join(ROOT, 'workflows') });
  await activity.openStart(gateway.url);
  for (const label of ['Inspect this project', 'A run that fails', 'A very chatty command']) {
    await expect(activity.page.getByRole('radio', { name: label })).toBeEnabled();
  }
  await expect(activity.root).toHaveAttribute('data-run', 'none');
});

test('a workflow that is picked and started goes through its phases to its end', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('another', { label: 'Another', phases: [{ id: 'x', script: 'true' }] });
  await workflows.write('gated', GATED);
  await activity.openStart(gateway.url);
  const session = await activity.run('A gated run');

  await activity.hasRun('running');
  await activity.hasConnection('connected');
  await activity.hasPhases({ first: 'active', second: 'pending' });
  await expect(activity.phase('first')).toHaveAttribute('aria-current', 'step');
  await expect(activity.phase('first')).toContainText('In progress');
  await expect(activity.row('six times seven is 42')).toBeVisible();

  await workflows.open('first');
  await activity.hasPhases({ first: 'done', second: 'active' });
  await expect(activity.phase('second')).toHaveAttribute('aria-current', 'step');
  await expect(activity.row('to stderr')).toContainText('stderr');

  await workflows.open('second');
  await activity.hasRun('complete');
  await activity.hasPhases({ first: 'done', second: 'done' });
  await activity.hasConnection('ended');
  await expect(activity.page.getByRole('heading', { name: 'Workflow complete' })).toBeVisible();
  await expect(activity.page.getByText(/^Duration \d+ (ms|s|min)\b/)).toBeVisible();
  await expect(activity.page.getByRole('region', { name: 'Result' })).toContainText(/"answer": 42/);
  await activity.hasEntries(await gateway.entries(session));
  await expect(activity.root).not.toHaveAttribute('data-reason');
});

test('every event of a run is one row, in order, and the end is marked', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('gated', GATED);
  await Promise.all(['first', 'second'].map((gate) => workflows.open(gate)));
  const session = await gateway.createSession({ workflow: 'gated' });
  await activity.open(gateway.url, session);
  await activity.hasConnection('ended');
  const rows = await activity.collect();
  const seqs = (await gateway.events(session)).filter(({ type }) => type !== 'plan');
  expect(rows.filter(({ marker }) => !marker).map(({ seq }) => seq)).toEqual(
    seqs.map(({ seq }) => seq),
  );
  expect(rows.at(-1)).toMatchObject({ marker: 'end', text: 'Workflow complete' });
});

test('a phase that fails ends the run, and the page says why', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('failing', {
    label: 'A failing run',
    phases: [
      { id: 'good', script: 'echo all is well' },
      { id: 'bad', label: 'Bad', script: 'echo "the disk is made of cheese" >&2; exit 3' },
      { id: 'later', script: 'true' },
      { id: 'last', script: 'true' },
    ],
  });
  await activity.openStart(gateway.url);
  await activity.run('A failing run');
  await activity.hasRun('error');
  await activity.hasPhases({
    good: 'done',
    bad: 'error',
    later: 'not-reached',
    last: 'not-reached',
  });
  await expect(activity.phase('later')).toContainText('Not reached');
  await expect(activity.page.getByRole('heading', { name: 'Workflow failed' })).toBeVisible();
  await expect(activity.page.getByText('Bad failed: exit status 3').first()).toBeVisible();
  await expect(activity.row('the disk is made of cheese')).toBeVisible();
});

test('a command that does not exist is named', async ({ activity, gateway, workflows }) => {
  await workflows.write('missing', {
    label: 'A missing command',
    phases: [{ id: 'only', label: 'Only', command: ['no-such-command-here', 'argument'] }],
  });
  await activity.openStart(gateway.url);
  await activity.run('A missing command');
  await activity.hasRun('error');
  await activity.hasPhases({ only: 'error' });
  await expect(activity.row('command not found: no-such-command-here').first()).toBeVisible();
  await expect(
    activity.page.getByText('Only failed: command not found: no-such-command-here').first(),
  ).toBeVisible();
});

test('a malformed workflow file is shown with its line and what was expected', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.file('broken.toml', '[[phase]]\nid = "a"\n\ncommand = "not a list"\n');
  await workflows.write('good', { label: 'A good one', phases: [{ id: 'x', script: 'true' }] });
  await activity.openStart(gateway.url);
  const words = activity.page.getByText(/broken\.toml, line 4: .*expected a sequence/);
  await expect(words).toBeVisible();
  await expect(activity.page.getByRole('radio')).toHaveCount(1);
  await activity.run('A good one');
  await activity.hasRun('complete');
});

test('a port in use is named, with what to do', async ({ gateway, startGateway }) => {
  const second = startGateway({ port: gateway.port });
  await expect(second).rejects.toThrow(
    `port ${gateway.port} of 127.0.0.1 is in use; choose another`,
  );
});

test('a session that the gateway does not know fails in words', async ({ activity, gateway }) => {
  await activity.open(gateway.url, 'nope');
  await activity.hasConnection('failed');
  await expect(activity.root).toHaveAttribute('data-reason', 'not-found');
  await expect(activity.page.getByRole('heading', { name: 'Session not found' })).toBeVisible();
  await expect(
    activity.page.getByText('The server knows no session with the id “nope”.'),
  ).toBeVisible();
  await expect(activity.reconnect).toBeVisible();
  expect((await activity.record()).sockets).toHaveLength(1);
});

test('an endpoint on another host is refused without an attempt', async ({ activity, gateway }) => {
  const requests = [];
  activity.page.on('request', (request) => requests.push(request.url()));
  await activity.open(gateway.url, 'any', { endpoint: 'https://example.com/ws' });
  await activity.hasConnection('failed');
  await expect(activity.root).toHaveAttribute('data-reason', 'bad-endpoint');
  await expect(activity.page.getByText(/own host or this machine, not example\.com/)).toBeVisible();
  expect((await activity.record()).sockets).toEqual([]);
  expect(requests.filter((url) => url.includes('//example.com'))).toEqual([]);
});

test('a frame that is not JSON is shown, and the run goes on', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('gated', GATED);
  const session = await gateway.createSession({ workflow: 'gated' });
  let socket;
  await activity.page.routeWebSocket(/\/ws\//, (route) => {
    route.connectToServer();
    socket = route;
  });
  await activity.open(gateway.url, session);
  await expect(activity.row('six times seven is 42')).toBeVisible();
  socket.send('this is { no JSON');
  await expect(activity.row('this is { no JSON')).toBeVisible();
  await workflows.open('first');
  await workflows.open('second');
  await activity.hasRun('complete');
  await activity.hasEntries((await gateway.entries(session)) + 1);
});

test('“Cancel run” asks, and then cancels', async ({ activity, gateway, workflows }) => {
  await workflows.write('gated', GATED);
  await activity.openStart(gateway.url);
  const session = await activity.run('A gated run');
  await activity.hasPhases({ first: 'active' });
  const groups = gateway.agentGroups();
  expect(membersOf(groups)).not.toEqual([]);

  const questions = [];
  const answer = (accept) =>
    activity.page.once('dialog', async (dialog) => {
      questions.push(dialog.type());
      await (accept ? dialog.accept() : dialog.dismiss());
    });
  answer(false);
  await activity.cancel.click();
  expect((await gateway.session(session)).state).toBe('running');
  answer(true);
  await activity.cancel.click();
  await activity.hasRun('cancelled');
  await activity.hasPhases({ first: 'cancelled', second: 'not-reached' });
  await expect(activity.page.getByRole('heading', { name: 'Cancelled' })).toBeVisible();
  await expect(activity.cancel).toBeHidden();
  expect(questions).toEqual(['confirm', 'confirm']);
  await expect.poll(() => membersOf(groups)).toEqual([]);
});

test('a page that joins late sees what was, a mark, and what comes', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('gated', GATED);
  const session = await gateway.createSession({ workflow: 'gated' });
  await workflows.open('first');
  await expect.poll(async () => (await gateway.events(session)).length).toBeGreaterThanOrEqual(6);
  const before = await gateway.entries(session);

  await activity.open(gateway.url, session);
  await activity.hasEntries(before);
  const marker = activity.log.locator('[data-marker="live"]');
  await expect(marker).toHaveAttribute('data-count', String(before));
  await workflows.open('second');
  await activity.hasRun('complete');
  const rows = await activity.collect();
  expect(rows.findIndex((row) => row.marker === 'live')).toBe(before);
  expect(rows.filter((row) => !row.marker)).toHaveLength(await gateway.entries(session));
});
