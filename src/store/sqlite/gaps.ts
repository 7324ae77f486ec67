/**
 * Times in which Tocsin did not listen, and what a clock that stepped back leaves behind in the tables.
 * Invariant: after a step back nothing waits longer than it would have waited without it.
 */
import type { Gap } from '../../ports/store.ts';
import type { Connection } from './connection.ts';
import { at, text } from './row.ts';

/** What is to come: sooner by the step, and at once where that has passed. */
const TO_COME: readonly string[] = [
  'UPDATE incident SET flush_at = max(flush_at - :back, :now) WHERE flush_at > :now',
  `UPDATE delivery SET next_at = max(next_at - :back, :now)
    WHERE state = 'pending' AND next_at > :now`,
  `UPDATE delivery SET lease_until = max(lease_until - :back, :now)
    WHERE state = 'pending' AND lease_until > :now`,
];

/**
 * What has happened, where a later decision measures from it: reminders, the deadline of a delivery, whether an alert
 * has ended. Alerts that came by API have times of their sender's clock. The heartbeat moves too, lest a restart
 * take the same step for another one.
 */
const HAPPENED: readonly string[] = [
  'UPDATE notified SET at = min(at - :back, :now) WHERE at > :now',
  `UPDATE delivery
    SET created_at = min(created_at - :back, :now), deadline_at = deadline_at - :back
    WHERE state = 'pending' AND created_at > :now`,
  `UPDATE alert SET starts_at = min(starts_at - :back, :now)
    WHERE starts_at > :now AND source <> 'api'`,
  `UPDATE alert SET ends_at = max(starts_at, min(ends_at - :back, :now))
    WHERE ends_at > :now AND source <> 'api'`,
  `UPDATE meta SET value = CAST(min(CAST(value AS INTEGER) - :back, :now) AS TEXT)
    WHERE key = 'alive_at' AND CAST(value AS INTEGER) > :now`,
];

export const addGap = (connection: Connection, { from, to, kind }: Gap): void => {
  const isKnown = connection.get(
    'SELECT 1 FROM gap WHERE from_at = ? AND to_at = ? AND kind = ?',
    from,
    to,
    kind,
  );
  if (isKnown !== undefined) return;
  connection.run('INSERT INTO gap (from_at, to_at, kind) VALUES (?, ?, ?)', from, to, kind);
  if (kind !== 'clock_back') return;
  for (const sql of [...TO_COME, ...HAPPENED])
    connection.runNamed(sql, { now: from, back: to - from });
};

export const readGaps = (connection: Connection, limit: number): readonly Gap[] =>
  connection
    .all('SELECT from_at, to_at, kind FROM gap ORDER BY id DESC LIMIT ?', limit)
    .map((row) => ({
      from: at(row['from_at']),
      to: at(row['to_at']),
      kind: text(row['kind']) as Gap['kind'],
    }));
