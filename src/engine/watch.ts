/**
 * Notices when Tocsin itself was not listening, or its clock stepped: compares wall and monotonic time between two
 * looks. Each such gap is recorded and starts the catch-up time, so that nobody is woken for it.
 * Invariant: what a gap changes stays to be done until a commit that holds all of it is on disk.
 */
import type { CatchUp } from '../core/job/deadline.ts';
import { rebased } from '../core/job/verdicts.ts';
import { type Duration, duration, type Instant, instant, plus } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gap } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Judge } from './judge.ts';
import type { Draft } from './ledger.ts';
import type { Registry } from './registry.ts';
import type { SettingsBox } from './settings.ts';

/** Less than this is scheduling noise or a clock that is being slewed. */
const NOISE_MS = 5_000;
/** Clients try again for longer than this: nothing is lost by so short a refusal. */
const REFUSED_MS = 1_000;
/** After a short absence jobs get at least this long: clients retry for about so long. */
const CATCH_UP_MIN_MS = 30_000;
/** Listening in catch-up times that follow each other without a break; then a further gap adds nothing. */
const CHAIN_MAX_MS = 15 * 60_000;
/** Gaps that wait for a commit; beyond them the oldest is only in the log for people. */
const PENDING_MAX = 100;

interface Reading {
  readonly wall: Instant;
  readonly monotonic: number;
}

/** The catch-up time that runs, and how long Tocsin listened in those that it follows without a break. */
export interface CatchUpChain extends CatchUp {
  readonly listenedMs: number;
}

/** As long as the gap itself, at least 30 s, at most `server.catch_up`. */
export const catchUpLength = (gap: Gap, most: Duration): Duration =>
  duration(Math.min(most, Math.max(CATCH_UP_MIN_MS, gap.to - gap.from)));

/**
 * The catch-up time after a gap. One that breaks off an earlier catch-up gives it back what was left of it, and its
 * own length if that is more; but once Tocsin has listened for 15 minutes in such a chain, a further gap adds nothing.
 * So a slot is held for at most 15 minutes and `most` of listening, however often Tocsin restarts or is suspended.
 */
export function catchUpAfter(before: CatchUpChain | null, gap: Gap, most: Duration): CatchUpChain {
  const isBack = gap.kind === 'clock_back';
  const since = isBack ? gap.from : gap.to;
  const length = catchUpLength(gap, most);
  // By the clock that `before` was told in.
  const brokenOffAt = isBack ? gap.to : gap.from;
  if (before === null || brokenOffAt >= plus(before.since, before.length))
    return { from: gap.from, since, length, listenedMs: 0 };
  const listened = Math.max(0, brokenOffAt - before.since);
  const left = duration(before.length - listened);
  const listenedMs = before.listenedMs + listened;
  const from = instant(Math.min(before.from, gap.from));
  const isSpent = listenedMs >= CHAIN_MAX_MS;
  return { from, since, length: isSpent || left > length ? left : length, listenedMs };
}

/** What lies between two looks at the clocks, in the order in which it is to be dealt with. */
export function gapsBetween(before: Reading, after: Reading): readonly Gap[] {
  const passed = after.monotonic - before.monotonic;
  const stepMs = after.wall - before.wall - passed;
  // A suspended machine stops the monotonic clock, so that it looks like a step forward.
  if (stepMs > NOISE_MS) return [{ from: before.wall, to: after.wall, kind: 'clock_forward' }];
  const isBack = stepMs < -NOISE_MS;
  const unstepped = isBack ? instant(before.wall + passed) : after.wall;
  const gaps: Gap[] = [];
  if (passed > NOISE_MS) gaps.push({ from: before.wall, to: unstepped, kind: 'suspended' });
  if (isBack) gaps.push({ from: after.wall, to: unstepped, kind: 'clock_back' });
  return gaps;
}

export class Watch {
  readonly #clock: Clock;
  readonly #registry: Registry;
  readonly #judge: Judge;
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;
  #seen: Reading;
  #catchUp: CatchUpChain | null = null;
  /** Gaps that no commit holds yet, oldest first. */
  #pending: readonly Gap[] = [];

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
    this.#seen = this.#read();
  }

  /**
   * The store says when Tocsin last listened; call once at start, before anything is judged.
   * @param recorded the newest gaps of earlier lives, newest first: frequent restarts are one chain of catch-ups.
   */
  started(draft: Draft, aliveAt: Instant | null, recorded: readonly Gap[] = []): void {
    for (const gap of recorded.toReversed())
      this.#catchUp = catchUpAfter(this.#catchUp, gap, this.#settings.current.catchUp);
    this.#seen = this.#read();
    const now = this.#seen.wall;
    if (aliveAt !== null)
      this.#note(
        aliveAt > now
          ? { from: now, to: aliveAt, kind: 'clock_back' }
          : { from: aliveAt, to: now, kind: 'stopped' },
      );
    this.#record(draft);
  }

  /** Looks at the clocks, also while a slow disk keeps all drafts waiting: only what stops this one is a gap. */
  observe(): void {
    const after = this.#read();
    const gaps = gapsBetween(this.#seen, after);
    this.#seen = after;
    for (const gap of gaps) this.#note(gap);
  }

  /** The store took no writes for a while: reports were refused, which is as if nobody had listened. */
  refused(from: Instant): void {
    const to = this.#clock.now();
    if (to - from >= REFUSED_MS) this.#note({ from, to, kind: 'stopped' });
  }

  /** Every decision begins with this, lest it judge by a clock that has just jumped. */
  look(draft: Draft): void {
    this.observe();
    if (this.#pending.length > 0) this.#record(draft);
  }

  #read(): Reading {
    return { wall: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  /**
   * Into this draft and each after it, until one is on disk: a gap that is stored is not stored again, and what has
   * moved back once is no longer later than now.
   */
  #record(draft: Draft): void {
    const gaps = this.#pending;
    draft.gaps.push(...gaps);
    for (const { kind, from, to } of gaps)
      if (kind === 'clock_back') this.#rebase(draft, to - from);
    draft.after(() => {
      this.#pending = this.#pending.filter((gap) => !gaps.includes(gap));
    });
  }

  #rebase(draft: Draft, backMs: number): void {
    const now = this.#seen.wall;
    for (const job of this.#registry.all()) {
      const before = draft.state(job);
      const state = rebased(job.spec, before, { now, backMs });
      if (state !== before) draft.put(job, state, { write: true });
    }
  }

  #note(gap: Gap): void {
    this.#catchUp = catchUpAfter(this.#catchUp, gap, this.#settings.current.catchUp);
    this.#telemetry.gap(gap.kind);
    this.#telemetry.log.warn(
      {
        from: new Date(gap.from).toISOString(),
        to: new Date(gap.to).toISOString(),
        kind: gap.kind,
        catch_up_ms: this.#catchUp.length,
      },
      gap.kind === 'clock_back'
        ? 'the clock stepped back; what was noted as later than now moves back with it'
        : 'Tocsin was not listening; jobs get time to catch up before they are called missed',
    );
    this.#pending = [...this.#pending, gap].slice(-PENDING_MAX);
    this.#judge.gap = gap;
    this.#registry.catchUp = this.#catchUp;
    for (const job of this.#registry.all()) this.#registry.reschedule(job);
  }
}
