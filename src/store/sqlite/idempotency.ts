/** Keys that clients sent with their reports, so that a report sent twice counts once, also after a restart. */
import type { Instant } from '../../core/time.ts';
import type { Connection } from './connection.ts';
import { at, number, text } from './row.ts';

const KEYS_IN_PIECE = 5_000;

export interface RememberedKey {
  readonly jobId: number;
  readonly key: string;
  readonly n: number;
  readonly at: Instant;
}

/** A key that is used again after its time becomes the newest. */
export const rememberKey = (connection: Connection, { jobId, key, n, at }: RememberedKey): void => {
  connection.run(
    'INSERT OR REPLACE INTO idempotency (job_id, key, n, at) VALUES (?, ?, ?, ?)',
    jobId,
    key,
    n,
    at,
  );
};

/** Oldest first. `next` is null at the end, else where the next piece begins. */
export const readKeys = (
  connection: Connection,
  { after }: { after: number },
): { keys: readonly RememberedKey[]; next: number | null } => {
  const rows = connection.all(
    'SELECT id, job_id, key, n, at FROM idempotency WHERE id > ? ORDER BY id LIMIT ?',
    after,
    KEYS_IN_PIECE,
  );
  const last = rows.length < KEYS_IN_PIECE ? undefined : rows.at(-1);
  return {
    keys: rows.map((row) => ({
      jobId: number(row['job_id']),
      key: text(row['key']),
      n: number(row['n']),
      at: at(row['at']),
    })),
    next: last === undefined ? null : number(last['id']),
  };
};
