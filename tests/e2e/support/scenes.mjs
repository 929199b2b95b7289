// The states in which the page is looked at, by axe and by people.

import { expect } from '@playwright/test';

import { waitFor } from './workflow.mjs';

const CHATTY_LINES = 20_000;
/** As many as the page keeps, with room for what else is said. */
const MANY_LINES = 99_990;

const progress = (value, message) =>
  `echo '${JSON.stringify({ type: 'agent_progress', progress: value, message })}'`;

const say = (...lines) => lines.map((line) => `echo '${line}'`).join('; ');

const WRITING = [
  {
    id: 'plan',
    label: 'Plan',
    agent: 'planner',
    script: say('Reading 14 merged changes since v0.3.1', 'Three of them change what people see'),
  },
  {
    id: 'research',
    label: 'Research',
    agent: 'researcher',
    script: [
      say('Change 212: the log keeps its place when older rows are dropped'),
      say('Change 219: a connection that is cut resumes where it was'),
      'echo "change 224 has no description; using its title" >&2',
      String.raw`printf '\033[1;32m  PASS\033[0m links \033[2m(12 of 12)\033[0m https://example.com/changes/224\n'`,
      say('Change 224: durations stand still while nobody knows whether anything runs'),
    ].join('; '),
  },
  {
    id: 'draft',
    label: 'Draft the release note',
    agent: 'writer',
    script: [
      progress(0.2, 'Outline'),
      say('A long line, as tools print them: '.concat('path/to/a/file.rs, '.repeat(14))),
      progress(0.6, 'Second paragraph of three'),
      waitFor('draft'),
    ].join('; '),
  },
];

const REVIEW = {
  id: 'review',
  label: 'Review',
  agent: 'reviewer',
  script: say('Every claim has a change behind it', 'No word is used before it is explained'),
};

const FAILING_REVIEW = {
  ...REVIEW,
  script: 'echo "the note says “twice as fast” and no measurement does" >&2; exit 1',
};

const PUBLISH = {
  id: 'publish',
  label: 'Publish',
  agent: 'publisher',
  script: `echo '${JSON.stringify({ type: 'result', note: 'docs/release-0.4.0.md', words: 412 })}'`,
};

/** The labels of the scenes' workflows, as the start screen has them. */
export const LABELS = { good: 'Write a release note', bad: 'Write a release note, badly' };

/** Writes the workflow files that the scenes use, and one with a mistake. */
export async function writeScenes(workflows) {
  await workflows.write('good', { label: LABELS.good, phases: [...WRITING, REVIEW, PUBLISH] });
  await workflows.write('bad', {
    label: LABELS.bad,
    phases: [...WRITING, FAILING_REVIEW, PUBLISH],
  });
  await workflows.write('chatty', printing(CHATTY_LINES, 'A very chatty command'));
  await workflows.file('mistaken.toml', '[[phase]]\nid = "plan"\ncommand = "not a list"\n');
}

/** A workflow that prints so many lines at once. */
function printing(lines, label) {
  const print = 'print "line " n " of a command that prints much"';
  const script = `awk 'BEGIN { for (n = 1; n <= ${lines}; n++) ${print} }'; ${waitFor('draft')}`;
  return { label, phases: [{ id: 'print', label: 'Print', agent: 'printer', script }] };
}

/** A history long enough for all of it. */
export const GATEWAY_ARGS = ['--history', '150000'];

/**
 * How the page is brought into each state. They are given the page, the gateway, a proxy before it
 * and the workflows.
 */
export const SCENES = {
  async start({ activity, proxy }) {
    await activity.openStart(proxy.url);
    await expect(activity.page.getByRole('radio', { name: LABELS.good }).first()).toBeVisible();
  },

  async running({ activity, gateway, proxy }) {
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'good' }));
    await activity.hasPhases({ plan: 'done', draft: 'active', review: 'pending' });
    await expect(activity.row('Second paragraph of three')).toBeVisible();
  },

  async reconnecting({ activity, gateway, proxy, workflows }) {
    await SCENES.running({ activity, gateway, proxy, workflows });
    proxy.refuse(true);
    proxy.cut();
    await expect(activity.page.getByText(/Next attempt in [2-9] s/)).toBeVisible();
  },

  async writing({ activity, gateway, proxy }) {
    const session = await gateway.createSession({ workflow: 'good' });
    await activity.open(proxy.url, session, { composer: '1' });
    await activity.hasPhases({ draft: 'active' });
    await activity.write('Leave out what only developers notice.');
    await activity.hasDelivery('acked');
    proxy.refuse(true);
    proxy.cut();
    await activity.hasConnection('waiting');
    await activity.write('And keep it to one page.');
    await activity.hasDelivery('queued');
  },

  async failed({ activity, gateway, proxy, workflows }) {
    await workflows.open('draft');
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'bad' }));
    await activity.hasRun('error');
    await activity.hasConnection('ended');
  },

  async complete({ activity, gateway, proxy, workflows }) {
    await workflows.open('draft');
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'good' }));
    await activity.hasRun('complete');
    await activity.hasConnection('ended');
    await expect(activity.page.getByRole('region', { name: 'Result' })).toBeVisible();
  },

  /** A failed run, downloaded and opened again. */
  async recording({ activity, gateway, proxy, workflows }) {
    await SCENES.failed({ activity, gateway, proxy, workflows });
    const file = await activity.download('NDJSON, all');
    await SCENES.start({ activity, gateway, proxy, workflows });
    await activity.page.getByLabel('Open a downloaded log').setInputFiles(file);
    await activity.hasRun('error');
    await activity.hasConnection('idle');
  },

  async unknown({ activity, proxy }) {
    await activity.open(proxy.url, 'nope');
    await activity.hasConnection('failed');
  },

  async chatty({ activity, gateway, proxy }) {
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'chatty' }));
    // The start of the agent, and what it prints.
    await activity.hasEntries(CHATTY_LINES + 1);
  },

  async searching({ activity, gateway, proxy, workflows }) {
    await workflows.write('many', printing(MANY_LINES, 'A command that prints without end'));
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'many' }));
    await activity.hasEntries(MANY_LINES + 1);
    const search = activity.page.getByRole('searchbox', { name: 'Search activity' });
    await search.fill('line 500');
    await expect(activity.page.getByText('111 found')).toBeVisible();
    await search.press('Enter');
    await search.press('Enter');
    await expect(activity.log.locator('mark').first()).toBeInViewport();
  },

  async timeline({ activity, gateway, proxy }) {
    const session = await gateway.createSession();
    const began = Date.now() - 200_000;
    const event = (type, id, second, message) => ({
      type,
      phase: id,
      agent: { plan: 'planner', research: 'researcher', draft: 'writer', review: 'reviewer' }[id],
      timestamp: new Date(began + second * 1_000).toISOString(),
      message,
    });
    const phases = [...WRITING, REVIEW, PUBLISH].map(({ id, label }) => ({ id, label }));
    await gateway.publish(session, [
      { type: 'plan', phases },
      event('agent_start', 'plan', 0, 'Plan'),
      event('agent_complete', 'plan', 9, 'Three of 14 changes are for people'),
      event('agent_start', 'research', 9, 'Research'),
      event('agent_complete', 'research', 52, 'Three changes described'),
      event('agent_start', 'draft', 52, 'Draft'),
      event('agent_complete', 'draft', 95, 'Three paragraphs'),
      event('agent_start', 'review', 95, 'Review'),
      event('agent_error', 'review', 120, 'The note says “twice as fast” and no measurement does'),
      event('agent_start', 'draft', 120, 'Draft, again'),
      event('agent_complete', 'draft', 160, 'Three paragraphs, and the measurement'),
      event('agent_start', 'review', 160, 'Review, again'),
    ]);
    await activity.open(proxy.url, session);
    await activity.page.getByRole('button', { name: 'Timeline' }).click();
    await expect(activity.page.getByRole('list', { name: 'Timeline' })).toBeVisible();
  },
};
