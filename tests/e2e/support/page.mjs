// The page as people and assistive technology find it: by role, name and the documented data
// attributes, never by class.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from '@playwright/test';

/** What the tests do with one followed session, or with the start screen. */
export class ActivityPage {
  constructor(page) {
    this.page = page;
    this.root = page.locator('agent-activity, [data-agent-activity]');
    this.phases = page.getByRole('list', { name: 'Phases' });
    this.log = page.getByRole('log', { name: 'Activity' });
    this.rows = this.log.getByRole('listitem');
    this.reconnect = page.getByRole('button', { name: 'Reconnect now' });
    this.cancel = page.getByRole('button', { name: 'Cancel run' });
    this.jump = page.getByRole('button', { name: /^Jump to latest/ });
    this.message = page.getByRole('textbox', { name: 'Message' });
    this.send = page.getByRole('button', { name: 'Send', exact: true });
    this.start = page.getByRole('button', { name: 'Start', exact: true });
  }

  /** A page that keeps a record of its sockets and of the states that it shows. */
  static async of(page) {
    await page.addInitScript(keepRecord);
    return new ActivityPage(page);
  }

  /** Downloads the log in the form of this name; where the file is, under the name that it was given. */
  async download(form) {
    const begun = this.page.waitForEvent('download');
    await this.page.getByRole('button', { name: 'Download' }).click();
    await this.page.getByRole('menuitem', { name: form }).click();
    const download = await begun;
    const path = join(await mkdtemp(join(tmpdir(), 'activity-')), download.suggestedFilename());
    await download.saveAs(path);
    return path;
  }

  async openStart(origin) {
    await this.page.goto(origin);
  }

  async open(origin, session, parameters = {}) {
    const query = new URLSearchParams({ session, ...parameters });
    await this.page.goto(`${origin}/?${query}`);
  }

  /** Starts the workflow of this label from the start screen; the session's id. */
  async run(label) {
    await this.page.getByRole('radio', { name: label }).check();
    await this.start.click();
    await this.page.waitForURL(/[?&]session=/);
    return new URL(this.page.url()).searchParams.get('session');
  }

  /**
   * Has the page reconnect at once, as somebody would who does not like to wait.
   *
   * The page comes back by itself as well: the button may be gone before it is pressed.
   *
   * @param {number} timeout how long the button may take to come, in milliseconds
   */
  async hurry(timeout) {
    await this.reconnect.click({ timeout }).catch(() => {});
  }

  /** Writes a message to the agents. */
  async write(text) {
    await this.message.fill(text);
    await this.message.press('Enter');
    await expect(this.message).toHaveValue('');
  }

  /** What became of the message written last. */
  async hasDelivery(delivery) {
    const messages = this.page.getByRole('list', { name: 'Messages' }).getByRole('listitem');
    await expect(messages.last()).toHaveAttribute('data-delivery', delivery);
  }

  phase(id) {
    return this.phases.locator(`[data-phase="${id}"]`);
  }

  row(text) {
    return this.rows.filter({ hasText: text });
  }

  async hasConnection(state, options) {
    await expect(this.root).toHaveAttribute('data-connection', state, options);
  }

  async hasRun(state, options) {
    await expect(this.root).toHaveAttribute('data-run', state, options);
  }

  async hasPhases(states) {
    for (const [id, state] of Object.entries(states)) {
      await expect(this.phase(id)).toHaveAttribute('data-state', state);
    }
  }

  async hasEntries(count, options) {
    await expect(this.root).toHaveAttribute('data-entries', String(count), options);
  }

  /** The connection's own record: its transitions and counters, as JSON. */
  async connectionRecord() {
    return this.root.evaluate((root) => root.connectionRecord());
  }

  /** What the page did with WebSockets, which states it showed, and what its regions said first. */
  async record() {
    return this.page.evaluate(() => {
      const { sockets, ...record } = globalThis.activityRecord;
      const known = sockets.map(({ socket, ...rest }) => ({ ...rest, state: socket.readyState }));
      return { ...record, sockets: known };
    });
  }

  /** Every row of the log, from the first to the last, whether it is in the document or not. */
  async collect() {
    const { rows, complaints } = await this.page.evaluate(collectRows);
    expect(complaints).toEqual([]);
    expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index + 1));
    expect(new Set(rows.map((row) => row.total))).toEqual(new Set([rows.length]));
    return rows;
  }
}

/** Runs in the page before anything else does. */
function keepRecord() {
  const record = { sockets: [], liveMax: 0, connections: [], firstRegions: null };
  globalThis.activityRecord = record;
  globalThis.WebSocket = class extends WebSocket {
    constructor(url, ...rest) {
      super(url, ...rest);
      // Trunk's page has a socket of its own, to learn of new builds.
      if (!new URL(url, location.href).pathname.startsWith('/ws/')) return;
      const entry = { socket: this, url: String(url), at: performance.now(), readies: 0 };
      record.sockets.push(entry);
      const isLive = ({ socket }) => socket.readyState <= WebSocket.OPEN;
      record.liveMax = Math.max(record.liveMax, record.sockets.filter(isLive).length);
      this.addEventListener('open', () => (entry.opened = true));
      this.addEventListener('close', (event) => (entry.code = event.code));
      this.addEventListener('message', ({ data }) => {
        if (data.includes('"ready"')) {
          entry.readies += [JSON.parse(data)].flat().filter(({ type }) => type === 'ready').length;
        }
      });
    }
  };
  // Before the first frame in which the page is seen is painted.
  const noteRegions = () => {
    const words = (role) =>
      [...document.querySelectorAll(`[role="${role}"]`)].map((region) => region.textContent);
    record.firstRegions = { status: words('status'), alert: words('alert') };
  };
  let isRendered = false;
  const note = () => {
    const root = document.querySelector('agent-activity, [data-agent-activity]');
    if (!root) return;
    if (!isRendered) requestAnimationFrame(noteRegions);
    isRendered = true;
    const state = root.getAttribute('data-connection');
    if (state && state !== record.connections.at(-1)) record.connections.push(state);
  };
  new MutationObserver(note).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ['data-connection'],
  });
}

/** Runs in the page: scrolls the log from top to bottom and reads every row once. */
async function collectRows() {
  const log = document.querySelector('[role="log"]');
  const rows = new Map();
  const complaints = [];
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const items = () => [...log.querySelectorAll('[aria-posinset]')];
  const number = (item, name) => (item.hasAttribute(name) ? Number(item.getAttribute(name)) : null);
  /** Whether rows stand all the way from the top of what is seen to its bottom. */
  const isCovered = () => {
    const [first, last] = [items().at(0), items().at(-1)];
    if (!first) return false;
    const top = log.getBoundingClientRect().top + log.clientTop;
    const isLast = number(last, 'aria-posinset') === number(last, 'aria-setsize');
    return (
      first.getBoundingClientRect().top <= top + 1 &&
      (isLast || last.getBoundingClientRect().bottom >= top + log.clientHeight - 1)
    );
  };
  const read = () => {
    let before = 0;
    for (const item of items()) {
      const row = {
        position: number(item, 'aria-posinset'),
        total: number(item, 'aria-setsize'),
        seq: number(item, 'data-seq'),
        marker: item.getAttribute('data-marker'),
        count: number(item, 'data-count'),
        text: item.textContent,
      };
      if (row.position <= before) complaints.push(`row ${row.position} stands after ${before}`);
      before = row.position;
      const known = JSON.stringify(rows.get(row.position) ?? row);
      if (known !== JSON.stringify(row)) complaints.push(`${known} is now ${JSON.stringify(row)}`);
      rows.set(row.position, row);
    }
  };
  log.scrollTop = 0;
  for (;;) {
    for (let frames = 0; frames < 2 || !isCovered(); frames += 1) {
      if (frames > 300) return { rows: [], complaints: [`nothing at ${log.scrollTop} px`] };
      await frame();
    }
    read();
    if (log.scrollTop + log.clientHeight >= log.scrollHeight - 1) break;
    log.scrollTop += Math.floor(log.clientHeight * 0.9);
  }
  return { rows: [...rows.values()].sort((a, b) => a.position - b.position), complaints };
}
