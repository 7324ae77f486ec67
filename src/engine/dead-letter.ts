/**
 * The alert about a delivery that was given up, and the channels that may carry it: never the one that failed.
 */
import type { Alert, Labels } from '../core/alert/alert.ts';
import { fingerprint, formatLabels, labelsFrom } from '../core/alert/labels.ts';
import { fallbackChannels } from '../core/notify/fallback.ts';
import type { ChannelSpec, RoutedGroup } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { Delivery } from '../ports/store.ts';
import type { Settings } from './settings.ts';

const deadLetterName = 'TocsinDeliveryFailed';

export const isDeadLetter = ({ labels }: Pick<Alert, 'labels'>): boolean =>
  labels['alertname'] === deadLetterName;

/** News of each broken channel stands alone, whatever the route groups by: each must avoid a channel of its own. */
export function ownGroup(alert: Pick<Alert, 'labels'>, group: RoutedGroup): RoutedGroup {
  if (!isDeadLetter(alert)) return group;
  const channel = alert.labels['channel'] ?? '';
  const groupLabels = labelsFrom([...Object.entries(group.groupLabels), ['channel', channel]]);
  return { ...group, groupKey: `${group.routeKey}:${formatLabels(groupLabels)}`, groupLabels };
}

export function deadAlert(
  delivery: Delivery,
  when: { startsAt: Instant; endsAt: Instant | null; now: Instant; description: string },
): Alert {
  const { startsAt, endsAt, now, description } = when;
  return ownAlert({
    labels: labelsFrom(
      Object.entries({
        alertname: deadLetterName,
        channel: delivery.channelId,
        channel_type: delivery.channelType,
        group: 'tocsin',
        receiver: delivery.receiver,
        severity: 'P0',
      }),
    ),
    annotations: labelsFrom(
      Object.entries({
        summary: `Notifications to ${delivery.channelId} do not arrive`,
        description,
      }),
    ),
    startsAt,
    endsAt,
    now,
  });
}

/** The channels of the receiver; for an alert about a broken channel, others than that one. */
export function channelsFor(
  settings: Settings,
  receiver: string,
  alerts: readonly Alert[],
): readonly ChannelSpec[] {
  const own = settings.receivers.get(receiver)?.channels ?? [];
  const broken = alerts.find(isDeadLetter);
  if (broken === undefined) return own;
  const failed = broken.labels['channel'] ?? '';
  const others = fallbackChannels(settings.receivers.values(), failed);
  // Another channel of the receiver that lost it; else one other, not all that there are.
  const near = others.filter((channel) => channel.receiver === broken.labels['receiver']);
  return near.length > 0 ? near : others.slice(0, 1);
}

/** An alert of Tocsin about itself. */
function ownAlert(given: {
  labels: Labels;
  annotations: Labels;
  startsAt: Instant;
  endsAt: Instant | null;
  now: Instant;
}): Alert {
  return {
    fingerprint: fingerprint(given.labels),
    labels: given.labels,
    annotations: given.annotations,
    startsAt: given.startsAt,
    endsAt: given.endsAt,
    updatedAt: given.now,
    generatorUrl: '',
    timeout: false,
    source: 'tocsin',
    traceId: null,
    spanId: null,
  };
}
