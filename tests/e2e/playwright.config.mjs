import { defineConfig } from '@playwright/test';

import { launchOptions } from './support/environment.mjs';

export default defineConfig({
  testDir: 'specs',
  // Each test has a gateway, a folder and a browser context of its own.
  fullyParallel: true,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: [['list'], ['./support/summary.mjs']],
  use: {
    launchOptions,
    locale: 'en-GB',
    viewport: { width: 1280, height: 800 },
    screenshot: 'only-on-failure',
  },
});
