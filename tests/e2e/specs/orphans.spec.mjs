// However a run ends, nothing of its agents is left.

import { expect, test } from '../support/fixtures.mjs';
import { membersOf } from '../support/process.mjs';
import { waitFor } from '../support/workflow.mjs';

/** An agent with a child that would outlive it, and one that takes no hint. */
const STUBBORN = {
  label: 'A stubborn run',
  phases: [
    {
      id: 'work',
      script: `sleep 300 & (trap '' TERM; while :; do sleep 300; done) & ${waitFor('go')}`,
    },
  ],
};

/** The shell, its two children and, below the second, another sleep. */
const PROCESSES = 4;

async function stubbornRun({ startGateway, workflows }, change = {}) {
  const phases = STUBBORN.phases.map((phase) => ({ ...phase, ...change }));
  await workflows.write('stubborn', { ...STUBBORN, phases });
  const gateway = await startGateway({ args: ['--grace', '1'] });
  const session = await gateway.createSession({ workflow: 'stubborn' });
  const members = () => membersOf(gateway.agentGroups());
  await expect.poll(() => members().length).toBeGreaterThanOrEqual(PROCESSES);
  return { gateway, session, groups: gateway.agentGroups() };
}

const ended = async (gateway, session) => {
  await expect.poll(async () => (await gateway.session(session)).state).not.toBe('running');
  return (await gateway.session(session)).state;
};

test('when a run ends, its agents’ process groups are gone', async ({
  startGateway,
  workflows,
}) => {
  const { gateway, session, groups } = await stubbornRun({ startGateway, workflows });
  await workflows.open('go');
  expect(await ended(gateway, session)).toBe('complete');
  await expect.poll(() => membersOf(groups)).toEqual([]);
});

test('when a run is cancelled, its agents’ process groups are gone', async ({
  startGateway,
  workflows,
}) => {
  const { gateway, session, groups } = await stubbornRun({ startGateway, workflows });
  await gateway.cancelSession(session);
  expect(await ended(gateway, session)).toBe('cancelled');
  await expect.poll(() => membersOf(groups)).toEqual([]);
});

test('when a phase takes too long, its agents’ process groups are gone', async ({
  startGateway,
  workflows,
}) => {
  const limit = { timeout_s: 3 };
  const { gateway, session, groups } = await stubbornRun({ startGateway, workflows }, limit);
  expect(await ended(gateway, session)).toBe('error');
  await expect.poll(() => membersOf(groups)).toEqual([]);
});

test('when the gateway is told to stop, it goes last', async ({
  activity,
  startGateway,
  workflows,
}) => {
  const { gateway, session, groups } = await stubbornRun({ startGateway, workflows });
  await activity.open(gateway.url, session);
  await activity.hasRun('running');
  expect(await gateway.terminate()).toEqual({ code: 0, signal: null });
  expect(membersOf(groups)).toEqual([]);
  await activity.hasRun('cancelled');
});
