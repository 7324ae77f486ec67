/** Everything that a message may say, as one snapshot. Invariant: the same alerts in any order give the same draft. */
import { type Alert, isResolved, type Labels, type Severity } from '../alert/alert.ts';
import { compareLabels, labelsFrom } from '../alert/labels.ts';
import type { ChannelSpec } from '../route/route.ts';
import type { Instant } from '../time.ts';
import type { Notification, NotifiedAlert, NotifyReason, Told } from './notify.ts';
import { highestSeverity, SEVERITY_DEFAULT, severityOf } from './severity.ts';

/** A notification that lacks only the id of its delivery. */
export type NotificationDraft = Omit<Notification, 'id' | 'told'> & { readonly told: Told };

const byLabels = (one: Pick<Alert, 'labels'>, other: Pick<Alert, 'labels'>): number =>
  compareLabels(one.labels, other.labels);

export const sortAlerts = (alerts: readonly Alert[]): readonly Alert[] => alerts.toSorted(byLabels);

const asNotified = (alert: Alert, now: Instant): NotifiedAlert => {
  const resolved = isResolved(alert, now);
  return {
    fingerprint: alert.fingerprint,
    status: resolved ? 'resolved' : 'firing',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.startsAt,
    endsAt: resolved ? alert.endsAt : null,
    generatorUrl: alert.generatorUrl,
    traceId: alert.traceId,
    spanId: alert.spanId,
  };
};

/** What all sets say alike. */
function common(sets: readonly Labels[]): Labels {
  const [first, ...others] = sets;
  if (first === undefined) return {};
  return labelsFrom(
    Object.entries(first).filter(([name, value]) =>
      others.every((set) => Object.hasOwn(set, name) && set[name] === value),
    ),
  );
}

/**
 * @param alerts those to tell, sorted by `sortAlerts`; the firing ones come first in the message, and so are the last
 *   that the limit leaves out.
 */
export function buildNotification({
  alerts,
  incident,
  channel,
  seq,
  reason,
  told,
  aliases,
  externalUrl,
  alertsMax,
  now,
}: {
  alerts: readonly Alert[];
  incident: {
    readonly id: number;
    readonly groupKey: string;
    readonly groupLabels: Labels;
    readonly openedAt: Instant;
  };
  channel: ChannelSpec;
  seq: number;
  reason: NotifyReason;
  told: Told;
  aliases: ReadonlyMap<string, Severity>;
  externalUrl: string;
  alertsMax: number;
  now: Instant;
}): NotificationDraft {
  const firing = alerts.filter((alert) => !isResolved(alert, now));
  const ordered = [...firing, ...alerts.filter((alert) => isResolved(alert, now))];
  const judged = firing.length > 0 ? firing : ordered;
  return {
    incident: { id: incident.id, groupKey: incident.groupKey, seq, openedAt: incident.openedAt },
    receiver: channel.receiver,
    status: firing.length > 0 ? 'firing' : 'resolved',
    reason,
    severity:
      highestSeverity(judged.map(({ labels }) => severityOf(labels, aliases))) ?? SEVERITY_DEFAULT,
    alerts: ordered.slice(0, alertsMax).map((alert) => asNotified(alert, now)),
    truncatedAlerts: Math.max(0, ordered.length - alertsMax),
    groupLabels: incident.groupLabels,
    commonLabels: common(ordered.map(({ labels }) => labels)),
    commonAnnotations: common(ordered.map(({ annotations }) => annotations)),
    locale: channel.locale,
    timezone: channel.timezone,
    externalUrl,
    at: now,
    told,
  };
}
