/**
 * Notices when Tocsin itself was not listening, or its clock stepped: compares wall and monotonic time between two
 * looks. Each such gap is recorded and starts the catch-up time, so that nobody is woken for it.
 */
import { rebased } from '../core/job/verdicts.ts';
import { type Duration, duration, type Instant, instant } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gap } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Judge } from './judge.ts';
import type { Draft } from './ledger.ts';
import type { Registry } from './registry.ts';
import type { SettingsBox } from './settings.ts';

/** Less than this is scheduling noise or a clock that is being slewed. */
const NOISE_MS = 5_000;
/** After a short absence jobs get at least this long: clients retry for about so long. */
const CATCH_UP_MIN_MS = 30_000;

/** As long as the gap itself, at least 30 s, at most `server.catch_up`. */
export const catchUpLength = (gap: Gap, most: Duration): Duration =>
  duration(Math.min(most, Math.max(CATCH_UP_MIN_MS, gap.to - gap.from)));

/** What kind of gap lies between two looks at the clocks; null: none. */
export function gapBetween(
  before: { wall: Instant; monotonic: number },
  after: { wall: Instant; monotonic: number },
): Gap | null {
  const wall = after.wall - before.wall;
  const passed = after.monotonic - before.monotonic;
  if (wall - passed < -NOISE_MS) return { from: after.wall, to: before.wall, kind: 'clock_back' };
  // A suspended machine stops the monotonic clock, so that it looks like a step forward.
  if (wall - passed > NOISE_MS) return { from: before.wall, to: after.wall, kind: 'clock_forward' };
  if (passed > NOISE_MS * 2) return { from: before.wall, to: after.wall, kind: 'suspended' };
  return null;
}

export class Watch {
  readonly #clock: Clock;
  readonly #registry: Registry;
  readonly #judge: Judge;
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;
  #seen: { wall: Instant; monotonic: number };
  /** Gaps that no commit holds yet. */
  #unrecorded: Gap[] = [];

  constructor(deps: {
    clock: Clock;
    registry: Registry;
    judge: Judge;
    settings: SettingsBox;
    telemetry: Telemetry;
  }) {
    this.#clock = deps.clock;
    this.#registry = deps.registry;
    this.#judge = deps.judge;
    this.#settings = deps.settings;
    this.#telemetry = deps.telemetry;
    this.#seen = { wall: deps.clock.now(), monotonic: deps.clock.monotonic() };
  }

  /** The store says when Tocsin last listened; call once at start, before anything is judged. */
  started(draft: Draft, aliveAt: Instant | null): void {
    const now = this.#clock.now();
    this.#seen = { wall: now, monotonic: this.#clock.monotonic() };
    if (aliveAt !== null)
      this.#note(
        draft,
        aliveAt > now
          ? { from: now, to: aliveAt, kind: 'clock_back' }
          : { from: aliveAt, to: now, kind: 'stopped' },
        now,
      );
    this.#record(draft);
  }

  /** Looks at the clocks. Every decision begins with this, lest it judge by a clock that has just jumped. */
  look(draft: Draft): void {
    const after = { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
    const gap = gapBetween(this.#seen, after);
    this.#seen = after;
    if (gap !== null) this.#note(draft, gap, after.wall);
    if (this.#unrecorded.length > 0) this.#record(draft);
  }

  #record(draft: Draft): void {
    const gaps = this.#unrecorded;
    draft.gaps.push(...gaps);
    draft.after(() => {
      this.#unrecorded = this.#unrecorded.filter((gap) => !gaps.includes(gap));
    });
  }

  #note(draft: Draft, gap: Gap, now: Instant): void {
    this.#telemetry.gap(gap.kind);
    const length = catchUpLength(gap, this.#settings.current.catchUp);
    this.#telemetry.log.warn(
      {
        from: new Date(gap.from).toISOString(),
        to: new Date(gap.to).toISOString(),
        kind: gap.kind,
        catch_up_ms: length,
      },
      gap.kind === 'clock_back'
        ? 'the clock stepped back; what is awaited was computed anew'
        : 'Tocsin was not listening; jobs get time to catch up before they are called missed',
    );
    this.#unrecorded = [...this.#unrecorded, gap];
    this.#judge.gap = gap;
    this.#registry.catchUp = { from: instant(Math.min(gap.from, now)), since: now, length };
    for (const job of this.#registry.all()) {
      if (gap.kind === 'clock_back') {
        const before = draft.state(job);
        const state = rebased(job.spec, before, { now, backMs: gap.to - gap.from });
        if (state !== before) draft.put(job, state, { write: true });
      }
      this.#registry.reschedule(job);
    }
  }
}
