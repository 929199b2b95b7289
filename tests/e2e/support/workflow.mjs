// Workflow files for the tests, in a folder of their own that also holds the gates.
//
// A gate is a file that an agent waits for: so a test decides when a phase ends, however slow the
// machine is.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A shell command that waits until the test opens `gate`. */
export const waitFor = (gate) => `until [ -e gate-${gate} ]; do sleep 0.05; done`;

/** A folder of workflow files. Agents run in it. */
export class Workflows {
  static async create() {
    return new Workflows(await mkdtemp(join(tmpdir(), 'agent-activity-e2e-')));
  }

  constructor(folder) {
    this.folder = folder;
  }

  /**
   * Writes the workflow `name`: its label, and for each phase an id and what a shell is to do.
   *
   * @param {string} name
   * @param {{ phases: { id: string, script?: string, command?: string[] }[] }} workflow and
   *   whatever else such a file may say
   */
  async write(name, { phases, ...rest }) {
    const tables = phases.map(({ script, ...phase }) => {
      const command = phase.command ?? ['sh', '-c', script];
      return `[[phase]]\n${keys({ ...phase, command })}`;
    });
    await this.file(`${name}.toml`, [keys(rest), ...tables].join('\n'));
  }

  async file(name, text) {
    await writeFile(join(this.folder, name), text);
  }

  async open(gate) {
    await this.file(`gate-${gate}`, '');
  }

  async remove() {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What JSON writes for strings, numbers and lists of them, TOML reads. */
function keys(table) {
  return Object.entries(table)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join('');
}
