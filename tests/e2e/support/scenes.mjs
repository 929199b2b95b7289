// The states in which the page is looked at, by axe and by people.

import { expect } from '@playwright/test';

import { waitFor } from './workflow.mjs';

const CHATTY_LINES = 20_000;

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
  const print = 'print "line " n " of a command that prints much"';
  const chatter = `awk 'BEGIN { for (n = 1; n <= ${CHATTY_LINES}; n++) ${print} }'`;
  await workflows.write('chatty', {
    label: 'A very chatty command',
    phases: [
      { id: 'print', label: 'Print', agent: 'printer', script: `${chatter}; ${waitFor('draft')}` },
    ],
  });
  await workflows.file('mistaken.toml', '[[phase]]\nid = "plan"\ncommand = "not a list"\n');
}

/** A history long enough for all of it. */
export const GATEWAY_ARGS = ['--history', '50000'];

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

  async unknown({ activity, proxy }) {
    await activity.open(proxy.url, 'nope');
    await activity.hasConnection('failed');
  },

  async chatty({ activity, gateway, proxy }) {
    await activity.open(proxy.url, await gateway.createSession({ workflow: 'chatty' }));
    // The start of the agent, and what it prints.
    await activity.hasEntries(CHATTY_LINES + 1);
  },
};
