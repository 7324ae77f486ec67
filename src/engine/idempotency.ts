/**
 * Idempotency keys of recent reports. The store holds them; memory has the same set, bounded, so that the hot path
 * asks nobody. A key that fell out of the bound is forgotten: its repeat counts again.
 */
import type { Duration, Instant } from '../core/time.ts';
import type { Draft } from './ledger.ts';

export const IDEMPOTENCY_KEYS_MAX = 100_000;

export interface KeyRow {
  readonly jobId: number;
  readonly key: string;
  readonly n: number;
  readonly at: Instant;
}

export class IdempotencyKeys {
  readonly #maxAge: Duration;
  /** When each was first seen, oldest first. */
  readonly #known = new Map<string, Instant>();

  constructor(rows: readonly KeyRow[], maxAge: Duration) {
    this.#maxAge = maxAge;
    for (const { jobId, key, at } of rows) this.#remember(`${jobId} ${key}`, at);
  }

  known(draft: Draft, { jobId, key, now }: { jobId: number; key: string; now: Instant }): boolean {
    const at = this.#known.get(`${jobId} ${key}`);
    if (at !== undefined && now - at <= this.#maxAge) return true;
    return draft.holdsKey(jobId, key);
  }

  add(draft: Draft, row: KeyRow): void {
    draft.idempotency.push(row);
    draft.after(() => this.#remember(`${row.jobId} ${row.key}`, row.at));
  }

  #remember(text: string, at: Instant): void {
    this.#known.delete(text);
    this.#known.set(text, at);
    if (this.#known.size <= IDEMPOTENCY_KEYS_MAX) return;
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}
