/**
 * Jobs, pings and runs as the API shows them. Times are RFC 3339 in UTC with milliseconds.
 * Invariant: what is computed on reading (`late`, due times) depends on the job's state and the given instant alone.
 */
import { formatDuration } from '../core/duration.ts';
import { shownState } from '../core/job/deadline.ts';
import type { JobSpec, OpenRun } from '../core/job/job.ts';
import type { Instant } from '../core/time.ts';
import type { JobHandle } from '../engine/desk.ts';
import type { LogView } from '../ports/store.ts';
import type { RowState } from '../ui/jobs-page-model.ts';

export const iso = (at: Instant | null): string | null =>
  at === null ? null : new Date(at).toISOString();

export const stateOf = ({ spec, state }: JobHandle, now: Instant): RowState =>
  shownState(spec, state, now);

/** As a person wrote it. */
export const scheduleOf = ({ schedule: { spec } }: JobSpec): string =>
  spec.kind === 'every' ? `every ${formatDuration(spec.every)}` : spec.expression;

/** What is awaited: nothing of a job that is new, paused or known to be down. */
export const awaited = (job: JobHandle): { nextAt: Instant | null; dueAt: Instant | null } =>
  job.state.status === 'up'
    ? { nextAt: job.state.expectedAt, dueAt: job.dueAt }
    : { nextAt: null, dueAt: null };

export const pingUrlOf = (job: JobHandle, base: string): string => `${base}/ping/${job.uuid}`;

/** `base`: of ping URLs; null for readers, to whom a uuid would be the right to report. */
export const jobJson = (
  job: JobHandle,
  { now, base }: { now: Instant; base: string | null },
): object => {
  const { spec, state } = job;
  const { nextAt, dueAt } = awaited(job);
  return {
    name: spec.name,
    uuid: base === null ? null : job.uuid,
    ping_url: base === null ? null : pingUrlOf(job, base),
    state: stateOf(job, now),
    running: state.runs.length > 0,
    problems: state.problems.map((problem) => ({
      kind: problem.kind,
      since: iso(problem.since),
      reason: problem.reason,
      exit_code: problem.exitCode,
      run: problem.runId,
      trace_id: problem.traceId,
    })),
    since: iso(state.since),
    schedule: scheduleOf(spec),
    timezone: spec.timezone,
    next_at: iso(nextAt),
    due_at: iso(dueAt),
    last_ping_at: iso(state.lastPingAt),
    last_success_at: iso(state.lastSuccessAt),
    last_duration_ms: state.lastDurationMs,
    last_exit_code: state.lastExitCode,
    pings: state.pings,
    group: spec.group,
    severity: spec.severity,
    labels: spec.labels,
    grace: formatDuration(spec.grace),
    max_runtime: spec.maxRuntime === null ? null : formatDuration(spec.maxRuntime),
    paused: state.status === 'paused',
    origin: job.origin,
    description: spec.description,
    runbook: spec.runbook,
  };
};

export const durationOf = (entry: LogView): number | null =>
  entry.startedAt === null ? null : Math.max(0, entry.at - entry.startedAt);

/** null: it has none. */
export const bodyUrlOf = ({ bodyBytes, seq }: LogView, jobName: string): string | null =>
  bodyBytes === 0 || seq === null
    ? null
    : `/api/v1/jobs/${encodeURIComponent(jobName)}/pings/${seq}/body`;

export const pingJson = (entry: LogView, jobName: string): object => ({
  n: entry.seq,
  kind: entry.kind,
  at: iso(entry.at),
  received_at: iso(entry.receivedAt),
  run: entry.runId,
  exit_code: entry.exitCode,
  duration_ms: durationOf(entry),
  body_bytes: entry.bodyBytes,
  body_url: bodyUrlOf(entry, jobName),
  metrics: entry.metrics,
  host: entry.host,
  env: entry.env,
  remote_addr: entry.remoteAddr,
  user_agent: entry.userAgent,
  method: entry.method,
  scheme: entry.scheme,
  trace_id: entry.traceId,
  reason: entry.reason,
});

export const openRunJson = (run: OpenRun): object => ({
  run: run.runId,
  state: run.overran ? 'overrun' : 'running',
  started_at: iso(run.startedAt),
  ended_at: null,
  duration_ms: null,
  overran: run.overran,
  exit_code: null,
  host: run.host,
  env: run.env,
  trace_id: run.traceId,
  reason: '',
});

const ENDS: Readonly<Partial<Record<LogView['kind'], string>>> = {
  success: 'ok',
  fail: 'failed',
  abandoned: 'abandoned',
};

/** Kinds of log entries that end a run. */
export const ENDING = ['success', 'fail', 'abandoned'] as const satisfies LogView['kind'][];

export const endedRunJson = (entry: LogView): object => ({
  run: entry.runId,
  state: ENDS[entry.kind] ?? entry.kind,
  started_at: iso(entry.startedAt),
  ended_at: iso(entry.at),
  duration_ms: durationOf(entry),
  overran: entry.overran,
  exit_code: entry.exitCode,
  host: entry.host,
  env: entry.env,
  trace_id: entry.traceId,
  reason: entry.reason,
});
