/**
 * Folds of what is not a report: verdicts that time brings, pauses, edits of the definition, steps of the clock.
 */
import { type Instant, instant } from '../time.ts';
import { scheduleKey } from './fresh.ts';
import type { JobSpec, JobState, OpenRun, Problem } from './job.ts';
import { type EndedRun, type Folded, problemOf, quiet, settle } from './settle.ts';
import { FRESH, remember } from './standing.ts';

/** The awaited slot passed its grace in silence. `afterSlot`: where to look for the next one from. */
export function foldMissed(
  spec: JobSpec,
  before: JobState,
  { n, at, afterSlot }: { n: number; at: Instant; afterSlot: Instant },
): Folded {
  const remembered = remember(before, { at, kind: 'missed', runId: null }, spec);
  const settled = settle(
    spec,
    { ...before, ...remembered, head: n, earlyAt: null },
    {
      at,
      kind: 'missed',
      exitCode: null,
      runId: null,
      traceId: null,
      spanId: null,
      recoveredRuns: false,
    },
  );
  // Once the fault is told there is nothing more to await until the job reports again.
  const expectedAt = problemOf(settled.state, 'missed') ? null : spec.schedule.next(afterSlot);
  return {
    ...settled,
    state: { ...settled.state, expectedAt },
    reason: '',
    duplicate: false,
    started: null,
  };
}

/** A run went past its max runtime. It stays open: its end is still of interest. */
export function foldOverrun(
  before: JobState,
  { n, at, run }: { n: number; at: Instant; run: OpenRun },
): Folded {
  const known = problemOf(before, 'overrun');
  const problem: Problem = known ?? {
    kind: 'overrun',
    since: at,
    reason: 'the run is past its max runtime',
    exitCode: null,
    runId: run.runId,
    traceId: run.traceId || null,
    spanId: run.spanId || null,
    labels: null,
  };
  const runs = before.runs.map((open) => (open === run ? { ...open, overran: true } : open));
  const problems = known ? before.problems : [...before.problems, problem];
  const since = before.status === 'down' ? before.since : at;
  return {
    ...quiet,
    state: { ...before, head: n, status: 'down', since, runs, problems },
    opened: known ? [] : [problem],
    started: null,
  };
}

/** A run that overran long ago and never ended is given up; its problem stays until the job succeeds. */
export function foldAbandoned(
  spec: JobSpec,
  before: JobState,
  { n, at, run }: { n: number; at: Instant; run: OpenRun },
): Folded {
  const runs = before.runs.filter((open) => open !== run);
  const ended: EndedRun[] = [{ run, result: 'abandoned', startedAt: run.startedAt, endedAt: at }];
  const expectedAt = before.expectedAt === null ? null : spec.schedule.next(at);
  return { ...quiet, state: { ...before, head: n, runs, expectedAt }, ended, started: null };
}

/** Paused by a person or by config: nothing is awaited and no problem stands. */
export function foldPaused(
  before: JobState,
  { n, at, by }: { n: number; at: Instant; by: 'config' | 'person' },
): Folded {
  const state: JobState = {
    ...before,
    head: n,
    status: 'paused',
    since: at,
    pausedBy: by,
    expectedAt: null,
    earlyAt: null,
    runs: [],
    problems: [],
    outcomes: [],
    base: FRESH,
    failuresInRow: 0,
    successesInRow: 0,
  };
  return { ...quiet, state, closed: before.problems, started: null };
}

/** The job is no longer configured: nothing stands and nothing is awaited, and its history stays. */
export function foldRetired(before: JobState, now: Instant): JobState {
  const { state } = foldPaused(before, { n: before.head, at: now, by: 'config' });
  return { ...state, status: 'new', pausedBy: null };
}

export const isAtRest = (state: JobState): boolean =>
  state.expectedAt === null &&
  state.problems.length === 0 &&
  state.runs.length === 0 &&
  state.outcomes.length === 0;

export function foldResumed(before: JobState, { n, at }: { n: number; at: Instant }): Folded {
  const state: JobState = { ...before, head: n, status: 'new', since: at, pausedBy: null };
  return { ...quiet, state, started: null };
}

/** The early report counts for the awaited slot; nothing is logged. */
export function foldEarly(spec: JobSpec, before: JobState): JobState {
  const expectedAt = before.expectedAt === null ? null : spec.schedule.next(before.expectedAt);
  return { ...before, expectedAt, earlyAt: null };
}

/**
 * The definition changed, or the clock stepped back: what is awaited is computed anew from now on, so that an edit
 * never makes a job late at once.
 */
export function reawait(spec: JobSpec, before: JobState, now: Instant): JobState {
  const waits =
    (before.status === 'up' || before.status === 'down') && !problemOf(before, 'missed');
  const expectedAt = waits ? spec.schedule.next(now) : null;
  return { ...before, scheduleKey: scheduleKey(spec), expectedAt, earlyAt: null };
}

/**
 * The wall clock stepped back by `backMs`: what was noted as later than now really happened that much earlier, and
 * what is awaited follows from that. Without this a job would be left unwatched until the old time came again.
 */
export function rebased(
  spec: JobSpec,
  before: JobState,
  { now, backMs }: { now: Instant; backMs: number },
): JobState {
  if (before.lastPingAt === null || before.lastPingAt <= now || before.expectedAt === null)
    return before;
  const lastPingAt = instant(Math.min(before.lastPingAt - backMs, now));
  const outcomes = before.outcomes.map((o) =>
    o.at > now ? { ...o, at: instant(Math.min(o.at - backMs, now)) } : o,
  );
  const runs = before.runs.map((run) =>
    run.startedAt > now
      ? { ...run, startedAt: instant(Math.min(run.startedAt - backMs, now)) }
      : run,
  );
  return {
    ...before,
    lastPingAt,
    outcomes,
    runs,
    expectedAt: spec.schedule.next(lastPingAt),
    earlyAt: lastPingAt,
  };
}
