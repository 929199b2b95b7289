// Chromium over its own protocol, with only those domains enabled that a measurement needs: a
// testing library also enables `Network`, which hands on every frame of a socket and would be
// measured with the page.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import WebSocket from 'ws';

import { launchOptions } from '../support/environment.mjs';

const START_MS = 20_000;

export class Browser {
  /** A browser of its own, with an empty profile. */
  static async launch() {
    const browser = new Browser();
    browser.#profile = await mkdtemp(join(tmpdir(), 'agent-activity-bench-'));
    const { executablePath, args } = launchOptions;
    browser.#process = spawn(
      executablePath,
      [
        ...args,
        '--headless=new',
        '--no-first-run',
        '--window-size=1280,900',
        '--remote-debugging-port=0',
        `--user-data-dir=${browser.#profile}`,
        'about:blank',
      ],
      { stdio: 'ignore' },
    );
    try {
      await browser.#connect();
    } catch (error) {
      await browser.close();
      throw error;
    }
    return browser;
  }

  #process;
  #profile;
  #socket;
  #page;
  #calls = new Map();
  #lastCall = 0;
  #listeners = new Set();

  async #connect() {
    const file = join(this.#profile, 'DevToolsActivePort');
    const end = performance.now() + START_MS;
    let port;
    while (!port) {
      if (performance.now() > end || this.#process.exitCode !== null) {
        throw new Error('Chromium does not start; set CHROMIUM_PATH to one that does');
      }
      await sleep(25);
      port = (await readFile(file, 'utf8').catch(() => '')).match(/^(\d+)\n(\S+)/);
    }
    this.#socket = new WebSocket(`ws://127.0.0.1:${port[1]}${port[2]}`);
    await once(this.#socket, 'open');
    this.#socket.on('message', (data) => this.#take(JSON.parse(data)));
    let page;
    while (!page) {
      const { targetInfos } = await this.send('Target.getTargets');
      page = targetInfos.find(({ type }) => type === 'page');
    }
    const attached = await this.send('Target.attachToTarget', {
      targetId: page.targetId,
      flatten: true,
    });
    this.#page = attached.sessionId;
  }

  #take({ id, method, params, result, error }) {
    if (id === undefined) {
      for (const listener of this.#listeners) listener(method, params);
      return;
    }
    const { resolve, reject } = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) reject(new Error(error.message));
    else resolve(result);
  }

  /** Calls a method of the browser. */
  send(method, params = {}, sessionId = undefined) {
    this.#lastCall += 1;
    const id = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  /** Calls a method of the page. */
  page(method, params = {}) {
    return this.send(method, params, this.#page);
  }

  /** Resolves when this event comes. */
  event(name) {
    return new Promise((resolve) => {
      const listener = (method, params) => {
        if (method !== name) return;
        this.#listeners.delete(listener);
        resolve(params);
      };
      this.#listeners.add(listener);
    });
  }

  /** The value of an expression in the page, awaited. */
  async evaluate(expression) {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.page('Runtime.evaluate', options);
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  /** The page's figures by name: times in seconds of its thread's processor time, sizes in bytes. */
  async metrics() {
    const { metrics } = await this.page('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  /** How long all processes of the browser have used a processor, in milliseconds. */
  async cpuMs() {
    const { processInfo } = await this.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1_000, 0);
  }

  async close() {
    const ended = this.#process.exitCode === null ? once(this.#process, 'exit') : null;
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.send('Browser.close').catch(() => {});
    } else {
      this.#process.kill();
    }
    await ended;
    // Processes of the browser may outlive it for a moment and still write.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
