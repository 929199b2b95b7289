// What axe says of a page, in the looks that people give it.

import AxeBuilder from '@axe-core/playwright';
import { expect } from '@playwright/test';

/** As Playwright emulates them. */
const LOOKS = {
  light: { colorScheme: 'light', forcedColors: 'none' },
  dark: { colorScheme: 'dark', forcedColors: 'none' },
  'forced colours': { colorScheme: 'dark', forcedColors: 'active' },
};

/** Axe finds nothing in any look; what it finds is said with `words`. */
export async function passesAxe(page, words) {
  for (const [look, media] of Object.entries(LOOKS)) {
    await page.emulateMedia(media);
    const { violations, passes } = await new AxeBuilder({ page }).analyze();
    expect(passes.length).toBeGreaterThan(0);
    const found = violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, failureSummary }) => `${html}\n${failureSummary}`),
    }));
    expect.soft(found, `${words}, ${look}`).toEqual([]);
  }
}
