// Where the things under test are. `cargo xtask test` says it in variables; without them they are
// looked for where `cargo xtask build` puts them.

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's top folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The gateway's program. */
export const GATEWAY = found(
  'GATEWAY_PATH',
  process.env.GATEWAY_PATH ?? join(ROOT, 'target/release/agent-gateway'),
);

/** The folder of the built page. */
export const PAGE = found('PAGE_PATH', process.env.PAGE_PATH ?? join(ROOT, 'dist'));

/** How the browser is started. */
export const launchOptions = {
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

/** Trunk's program: the one on PATH, else the one that `cargo xtask` installed. */
export function trunk() {
  const folders = [...(process.env.PATH ?? '').split(delimiter), join(ROOT, 'target/tools/bin')];
  const programs = folders.filter(Boolean).map((folder) => join(folder, 'trunk'));
  const program = programs.find((candidate) => existsSync(candidate));
  if (!program) throw new Error('there is no trunk on PATH; run `cargo xtask build` first');
  return program;
}

function found(variable, path) {
  if (existsSync(path)) return path;
  throw new Error(
    `there is nothing at ${path}; run \`cargo xtask build\` first, or set ${variable}`,
  );
}
