/**
 * Plays alerts through routing and decisions in virtual time, as the engine does, but in memory and in some hundred
 * lines: one incident per group and receiver, one delivery after another, the notification log. No clock, no waiting.
 */
import { type Alert, isResolved } from '../../../src/core/alert/alert.ts';
import { intakeAlert, mergeAlert, type ReportedAlert } from '../../../src/core/alert/merge.ts';
import {
  decideFlush,
  type FlushDecision,
  type PendingDelivery,
} from '../../../src/core/notify/decide.ts';
import type { Notification, NotifiedEntry, SendResult } from '../../../src/core/notify/notify.ts';
import { nextAttempt } from '../../../src/core/notify/retry.ts';
import { notifiedBy, settle } from '../../../src/core/notify/settle.ts';
import { indexInhibitions } from '../../../src/core/route/inhibit.ts';
import { firstFlushAt, groupOf, routesFor } from '../../../src/core/route/match.ts';
import type {
  ChannelSpec,
  InhibitRule,
  Receiver,
  Route,
  RoutedGroup,
  Silence,
  TimeInterval,
} from '../../../src/core/route/route.ts';
import { indexSilences } from '../../../src/core/route/silence.ts';
import { indexRoutes } from '../../../src/core/route/tree.ts';
import { type Duration, type Instant, instant } from '../../../src/core/time.ts';

export interface PlayedConfig {
  readonly route: Route;
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>;
  readonly inhibitRules: readonly InhibitRule[];
}

export interface Message {
  readonly at: Instant;
  readonly channel: ChannelSpec;
  readonly notification: Notification;
}

interface Incident {
  readonly id: number;
  readonly group: RoutedGroup;
  readonly openedAt: Instant;
  flushAt: Instant | null;
  readonly members: Set<string>;
}

interface Delivery extends PendingDelivery {
  readonly channel: ChannelSpec;
  readonly groupKey: string;
  attempts: number;
  nextAt: Instant;
}

export class Player {
  now: Instant;
  silences: Silence[] = [];
  readonly messages: Message[] = [];
  readonly attempts: { at: Instant; channelId: string; result: SendResult }[] = [];
  readonly decisions: (FlushDecision & { at: Instant; incidentId: number })[] = [];
  /** What a channel answers to a message. */
  answer: (channel: ChannelSpec, notification: Notification) => SendResult = () => ({
    kind: 'sent',
  });

  #config: PlayedConfig;
  readonly #resolveTimeout: Duration;
  readonly #latencyMs: number;
  readonly #alerts = new Map<string, Alert>();
  #incidents: Incident[] = [];
  #pending: Delivery[] = [];
  readonly #notified = new Map<string, NotifiedEntry>();
  #ids = 0;

  /** `latencyMs`: from a decision to the first attempt, which is how long a confirmation takes. */
  constructor(given: {
    config: PlayedConfig;
    start: Instant;
    resolveTimeout: Duration;
    latencyMs: number;
  }) {
    this.#config = given.config;
    this.now = given.start;
    this.#resolveTimeout = given.resolveTimeout;
    this.#latencyMs = given.latencyMs;
  }

  /** Open incidents: whatever is left when all is told and over is a leak. */
  get open(): number {
    return this.#incidents.length;
  }

  reload(config: PlayedConfig): void {
    this.#config = config;
  }

  post(reported: readonly ReportedAlert[]): void {
    const { now } = this;
    for (const one of reported) {
      const result = intakeAlert({ reported: one, now, resolveTimeout: this.#resolveTimeout });
      if (result.kind === 'invalid') throw new Error(result.message);
      const { fingerprint } = result.alert;
      const alert = mergeAlert(this.#alerts.get(fingerprint) ?? null, result.alert);
      this.#alerts.set(fingerprint, alert);
      for (const route of routesFor(this.#config.route, alert.labels)) {
        this.#join(groupOf(route, alert.labels), alert);
      }
    }
  }

  #join(group: RoutedGroup, alert: Alert): void {
    let incident = this.#incidents.find(
      (one) => one.group.groupKey === group.groupKey && one.group.receiver === group.receiver,
    );
    if (incident === undefined) {
      if (isResolved(alert, this.now)) return;
      const flushAt = firstFlushAt({ group, alert, now: this.now });
      this.#ids += 1;
      incident = { id: this.#ids, group, openedAt: this.now, flushAt, members: new Set() };
      this.#incidents.push(incident);
    }
    incident.members.add(alert.fingerprint);
  }

  /** Everything that is due up to and with `until`, in the order of time. */
  runUntil(until: Instant): void {
    for (;;) {
      const flush = this.#incidents.toSorted((a, b) => (a.flushAt ?? 0) - (b.flushAt ?? 0))[0];
      const delivery = this.#pending.toSorted((a, b) => a.nextAt - b.nextAt)[0];
      const flushAt = flush?.flushAt ?? Number.POSITIVE_INFINITY;
      const deliverAt = delivery?.nextAt ?? Number.POSITIVE_INFINITY;
      const next = Math.min(flushAt, deliverAt);
      if (next > until) break;
      this.now = instant(Math.max(this.now, next));
      if (delivery !== undefined && deliverAt <= flushAt) this.#deliver(delivery);
      else if (flush !== undefined) this.#flush(flush);
    }
    this.now = until;
  }

  #due(incident: Incident) {
    const { id, group, openedAt, flushAt } = incident;
    const { groupKey, groupLabels } = group;
    return {
      incident: { id, groupKey, groupLabels, openedAt, flushAt },
      alerts: [...incident.members].flatMap((one) => this.#alerts.get(one) ?? []),
      notified: [...this.#notified.values()].filter((entry) => entry.groupKey === groupKey),
      pending: this.#pending.filter((one) => one.groupKey === groupKey),
      sequence: {},
    };
  }

  #flush(incident: Incident): void {
    const { now } = this;
    const { route: root, receivers, timeIntervals, inhibitRules } = this.#config;
    const route = indexRoutes(root)(incident.group);
    if (route === undefined) {
      this.#incidents = this.#incidents.filter((one) => one !== incident);
      return;
    }
    const decision = decideFlush({
      route,
      channels: receivers.get(route.receiver)?.channels ?? [],
      due: this.#due(incident),
      silences: indexSilences(this.silences, now),
      inhibitions: indexInhibitions(inhibitRules, [...this.#alerts.values()], now),
      intervals: timeIntervals,
      aliases: new Map(),
      externalUrl: '',
      limits: { alertsMax: 1_000 },
      now,
    });
    this.decisions.push({ ...decision, at: now, incidentId: incident.id });
    const cancelled = new Set(decision.cancel.map(({ deliveryId }) => deliveryId));
    this.#pending = this.#pending.filter(({ id }) => !cancelled.has(id));
    for (const entry of decision.notified) this.#remember(entry);
    for (const { channel, createdAt, draft } of decision.send) {
      this.#ids += 1;
      const id = `dlv_${this.#ids}`;
      this.#pending.push({
        id,
        incidentId: incident.id,
        groupKey: incident.group.groupKey,
        channelId: channel.id,
        channel,
        createdAt,
        notification: { ...draft, id },
        attempts: 0,
        nextAt: instant(now + this.#latencyMs),
      });
    }
    for (const fingerprint of decision.ungroup) incident.members.delete(fingerprint);
    incident.flushAt = decision.flushAt;
    if (decision.close) this.#incidents = this.#incidents.filter((one) => one !== incident);
  }

  #remember(entry: NotifiedEntry): void {
    this.#notified.set(`${entry.groupKey} ${entry.channelId}`, entry);
  }

  #deliver(delivery: Delivery): void {
    const { now } = this;
    const { channel, notification, createdAt } = delivery;
    const result = this.answer(channel, notification);
    delivery.attempts += 1;
    this.attempts.push({ at: now, channelId: channel.id, result });
    if (result.kind === 'retry' || result.kind === 'failed') {
      const next = nextAttempt({
        severity: notification.severity,
        attempt: delivery.attempts,
        createdAt,
        now,
        result,
        random01: 0.5,
      });
      if (next.kind === 'retry') delivery.nextAt = next.at;
      else this.#pending = this.#pending.filter((one) => one !== delivery);
      return;
    }
    this.messages.push({ at: now, channel, notification });
    this.#pending = this.#pending.filter((one) => one !== delivery);
    this.#remember(notifiedBy(delivery, now));
    this.#settle(delivery.incidentId);
  }

  /** A group whose end was told is over at once, so that its next fault opens a new one. */
  #settle(incidentId: number): void {
    const incident = this.#incidents.find(({ id }) => id === incidentId);
    if (incident === undefined) return;
    const { alerts, notified, pending } = this.#due(incident);
    const channels = this.#config.receivers.get(incident.group.receiver)?.channels ?? [];
    const own = pending.filter((one) => one.incidentId === incidentId);
    const settled = settle({
      scope: 'told-only',
      channels,
      alerts,
      notified,
      pending: own,
      now: this.now,
    });
    for (const fingerprint of settled.ungroup) incident.members.delete(fingerprint);
    if (settled.close) this.#incidents = this.#incidents.filter((one) => one !== incident);
  }

  /** Decides every open incident once more at this instant, and carries that out, whatever its rhythm says. */
  flushAgain(): void {
    for (const incident of this.#incidents.slice()) this.#flush(incident);
    for (const delivery of this.#pending.slice()) this.#deliver(delivery);
  }
}
