/**
 * What a channel is given, what it answers, and what is remembered of it.
 */
import type { Labels, Severity } from '../alert/alert.ts';
import type { Locale } from '../route/route.ts';
import type { Instant } from '../time.ts';

export interface NotifiedAlert {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Instant;
  /** null while firing. */
  readonly endsAt: Instant | null;
  readonly generatorUrl: string;
  readonly traceId: string | null;
  readonly spanId: string | null;
}

/** Why a notification goes out. */
export type NotifyReason = 'first' | 'new_alerts' | 'all_resolved' | 'some_resolved' | 'repeat';
/** Why none does. */
export type HoldReason =
  | 'nothing_firing'
  | 'no_change'
  | 'already_queued'
  | 'silenced'
  | 'inhibited'
  | 'mute_time_interval'
  | 'outside_active_time_interval'
  | 'no_channel';

/** Everything that a channel may say. Snapshot of one flush; the same for each attempt. */
export interface Notification {
  /** Stable over attempts: the idempotency key where a channel has one. */
  readonly id: string;
  readonly incident: {
    readonly id: number;
    readonly groupKey: string;
    /** 1 for the first message of the incident to this channel. */
    readonly seq: number;
    readonly openedAt: Instant;
  };
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly reason: NotifyReason;
  readonly severity: Severity;
  /** Firing first, then resolved; within each by labels. */
  readonly alerts: readonly NotifiedAlert[];
  /** Alerts left out for a limit. */
  readonly truncatedAlerts: number;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly locale: Locale;
  /** Zone in which a person reads the times of the message. */
  readonly timezone: string;
  readonly externalUrl: string;
  readonly at: Instant;
  /** What the notification log holds once this is confirmed, alerts beyond the limit included. */
  readonly told?: Told;
}

/** Fingerprints. What a channel knows of a group after a message. */
export interface Told {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  /**
   * Those of `firing` that a tick since has seen muted. Their end is owed to the channel once the mute is
   * over, and so is their lasting.
   */
  readonly muted?: readonly string[];
}

/** Closed set; a metric label and a column. */
export type FailureReason =
  | 'client_error'
  | 'server_error'
  | 'auth'
  | 'config'
  | 'rate_limited'
  | 'too_large'
  | 'timeout'
  | 'network'
  | 'blocked'
  | 'recipient'
  | 'unknown';

/** `detail` is for a person; it never holds a secret. */
export type SendResult =
  | { readonly kind: 'sent'; readonly providerRef?: string; readonly detail?: string }
  /** Some recipients have it, and the rest never will. */
  | { readonly kind: 'partial'; readonly detail: string; readonly providerRef?: string }
  /**
   * Try again, not before `afterMs` when given. `only`: recipients still to be tried, kept for the next attempt.
   * `pauseChannelMs`: hold the whole channel back (a rate limit).
   */
  | {
      readonly kind: 'retry';
      readonly reason: FailureReason;
      readonly detail: string;
      readonly afterMs?: number;
      readonly pauseChannelMs?: number;
      readonly only?: readonly string[];
    }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly detail: string };

/** What was last told at one group to one channel (Alertmanager's notification log). */
export interface NotifiedEntry extends Told {
  readonly groupKey: string;
  readonly channelId: string;
  readonly at: Instant;
}
