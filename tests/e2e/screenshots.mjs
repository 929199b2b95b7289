// Pictures of the page for people to look at: `node screenshots.mjs FOLDER`.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from '@playwright/test';

import { launchOptions } from './support/environment.mjs';
import { Gateway } from './support/gateway.mjs';
import { ActivityPage } from './support/page.mjs';
import { Proxy } from './support/proxy.mjs';
import { GATEWAY_ARGS, SCENES, writeScenes } from './support/scenes.mjs';
import { Workflows } from './support/workflow.mjs';

const SIZES = { desktop: { width: 1280, height: 800 }, narrow: { width: 320, height: 640 } };
const SCHEMES = ['light', 'dark'];

const folder = process.argv[2];
if (!folder) {
  console.error('usage: node screenshots.mjs FOLDER');
  process.exit(2);
}
await mkdir(folder, { recursive: true });

const browser = await chromium.launch(launchOptions);
try {
  for (const scene of Object.keys(SCENES)) await picture(scene);
} finally {
  await browser.close();
}

/** One scene, in all sizes and schemes. */
async function picture(scene) {
  const workflows = await Workflows.create();
  await writeScenes(workflows);
  const gateway = await Gateway.start({ workflows: workflows.folder, args: GATEWAY_ARGS });
  const proxy = await Proxy.start(gateway.port);
  const context = await browser.newContext({ locale: 'en-GB' });
  try {
    const activity = await ActivityPage.of(await context.newPage());
    await SCENES[scene]({ activity, gateway, proxy, workflows });
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of SCHEMES) {
        await activity.page.setViewportSize(viewport);
        await activity.page.emulateMedia({ colorScheme });
        const path = join(folder, `${scene}-${size}-${colorScheme}.png`);
        // The whole page where it is longer than the screen.
        await activity.page.screenshot({ path, fullPage: true });
        console.log(path);
      }
    }
  } finally {
    await context.close();
    await proxy.stop();
    await gateway.dispose();
    await workflows.remove();
  }
}
