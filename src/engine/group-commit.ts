/**
 * Many small changes that do not depend on one another as one transaction: what comes while a commit is on its way
 * makes up the next one. What the store refuses in company is tried again alone.
 */
import type { Changes, Store } from '../ports/store.ts';

interface Waiting {
  readonly changes: Changes;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #store: Pick<Store, 'commit'>;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(store: Pick<Store, 'commit'>) {
    this.#store = store;
  }

  commit(changes: Changes): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store.commit(merged(batch.map(({ changes }) => changes)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        if (batch.length === 1) batch[0]?.reject(error);
        else await this.#oneByOne(batch);
      }
    }
    this.#busy = false;
  }

  /** One change that the store refuses must not take the others with it. */
  async #oneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const { changes, resolve, reject } of batch)
      await this.#store.commit(changes).then(resolve, reject);
  }
}

/** Lists one after another; log entries and positions are the ledger's alone and never come here. */
export function merged(all: readonly Changes[]): Changes {
  return {
    alerts: all.flatMap(({ alerts }) => alerts ?? []),
    ungrouped: all.flatMap(({ ungrouped }) => ungrouped ?? []),
    incidents: all.flatMap(({ incidents }) => incidents ?? []),
    grouped: all.flatMap(({ grouped }) => grouped ?? []),
    deliveries: all.flatMap(({ deliveries }) => deliveries ?? []),
    notified: all.flatMap(({ notified }) => notified ?? []),
    timeline: all.flatMap(({ timeline }) => timeline ?? []),
  };
}
