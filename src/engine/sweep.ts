/** Jobs whose deadline has passed: verdicts, problems, alerts. Takes no input; finds its work by the clock. */
import type { Clock } from '../ports/clock.ts';
import type { Health } from './health.ts';
import type { Judge } from './judge.ts';
import type { Draft, Ledger } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import type { Watch } from './watch.ts';

/** Jobs judged in one transaction; the next is decided while this one is written. */
const BATCH_MAX = 1_000;

export class Sweep {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #registry: Registry;
  readonly #judge: Judge;
  readonly #watch: Watch;
  readonly #health: Health;

  constructor(deps: {
    clock: Clock;
    ledger: Ledger;
    registry: Registry;
    judge: Judge;
    watch: Watch;
    health: Health;
  }) {
    this.#clock = deps.clock;
    this.#ledger = deps.ledger;
    this.#registry = deps.registry;
    this.#judge = deps.judge;
    this.#watch = deps.watch;
    this.#health = deps.health;
  }

  /** Judges everything that is due; returns how many jobs that were. */
  async activate(): Promise<number> {
    // While reports are refused, silence proves nothing.
    if (!this.#health.state.ok) return 0;
    const writing: Promise<void>[] = [];
    let total = 0;
    for (;;) {
      const due: Job[] = [];
      const { done } = await this.#ledger.pipeline((draft) => this.#judgeSome(draft, due));
      // Also after a failed commit: what could not be written is due still.
      writing.push(done.finally(() => due.forEach((job) => this.#registry.reschedule(job))));
      total += due.length;
      if (due.length < BATCH_MAX) break;
    }
    const failed = (await Promise.allSettled(writing)).find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    return total;
  }

  #judgeSome(draft: Draft, due: Job[]): void {
    this.#watch.look(draft);
    const now = this.#clock.now();
    while (due.length < BATCH_MAX) {
      const job = this.#registry.due(now);
      if (job === undefined) return;
      this.#registry.hold(job);
      due.push(job);
      this.#judge.bringUpTo(draft, job, { asOf: now, now });
    }
  }

  /** Nothing is known to be due while nothing may be judged; the beat looks again. */
  nextAt(): number | null {
    return this.#health.state.ok ? this.#registry.earliest() : null;
  }
}
