/**
 * One tick of one incident: what is told to whom, what is held back, and why. The policy of notification is here and
 * in the files that this one joins (mute, dedup, settle); the engine only writes down what comes out.
 * Invariant: a decision taken again right after it was recorded sends nothing.
 */
import { type Alert, isResolved, type Labels, type Severity } from '../alert/alert.ts';
import type { ChannelSpec, Route } from '../route/route.ts';
import { type Duration, type Instant, instant, plus } from '../time.ts';
import { newsFor, type Rhythm, toldAfter, toldSilently, type View } from './dedup.ts';
import { type Mute, type Muting, muter } from './mute.ts';
import { buildNotification, type NotificationDraft, sortAlerts } from './notification.ts';
import type { HoldReason, Notification, NotifiedEntry, NotifyReason } from './notify.ts';
import { settle, toldOf } from './settle.ts';

export interface PendingDelivery {
  readonly id: string;
  readonly incidentId: number;
  readonly channelId: string;
  readonly createdAt: Instant;
  readonly notification: Notification;
}

/** An incident whose flush is due, and all that is known of it; the store's DueIncident fits. */
export interface DueGroup {
  readonly incident: {
    readonly id: number;
    readonly groupKey: string;
    readonly groupLabels: Labels;
    readonly openedAt: Instant;
    readonly flushAt: Instant | null;
  };
  readonly alerts: readonly Alert[];
  readonly notified: readonly NotifiedEntry[];
  readonly pending: readonly PendingDelivery[];
  /** Messages so far, by channel id. */
  readonly sequence: Readonly<Record<string, number>>;
}

export interface FlushInput extends Muting {
  readonly route: Route;
  /** Channels of the route's receiver. */
  readonly channels: readonly ChannelSpec[];
  readonly due: DueGroup;
  /** Other words for a severity. */
  readonly aliases: ReadonlyMap<string, Severity>;
  readonly externalUrl: string;
  readonly limits: { readonly alertsMax: number };
  readonly now: Instant;
}

export interface Send {
  readonly channel: ChannelSpec;
  readonly reason: NotifyReason;
  /** Since when the channel is owed this; a message that replaces an undelivered one keeps its deadline. */
  readonly createdAt: Instant;
  readonly draft: NotificationDraft;
}

export interface FlushDecision {
  /** The next tick; null when the incident closes. */
  readonly flushAt: Instant | null;
  readonly close: boolean;
  readonly send: readonly Send[];
  /** Deliveries that are not finished and must not be made any more. */
  readonly cancel: readonly { readonly deliveryId: string; readonly why: string }[];
  /** Channels to which nothing new goes at this tick. `channelId` '' for a receiver without channels. */
  readonly hold: readonly { readonly channelId: string; readonly reason: HoldReason }[];
  readonly muted: readonly ({ readonly fingerprint: string } & Mute)[];
  /** Entries of the notification log to replace without a message. */
  readonly notified: readonly NotifiedEntry[];
  /** Fingerprints of alerts that leave the incident. */
  readonly ungroup: readonly string[];
  /** Lines for a person. Those of kind `mute` come again at each tick while nothing changes. */
  readonly timeline: readonly { readonly kind: string; readonly detail: string }[];
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const REASONS: Readonly<Record<NotifyReason, string>> = {
  first: 'first message',
  new_alerts: 'more is firing',
  all_resolved: 'all is resolved',
  some_resolved: 'some is resolved',
  repeat: 'reminder',
};

const HOLDS: Readonly<Record<HoldReason, string>> = {
  nothing_firing: 'nothing is firing',
  no_change: 'nothing has changed',
  already_queued: 'the same message waits already',
  silenced: 'silenced',
  inhibited: 'inhibited',
  mute_time_interval: 'muted at this time',
  outside_active_time_interval: 'not active at this time',
  no_channel: 'the receiver has no channel',
};

/** The next tick of the rhythm that lies ahead; ticks that were missed are not made up for. */
export function nextFlushAt({
  flushAt,
  groupInterval,
  now,
}: {
  flushAt: Instant | null;
  groupInterval: Duration;
  now: Instant;
}): Instant {
  if (flushAt === null || flushAt > now) return plus(now, groupInterval);
  const passed = Math.floor((now - flushAt) / groupInterval) + 1;
  return instant(flushAt + passed * groupInterval);
}

interface Split {
  /** Not muted, sorted. */
  readonly visible: readonly Alert[];
  readonly muted: FlushDecision['muted'];
  readonly view: View;
}

function split({ route, due, now, ...muting }: FlushInput): Split {
  const judge = muter(route, muting, now);
  const visible: Alert[] = [];
  const hidden: Alert[] = [];
  const muted: ({ fingerprint: string } & Mute)[] = [];
  for (const alert of due.alerts) {
    const mute = judge(alert.labels);
    (mute === null ? visible : hidden).push(alert);
    if (mute !== null) muted.push({ fingerprint: alert.fingerprint, ...mute });
  }
  const fingerprints = (alerts: readonly Alert[], resolved: boolean): readonly string[] =>
    alerts
      .filter((alert) => isResolved(alert, now) === resolved)
      .map(({ fingerprint }) => fingerprint)
      .sort();
  return {
    visible: sortAlerts(visible),
    muted: muted.sort((one, other) => (one.fingerprint < other.fingerprint ? -1 : 1)),
    view: {
      firing: fingerprints(visible, false),
      resolved: fingerprints(visible, true),
      muted: new Set(muted.map(({ fingerprint }) => fingerprint)),
      mutedResolved: fingerprints(hidden, true),
    },
  };
}

const sameList = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, i) => item === other[i]);

/** Whether a queued message says what would be said now. What it only remembers of muted alerts is not said. */
function saysTheSame(queued: Notification, draft: NotificationDraft): boolean {
  const visible = ({ firing, muted = [] }: ReturnType<typeof toldOf>): readonly string[] =>
    firing.filter((fingerprint) => !muted.includes(fingerprint)).sort();
  const told = toldOf(queued);
  return (
    sameList(visible(told), visible(draft.told)) &&
    sameList([...told.resolved].sort(), draft.told.resolved)
  );
}

interface ChannelDecision {
  readonly send: Send | null;
  readonly hold: HoldReason | null;
  readonly cancel: FlushDecision['cancel'];
  readonly notified: NotifiedEntry | null;
}

/** The message that this channel should get now, or why there is none. */
function wanted(
  input: FlushInput,
  { visible, muted, view }: Split,
  channel: ChannelSpec,
  told: NotifiedEntry | null,
): { readonly draft: NotificationDraft } | { readonly hold: HoldReason } {
  const { route, due, now, aliases, externalUrl, limits } = input;
  const [firstMuted] = muted;
  if (visible.length === 0) return { hold: firstMuted?.reason ?? 'nothing_firing' };
  const rhythm: Rhythm = {
    tickAt: instant(Math.min(due.incident.flushAt ?? now, now)),
    now,
    groupInterval: route.groupInterval,
    repeatInterval: route.repeatInterval,
  };
  const { sendResolved } = channel;
  const news = newsFor({ told, view, sendResolved, rhythm });
  if (!news.tell) return { hold: news.reason };
  if (news.reason === 'all_resolved' && !sendResolved) return { hold: 'nothing_firing' };
  const draft = buildNotification({
    alerts: sendResolved ? visible : visible.filter((alert) => !isResolved(alert, now)),
    incident: due.incident,
    channel,
    seq: (due.sequence[channel.id] ?? 0) + 1,
    reason: news.reason,
    told: toldAfter(told, view, sendResolved),
    aliases,
    externalUrl,
    alertsMax: limits.alertsMax,
    now,
  });
  return { draft };
}

function decideChannel(input: FlushInput, group: Split, channel: ChannelSpec): ChannelDecision {
  const { due, now } = input;
  const told = due.notified.find(({ channelId }) => channelId === channel.id) ?? null;
  const queued = due.pending.filter(
    (one) => one.channelId === channel.id && one.incidentId === due.incident.id,
  );
  const want = wanted(input, group, channel, told);
  // A delivery under way replaces the entry once it is confirmed; until then only that may write it.
  const notified =
    told === null || queued.length > 0
      ? null
      : toldSilently(told, group.view, channel.sendResolved);
  const cancel = (which: readonly PendingDelivery[], why: string): FlushDecision['cancel'] =>
    which.map(({ id }) => ({ deliveryId: id, why }));
  if ('hold' in want) {
    return { send: null, hold: want.hold, cancel: cancel(queued, HOLDS[want.hold]), notified };
  }
  const { draft } = want;
  const same = queued.find(({ notification }) => saysTheSame(notification, draft));
  if (same !== undefined) {
    const others = queued.filter((one) => one !== same);
    const why = HOLDS.already_queued;
    return { send: null, hold: 'already_queued', cancel: cancel(others, why), notified };
  }
  // Otherwise a group that keeps changing would never reach the deadline that tells of a broken channel.
  const overdue = draft.status === 'firing' ? queued : [];
  const since = overdue
    .filter(({ notification }) => notification.status === 'firing')
    .map(({ createdAt }) => createdAt);
  return {
    send: { channel, reason: draft.reason, createdAt: instant(Math.min(now, ...since)), draft },
    hold: null,
    cancel: cancel(queued, `replaced: ${REASONS[draft.reason]}`),
    notified,
  };
}

/** Lines about what is muted, one for each cause. */
function muteLines(muted: FlushDecision['muted'], all: number): FlushDecision['timeline'] {
  const byCause = new Map<string, number>();
  for (const { reason, by } of muted) {
    const cause = `${HOLDS[reason]}: ${by.join(', ')}`;
    byCause.set(cause, (byCause.get(cause) ?? 0) + 1);
  }
  return [...byCause].map(([cause, n]) => ({
    kind: 'mute',
    detail: `${n} of ${count(all, 'alert')} ${cause}`,
  }));
}

function sendLine({ channel, reason, draft }: Send): { kind: string; detail: string } {
  const firing = draft.told.firing.length - (draft.told.muted?.length ?? 0);
  const resolved = draft.told.resolved.length;
  const detail = `${channel.id}: ${REASONS[reason]}, ${firing} firing, ${resolved} resolved`;
  return { kind: 'notify', detail };
}

export function decideFlush(input: FlushInput): FlushDecision {
  const { route, channels, due, now } = input;
  const group = split(input);
  const decisions = channels.map((channel) => decideChannel(input, group, channel));
  const send = decisions.flatMap((one) => one.send ?? []);
  const notified = decisions.flatMap((one) => one.notified ?? []);
  const ids = new Set(channels.map(({ id }) => id));
  const own = due.pending.filter(({ incidentId }) => incidentId === due.incident.id);
  const orphans = own.filter(({ channelId }) => !ids.has(channelId));
  const cancel = [
    ...decisions.flatMap((one) => one.cancel),
    ...orphans.map(({ id }) => ({
      deliveryId: id,
      why: 'the receiver no longer has this channel',
    })),
  ];
  const hold = decisions.flatMap(({ hold: reason }, i) =>
    reason === null ? [] : [{ channelId: channels[i]?.id ?? '', reason }],
  );

  // A delivery cancelled now may be on its way all the same, so it is owed until the next tick.
  const rewritten = new Map(notified.map((entry) => [entry.channelId, entry]));
  const { ungroup, close } = settle({
    scope: 'tick',
    channels,
    alerts: due.alerts,
    notified: due.notified.map((entry) => rewritten.get(entry.channelId) ?? entry),
    pending: [...own, ...send.map(({ draft }) => ({ notification: draft }))],
    now,
  });
  const lines = [
    ...muteLines(group.muted, due.alerts.length),
    ...send.map(sendLine),
    ...cancel.map(({ deliveryId, why }) => ({ kind: 'cancel', detail: `${deliveryId}: ${why}` })),
    ...(ungroup.length === 0
      ? []
      : [
          { kind: 'resolve', detail: `${count(ungroup.length, 'alert')} ended and owed to nobody` },
        ]),
    ...(close ? [{ kind: 'close', detail: 'nothing is firing and nothing is left to tell' }] : []),
  ];
  const { flushAt } = due.incident;
  return {
    flushAt: close ? null : nextFlushAt({ flushAt, groupInterval: route.groupInterval, now }),
    close,
    send,
    cancel,
    hold: channels.length === 0 ? [{ channelId: '', reason: 'no_channel' }] : hold,
    muted: group.muted,
    notified,
    ungroup,
    timeline: lines,
  };
}
