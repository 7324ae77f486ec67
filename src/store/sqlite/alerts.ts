/** Alerts: one row per fingerprint, the newest word on it. */
import type { Alert, Labels } from '../../core/alert/alert.ts';
import type { Instant } from '../../core/time.ts';
import type { Connection, Row } from './connection.ts';
import { at, atOrNull, list, number, text, textOrNull } from './row.ts';

const COLUMNS = [
  'fingerprint',
  'labels',
  'annotations',
  'starts_at',
  'ends_at',
  'updated_at',
  'generator_url',
  'timeout',
  'source',
  'trace_id',
  'span_id',
];
export const ALERT_COLUMNS = list(COLUMNS.map((name) => `alert.${name}`));
const UPSERT = `INSERT INTO alert (${list(COLUMNS)}) VALUES (${list(COLUMNS.map((name) => `:${name}`))})
  ON CONFLICT (fingerprint) DO UPDATE SET ${list(COLUMNS.slice(1).map((name) => `${name} = excluded.${name}`))}`;

export const upsertAlert = (connection: Connection, alert: Alert): void => {
  connection.runNamed(UPSERT, {
    fingerprint: alert.fingerprint,
    labels: JSON.stringify(alert.labels),
    annotations: JSON.stringify(alert.annotations),
    starts_at: alert.startsAt,
    ends_at: alert.endsAt,
    updated_at: alert.updatedAt,
    generator_url: alert.generatorUrl,
    timeout: alert.timeout ? 1 : 0,
    source: alert.source,
    trace_id: alert.traceId,
    span_id: alert.spanId,
  });
};

export const toAlert = (row: Row): Alert => ({
  fingerprint: text(row['fingerprint']),
  labels: JSON.parse(text(row['labels'])) as Labels,
  annotations: JSON.parse(text(row['annotations'])) as Labels,
  startsAt: at(row['starts_at']),
  endsAt: atOrNull(row['ends_at']),
  updatedAt: at(row['updated_at']),
  generatorUrl: text(row['generator_url']),
  timeout: number(row['timeout']) === 1,
  source: text(row['source']) as Alert['source'],
  traceId: textOrNull(row['trace_id']),
  spanId: textOrNull(row['span_id']),
});

export const readAlert = (connection: Connection, fingerprint: string): Alert | null => {
  const row = connection.get(
    `SELECT ${ALERT_COLUMNS} FROM alert WHERE fingerprint = ?`,
    fingerprint,
  );
  return row === undefined ? null : toAlert(row);
};

export const readAlerts = (
  connection: Connection,
  query: { now: Instant; firing: boolean | null; limit: number; offset: number },
): readonly Alert[] => {
  const page = 'ORDER BY starts_at DESC, fingerprint LIMIT ? OFFSET ?';
  const from = `SELECT ${ALERT_COLUMNS} FROM alert`;
  const { now, firing, limit, offset } = query;
  const rows =
    firing === null
      ? connection.all(`${from} ${page}`, limit, offset)
      : firing
        ? connection.all(`${from} WHERE ends_at IS NULL OR ends_at > ? ${page}`, now, limit, offset)
        : connection.all(`${from} WHERE ends_at <= ? ${page}`, now, limit, offset);
  return rows.map(toAlert);
};
