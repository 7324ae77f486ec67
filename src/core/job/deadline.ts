/**
 * When a job must be looked at next, and what is true of it then. Pure: `now` comes in, verdicts come out.
 * Own outages: a slot or run that began before Tocsin listened again is not judged before the catch-up time is over,
 * because its report may have been sent in vain.
 */
import { DAY, type Duration, HOUR, type Instant, instant, latest, plus } from '../time.ts';
import { earlyToleranceMs } from './fold.ts';
import type { JobSpec, JobState, OpenRun } from './job.ts';

/** Tocsin was not listening until `since`. */
export interface CatchUp {
  /** When it stopped listening. */
  readonly from: Instant;
  readonly since: Instant;
  /** Stated time that every job gets from then on. */
  readonly length: Duration;
}

/** A run that overran and never ended is given up after this long. */
const ABANDON_AFTER: Duration = DAY;
/**
 * A job that was not heard for most of its slot's grace, and whose next slot falls due within this time of the
 * return, is judged only then.
 */
const CATCH_UP_SLOT_MAX: Duration = HOUR;

export type Verdict =
  | { readonly kind: 'missed'; readonly dueAt: Instant; readonly afterSlot: Instant }
  | { readonly kind: 'early' }
  | { readonly kind: 'overrun'; readonly at: Instant; readonly run: OpenRun }
  | { readonly kind: 'abandoned'; readonly at: Instant; readonly run: OpenRun };

/** The longest that a run may take: its max runtime, else the grace, as in Healthchecks. */
export const runLimit = (spec: JobSpec): Duration => spec.maxRuntime ?? spec.grace;

/** scheduled time + grace of the awaited slot; null when nothing is awaited. What people are shown as due. */
export function slotDue(spec: JobSpec, state: JobState): Instant | null {
  if (state.expectedAt === null || (state.status !== 'up' && state.status !== 'down')) return null;
  return plus(state.expectedAt, spec.grace);
}

function missedAt(spec: JobSpec, state: JobState, catchUp: CatchUp | null): Instant | null {
  const due = slotDue(spec, state);
  if (due === null) return null;
  // An open run with a deadline of its own tells by that if it hangs; silence meanwhile is no second fault.
  if (spec.maxRuntime !== null && state.runs.length > 0) return null;
  const slot = state.expectedAt as Instant;
  if (catchUp === null || slot >= catchUp.since) return due;
  const stated = instant(Math.max(due, plus(catchUp.since, catchUp.length)));
  const away = Math.min(due, catchUp.since) - Math.max(slot, catchUp.from);
  if (away * 2 < due - slot) return stated;
  // The report most likely went out while nobody listened, and may never come again: the next slot tells.
  const nextSlot = spec.schedule.next(catchUp.since);
  const nextDue = nextSlot === null ? stated : plus(nextSlot, spec.grace);
  return nextDue <= plus(catchUp.since, CATCH_UP_SLOT_MAX) ? latest(stated, nextDue) : stated;
}

const overrunAt = (spec: JobSpec, run: OpenRun, catchUp: CatchUp | null): Instant => {
  const at = plus(run.startedAt, runLimit(spec));
  if (catchUp === null || run.startedAt >= catchUp.since) return at;
  return instant(Math.max(at, plus(catchUp.since, catchUp.length)));
};

const abandonAt = (spec: JobSpec, run: OpenRun): Instant =>
  plus(plus(run.startedAt, runLimit(spec)), ABANDON_AFTER);

/** The next instant at which `verdicts` may have something to say; null: only a ping can change anything. */
export function deadline(spec: JobSpec, state: JobState, catchUp: CatchUp | null): Instant | null {
  let soonest = missedAt(spec, state, catchUp);
  for (const run of state.runs) {
    const at = run.overran ? abandonAt(spec, run) : overrunAt(spec, run, catchUp);
    if (soonest === null || at < soonest) soonest = at;
  }
  return soonest;
}

/** The first thing that is true at `now` and not yet in the state; null when there is none. */
export function verdict(
  spec: JobSpec,
  state: JobState,
  now: Instant,
  catchUp: CatchUp | null,
): Verdict | null {
  for (const run of state.runs) {
    if (run.overran) {
      const at = abandonAt(spec, run);
      if (at <= now) return { kind: 'abandoned', at, run };
    } else if (overrunAt(spec, run, catchUp) <= now) {
      return { kind: 'overrun', at: plus(run.startedAt, runLimit(spec)), run };
    }
  }
  const at = missedAt(spec, state, catchUp);
  if (at === null || at > now) return null;
  const slot = state.expectedAt as Instant;
  if (state.earlyAt !== null && slot - state.earlyAt <= earlyToleranceMs(spec, slot))
    return { kind: 'early' };
  const inGap = catchUp !== null && slot < catchUp.since;
  // Slots inside an own outage count once: what happened in it is not known.
  return { kind: 'missed', dueAt: plus(slot, spec.grace), afterSlot: inGap ? now : slot };
}

/** What a person is told now: `late` is past the schedule and inside the grace. */
export function shownState(
  spec: JobSpec,
  state: JobState,
  now: Instant,
): 'new' | 'up' | 'late' | 'down' | 'paused' {
  if (state.status !== 'up') return state.status;
  const late = state.expectedAt !== null && state.expectedAt <= now;
  return late && !(spec.maxRuntime !== null && state.runs.length > 0) ? 'late' : 'up';
}
