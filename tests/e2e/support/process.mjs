// Programs that the tests start, and what the system says about processes.

import { execFileSync, spawn } from 'node:child_process';

/** How long a program may take until it is ready, and to end when it is asked to. */
const PATIENCE_MS = 20_000;

const running = new Set();
// Reached with programs left only when a worker is torn down before its fixtures are.
process.once('exit', () => running.forEach((program) => program.child.kill('SIGKILL')));

/** A program that runs until it is stopped. */
export class Program {
  /**
   * Starts `path` and waits until its output matches `ready`.
   *
   * @param {string} path
   * @param {string[]} args
   * @param {{ ready: RegExp, cwd?: string, env?: NodeJS.ProcessEnv }} options
   */
  static async start(path, args, { ready, cwd, env = process.env }) {
    const program = new Program(spawn(path, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }));
    try {
      program.match = await program.#said(ready);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return program;
  }

  constructor(child) {
    this.child = child;
    this.output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    running.add(this);
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({ error }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    }).finally(() => running.delete(this));
  }

  get pid() {
    return this.child.pid;
  }

  /** Sends a signal and waits for the end; SIGKILL for those that take no hint. */
  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    const how = await this.ended;
    clearTimeout(timer);
    return how;
  }

  /** The first match of `pattern` in the output. */
  #said(pattern) {
    return new Promise((resolve, reject) => {
      const fail = () => {
        const { spawnfile } = this.child;
        reject(new Error(`${spawnfile} did not become ready; it said:\n${this.output}`));
      };
      const timer = setTimeout(fail, PATIENCE_MS);
      const look = () => {
        const match = this.output.match(pattern);
        if (!match) return;
        clearTimeout(timer);
        resolve(match);
      };
      this.child.stdout.on('data', look);
      this.child.stderr.on('data', look);
      this.child.once('error', reject);
      this.child.once('close', () => {
        clearTimeout(timer);
        fail();
      });
    });
  }
}

/** The processes that are there, less those that have ended and are only not collected yet. */
function processes() {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat=,args='], {
    encoding: 'utf8',
  });
  return table
    .split('\n')
    .map((line) => line.match(/^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/))
    .filter((match) => match && !match[4].startsWith('Z'))
    .map(([, pid, parent, group, , command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      command,
    }));
}

/** The process groups that children of the process `pid` lead. */
export function groupsOf(pid) {
  const children = processes().filter((process) => process.parent === pid);
  return [...new Set(children.map((child) => child.group))].filter(
    (group) => group !== process.pid,
  );
}

/** The processes of these groups, as `pid command`. */
export function membersOf(groups) {
  const members = processes().filter((process) => groups.includes(process.group));
  return members.map((process) => `${process.pid} ${process.command}`);
}

/** Kills what is left of these groups. */
export function killGroups(groups) {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}
