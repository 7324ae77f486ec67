/**
 * Runs the reconcilers: each at most once at a time, at its next due time, at a steady beat, and when woken.
 * A wake-up carries no data, so that a restart, a crash and a missed wake-up are the same thing: the next beat.
 */
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface Reconciler {
  readonly name: string;
  /** Beat: it runs at least this often. */
  readonly everyMs: number;
  /** Does all that is due; returns how much that was. */
  activate(): Promise<number>;
  /** Epoch milliseconds of its next known work; null: none known. */
  nextAt?(): number | null;
}

export interface ReconcilerStatus {
  readonly name: string;
  readonly activations: number;
  readonly failures: number;
  readonly lastAt: number | null;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
}

/** After a failure it waits this long at least. */
const PAUSE_AFTER_FAILURE_MS = 1_000;

class Loop {
  readonly #of: Reconciler;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #onError: (error: unknown) => void;
  #cancel: (() => void) | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #hintAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;
  #activations = 0;
  #failures = 0;
  #lastAt: number | null = null;
  #lastDurationMs: number | null = null;
  #lastError: string | null = null;

  constructor(
    of: Reconciler,
    deps: { clock: Clock; telemetry: Telemetry; onError: (error: unknown) => void },
  ) {
    this.#of = of;
    this.#clock = deps.clock;
    this.#telemetry = deps.telemetry;
    this.#onError = deps.onError;
  }

  status(): ReconcilerStatus {
    return {
      name: this.#of.name,
      activations: this.#activations,
      failures: this.#failures,
      lastAt: this.#lastAt,
      lastDurationMs: this.#lastDurationMs,
      lastError: this.#lastError,
    };
  }

  /** Runs at `atMs` at the latest. */
  wakeAt(atMs: number): void {
    if (this.#stopped) return;
    if (this.#running) {
      if (atMs <= this.#clock.now()) this.#again = true;
      else this.#hintAt = Math.min(this.#hintAt, atMs);
      return;
    }
    if (atMs < this.#timerAt) this.#arm(atMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  #arm(atMs: number): void {
    this.#cancel?.();
    this.#timerAt = atMs;
    this.#cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now()), () => this.#run());
  }

  #run(): void {
    this.#cancel = null;
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.#running || this.#stopped) return;
    this.#running = this.#activate().finally(() => {
      this.#running = null;
      if (this.#stopped) return;
      const now = this.#clock.now();
      const failed = this.#lastError !== null;
      const beat =
        now + (failed ? Math.max(PAUSE_AFTER_FAILURE_MS, this.#of.everyMs) : this.#of.everyMs);
      const known = failed ? beat : Math.min(this.#of.nextAt?.() ?? beat, this.#hintAt);
      this.#hintAt = Number.POSITIVE_INFINITY;
      const again = this.#again && !failed;
      this.#again = false;
      this.#arm(again ? now : Math.max(now, Math.min(beat, known)));
    });
  }

  async #activate(): Promise<void> {
    const began = this.#clock.monotonic();
    let ok = true;
    try {
      await this.#of.activate();
      this.#lastError = null;
    } catch (error) {
      ok = false;
      this.#failures += 1;
      this.#lastError = error instanceof Error ? error.message : String(error);
      this.#onError(error);
    }
    this.#activations += 1;
    this.#lastAt = this.#clock.now();
    this.#lastDurationMs = this.#clock.monotonic() - began;
    this.#telemetry.activation({
      name: this.#of.name,
      durationMs: this.#lastDurationMs,
      at: this.#clock.now(),
      ok,
    });
  }
}

export class Driver {
  readonly #loops = new Map<string, Loop>();
  readonly #deps: { clock: Clock; telemetry: Telemetry; onError: (error: unknown) => void };

  constructor(deps: { clock: Clock; telemetry: Telemetry; onError: (error: unknown) => void }) {
    this.#deps = deps;
  }

  add(reconciler: Reconciler): void {
    this.#loops.set(reconciler.name, new Loop(reconciler, this.#deps));
  }

  start(): void {
    for (const loop of this.#loops.values()) loop.wakeAt(this.#deps.clock.now());
  }

  wake(name: string, atMs: number = this.#deps.clock.now()): void {
    this.#loops.get(name)?.wakeAt(atMs);
  }

  status(): ReconcilerStatus[] {
    return [...this.#loops.values()].map((loop) => loop.status());
  }

  async stop(): Promise<void> {
    for (const loop of this.#loops.values()) await loop.stop();
  }
}
