// A log that was downloaded opens again, without the server that it came from.

import { readFile } from 'node:fs/promises';

import { expect, test } from '../support/fixtures.mjs';
import { SCENES } from '../support/scenes.mjs';

test('a log that was downloaded shows the run that it was of, and what came of it', async ({
  stage,
}) => {
  const { activity, gateway } = stage;
  const { page } = activity;
  await SCENES.recording(stage);
  // What is downloaded of it is what was opened.
  const again = await activity.download('NDJSON, all');
  await page.getByRole('link', { name: 'Start another run' }).click();
  await page.getByLabel('Open a downloaded log').setInputFiles(again);
  await activity.hasRun('error');
  const last = await activity.download('NDJSON, all');
  expect(await readFile(last, 'utf8')).toBe(await readFile(again, 'utf8'));

  await gateway.terminate();
  await activity.hasPhases({
    plan: 'done',
    research: 'done',
    draft: 'done',
    review: 'error',
    publish: 'not-reached',
  });
  await expect(page.getByRole('group', { name: 'Recording' })).toContainText(/\d+ entries/);
  await expect(page.getByRole('heading', { name: 'Workflow failed' })).toBeVisible();
  await expect(activity.phase('draft')).toContainText('Draft the release note');
  await page.getByRole('button', { name: 'Timeline' }).click();
  await expect(page.getByRole('list', { name: 'Timeline' })).toContainText(/Review.*Failed/);
  await page.getByRole('searchbox', { name: 'Search activity' }).fill('exit status');
  await expect(page.getByText('2 found')).toBeVisible();
});
