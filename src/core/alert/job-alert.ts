/**
 * A job's problem as an alert. Invariant: the label set depends on the job, the kind of problem and the environment
 * alone, so that the alert of a problem keeps its fingerprint from its first report to its resolution.
 */
import type { JobSpec, JobState, Problem, ProblemKind } from '../job/job.ts';
import {
  DAY,
  type Duration,
  duration,
  HOUR,
  type Instant,
  latest,
  MINUTE,
  minus,
  SECOND,
} from '../time.ts';
import type { Alert, Labels } from './alert.ts';
import { fingerprint, labelsFrom } from './labels.ts';
import { logTail } from './log-tail.ts';

const ALERTNAMES = {
  missed: 'JobMissed',
  failed: 'JobFailed',
  overrun: 'JobOverrun',
  slow: 'JobSlow',
} as const satisfies Record<ProblemKind, string>;

/** A time in which Tocsin itself did not listen. */
interface Away {
  readonly from: Instant;
  readonly to: Instant;
}

/** RFC 3339 in UTC; whole seconds where nothing is lost by it. */
export const rfc3339 = (at: Instant): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toString();

/** As people read a clock there: `2026-03-01 02:30:00 (Asia/Shanghai)`. */
function wallClock(at: Instant, timezone: string): string {
  const time = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
  const wall = time.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');
  return `${wall} (${timezone})`;
}

const UNITS = [
  { unit: 'd', ms: DAY },
  { unit: 'h', ms: HOUR },
  { unit: 'm', ms: MINUTE },
  { unit: 's', ms: SECOND },
] as const;

/** `2h5m`: the two largest units, rounded down. A configuration writes lengths exactly; people read them at a glance. */
function lengthText(length: Duration): string {
  const first = UNITS.findIndex(({ ms }) => length >= ms);
  if (first === -1) return `${length}ms`;
  let rest: number = length;
  let text = '';
  for (const { unit, ms } of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / ms);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * ms;
  }
  return text;
}

export function jobAlertLabels({
  job,
  kind,
  env,
}: {
  job: Pick<JobSpec, 'name' | 'group' | 'severity' | 'labels'>;
  kind: ProblemKind;
  /** Environment that the report named; null when it named none. */
  env: string | null;
}): Labels {
  // What routes and tables rely on comes last, so that a free label cannot stand in its place.
  return labelsFrom([
    ...Object.entries(job.labels),
    ...(env === null || env === '' ? [] : ([['env', env]] as const)),
    ['alertname', ALERTNAMES[kind]],
    ['job_name', job.name],
    ['group', job.group],
    ['severity', job.severity],
  ]);
}

interface Facts {
  readonly job: JobSpec;
  readonly state: JobState;
  readonly problem: Problem;
  readonly now: Instant;
}

function summaryOf({ job, problem }: Facts): string {
  switch (problem.kind) {
    case 'missed':
      return `${job.name} did not report in time`;
    case 'failed':
      return problem.exitCode === null
        ? `${job.name} failed`
        : `${job.name} failed with exit code ${problem.exitCode}`;
    case 'overrun':
      return job.maxRuntime === null
        ? `${job.name} is running too long`
        : `${job.name} has been running for more than ${lengthText(job.maxRuntime)}`;
    case 'slow':
      return `${job.name} took longer than usual`;
    default:
      return problem.kind satisfies never;
  }
}

function faultText({ job, state, problem }: Facts): string {
  const at = wallClock(problem.since, job.timezone);
  switch (problem.kind) {
    case 'missed': {
      const scheduled = wallClock(minus(problem.since, job.grace), job.timezone);
      const grace = job.grace > 0 ? ` and a grace of ${lengthText(job.grace)} has passed` : '';
      return `A report was expected at ${scheduled}${grace}.`;
    }
    case 'failed':
      return state.failuresInRow > 1
        ? `It has failed ${state.failuresInRow} times in a row, at ${at} first.`
        : `It failed at ${at}.`;
    case 'overrun':
      return `The run should have ended by ${at} and has not reported its end.`;
    case 'slow':
      return state.lastDurationMs === null
        ? `The run ended at ${at}.`
        : `The run ended at ${at} after ${lengthText(duration(state.lastDurationMs))}.`;
    default:
      return problem.kind satisfies never;
  }
}

function descriptionOf(facts: Facts): string {
  const { job, state } = facts;
  const success =
    state.lastSuccessAt === null
      ? 'It has never reported a success.'
      : `Its last success was at ${wallClock(state.lastSuccessAt, job.timezone)}.`;
  const about = job.description === '' ? [] : [job.description];
  return [faultText(facts), success, ...about].join(' ');
}

/**
 * Raises the alert of a problem, or refreshes it: the same problem always gives the same fingerprint and start.
 *
 * @param logTail end of the run's output, as received; it is cleaned and cut here.
 * @param externalUrl base of links, without a final slash; '' leaves links out.
 * @param gap set when Tocsin was away and the fault may have been noticed late.
 */
export function jobAlert({
  job,
  state,
  problem,
  now,
  externalUrl,
  logTail: log,
  env = null,
  gap = null,
}: Facts & {
  externalUrl: string;
  logTail: string | null;
  env?: string | null;
  gap?: Away | null;
}): Alert {
  const facts = { job, state, problem, now };
  const labels = jobAlertLabels({ job, kind: problem.kind, env });
  const page = externalUrl === '' ? '' : `${externalUrl}/jobs/${encodeURIComponent(job.name)}`;
  const run = problem.runId === null ? '' : `?run=${encodeURIComponent(problem.runId)}`;
  const missed = problem.kind === 'missed';
  const due = missed || problem.kind === 'overrun';
  const late = duration(Math.max(0, now - minus(problem.since, job.grace)));
  const annotations: readonly (readonly [string, string | null])[] = [
    ['summary', summaryOf(facts)],
    ['description', descriptionOf(facts)],
    ['about', job.description],
    ['runbook_url', job.runbook],
    ['last_success', state.lastSuccessAt === null ? null : rfc3339(state.lastSuccessAt)],
    ['exit_code', problem.exitCode === null ? null : String(problem.exitCode)],
    ['log_tail', log === null ? null : logTail(log)],
    ['run_url', page === '' ? null : page + run],
    ['trace_id', problem.traceId],
    ['due_at', due ? rfc3339(problem.since) : null],
    ['late_by', missed ? lengthText(late) : null],
    [
      'gap',
      gap === null ? null : `Tocsin did not listen from ${rfc3339(gap.from)} to ${rfc3339(gap.to)}`,
    ],
  ];
  return {
    fingerprint: fingerprint(labels),
    labels,
    annotations: labelsFrom(
      annotations.flatMap(([name, value]) =>
        value === null || value === '' ? [] : [[name, value] as const],
      ),
    ),
    startsAt: problem.since,
    endsAt: null,
    updatedAt: now,
    generatorUrl: page,
    timeout: false,
    source: 'job',
    traceId: problem.traceId,
    spanId: problem.spanId,
  };
}

/** The same alert, ended. `at` is the instant of the recovery; an end before the start counts as the start. */
export const resolveJobAlert = ({
  alert,
  at,
  now,
}: {
  alert: Alert;
  at: Instant;
  now: Instant;
}): Alert => ({ ...alert, endsAt: latest(at, alert.startsAt), updatedAt: now, timeout: false });
