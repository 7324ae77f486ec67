/**
 * Brings a job's problems and status in line with its outcomes and open runs, and says what changed. The end of every
 * fold: status `down` if and only if a problem stands.
 */
import type { Instant } from '../time.ts';
import type {
  JobSpec,
  JobState,
  JobStatus,
  OpenRun,
  Outcome,
  Problem,
  ProblemKind,
} from './job.ts';
import { standingOf } from './standing.ts';

export interface EndedRun {
  readonly run: OpenRun | null;
  readonly result: 'ok' | 'failed' | 'abandoned';
  /** null when no start was reported, or when the end cannot be told to belong to it. */
  readonly startedAt: Instant | null;
  readonly endedAt: Instant;
}

export interface Folded {
  readonly state: JobState;
  /** Why the ping counted as it did; '' for a plain one. */
  readonly reason: string;
  readonly duplicate: boolean;
  readonly opened: readonly Problem[];
  readonly updated: readonly Problem[];
  readonly closed: readonly Problem[];
  readonly ended: readonly EndedRun[];
  readonly started: OpenRun | null;
}

export const problemOf = (state: JobState, kind: ProblemKind): Problem | undefined =>
  state.problems.find((problem) => problem.kind === kind);

/** A fold that changed nothing but the log. */
export const quiet = {
  reason: '',
  duplicate: false,
  opened: [],
  updated: [],
  closed: [],
  ended: [],
};

export interface Cause {
  readonly at: Instant;
  /** What is being folded; a verdict tells nothing of an exit code. */
  readonly kind: 'success' | 'fail' | 'missed';
  readonly exitCode: number | null;
  readonly runId: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  /** The newest report is a success: runs that overran before it are given up once the job has recovered. */
  readonly recoveredRuns: boolean;
}

/** Brings problems and status in line with the outcomes and open runs, and says what changed. */
export function settle(
  spec: JobSpec,
  state: JobState,
  cause: Cause,
): Pick<Folded, 'state' | 'opened' | 'updated' | 'closed' | 'ended'> {
  const standing = standingOf(state.base, state.outcomes, spec);
  const recovered = cause.recoveredRuns && !standing.missed && !standing.failed;
  const ended: EndedRun[] = [];
  let runs = state.runs;
  if (recovered && standing.successesInRow >= spec.recoveries) {
    for (const run of runs)
      if (run.overran)
        ended.push({ run, result: 'abandoned', startedAt: run.startedAt, endedAt: cause.at });
    if (ended.length > 0) runs = runs.filter((run) => !run.overran);
  }
  const overrun = problemOf(state, 'overrun');
  const overrunStays =
    overrun !== undefined &&
    (runs.some((run) => run.overran) ||
      // The run ended, but the job has not succeeded often enough to count as well again.
      (cause.recoveredRuns && standing.successesInRow < spec.recoveries));
  const problems: Problem[] = [];
  const opened: Problem[] = [];
  const updated: Problem[] = [];
  const closed: Problem[] = [];
  const keep = (kind: 'missed' | 'failed', stands: boolean, by: Outcome | null) => {
    const known = problemOf(state, kind);
    if (!stands) {
      if (known) closed.push(known);
      return;
    }
    const reported = kind === 'failed' && cause.kind === 'fail';
    const fromCause = reported && by !== null && by.at === cause.at;
    const problem: Problem = known
      ? { ...known, ...(kind === 'failed' ? { exitCode: cause.exitCode, runId: cause.runId } : {}) }
      : {
          kind,
          since: by?.at ?? cause.at,
          reason: kind === 'missed' ? 'no report came in time' : 'the job reported a failure',
          exitCode: fromCause ? cause.exitCode : null,
          runId: kind === 'failed' ? cause.runId : null,
          traceId: kind === 'failed' ? cause.traceId : null,
          spanId: kind === 'failed' ? cause.spanId : null,
          labels: null,
        };
    problems.push(problem);
    if (!known) opened.push(problem);
    else if (reported && known.exitCode !== problem.exitCode) updated.push(problem);
  };
  keep('missed', standing.missed, standing.missedBy);
  keep('failed', standing.failed, standing.failedBy);
  if (overrun) (overrunStays ? problems : closed).push(overrun);
  const status: JobStatus = problems.length > 0 ? 'down' : 'up';
  const next: JobState = {
    ...state,
    status,
    since: status === state.status ? state.since : cause.at,
    failuresInRow: standing.failuresInRow,
    successesInRow: standing.successesInRow,
    problems,
    runs,
  };
  return { state: next, opened, updated, closed, ended };
}
