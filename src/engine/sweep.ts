/** Jobs whose deadline has passed: verdicts, problems, alerts. Takes no input; finds its work by the clock. */
import type { Clock } from '../ports/clock.ts';
import type { Judge } from './judge.ts';
import type { Ledger } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import type { Watch } from './watch.ts';

/** Jobs judged in one transaction. */
const BATCH_MAX = 5_000;

export class Sweep {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #registry: Registry;
  readonly #judge: Judge;
  readonly #watch: Watch;

  constructor(deps: {
    clock: Clock;
    ledger: Ledger;
    registry: Registry;
    judge: Judge;
    watch: Watch;
  }) {
    this.#clock = deps.clock;
    this.#ledger = deps.ledger;
    this.#registry = deps.registry;
    this.#judge = deps.judge;
    this.#watch = deps.watch;
  }

  /** Judges everything that is due; returns how many jobs that were. */
  async activate(): Promise<number> {
    let total = 0;
    for (;;) {
      const due: Job[] = [];
      try {
        await this.#ledger.transact((draft) => {
          this.#watch.look(draft);
          const now = this.#clock.now();
          for (
            let job = this.#registry.due(now);
            job !== undefined;
            job = this.#registry.due(now)
          ) {
            if (due.length >= BATCH_MAX) break;
            this.#registry.hold(job);
            due.push(job);
            this.#judge.bringUpTo(draft, job, { asOf: now, now });
          }
        });
      } finally {
        // Also after a failed commit: what could not be written is due still.
        for (const job of due) this.#registry.reschedule(job);
      }
      total += due.length;
      if (due.length < BATCH_MAX) return total;
    }
  }

  nextAt(): number | null {
    return this.#registry.earliest();
  }
}
