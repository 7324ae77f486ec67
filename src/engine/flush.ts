/**
 * Incidents whose flush time has come: silenced, inhibited, muted, told already, or to be told now. The decision is
 * pure; its deliveries, cancellations, timers and reasons are one commit.
 */
import type { Alert } from '../core/alert/alert.ts';
import { decideFlush, type FlushDecision } from '../core/notify/decide.ts';
import { fallbackChannels } from '../core/notify/fallback.ts';
import type { NotifiedEntry } from '../core/notify/notify.ts';
import { deadlineOf } from '../core/notify/retry.ts';
import { indexInhibitions } from '../core/route/inhibit.ts';
import type { ChannelSpec, Route } from '../core/route/route.ts';
import { indexSilences } from '../core/route/silence.ts';
import type { Instant } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Changes, Delivery, DueIncident, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { deadLetterName } from './deliver.ts';
import type { Settings, SettingsBox } from './settings.ts';

/** Incidents decided in one commit. */
const BATCH_MAX = 500;
/** Alerts that one message holds. */
const ALERTS_MAX = 500;
/** Firing alerts that can inhibit others. */
const INHIBITORS_MAX = 100_000;

export class Flush {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;
  readonly #wakeDeliver: () => void;
  #nextAt: Instant | null = null;

  constructor(deps: {
    clock: Clock;
    random: Random;
    store: Store;
    settings: SettingsBox;
    telemetry: Telemetry;
    wakeDeliver: () => void;
  }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#store = deps.store;
    this.#settings = deps.settings;
    this.#telemetry = deps.telemetry;
    this.#wakeDeliver = deps.wakeDeliver;
  }

  nextAt(): number | null {
    return this.#nextAt;
  }

  async activate(): Promise<number> {
    let total = 0;
    for (;;) {
      const now = this.#clock.now();
      const due = await this.#store.dueIncidents(now, BATCH_MAX);
      if (due.length > 0) {
        await this.#flush(due, now);
        this.#wakeDeliver();
      }
      total += due.length;
      if (due.length < BATCH_MAX) break;
    }
    this.#nextAt = (await this.#store.nextDue()).flushAt;
    return total;
  }

  async #flush(due: readonly DueIncident[], now: Instant): Promise<void> {
    const settings = this.#settings.current;
    const firing: readonly Alert[] =
      settings.inhibitRules.length === 0
        ? []
        : await this.#store.alerts({ now, firing: true, limit: INHIBITORS_MAX });
    const silences = indexSilences(settings.silences, now);
    const inhibitions = indexInhibitions(settings.inhibitRules, firing, now);
    const routes = routesByKey(settings.route);
    const deliveries: Delivery[] = [];
    const ungrouped: { incidentId: number; fingerprint: string }[] = [];
    const incidents: { id: number; flushAt: Instant | null; closedAt: Instant | null }[] = [];
    const notified: NotifiedEntry[] = [];
    const timeline: NonNullable<Changes['timeline']>[number][] = [];
    for (const one of due) {
      const { incident } = one;
      const route = routes.get(incident.routeKey);
      if (route === undefined) {
        // The route is gone with an older configuration: its alerts belong to other groups now.
        incidents.push({ id: incident.id, flushAt: null, closedAt: now });
        timeline.push({
          incidentId: incident.id,
          at: now,
          kind: 'closed',
          detail: 'its route is no longer configured',
        });
        continue;
      }
      const decision = decideFlush({
        due: one,
        route,
        channels: channelsFor(settings, route.receiver, one.alerts),
        silences,
        intervals: settings.timeIntervals,
        inhibitions,
        aliases: settings.severityAliases,
        externalUrl: settings.externalUrl,
        limits: { alertsMax: ALERTS_MAX },
        now,
      });
      this.#write({ due: one, decision, route, now, deliveries });
      notified.push(...decision.notified);
      for (const { reason } of decision.hold) this.#telemetry.held(reason);
      for (const fingerprint of decision.ungroup)
        ungrouped.push({ incidentId: incident.id, fingerprint });
      incidents.push({
        id: incident.id,
        flushAt: decision.flushAt,
        closedAt: decision.close ? now : null,
      });
      for (const { kind, detail } of decision.timeline)
        timeline.push({ incidentId: incident.id, at: now, kind, detail });
    }
    await this.#store.commit({ deliveries, notified, ungrouped, incidents, timeline });
  }

  #write({
    due,
    decision,
    route,
    now,
    deliveries,
  }: {
    due: DueIncident;
    decision: FlushDecision;
    route: Route;
    now: Instant;
    deliveries: Delivery[];
  }): void {
    const { incident } = due;
    for (const { deliveryId, why } of decision.cancel) {
      const pending = due.pending.find((one) => one.id === deliveryId);
      if (pending)
        deliveries.push({ ...pending, state: 'cancelled', lastDetail: why, finishedAt: now });
    }
    for (const send of decision.send) {
      const id = `dlv_${this.#random.hex(10)}`;
      const notification = { ...send.draft, id };
      deliveries.push({
        id,
        incidentId: incident.id,
        groupKey: incident.groupKey,
        receiver: route.receiver,
        channelId: send.channel.id,
        channelType: send.channel.type,
        severity: notification.severity,
        reason: send.reason,
        notification,
        state: 'pending',
        attempts: 0,
        createdAt: send.createdAt,
        nextAt: now,
        deadlineAt: deadlineOf(notification.severity, send.createdAt),
        leaseOwner: null,
        leaseUntil: null,
        lastReason: null,
        lastDetail: '',
        providerRef: '',
        only: null,
        finishedAt: null,
      });
    }
  }
}

function routesByKey(root: Route): ReadonlyMap<string, Route> {
  const all = new Map<string, Route>();
  const visit = (route: Route) => {
    // Two routes with one key share their groups, as in Alertmanager; the first one's timers count.
    if (!all.has(route.key)) all.set(route.key, route);
    for (const child of route.routes) visit(child);
  };
  visit(root);
  return all;
}

/** The channels of the receiver; for an alert about a broken channel, others than that one. */
function channelsFor(
  settings: Settings,
  receiver: string,
  alerts: readonly Alert[],
): readonly ChannelSpec[] {
  const own = settings.receivers.get(receiver)?.channels ?? [];
  const broken = alerts.find((alert) => alert.labels['alertname'] === deadLetterName);
  if (broken === undefined) return own;
  const failed = broken.labels['channel'] ?? '';
  const others = fallbackChannels(settings.receivers.values(), failed);
  // Another channel of the receiver that lost it; else one other, not all that there are.
  const near = others.filter((channel) => channel.receiver === broken.labels['receiver']);
  return near.length > 0 ? near : others.slice(0, 1);
}
