// `trunk serve` as developers have it: Trunk's own server and proxy, with the proxies that the
// project's Trunk.toml declares, in front of the page as it was built.

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { PAGE, ROOT, trunk } from './environment.mjs';
import { Program } from './process.mjs';

/** How long Trunk may take to answer once it says that it listens. */
const PATIENCE_MS = 10_000;

/** A Trunk that serves. */
export class Trunk {
  /** Starts one whose proxies lead to `gatewayPort`. */
  static async start(gatewayPort) {
    const folder = await mkdtemp(join(tmpdir(), 'agent-activity-e2e-trunk-'));
    try {
      const port = await freePort();
      await writeProject(folder, { page: port, gateway: gatewayPort });
      // Trunk takes only `true` and `false` here, where the whole world writes 1.
      const { NO_COLOR: _, ...env } = process.env;
      const args = ['serve', '--skip-version-check', '--color=never'];
      const program = await Program.start(trunk(), args, {
        cwd: folder,
        env: { ...env, RUST_BACKTRACE: '0' },
        ready: /server listening at/,
      });
      const started = new Trunk(program, folder, port);
      await started.#answers();
      return started;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  constructor(program, folder, port) {
    this.program = program;
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** It says that it listens a moment before it does. */
  async #answers() {
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(20)) {
      const response = await fetch(this.url).catch(() => null);
      if (response?.ok) return;
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(`Trunk does not answer:\n${this.program.output}`);
      }
    }
  }

  async stop() {
    await this.program.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A project without Rust in it: what Trunk has to build is only to be copied. */
async function writeProject(folder, ports) {
  const assets = join(folder, 'assets');
  await cp(PAGE, assets, { recursive: true });
  const html = await readFile(join(assets, 'index.html'), 'utf8');
  await rm(join(assets, 'index.html'));
  const copied = '<link data-trunk rel="copy-dir" href="assets" data-target-path=".">\n</head>';
  await writeFile(join(folder, 'index.html'), replaced(html, '</head>', copied));

  let config = await readFile(join(ROOT, 'Trunk.toml'), 'utf8');
  // Folders that are not here, and Trunk insists on.
  config = replaced(config, /^ignore = \[[^\]]*\]$/m, '');
  config = replaced(config, /^port = \d+$/m, `port = ${ports.page}`);
  config = replaced(config, /127\.0\.0\.1:8000\b/g, `127.0.0.1:${ports.gateway}`);
  await writeFile(join(folder, 'Trunk.toml'), config.replace(/^\[build\]$/m, '$&\noffline = true'));
  await mkdir(join(folder, 'dist'));
}

function replaced(text, pattern, by) {
  const result = text.replace(pattern, by);
  if (result === text)
    throw new Error(`there is no ${pattern} to replace; adapt support/trunk.mjs`);
  return result;
}

/** A port that was free a moment ago. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
