// What the page can do without at first comes in a part of its own, which a network may lose.

import { expect, test } from '../support/fixtures.mjs';

const PART = '**/agent-activity-deferred-*.wasm';

for (const width of [320, 640, 900, 1024, 1280]) {
  test(`${width} pixels wide, the page follows before its deferred part is there, and nothing moves when it comes`, async ({
    activity,
    gateway,
    page,
  }) => {
    await page.setViewportSize({ width, height: 800 });
    let release;
    const released = new Promise((resolve) => (release = resolve));
    await page.route(PART, async (route) => {
      await released;
      await route.continue();
    });
    const session = await gateway.createSession();
    await activity.open(gateway.url, session, { composer: '1' });
    await activity.hasConnection('connected');
    await expect(activity.message).toHaveCount(0);
    const before = await activity.log.boundingBox();
    const since = await page.evaluate(() => performance.now());

    release();
    await expect(activity.message).toBeVisible();
    const shifts = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const observer = new PerformanceObserver((list) => resolve(list.getEntries()));
          observer.observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => resolve([]), 200);
        }),
    );
    expect(shifts.filter(({ startTime }) => startTime > since)).toEqual([]);
    expect(await activity.log.boundingBox()).toEqual(before);
    await activity.write('Is this the whole page?');
    await activity.hasDelivery('acked');
    await expect(activity.row('Is this the whole page?')).toBeVisible();
  });
}

test('a deferred part that does not come is said to be missing, and comes when it is asked for again', async ({
  activity,
  gateway,
  page,
}) => {
  await page.route(PART, (route) => route.abort());
  const session = await gateway.createSession();
  await activity.open(gateway.url, session, { composer: '1' });
  const missing = page.getByRole('alert').filter({ hasText: 'could not be loaded' });
  await expect(missing).toBeVisible();
  await activity.hasConnection('connected');

  const again = page.getByRole('button', { name: 'Try again' });
  await again.click();
  await expect(missing).toBeVisible();
  await page.unroute(PART);
  await again.click();
  await expect(missing).toBeHidden();
  await activity.write('There you are');
  await activity.hasDelivery('acked');
});

test('a deferred part that is not the one that was built is not run', async ({
  activity,
  gateway,
  page,
}) => {
  // A module that would do no harm, and is another.
  const other = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  await page.route(PART, (route) =>
    route.fulfill({ body: other, contentType: 'application/wasm' }),
  );
  const session = await gateway.createSession();
  await activity.open(gateway.url, session, { composer: '1' });
  await expect(page.getByRole('alert').filter({ hasText: 'could not be loaded' })).toBeVisible();
  await expect(activity.message).toHaveCount(0);
});
