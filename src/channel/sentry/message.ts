/**
 * Notification -> Sentry events, one for each alert that fires. Invariants: the id of an event is a function of the
 * notification and the alert, so that a second attempt is no second event; the fingerprint has no run in it, so that
 * all faults of one kind of one job are one issue.
 *
 * Recoveries send nothing. Sentry has no item that resolves an issue; an event about good news would reopen the issue
 * that it is about. Sentry closes it itself (auto-resolve), or a person does.
 */
import { createHash } from 'node:crypto';
import type { Labels, Severity } from '../../core/alert/alert.ts';
import type { Notification, NotifiedAlert } from '../../core/notify/notify.ts';
import { type AlertStory, tell } from '../shared/story.ts';
import { problemOf, subjectOf, valueOf } from '../shared/subject.ts';
import { cutChars, manyLines, oneLine } from '../shared/text-limits.ts';
import type { SentryConfig } from './config.ts';

export interface SentryEvent {
  /** Of the alert. */
  readonly fingerprint: string;
  /** 32 hex digits. */
  readonly id: string;
  /** The event as JSON, the same for each attempt. */
  readonly json: string;
}

/** An incident with more than this is one fault behind many jobs, and does not need an issue for each. */
const EVENTS_MAX = 25;
const LABEL_TAGS_MAX = 30;
const TAG_CHARS = 200;
/** Sentry cuts at this length (develop.sentry.dev, message interface). */
const MESSAGE_CHARS = 8_192;
const LOG_CHARS = 8_000;

const levels: Readonly<Record<Severity, string>> = { P0: 'fatal', P1: 'error', P2: 'warning' };

export function renderEvents(
  notification: Notification,
  config: SentryConfig,
): { events: readonly SentryEvent[]; leftOut: number } {
  const { reason } = notification;
  if (reason === 'all_resolved' || reason === 'some_resolved') return { events: [], leftOut: 0 };
  const story = tell(notification);
  const firing = notification.alerts.flatMap((alert, index) => {
    const told = story.alerts[index];
    return alert.status === 'firing' && told !== undefined ? [{ alert, told }] : [];
  });
  const kept = firing.slice(0, EVENTS_MAX);
  const leftOut = firing.length - kept.length + notification.truncatedAlerts;
  return {
    leftOut,
    events: kept.map(({ alert, told }) => {
      const id = createHash('sha256')
        .update(`${notification.id}\n${alert.fingerprint}`)
        .digest('hex')
        .slice(0, 32);
      const event = eventOf(notification, config, {
        alert,
        told,
        id,
        incident: story.incident,
        leftOut,
      });
      return { fingerprint: alert.fingerprint, id, json: JSON.stringify(event) };
    }),
  };
}

/** An envelope with one event; `sent_at` is of this attempt (develop.sentry.dev, envelopes). */
export function envelopeOf(event: SentryEvent, sentAt: string): string {
  const header = JSON.stringify({ event_id: event.id, sent_at: sentAt });
  const item = JSON.stringify({
    type: 'event',
    content_type: 'application/json',
    length: Buffer.byteLength(event.json),
  });
  return `${header}\n${item}\n${event.json}\n`;
}

interface Parts {
  readonly alert: NotifiedAlert;
  readonly told: AlertStory;
  readonly id: string;
  readonly incident: string;
  readonly leftOut: number;
}

function eventOf(notification: Notification, config: SentryConfig, parts: Parts): object {
  const { alert, told, id } = parts;
  // An alert's own environment is nearer to the truth than the configured one.
  const environment = tagValue(valueOf(alert.labels, 'env')) || config.environment;
  const kind = problemOf(alert.labels);
  const subject = oneLine(subjectOf(alert.labels));
  const severity = tierOf(alert.labels, notification.severity);
  const text = [told.headline, told.lead, told.about].filter((part) => part !== '').join('\n');
  const host = valueOf(alert.labels, 'host') || valueOf(alert.labels, 'instance');
  return {
    event_id: id,
    timestamp: notification.at / 1_000,
    platform: 'other',
    level: levels[severity],
    logger: 'tocsin',
    message: { formatted: cutChars(text, MESSAGE_CHARS) },
    transaction: cutChars(subject, TAG_CHARS),
    // Without a kind, the labels are what makes it one and the same alert.
    fingerprint: ['tocsin', subject, kind ?? alert.fingerprint],
    ...(environment === undefined ? {} : { environment }),
    ...(config.release === undefined ? {} : { release: config.release }),
    ...(host === '' ? {} : { server_name: tagValue(host) }),
    contexts: {
      tocsin: contextOf(notification, parts),
      ...traceOf(alert, id),
    },
    extra: told.log === '' ? {} : { log_tail: told.log.slice(-LOG_CHARS) },
    tags: {
      ...labelTags(alert.labels),
      ...config.tags,
      ...(kind === null ? {} : { job: tagValue(subject), kind }),
      tier: severity,
      incident: parts.incident,
      receiver: tagValue(notification.receiver),
    },
  };
}

function contextOf(notification: Notification, { alert, told, leftOut }: Parts): object {
  const facts = told.facts.map(({ label, value }) => [label, value]);
  return {
    ...Object.fromEntries(facts),
    incident: notification.incident.id,
    starts_at: Temporal.Instant.fromEpochMilliseconds(alert.startsAt).toString(),
    links: told.links.map(({ text, url }) => `${text}: ${url}`),
    ...(told.next === '' ? {} : { next: told.next }),
    ...(leftOut === 0 ? {} : { alerts_left_out: leftOut }),
  };
}

/** Joins the issue to the trace of the run. Sentry wants both ids; a run that was never started has no span. */
function traceOf(alert: NotifiedAlert, eventId: string): object {
  const { traceId, spanId } = alert;
  if (traceId === null || !/^[0-9a-f]{32}$/.test(traceId) || /^0+$/.test(traceId)) return {};
  const span = spanId !== null && /^[0-9a-f]{16}$/.test(spanId) ? spanId : eventId.slice(0, 16);
  return { trace: { trace_id: traceId, span_id: span, op: 'cron.job' } };
}

const tierOf = (labels: Labels, fallback: Severity): Severity => {
  const label = valueOf(labels, 'severity');
  return label === 'P0' || label === 'P1' || label === 'P2' ? label : fallback;
};

const labelTags = (labels: Labels): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([name, value]) => /^[A-Za-z0-9_.:-]{1,32}$/.test(name) && value !== '')
      .slice(0, LABEL_TAGS_MAX)
      .map(([name, value]) => [name, tagValue(value)]),
  );

const tagValue = (text: string): string => cutChars(oneLine(manyLines(text)), TAG_CHARS);
