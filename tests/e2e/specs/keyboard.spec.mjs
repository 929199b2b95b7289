// Who uses no mouse can do everything, and is not kept.

import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';

// Acceptance check 24.
test('everything that can be done can be done with the keyboard', async ({ context, stage }) => {
  const { activity } = stage;
  await SCENES.start(stage);
  const { page } = activity;
  await page.keyboard.press('Tab');
  await expect(page.getByRole('radio', { checked: true })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: /^Write a release note(?!, badly)/ })).toBeChecked();
  await page.keyboard.press('Tab');
  await expect(activity.start).toBeFocused();
  await page.keyboard.press('Enter');
  await activity.hasRun('running');
  await expect(activity.cancel).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(activity.cancel).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Connection record' })).toBeFocused();
  const timeline = page.getByRole('button', { name: 'Timeline' });
  await expect(timeline).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(timeline).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'Timeline' })).toContainText(/Plan.*Done, 0:00 to 0:/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('list', { name: 'Timeline' })).toBeHidden();
  const search = page.getByRole('searchbox', { name: 'Search activity' });
  await expect(search).toBeVisible();
  for (const tool of [
    search,
    ...['Wrap', 'Fold', 'Pause', 'Copy', 'Download'].map((name) => page.getByRole('button', { name })),
  ]) {
    await page.keyboard.press('Tab');
    await expect(tool).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'NDJSON, all' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Download' })).toBeFocused();
  for (const name of ['Agent', 'Phase', 'Level', 'Timestamps']) {
    await page.keyboard.press('Tab');
    await expect(page.getByRole('combobox', { name })).toBeFocused();
  }
  await page.keyboard.press('Tab');
  await expect(activity.log).toBeFocused();
  // The last row may be the mark of a page that joined, which cannot be opened.
  await page.keyboard.press('Home');
  const row = page.locator('[role=log] li:focus');
  await expect(row).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(row.getByRole('term').first()).toHaveText('Time');
  await page.keyboard.press('Enter');
  await expect(row.getByRole('term')).toHaveCount(0);
  await page.keyboard.press('ArrowLeft');
  await expect(row.getByRole('button', { name: /^\+ \d+ entr/, expanded: false })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(row.getByRole('button', { name: 'Collapse', expanded: true })).toBeVisible();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('Control+c');
  await expect(page.getByText('1 entry copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/ planner .*Plan\n?$/);

  await page.keyboard.press('Control+f');
  await expect(search).toBeFocused();
  await page.keyboard.type('change');
  await page.keyboard.press('Enter');
  await expect(activity.log.locator('[data-current] mark')).toBeInViewport();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Previous match' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Next match' })).toBeFocused();
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeFocused();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Resume' })).toBeFocused();
  const agent = page.getByRole('combobox', { name: 'Agent' });
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Tab');
  await expect(agent).toBeFocused();
  await expect(agent).toContainText('researcher');
  await page.keyboard.type('res');
  await expect(agent.locator(':checked')).toContainText('researcher');
  await expect(activity.row('Three of them change what people see')).toHaveCount(0);
  await expect(activity.row('the log keeps its place when older rows are dropped')).toBeVisible();
});


// Acceptance check 24.
test('the focus comes to everything that can be used, is seen there, and leaves again', async ({
  stage,
}) => {
  const { page } = stage.activity;
  await SCENES.running(stage);
  await expect(page.getByRole('searchbox', { name: 'Search activity' })).toBeVisible();
  await addNeighbours(page);
  await page.locator('#before').focus();
  const forth = [];
  do {
    await page.keyboard.press('Tab');
    forth.push(await focus(page));
    // More than there is; a trap would never end.
    expect(forth.length).toBeLessThan(60);
  } while (forth.at(-1).id !== 'after');
  expect(forth.filter(({ isSeen }) => !isSeen)).toEqual([]);
  const reached = forth.slice(0, -1).map(({ name }) => name);
  const usable = page.getByRole('main').locator(
    'button:enabled:visible, input:enabled:visible, select:visible, a:visible, [role=log]',
  );
  // Rows are gone through with arrows.
  const expected = await usable.evaluateAll((elements) =>
    elements.filter((it) => it.tabIndex >= 0).map((it) => it.getAttribute('aria-label') ?? it.textContent),
  );
  expect(expected.length).toBeGreaterThan(10);
  expect(reached).toEqual(expected);
  const back = [];
  do {
    await page.keyboard.press('Shift+Tab');
    back.push((await focus(page)).name);
    expect(back.length).toBeLessThan(60);
  } while (back.at(-1) !== 'before');
  expect(back.slice(0, -1)).toEqual(reached.toReversed());
});

// Acceptance check 24.
test('no key does anything while the focus is elsewhere on the page', async ({ stage }) => {
  const { activity } = stage;
  const { page } = activity;
  await SCENES.running(stage);
  await expect(page.getByRole('searchbox', { name: 'Search activity' })).toBeVisible();
  await addNeighbours(page);
  await page.locator('#after').focus();
  const state = async () => ({
    focus: (await focus(page)).id,
    controls: await page.getByRole('main').getByRole('button').allTextContents(),
    selected: await activity.log.locator('[data-selected], li[tabindex="0"]').count(),
    isFollowing: !(await activity.jump.isVisible()),
  });
  const before = await state();
  const letters = [...'abcdefghijklmnopqrstuvwxyz/?'];
  const others = ['Home', 'ArrowUp', 'ArrowDown', 'Escape', 'Enter', 'Space', 'Delete'];
  for (const key of [...letters, ...others, 'Control+a', 'Control+c', 'Alt+ArrowUp']) {
    await page.keyboard.press(key);
    expect(await state(), key).toEqual(before);
  }
  await activity.hasRun('running');
});

/** A button of the host's page before the component, and one after it. */
const addNeighbours = (page) =>
  page.evaluate(() => {
    const button = (id) => Object.assign(document.createElement('button'), { id, textContent: id });
    document.body.prepend(button('before'));
    document.body.append(button('after'));
  });

/** What has the focus, and whether that is seen. */
const focus = (page) =>
  page.evaluate(() => {
    const { activeElement } = document;
    const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
    return {
      id: activeElement.id,
      name: activeElement.getAttribute('aria-label') ?? activeElement.textContent,
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
    };
  });
