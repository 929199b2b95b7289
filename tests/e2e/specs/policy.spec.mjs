// A page whose security policy is as strict as one can be that runs WebAssembly.

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PAGE } from '../support/environment.mjs';
import { expect, test as base } from '../support/fixtures.mjs';

const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
  "require-trusted-types-for 'script'";

const test = base.extend({
  /** A gateway whose page has the policy. */
  gateway: async ({ startGateway }, use) => {
    const page = await mkdtemp(join(tmpdir(), 'agent-activity-policy-'));
    await cp(PAGE, page, { recursive: true });
    const html = await readFile(join(PAGE, 'index.html'), 'utf8');
    const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
    await writeFile(join(page, 'index.html'), html.replace('<head>', `<head>${policy}`));
    await use(await startGateway({ page }));
    await rm(page, { recursive: true });
  },

  /** What the policy forbade so far. */
  violations: async ({ page }, use) => {
    await page.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        globalThis.violations.push(`${violatedDirective}: ${blockedURI}`),
      );
    });
    await use(() => page.evaluate(() => globalThis.violations));
  },
});

test('a page of the strictest policy mounts, is styled, and does nothing that is forbidden', async ({
  activity,
  gateway,
  page,
  violations,
  workflows,
}) => {
  // It ends with what is written to it, however long that takes.
  const script = 'printf "\\033[31mred\\033[0m https://example.com/ <b>bold</b>\\n"; read -r line';
  await workflows.write('listen', { label: 'Listen', phases: [{ id: 'ear', script }] });
  const session = await gateway.createSession({ workflow: 'listen' });
  await activity.open(gateway.url, session, { composer: '1' });
  await expect(activity.message).toBeVisible();
  await activity.write('There you are');
  await activity.hasDelivery('acked');
  await activity.hasRun('complete');

  await expect(activity.row('<b>bold</b>')).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('bold');
  await expect(activity.log.locator('mark').first()).toBeVisible();
  await activity.row('<b>bold</b>').getByRole('button', { name: 'Details' }).click();
  await page.getByText('Timeline', { exact: true }).click();
  await page.getByRole('combobox', { name: 'Timestamps' }).selectOption('relative');
  await page.getByRole('button', { name: 'Wrap' }).click();

  const { display, width } = await activity.log.evaluate((log) => ({
    display: getComputedStyle(log.querySelector('li')).display,
    width: log.getBoundingClientRect().width,
  }));
  expect(display).not.toBe('list-item');
  expect(width).toBeGreaterThan(500);
  expect(await violations()).toEqual([]);
});

test('what the policy forbids is noticed', async ({ activity, gateway, page, violations }) => {
  await activity.open(gateway.url, await gateway.createSession());
  await activity.hasConnection('connected');
  await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
  await expect.poll(violations).toEqual(['style-src-attr: inline']);
});
