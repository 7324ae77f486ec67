/**
 * A clock that moves only when told, and does what real clocks do wrong: it can step, and it can stand still while
 * the world goes on (a suspended machine). Timers fire by monotonic time, as real ones do.
 */
import { type Instant, instant } from '../../src/core/time.ts';
import type { Clock, Random } from '../../src/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 1_000;
  #timers: Timer[] = [];
  #order = 0;

  constructor(startMs: number) {
    this.#wall = startMs;
  }

  now(): Instant {
    return instant(this.#wall);
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, call: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { at: this.#monotonic + Math.max(0, ms), order: this.#order, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  soon(call: () => void): void {
    setImmediate(call);
  }

  /** Moves to the next timer within `ms` and fires it; false: there was none, and the clock moved all the way. */
  tick(ms: number): { fired: boolean; movedMs: number } {
    const end = this.#monotonic + ms;
    const next = this.#timers
      .filter((timer) => timer.at <= end)
      .sort((a, b) => a.at - b.at || a.order - b.order)[0];
    const to = next === undefined ? end : Math.max(this.#monotonic, next.at);
    const movedMs = to - this.#monotonic;
    this.#wall += movedMs;
    this.#monotonic = to;
    if (next === undefined) return { fired: false, movedMs };
    this.#timers = this.#timers.filter((one) => one !== next);
    next.call();
    return { fired: true, movedMs };
  }

  /** All timers are gone, as after the end of a process. */
  forget(): void {
    this.#timers = [];
  }

  /** The wall clock alone jumps: a step by NTP, or the return from a suspend. */
  step(ms: number): void {
    this.#wall += ms;
  }

  /** Both clocks move and no timer fires: the process was stopped. */
  stall(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }
}

/** Repeatable chance: a small linear congruential generator. */
export function fakeRandom(seed = 1): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const hex = (bytes: number) =>
    Array.from({ length: bytes }, () =>
      Math.floor(next() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  return {
    uniform: next,
    hex,
    uuid: () => {
      const h = hex(16);
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20)}`;
    },
  };
}
