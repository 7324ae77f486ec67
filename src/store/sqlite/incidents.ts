/**
 * Incidents, the alerts that belong to each, what was told of them, and their story.
 * Invariant: a group has at most one open incident for a receiver, and an open one always has a time at which it is looked at.
 */
import type { Labels } from '../../core/alert/alert.ts';
import type { NotifiedEntry } from '../../core/notify/notify.ts';
import type { Instant } from '../../core/time.ts';
import type { Changes, DueIncident, Grouped, Incident, TimelineEntry } from '../../ports/store.ts';
import { ALERT_COLUMNS, toAlert } from './alerts.ts';
import type { Connection, Row } from './connection.ts';
import { countMessages, readPending } from './deliveries.ts';
import { refused } from './fault.ts';
import { at, atOrNull, number, text } from './row.ts';

/** Alerts read for one answer to `dueIncidents`; the incidents beyond wait for the next question. */
const DUE_ALERTS_MAX = 2_000;

const toIncident = (row: Row): Incident => ({
  id: number(row['id']),
  groupKey: text(row['group_key']),
  routeKey: text(row['route_key']),
  receiver: text(row['receiver']),
  groupLabels: JSON.parse(text(row['group_labels'])) as Labels,
  openedAt: at(row['opened_at']),
  flushAt: atOrNull(row['flush_at']),
  closedAt: atOrNull(row['closed_at']),
});

/** Opens the group's incident unless one is open, and links the alert to the open one. */
export const group = (connection: Connection, grouped: Grouped): void => {
  const { groupKey, receiver } = grouped;
  const open = connection.get(
    'SELECT id FROM incident WHERE group_key = ? AND receiver = ? AND closed_at IS NULL',
    groupKey,
    receiver,
  );
  const incident =
    open ??
    connection.get(
      `INSERT INTO incident (group_key, route_key, receiver, group_labels, opened_at, flush_at)
        VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
      groupKey,
      grouped.routeKey,
      receiver,
      JSON.stringify(grouped.groupLabels),
      grouped.openedAt,
      grouped.flushAt,
    );
  connection.run(
    'INSERT INTO incident_alert (incident_id, fingerprint) VALUES (?, ?) ON CONFLICT DO NOTHING',
    number(incident?.['id']),
    grouped.fingerprint,
  );
};

export const ungroup = (
  connection: Connection,
  { incidentId, fingerprint, asOf }: NonNullable<Changes['ungrouped']>[number],
): void => {
  // An alert that fired again since the decision was taken stays.
  connection.run(
    `DELETE FROM incident_alert WHERE incident_id = ?1 AND fingerprint = ?2
      AND (?3 IS NULL OR NOT EXISTS (
        SELECT 1 FROM alert WHERE fingerprint = ?2 AND (ends_at IS NULL OR ends_at > ?3)))`,
    incidentId,
    fingerprint,
    asOf ?? null,
  );
};

export const updateIncident = (
  connection: Connection,
  { id, flushAt, closedAt }: NonNullable<Changes['incidents']>[number],
): void => {
  const joined =
    closedAt !== null &&
    flushAt !== null &&
    connection.get('SELECT 1 FROM incident_alert WHERE incident_id = ?', id) !== undefined;
  const closes = closedAt !== null && !joined;
  const updated = connection.run(
    'UPDATE incident SET flush_at = ?, closed_at = ? WHERE id = ?',
    closes ? null : flushAt,
    closes ? closedAt : null,
    id,
  );
  if (updated === 0) throw refused(`there is no incident ${id}`);
};

export const upsertNotified = (connection: Connection, entry: NotifiedEntry): void => {
  connection.run(
    `INSERT INTO notified (group_key, channel_id, firing, resolved, muted, at)
      VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (group_key, channel_id) DO UPDATE
      SET firing = excluded.firing, resolved = excluded.resolved, muted = excluded.muted,
          at = excluded.at`,
    entry.groupKey,
    entry.channelId,
    JSON.stringify(entry.firing),
    JSON.stringify(entry.resolved),
    entry.muted === undefined ? null : JSON.stringify(entry.muted),
    entry.at,
  );
};

const toNotified = (row: Row): NotifiedEntry => ({
  groupKey: text(row['group_key']),
  channelId: text(row['channel_id']),
  firing: JSON.parse(text(row['firing'])) as string[],
  resolved: JSON.parse(text(row['resolved'])) as string[],
  ...(row['muted'] === null ? {} : { muted: JSON.parse(text(row['muted'])) as string[] }),
  at: at(row['at']),
});

export const addTimeline = (connection: Connection, entry: TimelineEntry): void => {
  connection.run(
    'INSERT INTO timeline (incident_id, at, kind, detail) VALUES (?, ?, ?, ?)',
    entry.incidentId,
    entry.at,
    entry.kind,
    entry.detail,
  );
};

const withItsFlush = (connection: Connection, incident: Incident): DueIncident => ({
  incident,
  alerts: connection
    .all(
      `SELECT ${ALERT_COLUMNS} FROM incident_alert JOIN alert USING (fingerprint)
        WHERE incident_id = ? ORDER BY fingerprint`,
      incident.id,
    )
    .map(toAlert),
  notified: connection
    .all('SELECT * FROM notified WHERE group_key = ? ORDER BY channel_id', incident.groupKey)
    .map(toNotified),
  pending: readPending(connection, incident.groupKey),
  sequence: countMessages(connection, incident.id),
});

export const readIncident = (connection: Connection, id: number): DueIncident | null => {
  const row = connection.get('SELECT * FROM incident WHERE id = ?', id);
  return row === undefined ? null : withItsFlush(connection, toIncident(row));
};

export const readDueIncidents = (
  connection: Connection,
  { now, limit }: { now: Instant; limit: number },
): readonly DueIncident[] => {
  const due: DueIncident[] = [];
  let alerts = 0;
  const rows = connection.all(
    'SELECT * FROM incident WHERE flush_at <= ? ORDER BY flush_at, id LIMIT ?',
    now,
    limit,
  );
  for (const row of rows) {
    const one = withItsFlush(connection, toIncident(row));
    alerts += one.alerts.length;
    if (due.length > 0 && alerts > DUE_ALERTS_MAX) break;
    due.push(one);
  }
  return due;
};

export const readIncidents = (
  connection: Connection,
  query: { open: boolean | null; limit: number; before: number | null },
): readonly (Incident & { alerts: number })[] => {
  const where = ['id < ?'];
  if (query.open !== null) where.push(`closed_at IS ${query.open ? '' : 'NOT '}NULL`);
  return connection
    .all(
      `SELECT *, (SELECT count(*) FROM incident_alert WHERE incident_id = id) AS alerts
        FROM incident WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ?`,
      query.before ?? Number.MAX_SAFE_INTEGER,
      query.limit,
    )
    .map((row) => ({ ...toIncident(row), alerts: number(row['alerts']) }));
};

/** The newest `limit` lines, in the order in which they were written. */
export const readTimeline = (
  connection: Connection,
  { incidentId, limit }: { incidentId: number; limit: number },
): readonly TimelineEntry[] =>
  connection
    .all('SELECT * FROM timeline WHERE incident_id = ? ORDER BY id DESC LIMIT ?', incidentId, limit)
    .reverse()
    .map((row) => ({
      incidentId: number(row['incident_id']),
      at: at(row['at']),
      kind: text(row['kind']),
      detail: text(row['detail']),
    }));

export const readNextFlush = (connection: Connection): Instant | null =>
  atOrNull(
    connection.get('SELECT min(flush_at) AS at FROM incident WHERE flush_at IS NOT NULL')?.['at'] ??
      null,
  );
