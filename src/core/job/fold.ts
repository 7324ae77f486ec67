/**
 * The fold: one log entry after another into a job's state. Total, deterministic, and the only place where a job's
 * state comes from; replaying a log gives the state that live folding gave.
 * Reports may come late or out of order (`at`): they are placed by their own time. A report without a time of its
 * own is placed after all that is known, reports and misses, so that a clock that stepped back cannot make live news
 * old.
 */
import { type Instant, latest, minus, SECOND } from '../time.ts';
import type { JobSpec, JobState, OpenRun, Outcome, PingKind } from './job.ts';
import { type EndedRun, type Folded, quiet, settle } from './settle.ts';
import { newestReport, remember } from './standing.ts';

/** Runs that may be open at once in one job; a further start gives up the oldest. */
export const OPEN_RUNS_MAX = 16;
/** A second report of one run within this time is a repeated delivery: clients try again for about so long. */
const REPEAT_WINDOW_MS = 120_000;

/** A ping as it enters the log. */
export interface PingEvent {
  readonly n: number;
  readonly kind: PingKind;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly runId: string | null;
  readonly exitCode: number | null;
  readonly env: string | null;
  readonly host: string | null;
  /** Context of the run that a start opens; also given to a lone end that came with a traceparent. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly parentSpanId: string | null;
  readonly sampled: boolean;
}

export function foldPing(spec: JobSpec, before: JobState, event: PingEvent): Folded {
  const state: JobState = { ...before, head: event.n, pings: before.pings + 1 };
  switch (event.kind) {
    case 'log':
      return { ...quiet, state, started: null };
    case 'ign':
      return { ...quiet, state, started: null, reason: 'ignored by the filter of this job' };
    case 'start':
      return foldStart(spec, state, event);
    case 'success':
    case 'fail':
      return foldEnd(spec, state, event, event.kind);
    default:
      return event.kind satisfies never;
  }
}

function foldStart(spec: JobSpec, state: JobState, event: PingEvent): Folded {
  if (event.runId !== null) {
    const open = state.runs.find((run) => run.runId === event.runId);
    if (open) {
      const reason = 'repeated start of a run that is open';
      return { ...quiet, state, started: open, duplicate: true, reason };
    }
    if (
      state.outcomes.some((o) => o.runId === event.runId && o.kind !== 'missed' && o.at >= event.at)
    )
      return {
        ...quiet,
        state,
        started: null,
        duplicate: true,
        reason: 'start of a run whose end is known',
      };
  } else {
    const newest = newestReport(state.outcomes);
    if (event.at < event.receivedAt && newest !== null && event.at < newest)
      return { ...quiet, state, started: null, reason: 'start older than the newest report' };
  }
  const run: OpenRun = {
    runId: event.runId,
    startedAt: event.at,
    traceId: event.traceId ?? '',
    spanId: event.spanId ?? '',
    parentSpanId: event.parentSpanId,
    sampled: event.sampled,
    overran: false,
    env: event.env,
    host: event.host,
  };
  // A second start without a run id stands for the same, restarted run, as in Healthchecks.
  const ended: EndedRun[] = [];
  const giveUp = (open: OpenRun) =>
    ended.push({ run: open, result: 'abandoned', startedAt: open.startedAt, endedAt: event.at });
  let runs = state.runs;
  if (event.runId === null) {
    for (const open of runs) if (open.runId === null) giveUp(open);
    runs = runs.filter((open) => open.runId !== null);
  }
  while (runs.length >= OPEN_RUNS_MAX) {
    giveUp(runs[0] as OpenRun);
    runs = runs.slice(1);
  }
  runs = [...runs, run].sort((a, b) => a.startedAt - b.startedAt);
  let { expectedAt, earlyAt } = state;
  if (spec.maxRuntime !== null && expectedAt !== null && state.status !== 'paused') {
    // With a max runtime of its own, a run that began in time serves its slot; its end has its own deadline.
    const next = event.at >= expectedAt ? spec.schedule.next(event.at) : expectedAt;
    if (next !== expectedAt) earlyAt = null;
    else earlyAt = event.at;
    expectedAt = next;
  }
  return { ...quiet, ended, state: { ...state, runs, expectedAt, earlyAt }, started: run };
}

/** Which open runs an end closes, by Healthchecks' rules of `rid`, several runs at once allowed. */
function runsClosedBy(
  runs: readonly OpenRun[],
  event: PingEvent,
  kind: 'success' | 'fail',
): { closed: readonly OpenRun[]; timed: OpenRun | null } {
  if (event.runId !== null) {
    const run = runs.find((open) => open.runId === event.runId);
    if (run) return { closed: [run], timed: run };
    return { closed: kind === 'fail' ? runs : [], timed: null };
  }
  const newest = runs.at(-1);
  if (newest === undefined) return { closed: [], timed: null };
  return { closed: [newest], timed: newest.runId === null ? newest : null };
}

function isRepeat(state: JobState, event: PingEvent, kind: 'success' | 'fail'): boolean {
  if (event.runId !== null && state.runs.some((run) => run.runId === event.runId)) return false;
  for (let i = state.outcomes.length - 1; i >= 0; i -= 1) {
    const known = state.outcomes[i] as Outcome;
    if (known.kind !== kind || known.runId !== event.runId) continue;
    if (event.runId === null) {
      if (event.at !== event.receivedAt && known.at === event.at) return true;
      continue;
    }
    // Some scripts use one run id for ever: then only what comes right behind the first, and would count twice or
    // change the order of things, is a second delivery.
    if (known.at === event.at) return true;
    const isNewest = i === state.outcomes.length - 1;
    const isNear = Math.abs(event.at - known.at) <= REPEAT_WINDOW_MS;
    return isNear && (kind === 'fail' || !isNewest);
  }
  return false;
}

function foldEnd(
  spec: JobSpec,
  state: JobState,
  event: PingEvent,
  kind: 'success' | 'fail',
): Folded {
  if (isRepeat(state, event, kind))
    return {
      ...quiet,
      state,
      started: null,
      duplicate: true,
      reason: 'repeated report of one run',
    };
  const { closed, timed } = runsClosedBy(state.runs, event, kind);
  const disproved = missedDisprovedBy(spec, state.outcomes, event.at);
  const kept = disproved === null ? state.outcomes : state.outcomes.filter((o) => o !== disproved);
  const live = event.at === event.receivedAt;
  // Only the place among the outcomes: what people see and what is awaited next follow from the report's own time.
  const place = live ? latest(event.at, kept.at(-1)?.at ?? event.at) : event.at;
  const newestBefore = newestReport(kept);
  const isNewest = newestBefore === null || place >= newestBefore;
  const runs =
    closed.length === 0 ? state.runs : state.runs.filter((open) => !closed.includes(open));
  const remembered = remember(
    { base: state.base, outcomes: kept },
    { at: place, kind, runId: event.runId },
    spec,
  );
  const durationMs = timed === null ? null : Math.max(0, event.at - timed.startedAt);
  const newestRun = state.runs.at(-1);
  const next: JobState = {
    ...state,
    ...remembered,
    runs,
    lastPingAt: isNewest ? event.at : state.lastPingAt,
    lastSuccessAt:
      kind === 'success' && (live || !state.lastSuccessAt || event.at > state.lastSuccessAt)
        ? event.at
        : state.lastSuccessAt,
    lastExitCode: isNewest ? event.exitCode : state.lastExitCode,
    lastDurationMs: durationMs !== null && timed === newestRun ? durationMs : state.lastDurationMs,
    pausedBy: null,
    ...awaited(spec, state, { at: event.at, isNewest, disproved: disproved !== null, kind }),
  };
  const reason = disproved
    ? 'arrived late; shows that the run thought missed took place in time'
    : isNewest
      ? ''
      : 'arrived late, older than the newest report';
  const settled = settle(spec, next, {
    at: event.at,
    kind,
    exitCode: event.exitCode,
    runId: event.runId,
    traceId: timed?.traceId || event.traceId,
    spanId: timed?.spanId || event.spanId,
    recoveredRuns: kind === 'success' && isNewest,
  });
  return {
    ...settled,
    reason,
    duplicate: false,
    ended: [...endedBy({ closed, timed }, event, kind), ...settled.ended],
    started: null,
  };
}

/** The run that the report itself stands for comes first; others that it closes never told their end. */
function endedBy(
  { closed, timed }: ReturnType<typeof runsClosedBy>,
  event: PingEvent,
  kind: 'success' | 'fail',
): readonly EndedRun[] {
  const own: EndedRun = {
    run: timed,
    result: kind === 'success' ? 'ok' : 'failed',
    startedAt: timed?.startedAt ?? null,
    endedAt: event.at,
  };
  const others = closed
    .filter((run) => run !== timed)
    .map(
      (run): EndedRun => ({
        run,
        result: 'abandoned',
        startedAt: run.startedAt,
        endedAt: event.at,
      }),
    );
  return [own, ...others];
}

/** A missed slot that this report, by its own time, shows to have been served. */
function missedDisprovedBy(
  spec: JobSpec,
  outcomes: readonly Outcome[],
  at: Instant,
): Outcome | null {
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const outcome = outcomes[i] as Outcome;
    if (outcome.kind !== 'missed') continue;
    const slot = minus(outcome.at, spec.grace);
    if (at <= outcome.at && at >= slot - earlyToleranceMs(spec, slot)) return outcome;
  }
  return null;
}

/**
 * How much before its slot a report may come and still count for it: clocks differ by seconds. At most a minute,
 * the grace, and a quarter of the way to the slot after.
 */
export function earlyToleranceMs(spec: JobSpec, slot: Instant): number {
  if (spec.schedule.spec.kind === 'every') return 0;
  const after = spec.schedule.next(slot);
  const quarter = after === null ? 60 * SECOND : (after - slot) / 4;
  return Math.min(60 * SECOND, spec.grace, quarter);
}

function awaited(
  spec: JobSpec,
  state: JobState,
  report: { at: Instant; isNewest: boolean; disproved: boolean; kind: 'success' | 'fail' },
): Pick<JobState, 'expectedAt' | 'earlyAt'> {
  if (!report.isNewest && !report.disproved)
    return { expectedAt: state.expectedAt, earlyAt: state.earlyAt };
  const newest = newestReport(state.outcomes);
  const from = report.isNewest || newest === null ? report.at : latest(report.at, newest);
  // The first report of all may have come just before its slot; one that ends a miss serves the slot it missed.
  const first = state.status === 'new' || state.status === 'paused';
  const surplus = state.expectedAt !== null && report.at < state.expectedAt;
  const early = report.kind === 'success' && (first || surplus);
  return { expectedAt: spec.schedule.next(from), earlyAt: early ? report.at : null };
}
