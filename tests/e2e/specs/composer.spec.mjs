// A person writes to the agents: what is written arrives, once, and the page says what became of it.

import { expect, test } from '../support/fixtures.mjs';

const LISTENER = `echo ready; while read -r line; do
  case "$line" in *stop*) exit 0;; esac
  echo "heard $line"
done`;

test('what is written reaches the agent, is shown to all, and is said to be delivered', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('listen', { label: 'Listen', phases: [{ id: 'ear', script: LISTENER }] });
  const session = await gateway.createSession({ workflow: 'listen' });
  await activity.open(gateway.url, session, { composer: '1' });
  await expect(activity.row('ready')).toBeVisible();

  await activity.write('Leave the <b>tests</b> alone');
  await activity.hasDelivery('acked');
  await expect(activity.row(/^.*Leave the <b>tests<\/b> alone/).first()).toBeVisible();
  await expect(activity.row('heard {"type":"message"')).toHaveCount(1);

  await activity.write('stop');
  await activity.hasRun('complete');
  await activity.hasPhases({ ear: 'done' });
  await expect(activity.message).toHaveAttribute('aria-disabled', 'true');
  const stored = (await gateway.events(session)).filter(({ type }) => type === 'message');
  expect(stored.map(({ content }) => content)).toEqual(['Leave the <b>tests</b> alone', 'stop']);
});

test('what is written while nobody is there is delivered when somebody is', async ({
  activity,
  startGateway,
  startProxy,
}) => {
  const gateway = await startGateway();
  const proxy = await startProxy(gateway.port);
  const session = await gateway.createSession();
  await activity.open(proxy.url, session, { composer: '1' });
  await activity.hasConnection('connected');
  // Its code comes after what is heard, through the same proxy.
  await expect(activity.message).toBeVisible();
  proxy.refuse(true);
  proxy.cut();
  await activity.hasConnection('waiting');
  for (const text of ['one', 'two', 'three']) {
    await activity.write(text);
    await activity.hasDelivery('queued');
  }
  proxy.refuse(false);
  await activity.hurry(500);
  await activity.hasDelivery('acked');
  const stored = (await gateway.events(session)).map(({ content }) => content);
  expect(stored).toEqual(['one', 'two', 'three']);
});
