// The page while much has come and more comes: it can be read, found in, and used by everybody.

import { passesAxe } from '../support/axe.mjs';
import { expect, test } from '../support/fixtures.mjs';
import { GATEWAY_ARGS } from '../support/scenes.mjs';
import { fitsInto } from '../support/width.mjs';

const MANY = 100_000;

/** Prints so many lines at once, and then one every twentieth of a second for as long as it runs. */
const printing = (count) =>
  `awk 'BEGIN { for (n = 1; n <= ${count}; n++) print "line " n " of a command" }'; ` +
  'n=0; while :; do n=$((n + 1)); echo "tick $n;"; sleep 0.05; done';

const entriesOf = async (activity) => Number(await activity.root.getAttribute('data-entries'));

async function printed({ activity, startGateway, workflows }, count) {
  await workflows.write('print', {
    phases: [{ id: 'print', label: 'Print', agent: 'printer', script: printing(count) }],
  });
  const gateway = await startGateway({ args: ['--history', String(2 * MANY)] });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'print' }));
  await expect.poll(() => entriesOf(activity), { timeout: 60_000 }).toBeGreaterThan(count + 1);
  await expect(activity.page.getByRole('searchbox', { name: 'Search activity' })).toBeVisible();
}

for (const count of [50, MANY]) {
  test(`axe finds nothing, and nothing is wider than the page, with ${count} rows while more come`, async ({
    activity,
    startGateway,
    workflows,
  }) => {
    test.setTimeout(180_000);
    await printed({ activity, startGateway, workflows }, count);
    for (const width of [1280, 320]) {
      await fitsInto(activity.page, width);
      const before = await entriesOf(activity);
      await passesAxe(activity.page, `${count} rows, ${width} px`);
      expect(await entriesOf(activity)).toBeGreaterThan(before);
    }
    await activity.hasConnection('connected');
  });
}

test('axe finds nothing before the first row', async ({ activity, gateway }) => {
  await activity.open(gateway.url, await gateway.createSession());
  await activity.hasConnection('connected');
  await activity.hasEntries(0);
  for (const width of [1280, 320]) {
    await fitsInto(activity.page, width);
    await passesAxe(activity.page, `no rows, ${width} px`);
  }
});

test('axe finds every colour of terminals readable', async ({ activity, gateway }) => {
  const of = (first, bright) =>
    [...Array(16).keys()].map((n) => (n < 8 ? first + n : bright + n - 8));
  const codes = [...of(30, 90), ...of(40, 100), 1, 2, 3, 4, 7, 9];
  const level = { error: 'error', plain: 'info' };
  await activity.open(gateway.url, await gateway.createSession({ id: 'colours' }));
  await gateway.publish(
    'colours',
    Object.entries(level).flatMap(([name, level]) =>
      [0, 19].map((from) => ({
        type: 'log',
        level,
        message: codes
          .slice(from, from + 19)
          .map((code) => `\u001b[${code}m${name} ${code}\u001b[0m `)
          .join(''),
      })),
    ),
  );
  await activity.hasEntries(4);
  await activity.page.getByRole('button', { name: 'Wrap' }).click();
  await expect(activity.log.locator('[data-ansi], [data-filled], [data-traits]')).toHaveCount(76);
  await passesAxe(activity.page, 'colours of terminals');
});

// Acceptance check 1.
test('a hundred thousand rows are few in the document, and any of them is shown at once', async ({
  activity,
  startGateway,
  workflows,
}) => {
  test.setTimeout(120_000);
  await printed({ activity, startGateway, workflows }, MANY);
  expect(await activity.rows.count()).toBeLessThan(400);
  const middle = await activity.log.evaluate(async (log) => {
    log.scrollTo({ top: log.scrollHeight / 2, behavior: 'instant' });
    // A frame for the event of the scroll, and the one in which the rows are shown.
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
    const { top, bottom } = log.getBoundingClientRect();
    const rows = [...log.querySelectorAll('[aria-posinset]')];
    const place = (row) => row.getBoundingClientRect();
    const seen = rows.filter((row) => place(row).bottom > top && place(row).top < bottom);
    return {
      first: Number(seen[0].getAttribute('aria-posinset')),
      isCovered: place(seen[0]).top <= top + 1 && place(seen.at(-1)).bottom >= bottom - 1,
    };
  });
  expect(middle.isCovered).toBe(true);
  expect(Math.abs(middle.first - MANY / 2)).toBeLessThan(MANY / 10);
  expect(await activity.rows.count()).toBeLessThan(400);
});

// Acceptance check 6.
test('what stands in row 5 of a hundred thousand is found from the end', async ({
  activity,
  startGateway,
  workflows,
}) => {
  test.setTimeout(120_000);
  // A little fewer, so that none is dropped for the rows that still come.
  await printed({ activity, startGateway, workflows }, MANY - 1_000);
  const { page } = activity;
  const tools = page.getByRole('search');
  const search = tools.getByRole('searchbox', { name: 'Search activity' });
  await search.fill('line 5 of');
  await search.press('Enter');
  await expect(tools.getByText('1 of 1', { exact: true })).toBeVisible();
  await expect(activity.log.locator('mark')).toHaveText(['line 5 of']);
  await expect(activity.log.locator('mark')).toBeInViewport();
  await search.fill('line 500');
  await expect(tools.getByText('111 found')).toBeVisible();
  await search.press('Enter');
  await expect(tools.getByText(/^\d+ of 111$/)).toBeVisible();
  const count = await tools.getByText(/^\d+ of 111$/).textContent();
  await search.press('Enter');
  await expect(tools.getByText(count, { exact: true })).toHaveCount(0);
  await search.press('Shift+Enter');
  await expect(tools.getByText(count, { exact: true })).toBeVisible();
});

// Acceptance check 3.
test('one notch up stops following, and what is under the pointer stays while lines stream in', async ({
  activity,
  startGateway,
  workflows,
}) => {
  test.setTimeout(120_000);
  // A thousand lines a second, or as many as a slow machine makes of that.
  const pace = '[ $((n % 20)) -ne 0 ] || sleep 0.02';
  const stream = `n=0; while :; do n=$((n + 1)); echo "item $n;"; ${pace}; done`;
  await workflows.write('stream', { phases: [{ id: 'count', script: stream }] });
  const gateway = await startGateway({ args: GATEWAY_ARGS });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'stream' }));
  await expect.poll(() => entriesOf(activity)).toBeGreaterThan(500);
  await activity.log.hover();
  await activity.page.mouse.wheel(0, -100);
  await expect(activity.jump).toBeVisible({ timeout: 3_000 });
  await expect(activity.jump).toHaveAccessibleName(/\([\d,]+ new\)/);
  /** The row under the pointer, and where it is. */
  const pointed = () =>
    activity.log.evaluate((log) => {
      const row = log.querySelector('li:hover');
      return [row.getAttribute('aria-posinset'), Math.round(row.getBoundingClientRect().top)];
    });
  // The wheel turns smoothly; when two looks are the same it has come to rest.
  let place;
  await expect
    .poll(async () => {
      const before = JSON.stringify(place);
      place = await pointed();
      return JSON.stringify(place) === before;
    })
    .toBe(true);
  const before = await entriesOf(activity);
  while ((await entriesOf(activity)) < before + 5_000) expect(await pointed()).toEqual(place);
  await expect(activity.jump).toBeVisible();
});

// Acceptance check 22.
test('a minute of a hundred entries a second is not read out', async ({
  activity,
  startGateway,
  workflows,
}) => {
  test.setTimeout(240_000);
  await activity.page.addInitScript(noteWords);
  const pace = '[ $((n % 5)) -ne 0 ] || sleep 0.05';
  const stream = `n=0; while :; do n=$((n + 1)); echo "item $n;"; ${pace}; done`;
  await workflows.write('stream', { phases: [{ id: 'count', script: stream }] });
  const gateway = await startGateway({ args: GATEWAY_ARGS });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'stream' }));
  await expect.poll(() => entriesOf(activity), { timeout: 200_000 }).toBeGreaterThan(6_000);
  const said = await activity.page.evaluate(() => globalThis.said);
  expect(said.length).toBeLessThanOrEqual(8);
  expect(said.join(' ')).not.toMatch(/item/);
});

// Acceptance check 25.
test('where motion is to be reduced, nothing moves', async ({ activity, gateway, workflows }) => {
  await activity.page.emulateMedia({ reducedMotion: 'reduce' });
  await workflows.write('wait', { phases: [{ id: 'wait', script: 'sleep 60' }] });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'wait' }));
  await activity.hasPhases({ wait: 'active' });
  const moving = () =>
    activity.page.evaluate(() => [
      ...document.getAnimations().map(({ animationName, transitionProperty }) =>
        animationName ?? transitionProperty),
      ...[...document.querySelectorAll('*')]
        .filter((element) => getComputedStyle(element).scrollBehavior === 'smooth')
        .map((element) => element.className),
    ]);
  expect(await moving()).toEqual([]);
  await activity.page.getByRole('button', { name: 'Wrap' }).hover();
  expect(await moving()).toEqual([]);
});

// Acceptance check 15.
test('a connection that flaps is not read out each time', async ({
  activity,
  gateway,
  startProxy,
  workflows,
}) => {
  const { page } = activity;
  await page.addInitScript(noteWords);
  await workflows.write('print', { phases: [{ id: 'print', script: printing(10) }] });
  const proxy = await startProxy(gateway.port);
  await activity.open(proxy.url, await gateway.createSession({ workflow: 'print' }));
  await activity.hasConnection('connected');
  const FLAPPING_MS = 20_000;
  const end = Date.now() + FLAPPING_MS;
  while (Date.now() < end) {
    proxy.cut();
    await page.waitForTimeout(500);
  }
  const said = await page.evaluate(() => globalThis.said);
  expect(said.filter((words) => words !== '').length).toBeLessThanOrEqual(2);
});

/** Runs in the page before anything else does: keeps what the polite region changes to. */
function noteWords() {
  globalThis.said = [];
  const note = () => {
    const words = document.querySelector('[role="status"]')?.textContent ?? '';
    if (words !== (globalThis.said.at(-1) ?? '')) globalThis.said.push(words);
  };
  new MutationObserver(note).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
  });
}
