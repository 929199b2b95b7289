// Two pages follow one session.

import { expect, test } from '../support/fixtures.mjs';
import { ActivityPage } from '../support/page.mjs';
import { waitFor } from '../support/workflow.mjs';

test('two pages on one session see the same rows and the same end', async ({
  activity,
  browser,
  gateway,
  workflows,
}) => {
  await workflows.write('shared', {
    label: 'A shared run',
    phases: [
      { id: 'first', script: `for n in 1 2 3; do echo "item $n;"; done; ${waitFor('first')}` },
      { id: 'second', script: `echo "item 4;"; ${waitFor('second')}; echo "item 5;"` },
    ],
  });
  const session = await gateway.createSession({ workflow: 'shared' });
  const context = await browser.newContext();
  const other = await ActivityPage.of(await context.newPage());
  // One from the beginning, the other in the middle.
  await activity.open(gateway.url, session);
  await expect(activity.row('item 3;')).toBeVisible();
  await workflows.open('first');
  await activity.hasPhases({ first: 'done', second: 'active' });
  await other.open(gateway.url, session);
  await other.hasPhases({ first: 'done', second: 'active' });
  for (const page of [activity, other]) await expect(page.row('item 4;')).toBeVisible();

  await workflows.open('second');
  const seen = [];
  for (const page of [activity, other]) {
    await page.hasRun('complete');
    await page.hasConnection('ended');
    await page.hasPhases({ first: 'done', second: 'done' });
    await page.hasEntries(await gateway.entries(session));
    // Only where each joined is its own.
    const rows = (await page.collect()).filter(({ marker }) => marker !== 'live');
    seen.push(rows.map(({ seq, marker, text }) => ({ seq, marker, text })));
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0].flatMap(({ text }) => text.match(/item (\d);/)?.[1] ?? [])).toEqual([...'12345']);
  expect(seen[0].at(-1)).toMatchObject({ marker: 'end' });
  await context.close();
});
