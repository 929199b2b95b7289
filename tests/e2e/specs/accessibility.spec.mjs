// Who does not see the page, or sees it small, dark or in colours of their own, can use it too.

import { passesAxe } from '../support/axe.mjs';
import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';
import { fitsInto } from '../support/width.mjs';

const WIDTHS = [1280, 320];

const SCENE_NAMES = [
  'start',
  'running',
  'writing',
  'reconnecting',
  'failed',
  'complete',
  'recording',
  'unknown',
];

for (const scene of SCENE_NAMES) {
  test(`axe finds nothing, and nothing is wider than the page: ${scene}`, async ({ stage }) => {
    test.setTimeout(120_000);
    const { page } = stage.activity;
    await SCENES[scene](stage);
    if (scene === 'failed') await page.getByRole('button', { name: 'Timeline' }).click();
    for (const width of WIDTHS) {
      await fitsInto(page, width);
      if (scene !== 'start') {
        const log = await stage.activity.log.boundingBox();
        expect.soft(log.width, `the log has room at ${width} px`).toBeGreaterThan(width * 0.6);
      }
      await passesAxe(page, `${scene}, ${width} px`);
    }
  });
}

test('phases and log are what they are called, and neither is read out by itself', async ({
  stage,
}) => {
  const { activity } = stage;
  await SCENES.running(stage);
  expect(await activity.phases.evaluate((list) => list.localName)).toBe('ol');
  await expect(activity.phases.getByRole('listitem')).toHaveCount(5);
  await expect(activity.phases.locator('[aria-current]')).toHaveCount(1);
  await expect(activity.phase('draft')).toHaveAttribute('aria-current', 'step');
  for (const words of ['Done', 'In progress', 'Not started']) {
    await expect(activity.phases).toContainText(words);
  }
  await expect(activity.log).toHaveAttribute('aria-live', 'off');
  await activity.log.focus();
  await expect(activity.log).toBeFocused();
  const live = activity.page.locator('[role="status"], [role="alert"], [aria-live="polite"]');
  await expect(live.locator('[role="log"], [data-phase]')).toHaveCount(0);

  await stage.workflows.open('draft');
  await activity.hasRun('complete');
  await expect(activity.phases.locator('[aria-current]')).toHaveCount(0);
});

test('the regions that speak are there from the first moment, and silent', async ({ stage }) => {
  await SCENES.running(stage);
  const { firstRegions } = await stage.activity.record();
  expect(firstRegions.status).toEqual(['']);
  expect(firstRegions.alert.length).toBeGreaterThan(0);
  expect(firstRegions.alert.join('')).toBe('');
});

test('the end of a run is said once, politely, and then no more', async ({ stage }) => {
  const { activity, workflows } = stage;
  await SCENES.running(stage);
  const status = activity.page.getByRole('status');
  await expect(status).toBeEmpty();
  await workflows.open('draft');
  await expect(status).toHaveText(/^Workflow complete/);
  await expect(status).toBeEmpty();
});

test('a run that fails is said at once', async ({ stage }) => {
  const { activity, gateway, proxy, workflows } = stage;
  await activity.open(proxy.url, await gateway.createSession({ workflow: 'bad' }));
  await activity.hasPhases({ draft: 'active' });
  await workflows.open('draft');
  const alert = activity.page.getByRole('alert').filter({ hasText: /./ });
  await expect(alert).toHaveText(/^Workflow failed/);
});

// Acceptance check 26.
test('in forced colours and without any, the states of phases have shapes of their own', async ({
  stage,
}) => {
  const { activity, gateway, proxy, workflows } = stage;
  const { page } = activity;
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'light' });
  const shapes = {};
  const take = async (states) => {
    for (const [id, state] of Object.entries(states)) {
      await expect(activity.phase(id)).toHaveAttribute('data-state', state);
      shapes[state] = await greyscale(activity.phase(id).locator('[data-glyph]'));
    }
  };
  const session = await gateway.createSession({ workflow: 'good' });
  await activity.open(proxy.url, session);
  await take({ plan: 'done', draft: 'active', publish: 'pending' });
  await gateway.cancelSession(session);
  await take({ draft: 'cancelled', publish: 'not-reached' });
  await workflows.open('draft');
  await activity.open(proxy.url, await gateway.createSession({ workflow: 'bad' }));
  await take({ review: 'error' });
  const states = Object.keys(shapes);
  expect(states.length).toBe(6);
  for (const [index, state] of states.entries()) {
    for (const other of states.slice(index + 1)) {
      const pairs = shapes[state].map((value, pixel) => Math.abs(value - shapes[other][pixel]));
      const others = pairs.filter((difference) => difference > 80).length / pairs.length;
      expect(others, `how much ${state} and ${other} differ`).toBeGreaterThan(0.04);
    }
  }
});

/** How bright each pixel of an element is, from 0 to 255, in 32 rows of 32. */
async function greyscale(locator) {
  const picture = (await locator.screenshot()).toString('base64');
  return locator.page().evaluate(async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (byte) => byte.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(32, 32).getContext('2d');
    context.drawImage(image, 0, 0, 32, 32);
    const { data } = context.getImageData(0, 0, 32, 32);
    return Array.from({ length: 32 * 32 }, (_, pixel) =>
      // What Rec. 709 weighs the colours with.
      data[4 * pixel] * 0.2126 + data[4 * pixel + 1] * 0.7152 + data[4 * pixel + 2] * 0.0722,
    );
  }, picture);
}
