/**
 * Alerts, incidents with their timeline, deliveries, and silences over the API, read only.
 */

import type { Alert } from '../core/alert/alert.ts';
import { isResolved } from '../core/alert/alert.ts';
import { formatMatcher } from '../core/alert/matcher.ts';
import { formatDuration } from '../core/duration.ts';
import type { Silence } from '../core/route/route.ts';
import { silenceState } from '../core/route/silence.ts';
import { type Instant, instant } from '../core/time.ts';
import type { Delivery, Incident } from '../ports/store.ts';
import {
  type Call,
  CURSOR_EXPECTED,
  choiceOf,
  cursorOf,
  type Handle,
  type HttpDeps,
  limitOf,
  numberOf,
} from './call.ts';
import { iso } from './job-view.ts';
import { badParameter, notFound, type Refusal } from './problem.ts';
import { json } from './reply.ts';

const DELIVERY_STATES = ['pending', 'sent', 'dead', 'cancelled'] as const;
const TIMELINE_MAX = 1_000;

export interface AlertEndpoints {
  readonly alerts: Handle;
  readonly incidents: Handle;
  readonly incident: Handle;
  readonly timeline: Handle;
  readonly deliveries: Handle;
  readonly delivery: Handle;
  readonly silences: Handle;
}

export const makeAlertEndpoints = (deps: HttpDeps): AlertEndpoints => ({
  alerts: async (call) => {
    const limit = limitOf(call);
    const offset = cursorOf(call) ?? 0;
    const firing = (choiceOf(call, 'state', ['firing', 'all']) ?? 'firing') === 'firing';
    const found = await deps.store.alerts({
      now: call.now,
      ...(firing && { firing }),
      limit: limit + 1,
      offset,
    });
    const next = found.length > limit ? String(offset + limit) : null;
    return json({ items: found.slice(0, limit).map((alert) => alertJson(alert, call.now)), next });
  },
  incidents: async (call) => {
    const limit = limitOf(call);
    const before = cursorOf(call);
    const state = choiceOf(call, 'state', ['open', 'closed']);
    const found = await deps.store.incidents({
      ...(state !== undefined && { open: state === 'open' }),
      ...(before !== undefined && { before }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const next = found.length > limit ? String(items.at(-1)?.id) : null;
    return json({ items: items.map(incidentJson), next });
  },
  incident: async (call) => {
    const incident = await incidentOf(deps, call);
    const timeline = await deps.store.timeline(incident.id, TIMELINE_MAX);
    return json({ ...incidentJson(incident), timeline: timeline.map(timelineJson) });
  },
  timeline: async (call) => {
    const incident = await incidentOf(deps, call);
    const timeline = await deps.store.timeline(incident.id, limitOf(call));
    return json({ items: timeline.map(timelineJson), next: null });
  },
  deliveries: async (call) => {
    const limit = limitOf(call);
    const state = choiceOf(call, 'state', DELIVERY_STATES);
    const incidentId = numberOf(call, 'incident');
    const before = deliveryCursor(call);
    const found = await deps.store.deliveries({
      ...(state !== undefined && { state }),
      ...(incidentId !== undefined && { incidentId }),
      ...(before !== undefined && { before }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    const last = items.at(-1);
    const next = found.length > limit && last ? `${last.createdAt}.${last.id}` : null;
    return json({ items: items.map(deliveryJson), next });
  },
  delivery: async (call) => {
    const id = call.params['id'] ?? '';
    const delivery = await deps.store.delivery(id);
    if (delivery === null)
      throw notFound(`There is no delivery ${JSON.stringify(id.slice(0, 40))}.`);
    return json({ ...deliveryJson(delivery), notification: delivery.notification });
  },
  silences: (call) => {
    const { silences } = deps.configuration.state.config;
    const limit = limitOf(call);
    const offset = cursorOf(call) ?? 0;
    const next = silences.length > offset + limit ? String(offset + limit) : null;
    const items = silences.slice(offset, offset + limit);
    return json({ items: items.map((silence) => silenceJson(silence, call.now)), next });
  },
});

const incidentOf = async (deps: HttpDeps, call: Call): Promise<Incident & { alerts: number }> => {
  const id = incidentIdOf(call);
  const [found] = await deps.store.incidents({ before: id + 1, limit: 1 });
  if (found?.id !== id) throw noIncident(call);
  return found;
};

export const incidentIdOf = (call: Call): number => {
  const text = call.params['id'] ?? '';
  if (!/^[1-9]\d{0,14}$/.test(text)) throw noIncident(call);
  return Number(text);
};

export const noIncident = ({ params }: Call): Refusal =>
  notFound(`There is no incident ${JSON.stringify((params['id'] ?? '').slice(0, 20))}.`);

const deliveryCursor = (call: Call): { createdAt: Instant; id: string } | undefined => {
  const text = call.query.get('cursor');
  if (text === null) return undefined;
  const found = /^(\d{1,15})\.(dlv_[0-9a-f]{1,40})$/.exec(text);
  if (found === null) throw badParameter('cursor', CURSOR_EXPECTED);
  return { createdAt: instant(Number(found[1])), id: found[2] ?? '' };
};

const alertJson = (alert: Alert, now: Instant): object => ({
  fingerprint: alert.fingerprint,
  state: isResolved(alert, now) ? 'resolved' : 'firing',
  labels: alert.labels,
  annotations: alert.annotations,
  starts_at: iso(alert.startsAt),
  ends_at: iso(alert.endsAt),
  updated_at: iso(alert.updatedAt),
  source: alert.source,
  generator_url: alert.generatorUrl,
  trace_id: alert.traceId,
});

const incidentJson = (incident: Incident & { alerts: number }): object => ({
  id: incident.id,
  state: incident.closedAt === null ? 'open' : 'closed',
  receiver: incident.receiver,
  group_key: incident.groupKey,
  group_labels: incident.groupLabels,
  route_key: incident.routeKey,
  alerts: incident.alerts,
  opened_at: iso(incident.openedAt),
  closed_at: iso(incident.closedAt),
  flush_at: iso(incident.flushAt),
});

const timelineJson = ({ at, kind, detail }: { at: Instant; kind: string; detail: string }) => ({
  at: iso(at),
  kind,
  detail,
});

const deliveryJson = (delivery: Delivery): object => ({
  id: delivery.id,
  state: delivery.state,
  incident: delivery.incidentId,
  receiver: delivery.receiver,
  channel: delivery.channelId,
  channel_type: delivery.channelType,
  severity: delivery.severity,
  status: delivery.notification.status,
  reason: delivery.reason,
  alerts: delivery.notification.alerts.length + delivery.notification.truncatedAlerts,
  attempts: delivery.attempts,
  created_at: iso(delivery.createdAt),
  next_at: delivery.state === 'pending' ? iso(delivery.nextAt) : null,
  deadline_at: iso(delivery.deadlineAt),
  finished_at: iso(delivery.finishedAt),
  last_result: delivery.lastReason,
  last_detail: delivery.lastDetail,
  provider_ref: delivery.providerRef,
});

const silenceJson = (silence: Silence, now: Instant): object => {
  const { state, startsAt, endsAt } = silenceState(silence, now);
  const { when } = silence;
  const spec = when.kind === 'recurring' ? when.schedule.spec : null;
  return {
    name: silence.name,
    state,
    matchers: silence.matchers.map(formatMatcher),
    starts_at: iso(startsAt),
    ends_at: iso(endsAt),
    schedule:
      spec === null ? null : spec.kind === 'every' ? formatDuration(spec.every) : spec.expression,
    timezone: spec === null || spec.kind === 'every' ? null : spec.timezone,
    duration: when.kind === 'recurring' ? formatDuration(when.duration) : null,
    comment: silence.comment,
    created_by: silence.createdBy,
    origin: silence.origin,
  };
};
