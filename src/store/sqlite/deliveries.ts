/**
 * The outbox. Invariant: a delivery is pending until a commit says otherwise; a lease only keeps a second
 * sender away for a while, and ends by itself. What is finished never becomes pending again.
 */
import type { Severity } from '../../core/alert/alert.ts';
import type { Notification, NotifyReason } from '../../core/notify/notify.ts';
import type { ChannelType } from '../../core/route/route.ts';
import type { Instant } from '../../core/time.ts';
import type { Delivery, DeliveryState } from '../../ports/store.ts';
import type { Connection, Row, Value } from './connection.ts';
import { at, atOrNull, list, number, text, textOrNull } from './row.ts';

const COLUMNS = [
  'id',
  'incident_id',
  'group_key',
  'receiver',
  'channel_id',
  'channel_type',
  'severity',
  'reason',
  'seq',
  'state',
  'attempts',
  'created_at',
  'next_at',
  'deadline_at',
  'lease_owner',
  'lease_until',
  'last_reason',
  'last_detail',
  'provider_ref',
  'remaining',
  'finished_at',
  'notification',
];
const ALL = list(COLUMNS);
/** The last line keeps what is finished: flush and send each write what they decided on an older row. */
const UPSERT = `INSERT INTO delivery (${ALL}) VALUES (${list(COLUMNS.map((name) => `:${name}`))})
  ON CONFLICT (id) DO UPDATE SET ${list(COLUMNS.slice(1).map((name) => `${name} = excluded.${name}`))}
  WHERE delivery.state = 'pending'
    OR (delivery.state = 'cancelled' AND excluded.state IN ('sent', 'dead'))`;

export const upsertDelivery = (connection: Connection, delivery: Delivery): void => {
  connection.runNamed(UPSERT, {
    id: delivery.id,
    incident_id: delivery.incidentId,
    group_key: delivery.groupKey,
    receiver: delivery.receiver,
    channel_id: delivery.channelId,
    channel_type: delivery.channelType,
    severity: delivery.severity,
    reason: delivery.reason,
    seq: delivery.notification.incident.seq,
    state: delivery.state,
    attempts: delivery.attempts,
    created_at: delivery.createdAt,
    next_at: delivery.nextAt,
    deadline_at: delivery.deadlineAt,
    lease_owner: delivery.leaseOwner,
    lease_until: delivery.leaseUntil,
    last_reason: delivery.lastReason,
    last_detail: delivery.lastDetail,
    provider_ref: delivery.providerRef,
    remaining: delivery.only === null ? null : JSON.stringify(delivery.only),
    finished_at: delivery.finishedAt,
    notification: JSON.stringify(delivery.notification),
  });
};

const toDelivery = (row: Row): Delivery => ({
  id: text(row['id']),
  incidentId: number(row['incident_id']),
  groupKey: text(row['group_key']),
  receiver: text(row['receiver']),
  channelId: text(row['channel_id']),
  channelType: text(row['channel_type']) as ChannelType,
  severity: text(row['severity']) as Severity,
  reason: text(row['reason']) as NotifyReason,
  notification: JSON.parse(text(row['notification'])) as Notification,
  state: text(row['state']) as DeliveryState,
  attempts: number(row['attempts']),
  createdAt: at(row['created_at']),
  nextAt: at(row['next_at']),
  deadlineAt: at(row['deadline_at']),
  leaseOwner: textOrNull(row['lease_owner']),
  leaseUntil: atOrNull(row['lease_until']),
  lastReason: textOrNull(row['last_reason']) as Delivery['lastReason'],
  lastDetail: text(row['last_detail']),
  providerRef: text(row['provider_ref']),
  only: row['remaining'] === null ? null : (JSON.parse(text(row['remaining'])) as string[]),
  finishedAt: atOrNull(row['finished_at']),
});

const byUrgency = (left: Delivery, right: Delivery): number =>
  left.severity.localeCompare(right.severity) ||
  left.createdAt - right.createdAt ||
  (left.id < right.id ? -1 : 1);

export interface Claim {
  readonly now: Instant;
  readonly owner: string;
  readonly leaseUntil: Instant;
  readonly limit: number;
  readonly except: readonly string[];
}

/** One statement, so that no second claim can come between the choice and the lease. */
export const claimDeliveries = (connection: Connection, claim: Claim): readonly Delivery[] =>
  connection
    .all(
      `UPDATE delivery SET lease_owner = ?, lease_until = ? WHERE id IN (
        SELECT id FROM delivery INDEXED BY delivery_claim
        WHERE state = 'pending' AND next_at <= ? AND coalesce(lease_until, 0) <= ?
          AND channel_id NOT IN (SELECT value FROM json_each(?))
        ORDER BY severity, created_at, id LIMIT ?
      ) RETURNING ${ALL}`,
      claim.owner,
      claim.leaseUntil,
      claim.now,
      claim.now,
      JSON.stringify(claim.except),
      claim.limit,
    )
    .map(toDelivery)
    .sort(byUrgency);

export const releaseLeases = (connection: Connection, owner: string): number =>
  connection.run(
    `UPDATE delivery SET lease_owner = NULL, lease_until = NULL
      WHERE state = 'pending' AND lease_until IS NOT NULL AND lease_owner <> ?`,
    owner,
  );

/** When the first pending delivery may be claimed: its own time, or the end of the lease on it. */
export const readNextDelivery = (connection: Connection): Instant | null =>
  atOrNull(
    connection.get(
      `SELECT min(at) AS at FROM (
        SELECT min(next_at) AS at FROM delivery WHERE state = 'pending' AND lease_until IS NULL
        UNION ALL
        SELECT min(max(next_at, lease_until)) FROM delivery
          WHERE state = 'pending' AND lease_until IS NOT NULL
      )`,
    )?.['at'] ?? null,
  );

export const readPending = (connection: Connection, groupKey: string): readonly Delivery[] =>
  connection
    .all(
      // Without the hint SQLite walks all pending rows in the order wanted: quadratic in a burst.
      `SELECT ${ALL} FROM delivery INDEXED BY delivery_group
        WHERE group_key = ? AND state = 'pending' ORDER BY created_at, id`,
      groupKey,
    )
    .map(toDelivery);

export const countMessages = (
  connection: Connection,
  incidentId: number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    connection
      .all(
        `SELECT channel_id, max(seq) AS seq FROM delivery WHERE incident_id = ? GROUP BY channel_id`,
        incidentId,
      )
      .map((row) => [text(row['channel_id']), number(row['seq'])]),
  );

export const readDelivery = (connection: Connection, id: string): Delivery | null => {
  const row = connection.get(`SELECT ${ALL} FROM delivery WHERE id = ?`, id);
  return row === undefined ? null : toDelivery(row);
};

export interface DeliveryPage {
  readonly state: DeliveryState | null;
  readonly incidentId: number | null;
  readonly before: { readonly createdAt: Instant; readonly id: string } | null;
  readonly limit: number;
}

/** Newest first. */
export const readDeliveries = (connection: Connection, page: DeliveryPage): readonly Delivery[] => {
  const where: string[] = [];
  const values: Value[] = [];
  if (page.state !== null) {
    where.push('state = ?');
    values.push(page.state);
  }
  if (page.incidentId !== null) {
    where.push('incident_id = ?');
    values.push(page.incidentId);
  }
  if (page.before !== null) {
    where.push('(created_at, id) < (?, ?)');
    values.push(page.before.createdAt, page.before.id);
  }
  return connection
    .all(
      `SELECT ${ALL} FROM delivery ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
        ORDER BY created_at DESC, id DESC LIMIT ?`,
      ...values,
      page.limit,
    )
    .map(toDelivery);
};

export const readSends = (
  connection: Connection,
  since: Instant,
): Readonly<Record<string, readonly Instant[]>> => {
  const sends: Record<string, Instant[]> = {};
  const rows = connection.all(
    `SELECT channel_id, finished_at FROM delivery
      WHERE finished_at >= ? AND state = 'sent' ORDER BY finished_at`,
    since,
  );
  for (const row of rows) (sends[text(row['channel_id'])] ??= []).push(at(row['finished_at']));
  return sends;
};
