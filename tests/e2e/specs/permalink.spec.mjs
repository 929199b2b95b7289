// A link to an entry, made with the keyboard and followed.

import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';

test('a link that was copied from an entry leads to it', async ({ context, stage }) => {
  const { activity } = stage;
  await SCENES.complete(stage);
  const { page } = activity;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await activity.log.focus();
  await page.keyboard.press('Home');
  const row = page.locator('[role=log] li:focus');
  await expect(row).toHaveAttribute('data-seq', /\d/);
  const seq = await row.getAttribute('data-seq');
  await page.keyboard.press('Enter');
  await expect(row.getByRole('term').first()).toHaveText('Time');
  const opened = page.locator('[role=log] li[data-open]');
  for (const name of ['Collapse', 'Copy entry', 'Copy link']) {
    await page.keyboard.press('Tab');
    await expect(opened.getByRole('button', { name })).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page.getByText('Link copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).searchParams.get('entry')).toBe(seq);

  await page.goto(link);
  await expect(row).toHaveAttribute('data-seq', seq);
  await expect(row.getByRole('term').first()).toHaveText('Time');
  await expect(activity.jump).toBeVisible();
});
