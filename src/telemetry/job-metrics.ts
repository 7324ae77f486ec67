/**
 * The series of single jobs on `/metrics/jobs`, written as text without a registry: a registry of a million
 * series blocks the event loop for seconds and takes a gigabyte. Invariant: at most `jobsMax` jobs have series,
 * no slice of work is much longer than SLICE_MS, and no more text is made than the reader takes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';
import { JOB_STATES } from './labels.ts';
import type { JobSample } from './metric-state.ts';

const CHUNK_LENGTH = 65_536;
const SLICE_MS = 5;
/** Jobs between two looks at the clock, which costs more than a line of text. */
const LINES_PER_LOOK = 256;

/** One job as Prometheus shall see it. Instants in milliseconds; null for never or none. */
export interface JobSeries extends JobSample {
  readonly name: string;
  readonly id: number;
  readonly lastSuccessMs: number | null;
  readonly nextExpectedMs: number | null;
  readonly lastDurationMs: number | null;
  readonly lastCompletionMs: number | null;
  readonly graceMs: number;
  readonly pings: number;
  readonly failuresInRow: number;
  readonly schedule: string;
  readonly timezone: string;
  readonly severity: string;
}

export interface JobMetricsQuery {
  /** `minimal`: enough to see what is down and late; `full`: all. */
  readonly families: 'minimal' | 'full';
  /** Only the jobs of this group. */
  readonly group?: string;
  readonly jobsMax: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** null: no line for this job. */
  value(job: JobSeries): number | null;
  /** Labels besides `group` and `job_name`, as text that begins with a comma. */
  more?(job: JobSeries): string;
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const gauge = (name: string, help: string, value: Family['value']): Family => ({
  name,
  help,
  type: 'gauge',
  value,
});

const MINIMAL: readonly Family[] = [
  gauge('tocsin_job_up', 'Whether the job is well: 0 when it is down.', ({ state }) =>
    state === 'down' ? 0 : 1,
  ),
  gauge(
    'tocsin_job_last_success_timestamp_seconds',
    'When the job last succeeded; 0 for never.',
    ({ lastSuccessMs }) => (lastSuccessMs ?? 0) / 1000,
  ),
  gauge(
    'tocsin_job_next_expected_timestamp_seconds',
    'The scheduled time that is awaited; absent when none is.',
    ({ nextExpectedMs }) => seconds(nextExpectedMs),
  ),
  gauge(
    'tocsin_job_last_duration_seconds',
    'Duration of the last run whose start was reported.',
    ({ lastDurationMs }) => seconds(lastDurationMs),
  ),
  gauge('tocsin_job_running', 'Runs of the job that are under way.', ({ running }) => running),
];

const FULL: readonly Family[] = [
  ...MINIMAL,
  gauge('tocsin_job_state', '0 new, 1 up, 2 late, 3 down, 4 paused.', ({ state }) =>
    JOB_STATES.indexOf(state),
  ),
  gauge(
    'tocsin_job_last_completion_timestamp_seconds',
    'When a run of the job last ended, well or not; absent for never.',
    ({ lastCompletionMs }) => seconds(lastCompletionMs),
  ),
  gauge('tocsin_job_grace_seconds', 'How late the job may be.', ({ graceMs }) => graceMs / 1000),
  gauge('tocsin_job_paused', 'Whether the job is paused.', ({ state }) =>
    state === 'paused' ? 1 : 0,
  ),
  gauge(
    'tocsin_job_consecutive_failures',
    'Runs that failed or were missed in a row.',
    ({ failuresInRow }) => failuresInRow,
  ),
  {
    name: 'tocsin_job_pings_total',
    help: 'Pings ever received for the job; survives restarts.',
    type: 'counter',
    value: ({ pings }) => pings,
  },
  {
    ...gauge('tocsin_job_info', 'Always 1; the labels say what the job is.', () => 1),
    more: ({ id, schedule, timezone, severity }) =>
      `,job_id="${id}",schedule="${escaped(schedule)}",timezone="${escaped(timezone)}",severity="${escaped(severity)}"`,
  },
];

/** The three characters that the text format escapes in a label's value. */
const escaped = (value: string): string =>
  /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;

/** Text format 0.0.4 in chunks of about 64 KiB; hand it to `pipeline(Readable.from(…), response)`. */
export async function* jobMetrics(
  jobs: Iterable<JobSeries>,
  query: JobMetricsQuery,
  clock: Pick<Clock, 'monotonic'>,
): AsyncGenerator<string, void, undefined> {
  const { shown, labels, limited } = await select(jobs, query, clock);
  let text = '';
  let sliceEnd = clock.monotonic() + SLICE_MS;
  for (const family of query.families === 'full' ? FULL : MINIMAL) {
    text += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`;
    for (const [index, job] of shown.entries()) {
      const value = family.value(job);
      if (value !== null) {
        text += `${family.name}{${labels[index] ?? ''}${family.more?.(job) ?? ''}} ${value}\n`;
      }
      if (text.length >= CHUNK_LENGTH) {
        yield text;
        text = '';
      }
      if (index % LINES_PER_LOOK === 0 && clock.monotonic() >= sliceEnd) {
        await nextTurn();
        sliceEnd = clock.monotonic() + SLICE_MS;
      }
    }
  }
  yield text + bounds(shown.length, limited);
}

const select = async (
  jobs: Iterable<JobSeries>,
  query: JobMetricsQuery,
  clock: Pick<Clock, 'monotonic'>,
): Promise<{ shown: JobSeries[]; labels: string[]; limited: boolean }> => {
  const shown: JobSeries[] = [];
  const labels: string[] = [];
  let sliceEnd = clock.monotonic() + SLICE_MS;
  for (const job of jobs) {
    if (query.group !== undefined && job.group !== query.group) continue;
    if (shown.length >= query.jobsMax) return { shown, labels, limited: true };
    shown.push(job);
    labels.push(`group="${escaped(job.group)}",job_name="${escaped(job.name)}"`);
    if (shown.length % LINES_PER_LOOK === 0 && clock.monotonic() >= sliceEnd) {
      await nextTurn();
      sliceEnd = clock.monotonic() + SLICE_MS;
    }
  }
  return { shown, labels, limited: false };
};

const bounds = (count: number, limited: boolean): string =>
  [
    '# HELP tocsin_metrics_exposed_jobs Jobs that have series in this scrape.',
    '# TYPE tocsin_metrics_exposed_jobs gauge',
    `tocsin_metrics_exposed_jobs ${count}`,
    '# HELP tocsin_metrics_job_series_limited Whether jobs were left out for the limit.',
    '# TYPE tocsin_metrics_job_series_limited gauge',
    `tocsin_metrics_job_series_limited ${limited ? 1 : 0}`,
    '',
  ].join('\n');
