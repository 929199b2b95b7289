// What assistive technology is told: the tree of roles, names and words in the main states, as
// recorded in `tree.spec.mjs-snapshots/`. A change of the page that changes what is told shows there.

import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';

/** The tools have come, which the page shows itself without. */
const hasTools = ({ page }) =>
  expect(page.getByRole('searchbox', { name: 'Search activity' })).toBeVisible();

for (const scene of ['start', 'running', 'reconnecting', 'failed', 'complete']) {
  test(`the tree is as it was recorded: ${scene}`, async ({ stage }) => {
    const { activity } = stage;
    await SCENES[scene](stage);
    if (scene !== 'start') await hasTools(activity);
    const main = activity.page.getByRole('main');
    await expect(main).toMatchAriaSnapshot({ name: `${scene}.aria.yml` });
  });
}

test('the tree is as it was recorded: a search, and a row that is open', async ({ stage }) => {
  const { activity } = stage;
  await SCENES.complete(stage);
  await hasTools(activity);
  await activity.page.getByRole('searchbox', { name: 'Search activity' }).fill('outline');
  await activity.page.getByRole('button', { name: 'Next match' }).click();
  await expect(activity.page.getByRole('search')).toMatchAriaSnapshot({ name: 'search.aria.yml' });
  const row = activity.row('Outline');
  await row.getByRole('button', { name: 'Details' }).click();
  await expect(row).toMatchAriaSnapshot({ name: 'open-row.aria.yml' });
});

// Acceptance check 21.
test('the log tells nothing by itself, and the regions that do are empty', async ({ stage }) => {
  const { activity } = stage;
  await SCENES.running(stage);
  const session = await activity.page.context().newCDPSession(activity.page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const of = (role) =>
    nodes
      .filter((node) => !node.ignored && node.role?.value === role)
      .map(({ name, properties, childIds }) => ({
        name: name?.value ?? '',
        live: properties.find((property) => property.name === 'live')?.value.value ?? 'off',
        children: childIds.length,
      }));
  expect(of('log')).toEqual([{ name: 'Activity', live: 'off', children: expect.any(Number) }]);
  expect(of('status')).toEqual([{ name: '', live: 'polite', children: 0 }]);
  expect(of('alert').filter(({ children }) => children > 0)).toEqual([]);
  expect(of('alert').length).toBeGreaterThan(0);
});
