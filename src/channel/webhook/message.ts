/**
 * Notification -> the JSON that Alertmanager posts, version 4, so that whatever takes Alertmanager's webhooks takes
 * ours. Invariant: the body is a function of the notification alone and is the same for each attempt.
 */
import type { Labels } from '../../core/alert/alert.ts';
import type { Notification, NotifyReason } from '../../core/notify/notify.ts';
import type { Instant } from '../../core/time.ts';

/** Go's zero time, which Alertmanager writes for "not over yet". */
const NOT_OVER = '0001-01-01T00:00:00Z';

/** Alertmanager's words for why it notifies (since 0.32). */
const reasons: Readonly<Record<NotifyReason, string>> = {
  first: 'first notification',
  new_alerts: 'new alerts added',
  some_resolved: 'some alerts resolved',
  all_resolved: 'all alerts resolved',
  repeat: 'repeat interval elapsed',
};

/** `maxAlerts`: 0 for all of them. */
export function renderWebhook(notification: Notification, maxAlerts: number): string {
  const { alerts } = notification;
  const kept = maxAlerts === 0 ? alerts : alerts.slice(0, maxAlerts);
  return JSON.stringify({
    receiver: quoteMeta(notification.receiver),
    // Of the alerts that are in the message, as Alertmanager has it.
    status: kept.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved',
    alerts: kept.map((alert) => ({
      status: alert.status,
      labels: sorted(alert.labels),
      annotations: sorted(alert.annotations),
      startsAt: rfc3339(alert.startsAt),
      endsAt:
        alert.status === 'resolved' && alert.endsAt !== null ? rfc3339(alert.endsAt) : NOT_OVER,
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
    notification_reason: reasons[notification.reason],
    groupLabels: sorted(notification.groupLabels),
    commonLabels: sorted(notification.commonLabels),
    commonAnnotations: sorted(notification.commonAnnotations),
    externalURL: notification.externalUrl,
    version: '4',
    groupKey: notification.incident.groupKey,
    truncatedAlerts: alerts.length - kept.length + notification.truncatedAlerts,
  });
}

/** Go sorts the keys of maps; receivers that hash the body rely on one order. */
const sorted = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** The shortest fraction that is exact, as Go's RFC3339Nano. */
const rfc3339 = (at: Instant): string => Temporal.Instant.fromEpochMilliseconds(at).toString();

/** Alertmanager writes the name as a regular expression that matches it; `ops.team` is `ops\.team`. */
const quoteMeta = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
