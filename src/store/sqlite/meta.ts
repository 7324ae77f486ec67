/** Single values of the store: when it last lived, how far the states are folded, secrets. */
import { type Instant, instant } from '../../core/time.ts';
import type { Connection } from './connection.ts';
import { text } from './row.ts';

export const readMeta = (connection: Connection, key: string): string | null => {
  const row = connection.get('SELECT value FROM meta WHERE key = ?', key);
  return row === undefined ? null : text(row['value']);
};

export const writeMeta = (connection: Connection, key: string, value: string): void => {
  connection.run(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    key,
    value,
  );
};

export const readAliveAt = (connection: Connection): Instant | null => {
  const value = readMeta(connection, 'alive_at');
  return value === null ? null : instant(Number(value));
};

export const readSecret = (connection: Connection, name: string): string | null =>
  readMeta(connection, `secret:${name}`);

/** Keeps the first value that was ever offered, and returns it. */
export const keepSecret = (
  connection: Connection,
  { name, value }: { name: string; value: string },
): string =>
  connection.transaction(() => {
    const kept = readSecret(connection, name);
    if (kept !== null) return kept;
    writeMeta(connection, `secret:${name}`, value);
    return value;
  });

/** A write that reaches the disk: the value alternates, so that SQLite cannot take it for no change. */
export const probe = (connection: Connection): void => {
  connection.transaction(() => {
    writeMeta(connection, 'probe', readMeta(connection, 'probe') === '0' ? '1' : '0');
  });
};
