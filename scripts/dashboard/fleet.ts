/**
 * The dashboard of a fleet of jobs: what is wrong now, how runs went, whether faults are noticed in time and
 * reach people, and how Tocsin itself fares. Every query is narrowed by instance and, where it has one, group.
 */
import type { Dashboard, Row } from './grafana.ts';
import { detection, intake, notifications, self } from './inside.ts';
import { AT, IN, quantile, WINDOW } from './queries.ts';

const JOB_STATES = [
  ['new', 'text'],
  ['up', 'green'],
  ['late', 'yellow'],
  ['down', 'red'],
  ['paused', 'blue'],
] as const;
const RESULT_COLORS = {
  ok: 'green',
  failed: 'red',
  overrun: 'orange',
  abandoned: 'purple',
  missed: 'yellow',
} as const;

const jobsIn = (state: string): string => `sum(tocsin_jobs{${IN},state="${state}"})`;

const now: Row = {
  title: 'Now',
  panels: [
    {
      kind: 'stat',
      title: 'Down',
      description: 'Jobs that failed or did not come. The table below names them.',
      width: 4,
      height: 4,
      unit: 'short',
      steps: [[1, 'red']],
      queries: [{ expr: jobsIn('down') }],
    },
    {
      kind: 'stat',
      title: 'Late',
      description: 'Jobs past their schedule and still inside their grace.',
      width: 4,
      height: 4,
      unit: 'short',
      steps: [[1, 'yellow']],
      queries: [{ expr: jobsIn('late') }],
    },
    {
      kind: 'stat',
      title: 'Running',
      description: 'Runs that have started and not ended.',
      width: 4,
      height: 4,
      unit: 'short',
      queries: [{ expr: `sum(tocsin_runs_active{${IN}})` }],
    },
    {
      kind: 'stat',
      title: 'Up, new, paused',
      description: 'Jobs that are well, that never reported, and that nobody watches.',
      width: 4,
      height: 4,
      unit: 'short',
      queries: [
        { expr: jobsIn('up'), legend: 'up' },
        { expr: jobsIn('new'), legend: 'new' },
        { expr: jobsIn('paused'), legend: 'paused' },
      ],
    },
    {
      kind: 'stat',
      title: 'Success, 24 h',
      description: 'Share of expected runs of the last 24 hours that ended well.',
      width: 4,
      height: 4,
      unit: 'percentunit',
      queries: [
        {
          expr: `sum(increase(tocsin_runs_total{${IN},result="ok"}[24h])) / (sum(increase(tocsin_runs_total{${IN}}[24h])) + sum(increase(tocsin_runs_missed_total{${IN}}[24h])))`,
        },
      ],
    },
    {
      kind: 'stat',
      title: 'Longest overdue',
      description: 'How long ago the job that is overdue the longest was expected.',
      width: 4,
      height: 4,
      unit: 's',
      steps: [
        [1, 'yellow'],
        [3600, 'red'],
      ],
      queries: [
        {
          expr: `max(time() - tocsin_job_next_expected_timestamp_seconds{${IN}} > 0) or vector(0)`,
        },
      ],
    },
  ],
};

/** The jobs that a table of bad ones is about. */
const BAD = `max by (group, job_name) (tocsin_job_state{${IN}} == 2 or tocsin_job_state{${IN}} == 3)`;
const ofBad = (family: string): string =>
  `max by (group, job_name) (${family}{${IN}} * 1000) and on (group, job_name) ${BAD}`;

const jobs: Row = {
  title: 'Jobs that need a look',
  panels: [
    {
      kind: 'table',
      title: 'Down and late',
      description: 'From the series of single jobs, which are scraped every minute.',
      width: 12,
      height: 9,
      unit: 'short',
      queries: [
        { expr: BAD },
        { expr: ofBad('tocsin_job_last_success_timestamp_seconds') },
        { expr: ofBad('tocsin_job_next_expected_timestamp_seconds') },
      ],
      columns: [
        { name: 'State', states: JOB_STATES },
        { name: 'Last success', unit: 'dateTimeFromNow' },
        { name: 'Expected', unit: 'dateTimeFromNow' },
      ],
    },
    {
      kind: 'state-timeline',
      title: 'Worst jobs',
      description: 'The 20 jobs that were down for most of the time shown.',
      width: 12,
      height: 9,
      unit: 'short',
      states: JOB_STATES,
      queries: [
        {
          expr: `max by (group, job_name) (tocsin_job_state{${IN}}) and on (group, job_name) topk(20, max by (group, job_name) (avg_over_time((tocsin_job_state{${IN}} == bool 3)[$__range:1m] @ end())) > 0)`,
          legend: '{{group}}/{{job_name}}',
        },
      ],
    },
  ],
};

const runs: Row = {
  title: 'Runs',
  panels: [
    {
      kind: 'timeseries',
      title: 'Runs by result',
      description: 'Runs that ended, and those that never came.',
      width: 12,
      height: 8,
      unit: 'short',
      look: 'bars',
      colors: RESULT_COLORS,
      queries: [
        {
          expr: `sum by (result) (increase(tocsin_runs_total{${IN}}${WINDOW}))`,
          legend: '{{result}}',
        },
        { expr: `sum(increase(tocsin_runs_missed_total{${IN}}${WINDOW}))`, legend: 'missed' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Missed by group',
      description: 'Runs that were expected and did not report before their deadline.',
      width: 12,
      height: 8,
      unit: 'short',
      look: 'bars',
      queries: [
        {
          expr: `sum by (group) (increase(tocsin_runs_missed_total{${IN}}${WINDOW}))`,
          legend: '{{group}}',
        },
      ],
    },
    {
      kind: 'heatmap',
      title: 'Durations',
      description: 'How long runs took whose start was reported.',
      width: 12,
      height: 8,
      unit: 's',
      queries: [
        {
          expr: `sum by (le) (increase(tocsin_run_duration_seconds_bucket{${IN}}${WINDOW}))`,
          legend: '{{le}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Duration, 95 % of runs',
      description: 'Of each group; a rise without a change of the job is worth a look.',
      width: 12,
      height: 8,
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'tocsin_run_duration_seconds', ['group'], IN),
          legend: '{{group}}',
        },
      ],
    },
  ],
};

const traces: Row = {
  title: 'Traces',
  panels: [
    {
      kind: 'traces',
      title: 'Runs that went wrong',
      description: 'The newest; open one to see what it called and which deliveries it led to.',
      width: 24,
      height: 9,
      query:
        '{ resource.service.name = "tocsin" && kind = server && status = error } | select(span.tocsin.job.name, span.tocsin.run.result, span.error.type)',
    },
  ],
};

export const fleetDashboard: Dashboard = {
  uid: 'tocsin-fleet',
  title: 'Tocsin: fleet of jobs',
  description: 'Scheduled jobs, whether they ran, and whether somebody was told when they did not.',
  variables: [
    { name: 'instance', label: 'Tocsin', metric: 'tocsin_build_info', from: 'instance' },
    { name: 'group', label: 'Group', metric: `tocsin_jobs{${AT}}`, from: 'group' },
  ],
  rows: [now, jobs, runs, detection, notifications, intake, self, traces],
};
