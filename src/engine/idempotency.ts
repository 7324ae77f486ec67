/**
 * Idempotency keys of recent reports. The store holds them; memory has the same set, bounded, so that the hot path
 * asks nobody. A key that fell out of the bound is forgotten: its repeat counts again.
 */
import type { Instant } from '../core/time.ts';
import type { Draft } from './ledger.ts';

export const IDEMPOTENCY_KEYS_MAX = 100_000;

export interface KeyRow {
  readonly jobId: number;
  readonly key: string;
  readonly n: number;
  readonly at: Instant;
}

export class IdempotencyKeys {
  readonly #known = new Set<string>();

  constructor(rows: readonly KeyRow[]) {
    for (const row of rows) this.#remember(`${row.jobId} ${row.key}`);
  }

  known(draft: Draft, jobId: number, key: string): boolean {
    if (this.#known.has(`${jobId} ${key}`)) return true;
    return draft.holdsKey(jobId, key);
  }

  add(draft: Draft, row: KeyRow): void {
    draft.idempotency.push(row);
    draft.after(() => this.#remember(`${row.jobId} ${row.key}`));
  }

  #remember(text: string): void {
    this.#known.add(text);
    if (this.#known.size <= IDEMPOTENCY_KEYS_MAX) return;
    const oldest = this.#known.values().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
