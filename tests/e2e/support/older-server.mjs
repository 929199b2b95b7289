// A server of the older kind, played back from a capture: it numbers nothing, never reads, and
// repeats its past. What it sends was recorded from a real one; see tests/fixtures/seed-server.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';

import { ROOT } from './environment.mjs';

/** What RFC 6455 section 1.3 has a server append to the key. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

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
  /** How many bytes the clients sent after the handshake. Such a server dies of them. */
  bytesRead = 0;
  /** The paths that were asked for by HTTP. */
  asked = [];

  #capture;
  #list;
  #sockets = new Set();
  #server = http.createServer((request, response) => this.#answer(request, response));

  constructor(capture, list) {
    this.#capture = capture;
    this.#list = list;
    this.#server.on('upgrade', (request, socket) => this.#accept(request, socket));
  }

  /** Cuts the connection, without a close frame. */
  cut() {
    for (const socket of this.#sockets) socket.destroy();
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

  #accept(request, socket) {
    const key = request.headers['sec-websocket-key'] + KEY_SUFFIX;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('data', (bytes) => this.#note(bytes));
    const last = this.#capture.connections.length - 1;
    const { frames, close } = this.#capture.connections[Math.min(this.connections, last)];
    this.connections += 1;
    for (const frame of frames) socket.write(textFrame(frame));
    // 1006 is what a browser says of a connection that ends without a close frame.
    if (close === 1006) socket.end();
  }

  /** Close frames are the client's right; anything else is counted. */
  #note(bytes) {
    const CLOSE = 0x88;
    if (bytes[0] !== CLOSE) this.bytesRead += bytes.length;
  }
}

/** One unmasked text frame, RFC 6455 section 5.2. */
function textFrame(text) {
  const payload = Buffer.from(text);
  const FINAL_TEXT = 0x81;
  const head =
    payload.length < 126
      ? Buffer.from([FINAL_TEXT, payload.length])
      : Buffer.from([FINAL_TEXT, 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, payload]);
}
