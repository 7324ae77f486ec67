/**
 * Deletes what the limits no longer keep, in pieces small enough that a commit never waits long for one.
 * Invariant: the newest entry of the log stays, so that positions never begin anew; entries that no stored
 * state holds yet stay; whatever an open incident or a pending delivery needs stays.
 */
import { type Duration, type Instant, minus } from '../../core/time.ts';
import type { Limits } from '../../ports/store.ts';
import type { Connection, Value } from './connection.ts';
import { readMeta } from './meta.ts';
import { number } from './row.ts';

const PIECE_ROWS_MAX = 1_000;
const CALL_ROWS_MAX = 5_000;
const WALK_STEPS_MAX = 1_000;

interface Cutoffs {
  readonly log: Instant;
  readonly deliveries: Instant;
  readonly idempotency: Instant;
  readonly idempotencyKeys: number;
}

interface Rule {
  readonly table: string;
  drop(connection: Connection, cutoffs: Cutoffs): number;
}

const drop = (connection: Connection, sql: string, ...values: Value[]): number =>
  connection.transaction(() => connection.run(sql, ...values));

/**
 * For tables in the order of their writing: all up to the last old row of the first thousand. A few rows from
 * a time when the clock was ahead do not hold up the rest.
 */
const oldest = (table: string, key: string, time: string): string =>
  `SELECT max(${key}) FROM (SELECT ${key}, ${time} FROM ${table} ORDER BY ${key} LIMIT ${PIECE_ROWS_MAX})
    WHERE ${time} < ?`;

const RULES: readonly Rule[] = [
  {
    table: 'log',
    drop: (connection, { log }) =>
      drop(
        connection,
        `DELETE FROM log WHERE n <= (${oldest('log', 'n', 'received_at')} AND n <= ?)
          AND n < (SELECT max(n) FROM log)`,
        log,
        foldedThrough(connection),
      ),
  },
  {
    table: 'idempotency',
    drop: (connection, { idempotency, idempotencyKeys }) =>
      drop(
        connection,
        `DELETE FROM idempotency WHERE id <= (${oldest('idempotency', 'id', 'at')})`,
        idempotency,
      ) ||
      drop(
        connection,
        `DELETE FROM idempotency WHERE id IN (
          SELECT id FROM idempotency
          WHERE id <= (SELECT id FROM idempotency ORDER BY id DESC LIMIT 1 OFFSET ?)
          ORDER BY id LIMIT ${PIECE_ROWS_MAX})`,
        idempotencyKeys,
      ),
  },
  {
    table: 'delivery',
    drop: (connection, { deliveries }) =>
      drop(
        connection,
        `DELETE FROM delivery WHERE id IN (
          SELECT id FROM delivery WHERE finished_at < ? AND state <> 'pending' LIMIT ${PIECE_ROWS_MAX})`,
        deliveries,
      ),
  },
  {
    table: 'timeline',
    drop: (connection, { deliveries }) =>
      drop(
        connection,
        `DELETE FROM timeline WHERE id <= (${oldest('timeline', 'id', 'at')})`,
        deliveries,
      ),
  },
  {
    table: 'incident',
    drop: (connection, { deliveries }) => dropIncidents(connection, deliveries),
  },
  {
    table: 'alert',
    drop: (connection, { deliveries }) =>
      drop(
        connection,
        `DELETE FROM alert WHERE fingerprint IN (
          SELECT fingerprint FROM alert WHERE ends_at < ? AND NOT EXISTS (
            SELECT 1 FROM incident_alert JOIN incident ON incident.id = incident_alert.incident_id
            WHERE incident_alert.fingerprint = alert.fingerprint AND incident.closed_at IS NULL)
          LIMIT ${PIECE_ROWS_MAX})`,
        deliveries,
      ),
  },
  {
    table: 'notified',
    drop: (connection, { deliveries }) =>
      drop(
        connection,
        `DELETE FROM notified WHERE (group_key, channel_id) IN (
          SELECT group_key, channel_id FROM notified WHERE at < ? AND NOT EXISTS (
            SELECT 1 FROM incident
            WHERE incident.group_key = notified.group_key AND incident.closed_at IS NULL)
          LIMIT ${PIECE_ROWS_MAX})`,
        deliveries,
      ),
  },
  {
    table: 'gap',
    drop: (connection, { log }) =>
      drop(connection, `DELETE FROM gap WHERE id <= (${oldest('gap', 'id', 'to_at')})`, log),
  },
  {
    // Its history is gone once the log begins after the day on which it was retired.
    table: 'job',
    drop: (connection, { log }) =>
      drop(
        connection,
        `DELETE FROM job WHERE id IN (
          SELECT id FROM job WHERE retired_at < ?
            AND retired_at < (SELECT received_at FROM log ORDER BY n LIMIT 1)
          LIMIT ${PIECE_ROWS_MAX})`,
        log,
      ),
  },
];

const foldedThrough = (connection: Connection): number =>
  Number(readMeta(connection, 'folded_through') ?? 0);

const dropIncidents = (connection: Connection, closedBefore: Instant): number =>
  connection.transaction(() => {
    const rows = connection.all(
      `SELECT id FROM incident WHERE closed_at < ? ORDER BY closed_at LIMIT ${PIECE_ROWS_MAX}`,
      closedBefore,
    );
    for (const row of rows) {
      const id = number(row['id']);
      connection.run('DELETE FROM incident_alert WHERE incident_id = ?', id);
      connection.run('DELETE FROM incident WHERE id = ?', id);
    }
    return rows.length;
  });

const TABLES: readonly string[] = RULES.map((rule) => rule.table);

/** Deletes a piece of one table; 0 when nothing there is too old. */
export const dropOld = (
  connection: Connection,
  { table, now, limits }: { table: string; now: Instant; limits: Limits },
): number => {
  const before = (age: Duration): Instant => minus(now, age);
  const rule = RULES.find((one) => one.table === table);
  if (rule === undefined) throw new TypeError(`no rule for table ${table}`);
  return rule.drop(connection, {
    log: before(limits.maxAge),
    deliveries: before(limits.deliveriesMaxAge),
    idempotency: before(limits.idempotencyMaxAge),
    idempotencyKeys: limits.idempotencyMaxKeys,
  });
};

/** Goes `steps` entries back in a job's chain, or as many as one piece allows; `n` is 0 beyond its end. */
export const walkChain = (
  connection: Connection,
  { from, steps }: { from: number; steps: number },
): { n: number; left: number } => {
  let n = from;
  let left = steps;
  for (const most = steps - WALK_STEPS_MAX; left > 0 && left > most && n > 0; left--) {
    n = number(connection.get('SELECT previous FROM log WHERE n = ?', n)?.['previous'] ?? 0);
  }
  return { n, left };
};

/** What of a chain is still too much: `held` entries stay, since no stored state holds them yet. */
type Excess = 'none' | 'more' | 'held';

/**
 * Deletes entries of a job that come after `last` in its chain, and joins the chain again behind them, so that
 * what is left over stays within reach however often this is interrupted.
 */
export const trimChain = (
  connection: Connection,
  { last }: { last: number },
): { deleted: number; excess: Excess } =>
  connection.transaction(() => {
    const previousOf = (n: number): number | undefined => {
      const row = connection.get('SELECT previous FROM log WHERE n = ?', n);
      return row === undefined ? undefined : number(row['previous']);
    };
    let next = previousOf(last) ?? 0;
    if (next === 0) return { deleted: 0, excess: 'none' };
    if (next > foldedThrough(connection)) return { deleted: 0, excess: 'held' };
    let deleted = 0;
    while (next > 0 && deleted < PIECE_ROWS_MAX) {
      const previous = previousOf(next);
      if (previous === undefined) next = 0;
      else {
        connection.run('DELETE FROM log WHERE n = ?', next);
        next = previous;
        deleted += 1;
      }
    }
    connection.run('UPDATE log SET previous = ? WHERE n = ?', next, last);
    return { deleted, excess: next > 0 ? 'more' : 'none' };
  });

/** How the pieces above are asked for, from the other thread. */
export interface Pieces {
  dropOld(query: { table: string; now: Instant; limits: Limits }): Promise<number>;
  walkChain(query: { from: number; steps: number }): Promise<{ n: number; left: number }>;
  trimChain(query: { last: number }): Promise<{ deleted: number; excess: Excess }>;
}

/** `n` of the last entry that the limit keeps; 0 when the chain is no longer than that. */
const lastKept = async (pieces: Pieces, head: number, keep: number): Promise<number> => {
  let at = { n: head, left: keep - 1 };
  while (at.left > 0 && at.n > 0) at = await pieces.walkChain({ from: at.n, steps: at.left });
  return at.n;
};

export const retain = async (
  pieces: Pieces,
  {
    now,
    limits,
    heads,
  }: { now: Instant; limits: Limits; heads: readonly { jobId: number; head: number }[] },
): Promise<{ deleted: Record<string, number>; more: boolean; finished: number[] }> => {
  const deleted: Record<string, number> = {};
  let total = 0;
  const count = (table: string, rows: number): void => {
    if (rows > 0) deleted[table] = (deleted[table] ?? 0) + rows;
    total += rows;
  };
  const room = (): boolean => total + PIECE_ROWS_MAX <= CALL_ROWS_MAX;
  for (const table of TABLES) {
    for (let rows = 1; rows > 0 && room(); ) {
      rows = await pieces.dropOld({ table, now, limits });
      count(table, rows);
    }
  }
  const finished: number[] = [];
  for (const { jobId, head } of heads) {
    if (!room()) break;
    const last = await lastKept(pieces, head, limits.entriesPerJob);
    let excess: Excess = last > 0 ? 'more' : 'none';
    while (excess === 'more' && room()) {
      const piece = await pieces.trimChain({ last });
      count('log', piece.deleted);
      excess = piece.excess;
    }
    if (excess === 'none') finished.push(jobId);
  }
  return { deleted, more: !room(), finished };
};
