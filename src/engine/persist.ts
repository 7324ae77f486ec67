/**
 * Writes job states that quiet pings have moved on, and the heartbeat that says that Tocsin is listening.
 * A crash before it loses nothing: the log after the stored states is folded again at the next start.
 */
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Ledger } from './ledger.ts';
import type { Job } from './registry.ts';

/** States in one transaction, so that a ping never waits long behind it. */
const STATES_MAX = 2_000;

export class Persist {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #ledger: Ledger;

  constructor(deps: { clock: Clock; store: Store; ledger: Ledger }) {
    this.#clock = deps.clock;
    this.#store = deps.store;
    this.#ledger = deps.ledger;
  }

  async activate(): Promise<number> {
    // What is dirty now is enough: jobs that become dirty meanwhile have entries beyond `through`.
    const { through, jobs } = await this.#ledger.exclusive(async () => ({
      through: this.#ledger.position,
      jobs: [...this.#ledger.dirty],
    }));
    for (let from = 0; from < jobs.length; from += STATES_MAX)
      await this.#write(jobs.slice(from, from + STATES_MAX));
    await this.#ledger.exclusive(async () => {
      await this.#store.commit({ foldedThrough: through, aliveAt: this.#clock.now() });
    });
    return jobs.length;
  }

  #write(jobs: readonly Job[]): Promise<void> {
    return this.#ledger.exclusive(async () => {
      const behind = jobs.filter((job) => this.#ledger.dirty.has(job));
      const states = behind.map((job) => ({ jobId: job.id, state: job.state }));
      if (states.length === 0) return;
      await this.#store.commit({ states });
      for (const job of behind) this.#ledger.dirty.delete(job);
    });
  }
}
