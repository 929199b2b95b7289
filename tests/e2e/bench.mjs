// How fast pages are: `node bench.mjs --help`.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { measure } from './bench/measure.mjs';
import { report } from './bench/report.mjs';
import { DEFAULT, KINDS, scenario } from './bench/scenarios.mjs';
import { PAGE } from './support/environment.mjs';

const USAGE = `usage: node bench.mjs [--scenario NAME]... [--page NAME=FOLDER[?QUERY]]... [--runs N] [--json FILE]

Measures this page side by side with the floor, a page that reads every event and shows the last
one in a single line, and with other pages that are given. They take turns; medians are reported.

  ${Object.values(KINDS).join('\n  ')}

N and R may end in k or m. Without --scenario: ${DEFAULT.join(', ')}.
`;

/** What more than this share of the machine that others use makes of a measurement: it is repeated. */
const FOREIGN_MAX = 0.2;
const ATTEMPTS = 3;

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true, default: DEFAULT },
    page: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string', default: '5' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const scenarios = values.scenario.map(scenario);
const pages = [
  { name: 'agent-activity', folder: PAGE },
  { name: 'floor', folder: fileURLToPath(new URL('bench/floor', import.meta.url)) },
  ...values.page.map(given),
];
const results = [];
for (const scenario of scenarios) {
  for (let run = 1; run <= Number(values.runs); run += 1) {
    for (const page of pages) {
      const result = await undisturbed(page, scenario);
      results.push({ page: page.name, scenario: scenario.name, run, ...result });
      const outcome = result.error ?? `${Math.round(result.timeMs)} ms`;
      console.error(`${scenario.name}, run ${run}, ${page.name}: ${outcome}`);
    }
  }
}
console.log(report(results, pages, scenarios));
if (values.json) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exit(results.some(({ error }) => error) ? 1 : 0);

/** A measurement; repeated when other programs were busy meanwhile. */
async function undisturbed(page, scenario) {
  let result;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      result = await measure(page, scenario);
    } catch (error) {
      return { error: error.message };
    }
    if (result.foreign <= FOREIGN_MAX) break;
  }
  return result;
}

function given(text) {
  const [, name, folder, query = ''] = /^([^=]+)=([^?]+)(?:\?(.*))?$/.exec(text) ?? [];
  if (!name) throw new Error(`--page ${text} is not NAME=FOLDER`);
  return { name, folder: resolve(folder), query: query && `&${query}` };
}
