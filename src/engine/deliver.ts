/**
 * Sends what the outbox holds: claims due deliveries under a lease, sends outside any transaction, records the class
 * of the answer. At least once: a lease only saves work; the delivery's id is the idempotency key where a channel
 * has one. A delivery that can never succeed is dead, and its own alert goes out on another channel.
 */
import type { SendResult } from '../core/notify/notify.ts';
import { nextAttempt } from '../core/notify/retry.ts';
import { notifiedBy, settle, toldOf } from '../core/notify/settle.ts';
import type { ChannelType } from '../core/route/route.ts';
import { type Duration, duration, type Instant, instant, minus, plus } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Changes, Delivery, Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Alerting } from './alerting.ts';
import { channelsFor, deadAlert, isDeadLetter } from './dead-letter.ts';
import { timelineText, unaddressed } from './delivery-rows.ts';
import { GroupCommit } from './group-commit.ts';
import { Draft } from './ledger.ts';
import { RateLimits } from './rate-limits.ts';
import type { SettingsBox } from './settings.ts';
import { SilencedSince } from './silenced-since.ts';

/** How long a claim lasts; a process that dies in it delays the delivery by at most this. */
const LEASE: Duration = duration(60_000);
/** A send is cut off so long before its lease ends. */
const LEASE_MARGIN_MS = 10_000;
const IN_FLIGHT_MAX = 64;
/** Deliveries leased at once: as many as one channel can take, because what has no room goes back. */
const CLAIM_MAX = 16;
/** Sends at once to one channel: a mail server or chat robot wants few, a webhook takes more. */
const PER_CHANNEL: Record<ChannelType, number> = { email: 4, wecom: 2, sentry: 4, webhook: 16 };
const DETAIL_MAX = 1_000;

export class Deliver {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #settings: SettingsBox;
  readonly #alerting: Alerting;
  readonly #telemetry: Telemetry;
  readonly #owner: string;
  readonly #limits: RateLimits;
  readonly #wake: (atMs?: number) => void;
  readonly #wakeFlush: () => void;
  readonly #inFlight = new Map<string, { channelId: string; lane: string; done: Promise<void> }>();
  /** Channels that are held back, until when. */
  readonly #paused = new Map<string, Instant>();
  /** Channels whose dead-letter alert stands. */
  readonly #broken = new Set<string>();
  readonly #stop = new AbortController();
  readonly #outcomes: GroupCommit;
  readonly #silenced: SilencedSince;
  #closing = false;

  constructor(deps: {
    clock: Clock;
    random: Random;
    store: Store;
    settings: SettingsBox;
    alerting: Alerting;
    telemetry: Telemetry;
    owner: string;
    wake: (atMs?: number) => void;
    wakeFlush: () => void;
  }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#store = deps.store;
    this.#settings = deps.settings;
    this.#alerting = deps.alerting;
    this.#telemetry = deps.telemetry;
    this.#owner = deps.owner;
    this.#wake = deps.wake;
    this.#wakeFlush = deps.wakeFlush;
    this.#limits = new RateLimits();
    this.#silenced = new SilencedSince(deps.settings);
    this.#outcomes = new GroupCommit(deps.store);
  }

  /** What memory must know before the first activation; the store holds it all. */
  async restore(): Promise<void> {
    const now = this.#clock.now();
    await this.#store.releaseLeases(this.#owner);
    const sent = await this.#store.attemptsSince(minus(now, duration(60_000)));
    for (const [channelId, at] of Object.entries(sent)) {
      const channel = this.#settings.current.channels.get(channelId);
      for (const one of at) this.#limits.note(channel?.limitKey ?? channelId, one);
    }
    for (const alert of await this.#store.alerts({ now, firing: true, limit: 10_000 }))
      if (isDeadLetter(alert)) this.#broken.add(alert.labels['channel'] ?? '');
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Starts what is due and has room; the sends go on after it returns. */
  async activate(): Promise<number> {
    const room = Math.min(CLAIM_MAX, IN_FLIGHT_MAX - this.#inFlight.size);
    if (room <= 0 || this.#closing) return 0;
    const now = this.#clock.now();
    const claimed = await this.#store.claimDeliveries({
      now,
      owner: this.#owner,
      leaseUntil: plus(now, LEASE),
      limit: room,
      except: this.#heldBack(now),
    });
    const back: Delivery[] = [];
    for (const delivery of claimed) {
      const known = this.#settings.current.channels.has(delivery.channelId);
      const silenced = this.#silenced.touches(delivery, now);
      const at = known && !silenced ? this.#mayStart(delivery, now) : null;
      if (!known) back.push(unaddressed(delivery, now));
      else if (silenced) back.push(await this.#askAgain(delivery, now));
      else if (at === null) this.#start(delivery, now);
      else back.push({ ...delivery, nextAt: at, leaseOwner: null, leaseUntil: null });
    }
    if (back.length > 0) await this.#store.commit({ deliveries: back });
    // There may be more than there was room for.
    if (claimed.length === room && back.length < claimed.length) this.#wake();
    return claimed.length;
  }

  /** Lets running sends end for a while, then cuts them off; they stay due. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const cancel = this.#clock.after(graceMs, () => this.#stop.abort());
    await Promise.allSettled([...this.#inFlight.values()].map(({ done }) => done));
    cancel();
    this.#stop.abort();
  }

  /** Its incident is looked at again at once, and says what is left to tell; until then the message waits. */
  async #askAgain(delivery: Delivery, now: Instant): Promise<Delivery> {
    const due = await this.#store.incident(delivery.incidentId);
    if (due !== null && due.incident.closedAt === null) {
      const { id } = due.incident;
      await this.#store.commit({ incidents: [{ id, flushAt: now, closedAt: null }] });
      this.#wakeFlush();
    }
    const nextAt = plus(now, duration(1_000));
    return { ...delivery, nextAt, leaseOwner: null, leaseUntil: null };
  }

  #heldBack(now: Instant): string[] {
    const except: string[] = [];
    for (const [id, until] of this.#paused) {
      if (until > now) except.push(id);
      else this.#paused.delete(id);
    }
    const busy = new Map<string, number>();
    for (const { channelId } of this.#inFlight.values())
      busy.set(channelId, (busy.get(channelId) ?? 0) + 1);
    // A channel is asked for more once half of its places are free, lest each answer costs a claim.
    for (const spec of this.#specs())
      if ((busy.get(spec.id) ?? 0) > PER_CHANNEL[spec.type] / 2) except.push(spec.id);
    return except;
  }

  /** A channel is given more once half of its places are free, lest each answer costs a claim. */
  #hasRoom(channelId: string, type: ChannelType): boolean {
    let busy = 0;
    for (const running of this.#inFlight.values()) if (running.channelId === channelId) busy += 1;
    return busy <= PER_CHANNEL[type] / 2;
  }

  *#specs(): Iterable<{ id: string; type: ChannelType }> {
    for (const receiver of this.#settings.current.receivers.values()) yield* receiver.channels;
  }

  /** null: now. Else when to look again, because its channel, lane or rate has no room. */
  #mayStart(delivery: Delivery, now: Instant): Instant | null {
    const lane = `${delivery.groupKey} ${delivery.channelId}`;
    let busy = 0;
    for (const running of this.#inFlight.values()) {
      if (running.channelId === delivery.channelId) busy += 1;
      // Messages of one group to one channel keep their order.
      if (running.lane === lane) return plus(now, duration(1_000));
    }
    if (busy >= PER_CHANNEL[delivery.channelType]) return plus(now, duration(100));
    const channel = this.#settings.current.channels.get(delivery.channelId);
    if (channel?.perMinute === undefined) return null;
    return this.#limits.take({
      key: channel.limitKey ?? delivery.channelId,
      perMinute: channel.perMinute,
      urgent: delivery.severity === 'P0',
      now,
    });
  }

  #start(delivery: Delivery, now: Instant): void {
    const lane = `${delivery.groupKey} ${delivery.channelId}`;
    const done = this.#send(delivery, now)
      .catch((error: unknown) =>
        this.#telemetry.log.error(
          { err: error, delivery: delivery.id },
          'recording the outcome of a delivery failed; it will be sent again',
        ),
      )
      .finally(() => {
        this.#inFlight.delete(delivery.id);
        // Looking while the channel has too little room would read its whole backlog for nothing.
        if (this.#hasRoom(delivery.channelId, delivery.channelType)) this.#wake();
      });
    this.#inFlight.set(delivery.id, { channelId: delivery.channelId, lane, done });
  }

  async #send(delivery: Delivery, startedAt: Instant): Promise<void> {
    const attempt = delivery.attempts + 1;
    const firing = delivery.notification.alerts.filter((alert) => alert.status === 'firing');
    const span = this.#telemetry.attempt({
      deliveryId: delivery.id,
      channelId: delivery.channelId,
      channelType: delivery.channelType,
      receiver: delivery.receiver,
      severity: delivery.severity,
      attempt,
      faultAt: firing.length > 0 ? instant(Math.min(...firing.map((a) => a.startsAt))) : null,
      links: delivery.notification.alerts.flatMap(({ traceId, spanId }) =>
        traceId !== null && spanId !== null ? [{ traceId, spanId }] : [],
      ),
    });
    const began = this.#clock.monotonic();
    const result = await this.#call(delivery, attempt, startedAt, span.traceparent);
    const now = this.#clock.now();
    span.end({
      outcome: result.kind,
      reason: 'reason' in result ? result.reason : null,
      at: now,
      durationMs: this.#clock.monotonic() - began,
    });
    await this.#record(delivery, attempt, result, now);
  }

  async #call(
    delivery: Delivery,
    attempt: number,
    now: Instant,
    traceparent: string | undefined,
  ): Promise<SendResult> {
    const channel = this.#settings.current.channels.get(delivery.channelId);
    if (channel === undefined)
      return { kind: 'retry', reason: 'config', detail: 'the channel is no longer configured' };
    const cut = new AbortController();
    const cancel = this.#clock.after(LEASE - LEASE_MARGIN_MS, () => cut.abort());
    try {
      return await channel.send(delivery.notification, {
        attempt,
        nowMs: now,
        signal: AbortSignal.any([cut.signal, this.#stop.signal]),
        ...(delivery.only !== null && { only: delivery.only }),
        ...(traceparent !== undefined && { traceparent }),
      });
    } catch (error) {
      // A channel must not throw; what it threw may hold anything, so only its class is kept.
      const name = error instanceof Error ? error.name : 'unknown error';
      return { kind: 'retry', reason: 'unknown', detail: `the channel failed: ${name}` };
    } finally {
      cancel();
    }
  }

  async #record(
    delivery: Delivery,
    attempt: number,
    result: SendResult,
    now: Instant,
  ): Promise<void> {
    if (result.kind === 'retry' && result.pauseChannelMs !== undefined)
      this.#paused.set(delivery.channelId, plus(now, duration(result.pauseChannelMs)));
    const decided =
      result.kind === 'retry'
        ? nextAttempt({
            severity: delivery.severity,
            attempt,
            createdAt: delivery.createdAt,
            now,
            result,
            random01: this.#random.uniform(),
          })
        : null;
    const dead = result.kind === 'failed' || decided?.kind === 'dead';
    const finished = dead || result.kind === 'sent' || result.kind === 'partial';
    const detail = (result.detail ?? '').slice(0, DETAIL_MAX);
    const row: Delivery = {
      ...delivery,
      attempts: attempt,
      state: dead ? 'dead' : finished ? 'sent' : 'pending',
      nextAt: decided?.kind === 'retry' ? decided.at : now,
      leaseOwner: null,
      leaseUntil: null,
      lastReason: 'reason' in result ? result.reason : result.kind,
      lastDetail: detail,
      providerRef: 'providerRef' in result ? (result.providerRef ?? '') : delivery.providerRef,
      only: result.kind === 'retry' ? (result.only ?? delivery.only) : null,
      finishedAt: finished ? now : null,
    };
    const draft = new Draft(0);
    if (dead) this.#raiseDead(draft, delivery, detail, now);
    else if (finished && this.#broken.has(delivery.channelId))
      await this.#resolveDead(draft, delivery, now);
    const changes: Changes = {
      ...draft.changes(),
      deliveries: [row],
      ...(finished && !dead && (await this.#told(delivery, now))),
    };
    const line = {
      incidentId: delivery.incidentId,
      at: now,
      kind: dead ? 'dead' : finished ? 'sent' : 'retry',
      detail: timelineText(row, attempt, decided?.kind === 'retry' ? decided.at : null),
    };
    await this.#outcomes.commit({ ...changes, timeline: [line, ...(changes.timeline ?? [])] });
    for (const call of draft.calls()) call();
    if (finished && !dead) await this.#followUp(delivery, now);
    if (finished)
      this.#telemetry.delivery({
        channelType: delivery.channelType,
        channelId: delivery.channelId,
        outcome: dead ? 'dead' : result.kind === 'partial' ? 'partial' : 'sent',
        reason: 'reason' in result ? result.reason : null,
        at: now,
      });
    if (dead) {
      this.#broken.add(delivery.channelId);
      this.#telemetry.log.error(
        { delivery: delivery.id, channel: delivery.channelId, reason: row.lastReason, detail },
        'a notification could not be delivered and was given up',
      );
    } else if (finished) this.#broken.delete(delivery.channelId);
  }

  /** What is known once a message has arrived; its incident closes when nothing is left to tell. */
  async #told(delivery: Delivery, now: Instant): Promise<Changes> {
    const entry = notifiedBy(delivery, now);
    const notified = [entry];
    if (toldOf(delivery.notification).resolved.length === 0) return { notified };
    const due = await this.#store.incident(delivery.incidentId);
    if (due === null || due.incident.closedAt !== null) return { notified };
    const { id, receiver, flushAt } = due.incident;
    const settled = settle({
      scope: 'told-only',
      channels: channelsFor(this.#settings.current, receiver, due.alerts),
      alerts: due.alerts,
      notified: [...due.notified.filter((one) => one.channelId !== entry.channelId), entry],
      pending: due.pending.filter((one) => one.incidentId === id && one.id !== delivery.id),
      now,
    });
    const ungrouped = settled.ungroup.map((fingerprint) => ({
      incidentId: id,
      fingerprint,
      asOf: now,
    }));
    if (!settled.close) return { notified, ungrouped };
    const detail = 'all is resolved and told';
    return {
      notified,
      ungrouped,
      incidents: [{ id, flushAt: flushAt ?? now, closedAt: now }],
      timeline: [{ incidentId: id, at: now, kind: 'closed', detail }],
    };
  }

  /**
   * The message was called back while it was on its way, and arrived all the same: its incident has closed without a
   * word. It opens again, so that those who were told of the fault are told of its end.
   */
  async #followUp({ incidentId, notification }: Delivery, now: Instant): Promise<void> {
    const { firing } = toldOf(notification);
    if (firing.length === 0) return;
    const due = await this.#store.incident(incidentId);
    if (due === null || due.incident.closedAt === null) return;
    const { groupKey, routeKey, receiver, groupLabels } = due.incident;
    const group = { groupKey, routeKey, receiver, groupLabels, flushAt: now, openedAt: now };
    await this.#outcomes.commit({
      grouped: firing.map((fingerprint) => ({ ...group, fingerprint })),
    });
    this.#wakeFlush();
  }

  #raiseDead(draft: Draft, delivery: Delivery, detail: string, now: Instant): void {
    if (delivery.notification.alerts.some(isDeadLetter))
      // The alert about a dead letter died itself: it stands in the list of deliveries and in the log.
      return;
    const description = `Delivery ${delivery.id} (${delivery.severity}) was given up after ${delivery.attempts + 1} attempts: ${detail}`;
    const alert = deadAlert(delivery, { startsAt: now, endsAt: null, now, description });
    this.#alerting.raise(draft, alert, now);
  }

  async #resolveDead(draft: Draft, delivery: Delivery, now: Instant): Promise<void> {
    const description = `Deliveries to ${delivery.channelId} arrive again.`;
    const alert = deadAlert(delivery, { startsAt: now, endsAt: now, now, description });
    const known = await this.#store.alert(alert.fingerprint);
    draft.alerts.set(alert.fingerprint, { ...alert, startsAt: known?.startsAt ?? now });
  }
}
