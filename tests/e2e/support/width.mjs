// Nobody should have to scroll sideways for what stands on the page (WCAG 2.2, 1.4.10 Reflow).

import { expect } from '@playwright/test';

/** Makes the window so wide, and holds that the page is no wider. */
export async function fitsInto(page, width) {
  await page.setViewportSize({ width, height: 800 });
  const root = page.locator('html');
  const wider = await root.evaluate((html) => html.scrollWidth - html.clientWidth);
  expect(wider, `the page scrolls sideways at ${width} px`).toBe(0);
}
