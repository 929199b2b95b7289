// The figures of all runs as a table: medians, and how they compare with the floor's.

const FIGURES = [
  ['time', 'timeMs', milliseconds],
  ['lag', 'lagMs', milliseconds],
  ['processor', 'cpuMs', milliseconds],
  ['load', 'load', (value) => `${(value * 100).toFixed(1)} %`],
  ['script', 'scriptMs', milliseconds],
  ['style', 'styleMs', milliseconds],
  ['layout', 'layoutMs', milliseconds],
  ['p99 gap', 'gapMs', (value) => `${value.toFixed(1)} ms`],
  ['longest task', 'taskMs', milliseconds],
  ['memory', 'memoryBytes', (value) => `${(value / 2 ** 20).toFixed(1)} MiB`],
  ['search', 'search.timeMs', milliseconds],
  ['search processor', 'search.cpuMs', milliseconds],
  ['search task', 'search.taskMs', milliseconds],
];

function milliseconds(value) {
  return `${value.toFixed(value < 100 ? 1 : 0).replace(/\B(?=(\d{3})+$)/, ',')} ms`;
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** A table for each scenario: its figures, one to a line, and the pages side by side. */
export function report(results, pages, scenarios) {
  return scenarios
    .map(({ name }) => {
      const of = (page) =>
        results.filter((result) => result.scenario === name && result.page === page.name);
      return [`\n${name}`, ...table(pages.map((page) => [page.name, of(page)]))].join('\n');
    })
    .join('\n');
}

function table(columns) {
  const floor = columns.find(([name]) => name === 'floor')[1];
  const rows = [['', ...columns.map(([name]) => name)]];
  for (const [label, path, words] of FIGURES) {
    const values = columns.map(([, results]) => middle(results, path));
    if (values.every((value) => value === null)) continue;
    const least = middle(floor, path);
    rows.push([
      label,
      ...values.map((value, index) => {
        if (value === null) return '–';
        const isFloor = columns[index][0] === 'floor';
        const ratio = isFloor || !least ? '' : ` (${(value / least).toFixed(2)} ×)`;
        return words(value) + ratio;
      }),
    ]);
  }
  rows.push(['entries', ...columns.map(([, results]) => entries(results))]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
}

/** The median of one figure; null where it was not measured. */
function middle(results, path) {
  const values = results
    .map((result) => path.split('.').reduce((value, name) => value?.[name], result))
    .filter((value) => typeof value === 'number');
  return values.length === 0 ? null : median(values);
}

/** Whether all entries were counted once, in each run. */
function entries(results) {
  const failed = results.find(({ error }) => error);
  if (failed) return failed.error;
  if (results.some(({ entries }) => entries === null)) return '–';
  const wrong = results.find(({ entries, expected }) => Number(entries) !== expected);
  if (wrong) return `${wrong.entries} of ${wrong.expected}`;
  const errors = results.flatMap(({ errors }) => errors);
  return errors.length === 0 ? 'all, once' : `errors: ${errors[0]}`;
}
