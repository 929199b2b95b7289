// Servers of the older kind, played back from what a real one sent: what is shown in the end is
// what happened, each thing once.

import { expect, test } from '../support/fixtures.mjs';
import { Capture, OlderServer } from '../support/older-server.mjs';
import { ActivityPage } from '../support/page.mjs';

/** How each recorded session ended, as far as it was recorded. */
const RUNS = {
  'clean-run': { run: 'complete', connection: 'ended' },
  'failed-run': { run: 'error', connection: 'ended' },
  'late-joiner': { run: 'complete', connection: 'ended' },
  'drop-and-reconnect': { run: 'running', connection: 'connected' },
};

for (const [name, end] of Object.entries(RUNS)) {
  for (const hasList of [true, false]) {
    const list = hasList ? 'with its list of events' : 'without a list of events';
    test(`${name}, ${list}, is shown as it happened`, async ({ activity, gateway }) => {
      const capture = await Capture.read(name);
      const { truth } = capture;
      const server = await OlderServer.start(capture, hasList ? { list: truth } : {});
      try {
        await activity.open(gateway.url, 'a-session', { endpoint: server.endpoint });
        const first = capture.connections[0];
        if (capture.connections.length > 1) {
          const seen = first.frames.filter((frame) => JSON.parse(frame).timestamp);
          await activity.hasEntries(seen.length);
          server.cut();
        }
        await activity.hasEntries(truth.length);
        await activity.hasRun(end.run);
        await activity.hasConnection(end.connection);

        const rows = await activity.collect();
        const entries = rows.filter(({ marker }) => !marker).map(({ text }) => text);
        expect(entries).toHaveLength(truth.length);
        for (const [index, { action, message }] of truth.entries()) {
          expect(entries[index]).toContain(action ? `${action}: ${message}` : message);
        }
        await activity.hasPhases(phases(truth));
        expect(server.connections).toBe(capture.connections.length);
        expect(server.messages, 'such a server is sent nothing').toBe(0);
      } finally {
        await server.stop();
      }
    });
  }
}

test('what only the list of events knows is shown in its place', async ({ activity, gateway }) => {
  const recorded = await Capture.read('drop-and-reconnect');
  const { truth } = recorded;
  // The last thing that came over the first connection, and what the second one would have begun
  // with, as if the server had handed it to the connection that was lost.
  const swallowed = JSON.stringify(truth.at(-2));
  for (const connection of recorded.connections) {
    connection.frames = connection.frames.filter(
      (frame) => JSON.stringify(JSON.parse(frame)) !== swallowed,
    );
  }
  const server = await OlderServer.start(recorded, { list: truth });
  try {
    await activity.open(gateway.url, 'a-session', { endpoint: server.endpoint });
    await activity.hasConnection('connected');
    server.cut();
    await activity.hasEntries(truth.length);
    const rows = await activity.collect();
    const entries = rows.filter(({ marker }) => !marker).map(({ text }) => text);
    expect(entries).toHaveLength(truth.length);
    for (const [index, { message }] of truth.entries()) {
      expect(entries[index]).toContain(message);
    }
    expect(server.asked.some((url) => url.includes('/api/strategy/events/'))).toBe(true);
  } finally {
    await server.stop();
  }
});

test('two tabs share the one socket that such a server bears, and hand it on', async ({
  activity,
  gateway,
}) => {
  const capture = await Capture.read('drop-and-reconnect');
  const { truth } = capture;
  const server = await OlderServer.start(capture, { list: truth });
  try {
    const other = await ActivityPage.of(await activity.page.context().newPage());
    const first = capture.connections[0].frames.filter((frame) => JSON.parse(frame).timestamp);
    await activity.open(gateway.url, 'a-session', { endpoint: server.endpoint });
    await activity.hasEntries(first.length);
    await other.open(gateway.url, 'a-session', { endpoint: server.endpoint });
    await other.hasConnection('connected');
    await other.hasEntries(first.length);
    expect(server.connections, 'the second tab hears it from the first').toBe(1);

    await activity.page.close();
    await other.hasEntries(truth.length);
    await other.hasConnection('connected');
    const rows = (await other.collect()).filter(({ marker }) => !marker);
    expect(rows).toHaveLength(truth.length);
    for (const [index, { message }] of truth.entries()) {
      expect(rows[index].text).toContain(message);
    }
    expect(server.connections).toBe(2);
    expect(server.messages, 'such a server is sent nothing').toBe(0);
  } finally {
    await server.stop();
  }
});

/** What the phases of these events must be in the end: one for each agent that started or ended. */
function phases(events) {
  const states = {};
  for (const { type, agent } of events) {
    if (type === 'agent_start') states[agent] = 'active';
    if (type === 'agent_complete') states[agent] = 'done';
    if (type === 'complete') {
      for (const [id, state] of Object.entries(states)) {
        if (state === 'active') states[id] = 'done';
      }
    }
    if (type === 'error') {
      for (const [id, state] of Object.entries(states)) {
        if (id === agent) states[id] = 'error';
        else if (state === 'active') states[id] = 'cancelled';
      }
    }
  }
  return states;
}
