// A TCP proxy that cuts. It stands between the browser and the gateway and knows of HTTP only what
// it takes to tell a WebSocket from other requests.

import { once } from 'node:events';
import net from 'node:net';

const HEAD_END = '\r\n\r\n';

/** A proxy on a loopback port of its own. */
export class Proxy {
  static async start(target) {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.port = proxy.#server.address().port;
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    return proxy;
  }

  /** The targets of all upgrades so far, in order: `/ws/…?epoch=E&after=N`. */
  upgrades = [];
  /** The most WebSockets that were there at once. */
  liveMax = 0;

  #target;
  #server = net.createServer((client) => this.#serve(client));
  #connections = new Set();
  #webSockets = new Set();
  #refuses = false;

  constructor(target) {
    this.#target = target;
  }

  /** How many WebSockets are there now. */
  get live() {
    return this.#webSockets.size;
  }

  /** Whether connections are refused; those that are there stay. */
  refuse(refuses) {
    this.#refuses = refuses;
  }

  /**
   * Cuts every connection, both ways, without a close frame.
   *
   * @param {boolean} hard with a TCP reset, which also throws away what is under way
   */
  cut(hard = false) {
    for (const socket of [...this.#connections]) {
      if (hard) socket.resetAndDestroy();
      else socket.destroy();
    }
    this.#connections.clear();
    this.#webSockets.clear();
  }

  async stop() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(client) {
    if (this.#refuses) {
      client.resetAndDestroy();
      return;
    }
    const upstream = net.connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      this.#connections.add(socket);
      socket.setNoDelay(true);
      // An error is followed by `close`, which is all that matters here.
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#connections.delete(socket);
        this.#webSockets.delete(client);
        other.destroy();
      });
    }
    this.#watch(client);
    client.pipe(upstream);
    upstream.pipe(client);
  }

  /** Looks at the head of the first request. A browser gives each WebSocket a new connection. */
  #watch(client) {
    let head = '';
    const look = (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes(HEAD_END)) return;
      client.off('data', look);
      if (/^upgrade:\s*websocket\s*$/im.test(head)) {
        this.upgrades.push(head.split(' ')[1]);
        this.#webSockets.add(client);
        this.liveMax = Math.max(this.liveMax, this.#webSockets.size);
      }
    };
    client.on('data', look);
  }
}
