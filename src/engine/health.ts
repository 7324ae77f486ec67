/**
 * Whether writing works. While it does not, reports are answered 503 as each of their writes fails, nothing is judged,
 * and `/-/ready` says why.
 */
import { type Instant, instant } from '../core/time.ts';
import type { Clock } from '../ports/clock.ts';
import { type Store, StoreError } from '../ports/store.ts';
import type { Log } from '../ports/telemetry.ts';

export type StoreHealth =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly fault: string;
      readonly reason: string;
      readonly sinceMs: number;
    };

const WORDS: Readonly<Record<string, string>> = {
  full: 'the disk is full',
  readonly: 'the data file cannot be written',
  busy: 'the data file is locked by another process',
  corrupt: 'the data file is damaged',
  io: 'the disk reports an error',
  closed: 'the store is closed',
};

export class Health {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #log: Log;
  readonly #onRecovered: (since: Instant) => void;
  readonly #broken = Promise.withResolvers<void>();
  #state: StoreHealth = { ok: true };

  constructor(deps: {
    clock: Clock;
    store: Store;
    log: Log;
    /** Before anything is judged again; `since`: the first write that failed. */
    onRecovered: (since: Instant) => void;
  }) {
    this.#clock = deps.clock;
    this.#store = deps.store;
    this.#log = deps.log;
    this.#onRecovered = deps.onRecovered;
  }

  get state(): StoreHealth {
    return this.#state;
  }

  /** Resolves when the store has closed by itself: it does not come back within this process. */
  get broken(): Promise<void> {
    return this.#broken.promise;
  }

  failed(error: unknown): void {
    const fault = error instanceof StoreError ? error.fault : 'io';
    if (fault === 'closed') this.#broken.resolve();
    const reason = WORDS[fault] ?? fault;
    if (this.#state.ok)
      this.#log.error({ err: error, fault }, `the store takes no writes: ${reason}; pings get 503`);
    const sinceMs = this.#state.ok ? this.#clock.now() : this.#state.sinceMs;
    this.#state = { ok: false, fault, reason, sinceMs };
  }

  /** The store holds what it had reported as failed: the process ends, and the next one reads what is there. */
  outOfStep(): void {
    this.#log.error(
      {},
      'the store holds a commit that it reported as failed; a fresh start reads it',
    );
    this.#broken.resolve();
  }

  worked(): void {
    if (this.#state.ok) return;
    const { sinceMs } = this.#state;
    const outageMs = this.#clock.now() - sinceMs;
    this.#onRecovered(instant(sinceMs));
    this.#state = { ok: true };
    this.#log.warn({ outage_ms: outageMs }, 'the store takes writes again');
  }

  /** While writing fails: tries it. */
  async activate(): Promise<number> {
    if (this.#state.ok) return 0;
    await this.#store.probe();
    this.worked();
    return 1;
  }
}
