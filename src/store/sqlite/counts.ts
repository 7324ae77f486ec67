/** How much stands open now, for metrics: counted in the store, so that nothing has to be read out for it. */
import type { Severity } from '../../core/alert/alert.ts';
import type { ChannelType } from '../../core/route/route.ts';
import type { Instant } from '../../core/time.ts';
import type { Store } from '../../ports/store.ts';
import type { Connection } from './connection.ts';
import { text } from './row.ts';

/** A label that is no severity counts as P1, as it does when it is routed. */
const asSeverity = (value: string): Severity => (value === 'P0' || value === 'P2' ? value : 'P1');

export const readCounts = (
  connection: Connection,
  now: Instant,
): Awaited<ReturnType<Store['counts']>> => {
  const firing = new Map<Severity, number>();
  const bySeverity = connection.all(
    `SELECT coalesce(labels ->> '$.severity', '') AS severity, count(*) AS count FROM alert
     WHERE ends_at IS NULL OR ends_at > ? GROUP BY 1`,
    now,
  );
  for (const row of bySeverity) {
    const severity = asSeverity(text(row['severity']));
    firing.set(severity, (firing.get(severity) ?? 0) + Number(row['count']));
  }
  const pending = connection
    .all(`SELECT channel_type, count(*) AS count FROM delivery WHERE state = 'pending' GROUP BY 1`)
    .map((row) => ({
      channelType: text(row['channel_type']) as ChannelType,
      count: Number(row['count']),
    }));
  return { firing: [...firing].map(([severity, count]) => ({ severity, count })), pending };
};
