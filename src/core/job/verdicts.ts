/**
 * Folds of what is not a report: verdicts that time brings, pauses, edits of the definition, steps of the clock.
 */
import { type Instant, instant, latest } from '../time.ts';
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
 * The definition changed: what is awaited is computed anew from now on, so that an edit never makes a job late at once.
 */
export function reawait(spec: JobSpec, before: JobState, now: Instant): JobState {
  const waits =
    (before.status === 'up' || before.status === 'down') && !problemOf(before, 'missed');
  const expectedAt = waits ? spec.schedule.next(now) : null;
  return { ...before, scheduleKey: scheduleKey(spec), expectedAt, earlyAt: null };
}

/**
 * The wall clock stepped back by `backMs`: what was noted as later than now really happened that much earlier, and
 * what is awaited moves along. Without this a job would be left unwatched until the old time came again.
 * Done twice it changes nothing more, since nothing later than now is left. The same object when nothing moves.
 */
export function rebased(
  spec: JobSpec,
  before: JobState,
  { now, backMs }: { now: Instant; backMs: number },
): JobState {
  if (!knowsLaterThan(before, now)) return before;
  const moved = (at: Instant): Instant => (at > now ? instant(Math.min(at - backMs, now)) : at);
  const movedOrNull = (at: Instant | null): Instant | null => (at === null ? null : moved(at));
  const outcomeTimes = inOrder(before.outcomes.map(({ at }) => moved(at)));
  const startTimes = inOrder(before.runs.map(({ startedAt }) => moved(startedAt)));
  return {
    ...before,
    since: moved(before.since),
    lastPingAt: movedOrNull(before.lastPingAt),
    lastSuccessAt: movedOrNull(before.lastSuccessAt),
    expectedAt: expectedAfter(spec, before.expectedAt, { now, backMs }),
    earlyAt: movedOrNull(before.earlyAt),
    problems: before.problems.map((one) => ({ ...one, since: moved(one.since) })),
    outcomes: before.outcomes.map((one, i) => ({ ...one, at: outcomeTimes[i] ?? now })),
    runs: before.runs.map((one, i) => ({ ...one, startedAt: startTimes[i] ?? now })),
  };
}

/** `expectedAt` and `earlyAt` are left out: the one may lie ahead, and the other has an outcome beside it. */
const knowsLaterThan = (state: JobState, now: Instant): boolean =>
  state.since > now ||
  (state.lastPingAt ?? now) > now ||
  (state.lastSuccessAt ?? now) > now ||
  state.outcomes.some(({ at }) => at > now) ||
  state.runs.some(({ startedAt }) => startedAt > now) ||
  state.problems.some(({ since }) => since > now);

/** Only the newest times move, so they may pass older ones: what was noted last still came last. */
function inOrder(times: readonly Instant[]): readonly Instant[] {
  let last: Instant | null = null;
  return times.map((at) => {
    last = last === null ? at : latest(last, at);
    return last;
  });
}

/**
 * The slot that is as far ahead as the awaited one was. A slot that comes round again because of the step was served
 * before it, and a cron on the same machine does not run it twice.
 */
function expectedAfter(
  spec: JobSpec,
  expectedAt: Instant | null,
  { now, backMs }: { now: Instant; backMs: number },
): Instant | null {
  if (expectedAt === null || expectedAt <= now) return expectedAt;
  const least = instant(expectedAt - backMs);
  if (spec.schedule.spec.kind === 'every') return least;
  return spec.schedule.next(instant(least - 1));
}
