// A server that speaks AG-UI. What reads it is in the part of the page that comes later.

import { once } from 'node:events';

import { WebSocketServer } from 'ws';

import { expect, test } from '../support/fixtures.mjs';

const RUN = [
  { type: 'RUN_STARTED', threadId: 't', runId: 'r' },
  { type: 'STEP_STARTED', stepName: 'plan' },
  { type: 'TEXT_MESSAGE_START', messageId: 'm', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'I need ' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'm', delta: 'a word.' },
  { type: 'TEXT_MESSAGE_END', messageId: 'm' },
  { type: 'SUBAGENT_STARTED', subagentRunId: 'a', name: 'writer' },
  { type: 'SUBAGENT_FINISHED', subagentRunId: 'a' },
];

const ASKS = {
  type: 'RUN_FINISHED',
  runId: 'r',
  outcome: { type: 'interrupt', interrupts: [{ id: 'i', reason: 'input', message: 'Which word?' }] },
};

test('a run is followed from its first event, and waits for whoever it asks', async ({
  activity,
  gateway,
}) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const heard = [];
  try {
    const connected = once(server, 'connection');
    const { port } = server.address();
    await activity.open(gateway.url, 's', { endpoint: `http://127.0.0.1:${port}/ws` });
    const [socket] = await connected;
    socket.on('message', (message) => heard.push(message));
    for (const event of RUN) socket.send(JSON.stringify(event));
    await activity.hasEntries(5);
    await activity.hasRun('running');

    socket.send(JSON.stringify(ASKS));
    await activity.hasRun('waiting');
    await activity.hasConnection('connected');
    const { page } = activity;
    await expect(page.getByRole('heading', { name: 'Waiting for input' })).toBeVisible();
    await expect(page.locator('.activity-outcome')).toContainText('Which word?');
    await activity.hasPhases({ '/plan': 'waiting', a: 'done' });

    for (const event of [
      { type: 'RUN_STARTED', threadId: 't', runId: 'r2' },
      { type: 'STEP_FINISHED', stepName: 'plan' },
      { type: 'RUN_FINISHED', runId: 'r2' },
    ]) {
      socket.send(JSON.stringify(event));
    }
    await activity.hasRun('complete');
    await activity.hasConnection('ended');
    const rows = await activity.collect();
    const entries = rows.filter(({ marker }) => !marker).map(({ text }) => text);
    expect(entries).toHaveLength(9);
    expect(entries.filter((text) => text.includes('I need a word.'))).toHaveLength(1);
    expect(heard, 'such a server is sent nothing').toEqual([]);
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});
