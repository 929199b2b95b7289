// A server of the older kind, played back from a capture: it numbers nothing, never reads, and
// repeats its past. What it sends was recorded from a real one; see tests/fixtures/seed-server.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';

import { WebSocketServer } from 'ws';

import { ROOT } from './environment.mjs';

const CORS = { 'access-control-allow-origin': '*' };

/** What was recorded of one session. */
export class Capture {
  static async read(name) {
    const path = join(ROOT, 'tests/fixtures/seed-server', `${name}.jsonl`);
    const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
    return new Capture(lines.map((line) => JSON.parse(line)));
  }

  constructor(records) {
    /** The frames of each connection, and the code it was closed with if it was. */
    this.connections = [];
    for (const { conn, frame, close } of records) {
      const connection = (this.connections[conn - 1] ??= { frames: [], close: null });
      if (frame) connection.frames.push(frame);
      else connection.close = close;
    }
  }

  /** What happened: each event once, in the order in which it happened. */
  get truth() {
    const frames = new Set(this.connections.flatMap(({ frames }) => frames));
    return [...frames]
      .map((frame) => JSON.parse(frame))
      .filter(({ timestamp }) => timestamp)
      .sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
  }
}

/** Plays a capture back, one of its connections for each that comes; the last one stays. */
export class OlderServer {
  /**
   * @param {Capture} capture
   * @param {{ list?: object[] }} options `list`: the events that it serves by HTTP; it has no such
   *   endpoint without
   */
  static async start(capture, { list } = {}) {
    const server = new OlderServer(capture, list);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    const { port } = server.#server.address();
    server.endpoint = `http://127.0.0.1:${port}/ws/strategy/progress`;
    return server;
  }

  /** How many connections came. */
  connections = 0;
  /** How many messages the clients sent. Such a server dies of them. */
  messages = 0;
  /** The paths that were asked for by HTTP. */
  asked = [];

  #capture;
  #list;
  #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #server = http.createServer((request, response) => this.#answer(request, response));

  constructor(capture, list) {
    this.#capture = capture;
    this.#list = list;
    this.#server.on('upgrade', (request, socket, head) =>
      this.#webSockets.handleUpgrade(request, socket, head, (client) =>
        this.#accept(client, socket),
      ),
    );
  }

  /** Cuts the connection, without a close frame. */
  cut() {
    for (const client of this.#webSockets.clients) client.terminate();
  }

  async stop() {
    this.cut();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer({ url }, response) {
    this.asked.push(url);
    const { pathname, searchParams } = new URL(url, 'http://h');
    if (!this.#list || !pathname.startsWith('/api/strategy/events/')) {
      response.writeHead(404, CORS).end('{"detail":"Not Found"}');
      return;
    }
    const from = Number(searchParams.get('from') ?? 0);
    const events = this.#list.slice(from);
    const list = { events, total: this.#list.length, from, session_active: true };
    response.writeHead(200, { ...CORS, 'content-type': 'application/json' });
    response.end(JSON.stringify(list));
  }

  #accept(client, socket) {
    client.on('message', () => (this.messages += 1));
    const last = this.#capture.connections.length - 1;
    const { frames, close } = this.#capture.connections[Math.min(this.connections, last)];
    this.connections += 1;
    for (const frame of frames) client.send(frame);
    // 1006 is what a browser says of a connection that ends without a close frame.
    if (close === 1006) socket.end();
  }
}
