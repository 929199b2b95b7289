// What a test may ask for. Whatever it starts is ended with it, also when it fails.

import { test as base } from '@playwright/test';

import { Gateway } from './gateway.mjs';
import { ActivityPage } from './page.mjs';
import { Proxy } from './proxy.mjs';
import { GATEWAY_ARGS, writeScenes } from './scenes.mjs';
import { Workflows } from './workflow.mjs';

export { expect } from '@playwright/test';

export const test = base.extend({
  /** A folder for workflow files. */
  workflows: async ({}, use) => {
    const workflows = await Workflows.create();
    await use(workflows);
    await workflows.remove();
  },

  /** Starts a gateway on `workflows`. */
  startGateway: async ({ workflows }, use, info) => {
    const gateways = [];
    await use(async (options) => {
      const gateway = await Gateway.start({ workflows: workflows.folder, ...options });
      gateways.push(gateway);
      return gateway;
    });
    await Promise.all(gateways.map((gateway) => gateway.dispose()));
    if (info.status !== info.expectedStatus) {
      for (const { program, port } of gateways) {
        await info.attach(`gateway-${port}.txt`, { body: program.output });
      }
    }
  },

  /** A gateway on `workflows`, with its defaults. */
  gateway: async ({ startGateway }, use) => use(await startGateway()),

  /** Starts a proxy before a port. */
  startProxy: async ({}, use) => {
    const proxies = [];
    await use(async (port) => {
      const proxy = await Proxy.start(port);
      proxies.push(proxy);
      return proxy;
    });
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  },

  /** The page. What it reports as an error fails the test. */
  activity: async ({ page }, use) => {
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await use(await ActivityPage.of(page));
    base.expect(errors, 'errors on the page').toEqual([]);
  },

  /** What each of `SCENES` is given. */
  stage: async ({ activity, startGateway, startProxy, workflows }, use) => {
    await writeScenes(workflows);
    const gateway = await startGateway({ args: GATEWAY_ARGS });
    const proxy = await startProxy(gateway.port);
    await use({ activity, gateway, proxy, workflows });
  },
});
