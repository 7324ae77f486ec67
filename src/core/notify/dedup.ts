/**
 * Whether there is news for one channel, judged against what it was told before. Alertmanager's rules in their order,
 * with two additions: an alert that was told, then muted, and still fires when the mute is over is news again; and
 * one that ended while muted is still owed to those who were told that it fired.
 */
import type { Duration, Instant } from '../time.ts';
import type { HoldReason, NotifyReason, Told } from './notify.ts';

/** The alerts of a group at one tick, by fingerprint. */
export interface View {
  /** Not muted. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /** Firing or resolved, and muted. */
  readonly muted: ReadonlySet<string>;
  /** Those of `muted` that are resolved. */
  readonly mutedResolved: readonly string[];
}

export interface Rhythm {
  /** When this tick was due; ticks lie whole group intervals apart. */
  readonly tickAt: Instant;
  readonly now: Instant;
  readonly groupInterval: Duration;
  readonly repeatInterval: Duration;
}

export type News =
  | { readonly tell: true; readonly reason: NotifyReason }
  | { readonly tell: false; readonly reason: Extract<HoldReason, 'nothing_firing' | 'no_change'> };

/**
 * A message is confirmed some moments after the tick that decided it. Counted from there, a repeat interval that is a
 * multiple of the group interval would always just miss its tick; so it counts from the tick before the confirmation.
 * A confirmation that came very late still keeps the next message away for half the interval.
 */
function isRepeatDue(
  toldAt: Instant,
  { tickAt, now, groupInterval, repeatInterval }: Rhythm,
): boolean {
  const ticks = Math.ceil(Math.max(0, tickAt - toldAt) / groupInterval);
  return ticks * groupInterval >= repeatInterval && now - toldAt >= repeatInterval / 2;
}

export function newsFor({
  told,
  view,
  sendResolved,
  rhythm,
}: {
  /** null: nothing was ever told. */
  told: (Told & { readonly at: Instant }) | null;
  view: View;
  sendResolved: boolean;
  rhythm: Rhythm;
}): News {
  const { firing, resolved, muted } = view;
  if (told === null) {
    return firing.length > 0
      ? { tell: true, reason: 'first' }
      : { tell: false, reason: 'nothing_firing' };
  }
  const known = new Set(told.firing);
  if (firing.some((fingerprint) => !known.has(fingerprint))) {
    return { tell: true, reason: known.size === 0 ? 'first' : 'new_alerts' };
  }
  if (firing.length === 0) {
    const owed = told.firing.some((fingerprint) => !muted.has(fingerprint));
    return owed
      ? { tell: true, reason: 'all_resolved' }
      : { tell: false, reason: 'nothing_firing' };
  }
  const ended = new Set(told.resolved);
  if (sendResolved && resolved.some((fingerprint) => !ended.has(fingerprint))) {
    return { tell: true, reason: 'some_resolved' };
  }
  const hidden = new Set(told.muted);
  return isRepeatDue(told.at, rhythm) || firing.some((fingerprint) => hidden.has(fingerprint))
    ? { tell: true, reason: 'repeat' }
    : { tell: false, reason: 'no_change' };
}

/** Fingerprints whose end this channel is never told of, so that it can be forgotten at once. */
const endedUntold = ({ resolved, mutedResolved }: View, sendResolved: boolean): Set<string> =>
  new Set(sendResolved ? [] : [...resolved, ...mutedResolved]);

/** What the channel knows once it has been told of `view`. Alerts that it knows and that are muted stay owed. */
export function toldAfter(told: Told | null, view: View, sendResolved: boolean): Told {
  const ended = endedUntold(view, sendResolved);
  const muted = (told?.firing ?? []).filter((one) => view.muted.has(one) && !ended.has(one)).sort();
  return {
    firing: [...view.firing, ...muted].sort(),
    resolved: sendResolved ? [...view.resolved].sort() : [],
    ...(muted.length > 0 && { muted }),
  };
}

/**
 * What is to be remembered of a tick though nothing is sent: that told alerts are muted, and that told alerts ended
 * at a channel that is not told of ends. Without the second, their next fault would pass for the old one. null: what
 * is remembered stands.
 */
export function toldSilently<T extends Told>(told: T, view: View, sendResolved: boolean): T | null {
  const ended = endedUntold(view, sendResolved);
  const firing = told.firing.filter((fingerprint) => !ended.has(fingerprint));
  const hidden = new Set(told.muted);
  const muted = firing.filter((one) => hidden.has(one) || view.muted.has(one));
  if (firing.length === told.firing.length && muted.length === hidden.size) return null;
  const { muted: _, ...rest } = told;
  return { ...(rest as T), firing, ...(muted.length > 0 && { muted }) };
}
