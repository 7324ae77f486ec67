/**
 * Incidents whose flush time has come: silenced, inhibited, muted, told already, or to be told now. The decision is
 * pure; its deliveries, cancellations, timers and reasons are one commit.
 */
import type { Alert } from '../core/alert/alert.ts';
import { decideFlush, type FlushDecision } from '../core/notify/decide.ts';
import type { NotifiedEntry } from '../core/notify/notify.ts';
import { deadlineOf } from '../core/notify/retry.ts';
import { indexInhibitions } from '../core/route/inhibit.ts';
import type { Route } from '../core/route/route.ts';
import { indexSilences } from '../core/route/silence.ts';
import { indexRoutes } from '../core/route/tree.ts';
import { type Instant, plus } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Changes, Delivery, DueIncident, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { channelsFor } from './dead-letter.ts';
import type { SettingsBox } from './settings.ts';

/** Incidents decided in one commit. */
const BATCH_MAX = 500;
/** Incidents whose mutes are remembered; a forgotten one says it once more. */
const MUTES_MAX = 10_000;
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
  /** What was last said of the mutes of an incident. */
  readonly #mutes = new Map<number, string>();

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
    const routeOf = indexRoutes(settings.route);
    const deliveries: Delivery[] = [];
    const ungrouped: { incidentId: number; fingerprint: string; asOf: Instant }[] = [];
    const incidents: { id: number; flushAt: Instant | null; closedAt: Instant | null }[] = [];
    const notified: NotifiedEntry[] = [];
    const timeline: NonNullable<Changes['timeline']>[number][] = [];
    for (const one of due) {
      const { incident } = one;
      const route = routeOf(incident);
      if (route === undefined) {
        // The route is gone with an older configuration: its alerts belong to other groups now.
        incidents.push({ id: incident.id, flushAt: null, closedAt: now });
        timeline.push({
          incidentId: incident.id,
          at: now,
          kind: 'closed',
          detail: 'its route is no longer configured',
        });
        for (const pending of one.pending)
          if (pending.incidentId === incident.id)
            deliveries.push(cancelled(pending, 'its route is no longer configured', now));
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
        ungrouped.push({ incidentId: incident.id, fingerprint, asOf: now });
      incidents.push({
        id: incident.id,
        flushAt: decision.flushAt ?? plus(now, route.groupWait),
        closedAt: decision.close ? now : null,
      });
      for (const { kind, detail } of this.#news(incident.id, decision.timeline))
        timeline.push({ incidentId: incident.id, at: now, kind, detail });
    }
    await this.#store.commit({ deliveries, notified, ungrouped, incidents, timeline });
  }

  /** Drops what the incident's story said last already: a mute is told once, not at each tick. */
  #news(id: number, lines: FlushDecision['timeline']): FlushDecision['timeline'] {
    const muted = lines.filter(({ kind }) => kind === 'mute').map(({ detail }) => detail);
    const text = muted.join('\n');
    const known = this.#mutes.get(id) === text;
    this.#mutes.delete(id);
    if (text !== '') this.#mutes.set(id, text);
    if (this.#mutes.size > MUTES_MAX) {
      const oldest = this.#mutes.keys().next();
      if (!oldest.done) this.#mutes.delete(oldest.value);
    }
    return known ? lines.filter(({ kind }) => kind !== 'mute') : lines;
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
      if (pending) deliveries.push(cancelled(pending, why, now));
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

const cancelled = (delivery: Delivery, why: string, now: Instant): Delivery => ({
  ...delivery,
  state: 'cancelled',
  lastDetail: why,
  finishedAt: now,
});
