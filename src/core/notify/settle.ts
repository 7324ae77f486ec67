/** Which alerts an incident is done with. Invariant: an end that somebody is owed is never dropped. */
import { type Alert, isResolved } from '../alert/alert.ts';
import type { ChannelSpec } from '../route/route.ts';
import type { Instant } from '../time.ts';
import type { Notification, NotifiedEntry, Told } from './notify.ts';

/** What a message tells, also when it was made before it carried that itself. */
export const toldOf = ({ told, alerts }: Pick<Notification, 'told' | 'alerts'>): Told =>
  told ?? {
    firing: alerts.filter(({ status }) => status === 'firing').map((one) => one.fingerprint),
    resolved: alerts.filter(({ status }) => status === 'resolved').map((one) => one.fingerprint),
  };

/** The entry of the notification log that a confirmed delivery leaves behind. `at`: when it was confirmed. */
export const notifiedBy = (
  delivery: {
    readonly groupKey: string;
    readonly channelId: string;
    readonly notification: Notification;
  },
  at: Instant,
): NotifiedEntry => ({
  groupKey: delivery.groupKey,
  channelId: delivery.channelId,
  at,
  ...toldOf(delivery.notification),
});

export interface Settled {
  /** Fingerprints of alerts that leave the incident. */
  readonly ungroup: readonly string[];
  /** Nothing is left to tell and nothing is on its way. */
  readonly close: boolean;
}

/**
 * A resolved alert leaves when no channel that knows of its fault still waits for its end. After a tick that is so
 * also for those that nobody was told of. Between ticks (`told-only`, after a delivery was confirmed) only those
 * leave whose end was told: an end that is news waits for its tick.
 */
export function settle({
  scope,
  channels,
  alerts,
  notified,
  pending,
  now,
}: {
  scope: 'tick' | 'told-only';
  channels: readonly ChannelSpec[];
  alerts: readonly Alert[];
  notified: readonly NotifiedEntry[];
  pending: readonly { readonly notification: Pick<Notification, 'told' | 'alerts'> }[];
  now: Instant;
}): Settled {
  const ids = new Set(channels.map(({ id }) => id));
  const owed = new Set<string>();
  const endTold = new Set<string>();
  for (const { channelId, firing, resolved } of notified) {
    if (!ids.has(channelId)) continue;
    for (const fingerprint of firing) owed.add(fingerprint);
    for (const fingerprint of resolved) endTold.add(fingerprint);
  }
  for (const { notification } of pending) {
    const { firing, resolved } = toldOf(notification);
    for (const fingerprint of [...firing, ...resolved]) owed.add(fingerprint);
  }
  const ungroup = alerts
    .filter((alert) => isResolved(alert, now) && !owed.has(alert.fingerprint))
    .map(({ fingerprint }) => fingerprint)
    .filter((fingerprint) => scope === 'tick' || endTold.has(fingerprint));
  return { ungroup, close: ungroup.length === alerts.length && pending.length === 0 };
}
