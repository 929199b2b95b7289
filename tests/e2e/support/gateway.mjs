// The gateway as a process, and its HTTP endpoints.

import { GATEWAY, PAGE } from './environment.mjs';
import { Program, groupsOf, killGroups } from './process.mjs';

/** A gateway that runs. */
export class Gateway {
  /**
   * Starts one on `port`, or on any that is free. It serves the page in the folder `page`.
   *
   * @param {{ workflows: string, port?: number, page?: string, args?: string[] }} options
   */
  static async start({ workflows, port = 0, page = PAGE, args = [] }) {
    const address = ['--listen', `127.0.0.1:${port}`];
    const folders = ['--workflows', workflows, '--page', page];
    const program = await Program.start(GATEWAY, ['serve', ...address, ...folders, ...args], {
      ready: /^listening on (http:\/\/127\.0\.0\.1:(\d+))$/m,
    });
    return new Gateway(program);
  }

  #orphans = [];

  constructor(program) {
    this.program = program;
    this.url = program.match[1];
    this.port = Number(program.match[2]);
  }

  /** The process groups of the agents that run at present. */
  agentGroups() {
    return groupsOf(this.program.pid);
  }

  /** Ends it in order, as a service manager does. */
  async terminate() {
    return this.program.stop('SIGTERM');
  }

  /** Ends it without a chance to do anything about it. Its agents are ours to end, then. */
  async kill() {
    this.#orphans = this.agentGroups();
    return this.program.stop('SIGKILL');
  }

  /** Ends it and whatever it left behind. */
  async dispose() {
    const groups = [...this.#orphans, ...this.agentGroups()];
    await this.terminate();
    killGroups(groups);
  }

  /** Makes a session, and starts `workflow` in it when one is named. */
  async createSession({ id, workflow } = {}) {
    const { sessionId } = await this.#post('/api/sessions', id ? { sessionId: id } : {});
    if (workflow) await this.startSession(sessionId, workflow);
    return sessionId;
  }

  async startSession(id, workflow) {
    return this.#post(`/api/sessions/${id}/start`, { workflow });
  }

  async cancelSession(id) {
    return this.#post(`/api/sessions/${id}/cancel`, {});
  }

  /** Publishes events to a session. */
  async publish(id, events) {
    const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const answer = await this.#request(`/api/sessions/${id}/events`, { method: 'POST', body });
    if (answer.errors.length > 0) throw new Error(JSON.stringify(answer.errors));
    return answer;
  }

  /** What the gateway says about a session: state, epoch, oldest, newest. */
  async session(id) {
    return this.#request(`/api/sessions/${id}`);
  }

  /** The events of a session, as far as its history has them. */
  async events(id) {
    return (await this.#request(`/api/strategy/events/${id}?from=0`)).events;
  }

  /** How many entries a page must show: every event counts but the plan. */
  async entries(id) {
    const { oldest, newest } = await this.session(id);
    if (oldest > 1) throw new Error(`the history of ${id} was trimmed: it begins at ${oldest}`);
    const plans = (await this.events(id)).filter((event) => event.type === 'plan');
    return newest - plans.length;
  }

  async #post(path, body) {
    const headers = { 'content-type': 'application/json' };
    return this.#request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #request(path, options) {
    const response = await fetch(this.url + path, options);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }
}
