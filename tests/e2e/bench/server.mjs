// Serves a page and the stream of one scenario, and does no work while it is measured.

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import { extname, join, normalize } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { WebSocketServer } from 'ws';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** As much as is handed to the system at once. */
const WRITE_BYTES = 64 << 10;
const HEARTBEAT_MS = 5_000;

/** The time in milliseconds, on the clock that it is measured by. */
export const now = () => performance.now();

export class Server {
  /**
   * @param {object} options `folder`: the page; `stream`: its events; `rate`: how many a second, as
   *   fast as they are taken if there is none; `cuts`: how often the connection is cut on the way;
   *   `missed`: how many happen before the page is back; `begin`: awaited before the first event
   */
  static async start(options) {
    const server = new Server(options);
    server.#http.listen(0, '127.0.0.1');
    await once(server.#http, 'listening');
    server.url = `http://127.0.0.1:${server.#http.address().port}/?session=bench`;
    return server;
  }

  /** When the first event was sent, and when the last one was due; by `now`. */
  firstSentAt = null;
  lastDueAt = null;
  /** How often the page has connected. */
  connections = 0;

  #options;
  #sockets = new Set();
  #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #http = http.createServer((request, response) => this.#answer(request, response));
  /** How many events have happened; what is sent of them depends on the page. */
  #happened = 0;
  #cuts = 0;

  constructor(options) {
    this.#options = options;
    this.#http.on('upgrade', (request, socket, head) => {
      this.#webSockets.handleUpgrade(request, socket, head, (client) => {
        const after = Number(new URL(request.url, 'http://h').searchParams.get('after') ?? 0);
        this.#follow(client, socket, after).catch((error) => {
          // A connection that is cut takes no more.
          if (!socket.destroyed) throw error;
        });
      });
    });
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  async #answer({ url }, response) {
    const { pathname } = new URL(url, 'http://h');
    const file = join(this.#options.folder, normalize(pathname === '/' ? '/index.html' : pathname));
    const isFile = await stat(file).then((it) => it.isFile(), () => false);
    if (!isFile) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  }

  async #follow(client, socket, after) {
    const { stream, begin } = this.#options;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const send = (message) => client.send(JSON.stringify(message));
    client.on('message', (data) => {
      const { type, timestamp } = JSON.parse(data);
      if (type === 'ping') send({ type: 'pong', timestamp });
    });
    const newest = this.#happened;
    send({ type: 'hello', protocol: 1, session: 'bench', epoch: 'bench', oldest: 1, newest });
    this.connections += 1;
    if (this.connections === 1) {
      await begin();
      this.firstSentAt = now();
      if (!this.#options.rate) this.#happened = stream.count;
    }
    const isReplay = this.#happened === stream.count || after < this.#happened;
    if (isReplay) await this.#write(socket, stream.slice(after, this.#happened));
    send({ type: 'ready' });
    const heartbeat = setInterval(
      () => send({ type: 'heartbeat', newest: this.#happened }),
      HEARTBEAT_MS,
    );
    socket.once('close', () => clearInterval(heartbeat));
    if (this.#happened < stream.count) await this.#pace(socket);
    this.lastDueAt ??= now();
  }

  /** Sends what happens from now on when it happens, until the page is cut off. */
  async #pace(socket) {
    const { stream, rate, cuts = 0, missed = 0 } = this.#options;
    const [from, startedAt] = [this.#happened, now()];
    while (this.#happened < stream.count && !socket.destroyed) {
      await sleep(1);
      const due = from + Math.floor(((now() - startedAt) / 1_000) * rate);
      const next = Math.min(due, stream.count);
      if (next === this.#happened) continue;
      const sent = this.#happened;
      this.#happened = next;
      if (next === stream.count) {
        this.lastDueAt = startedAt + ((stream.count - from) / rate) * 1_000;
      }
      await this.#write(socket, stream.slice(sent, next));
      const share = stream.count / (cuts + 1);
      if (this.#cuts < cuts && this.#happened >= share * (this.#cuts + 1)) {
        this.#cuts += 1;
        this.#happened = Math.min(this.#happened + missed, stream.count - 1);
        socket.destroy();
      }
    }
  }

  /** Writes frames as fast as they are taken. */
  async #write(socket, frames) {
    let waiting = [];
    let bytes = 0;
    const flush = async () => {
      const all = Buffer.concat(waiting);
      [waiting, bytes] = [[], 0];
      if (!socket.destroyed && !socket.write(all)) await once(socket, 'drain');
    };
    for (const next of frames) {
      waiting.push(next);
      bytes += next.length;
      if (bytes >= WRITE_BYTES) await flush();
    }
    if (bytes > 0) await flush();
  }
}
