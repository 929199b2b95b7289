// The log: it follows, it can be read in peace, it holds many rows, and text stays text.

import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';
import { waitFor } from '../support/workflow.mjs';

const NOTCH_PX = 100;

/** So many lines, and so on each time a gate opens. */
const lines = (...steps) =>
  steps
    .map(([from, to], index) => {
      const gate = index === 0 ? '' : `${waitFor(index)}; `;
      return `${gate}n=${from}; while [ $n -le ${to} ]; do echo "item $n;"; n=$((n + 1)); done`;
    })
    .concat(waitFor('end'))
    .join('; ');

async function scrollUp(activity, notches = 1) {
  await activity.log.hover();
  for (let notch = 0; notch < notches; notch += 1) await activity.page.mouse.wheel(0, -NOTCH_PX);
}

/** The topmost row that is seen, and how many pixels below the log's top it begins. */
const topRow = (activity) =>
  activity.log.evaluate((log) => {
    const { top } = log.getBoundingClientRect();
    const rows = [...log.querySelectorAll('[aria-posinset]')];
    const seen = rows.find((row) => row.getBoundingClientRect().bottom > top + 2);
    return [seen.getAttribute('aria-posinset'), seen.getBoundingClientRect().top - top];
  });

test('a notch of the wheel stops following, and “Jump to latest” takes it up again', async ({
  activity,
  gateway,
  workflows,
}) => {
  const script = lines([1, 200], [201, 237], [238, 260]);
  await workflows.write('lines', { phases: [{ id: 'count', script }] });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'lines' }));
  await expect(activity.row('item 200;')).toBeInViewport();
  await expect(activity.jump).toBeHidden();

  await scrollUp(activity);
  await expect(activity.jump).toBeVisible();
  await expect(activity.jump).toHaveAccessibleName('Jump to latest');
  // The wheel turns smoothly; when two looks are the same it has come to rest.
  let place;
  await expect
    .poll(async () => {
      const before = JSON.stringify(place);
      place = await topRow(activity);
      return JSON.stringify(place) === before;
    })
    .toBe(true);
  await workflows.open(1);
  await expect(activity.jump).toHaveAccessibleName('Jump to latest (37 new)');
  expect(await topRow(activity)).toEqual(place);

  await activity.jump.click();
  await expect(activity.row('item 237;')).toBeInViewport();
  await expect(activity.jump).toBeHidden();
  await expect(activity.log).toBeFocused();
  await workflows.open(2);
  await expect(activity.row('item 260;')).toBeInViewport();
});

test('only entries count as new, not the mark of a connection that came back', async ({
  activity,
  gateway,
  startProxy,
  workflows,
}) => {
  await workflows.write('lines', {
    phases: [{ id: 'count', script: lines([1, 200], [201, 203]) }],
  });
  const proxy = await startProxy(gateway.port);
  await activity.open(proxy.url, await gateway.createSession({ workflow: 'lines' }));
  await expect(activity.row('item 200;')).toBeInViewport();
  await scrollUp(activity);
  await expect(activity.jump).toBeVisible();
  proxy.cut();
  await expect.poll(async () => (await activity.record()).sockets.at(-1).readies).toBe(1);
  await activity.hasConnection('connected');
  await workflows.open(1);
  await activity.hasEntries(204);
  await expect(activity.jump).toHaveAccessibleName('Jump to latest (3 new)');
});

test('of twenty thousand rows only those on screen are in the document', async ({ stage }) => {
  const { activity } = stage;
  await SCENES.chatty(stage);
  await expect(activity.row('line 20000 of a command')).toBeInViewport();
  expect(await activity.rows.count()).toBeLessThan(100);
  // From the end to the beginning in one step, as a scrollbar does.
  await activity.log.evaluate((log) => log.scrollTo({ top: 0, behavior: 'instant' }));
  await expect(activity.row(/line 1 of a command/)).toBeInViewport();
  await expect(activity.rows.first()).toHaveAttribute('aria-posinset', '1');
  expect(await activity.rows.count()).toBeLessThan(100);
});

test('whose line it is stays in sight while a long one is read', async ({
  activity,
  gateway,
  workflows,
}) => {
  await workflows.write('long', {
    phases: [{ id: 'write', script: `printf 'long line %01000d\\n' 7; ${waitFor('end')}` }],
  });
  await activity.openStart(gateway.url);
  await activity.run('long');
  const agent = activity.row('long line').locator('.activity-log__agent');
  await expect(agent).toBeInViewport();
  await activity.log.evaluate((log) => log.scrollBy({ left: 400, behavior: 'instant' }));
  await expect(activity.log).toHaveAttribute('data-aside', '');
  await expect(agent).toBeInViewport({ ratio: 1 });
  await activity.log.evaluate((log) => log.scrollTo({ left: 0, behavior: 'instant' }));
  await expect(activity.log).not.toHaveAttribute('data-aside');
  await expect(agent).toBeInViewport({ ratio: 1 });
});

// Acceptance check 28.
test('text of an agent stays text', async ({ activity, gateway, workflows }) => {
  const hostile = [
    '<img src="x" onerror="globalThis.hacked = 1">',
    '<script>globalThis.hacked = 1</script>',
    'user\u202enimda.exe',
    '<a href="javascript:globalThis.hacked = 1">a link</a>',
    '\u001b]8;;javascript:globalThis.hacked = 1\u001b\\hyperlink\u001b]8;;\u001b\\',
  ];
  const event = { type: 'log', agent: '<b>bold</b>', message: 'of a bold agent' };
  await workflows.file('hostile.txt', [...hostile, JSON.stringify(event), ''].join('\n'));
  await workflows.write('hostile', {
    label: '<i>label</i>',
    phases: [
      { id: 'show', label: '<u>phase</u>\u202e', script: `cat hostile.txt; ${waitFor('end')}` },
    ],
  });
  await activity.openStart(gateway.url);
  await activity.run('<i>label</i>');
  await expect(activity.row('of a bold agent')).toContainText('<b>bold</b>');
  const escaped = 'U+001B]8;;javascript:globalThis.hacked = 1';
  for (const text of [hostile[0], hostile[1], 'userU+202Enimda.exe', hostile[3], escaped]) {
    await expect(activity.row(text)).toBeVisible();
  }
  await expect(activity.phase('show')).toContainText('<u>phase</u>U+202E');
  await workflows.open('end');
  await activity.hasRun('complete');

  const root = activity.root;
  expect(await root.textContent()).not.toContain('\u202e');
  await expect(root.locator('img, script, b, i, u, [role=log] a')).toHaveCount(0);
  expect(await activity.page.evaluate(() => globalThis.hacked)).toBeUndefined();
});

// Acceptance check 28.
test('a line of a megabyte is a line, of which the page shows a part', async ({
  activity,
  startGateway,
  workflows,
}) => {
  const script = `head -c 1000000 /dev/zero | tr '\\0' x; echo; echo after; ${waitFor('end')}`;
  await workflows.write('long', { phases: [{ id: 'write', script }] });
  const gateway = await startGateway({ args: ['--max-line', '2000000', '--max-batch', '4000000'] });
  await activity.open(gateway.url, await gateway.createSession({ workflow: 'long' }));
  await expect(activity.row('after')).toBeVisible();
  const row = activity.row('xxxx');
  await expect(row).toBeVisible();
  expect((await row.textContent()).length).toBeLessThan(10_000);
  const { page } = activity;
  await row.getByRole('button', { name: 'Details' }).click();
  await expect(row.getByText('934,464 bytes more are in a download')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('after');
  await expect(page.getByRole('search').getByText('1 found')).toBeVisible();
});
