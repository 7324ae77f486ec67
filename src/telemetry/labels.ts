/**
 * The values that labels may take: closed sets, and caps for what comes from a configuration or a request.
 * Invariant: nothing outside of these reaches a label, so the number of series is known beforehand.
 */
import type { Severity } from '../core/alert/alert.ts';
import type { PingKind } from '../core/job/job.ts';
import type { FailureReason, HoldReason } from '../core/notify/notify.ts';
import type { ChannelType } from '../core/route/route.ts';
import type { FinishedRun, PingOutcome } from '../ports/telemetry.ts';

/** The value that all labels beyond a cap share. */
export const OTHER = '_other';
const LABEL_LENGTH_MAX = 64;

export const JOB_STATES = ['new', 'up', 'late', 'down', 'paused'] as const;
export const ALERT_STATES = ['active', 'acknowledged', 'suppressed'] as const;
export const SEVERITIES = ['P0', 'P1', 'P2'] as const satisfies Severity[];
export const RESULTS = ['ok', 'failed', 'overrun', 'abandoned'] as const satisfies Exclude<
  FinishedRun['result'],
  'missed'
>[];
export const CHANNEL_TYPES = [
  'email',
  'wecom',
  'sentry',
  'webhook',
] as const satisfies ChannelType[];
export const PING_KINDS = ['start', 'success', 'fail', 'log', 'ign'] as const satisfies PingKind[];
export const PING_OUTCOMES = [
  'accepted',
  'duplicate',
  'ignored',
  'unknown_job',
  'invalid',
  'unavailable',
] as const satisfies PingOutcome[];
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** Faults that may pass by themselves; a delivery dead of one was given up at its deadline. */
export const PASSING = [
  'server_error',
  'rate_limited',
  'timeout',
  'network',
  'unknown',
] as const satisfies FailureReason[];
export const LASTING = [
  'client_error',
  'auth',
  'config',
  'too_large',
  'blocked',
  'recipient',
] as const satisfies FailureReason[];
/** Reasons for holding that keep something from a person; with the others there was nothing to say. */
export const SUPPRESSING = [
  'silenced',
  'inhibited',
  'mute_time_interval',
  'outside_active_time_interval',
  'no_channel',
] as const satisfies HoldReason[];

export const isOneOf = <T extends string>(set: readonly T[], value: string): value is T =>
  (set as readonly string[]).includes(value);

export const isStatus = (code: number): boolean =>
  Number.isInteger(code) && code >= 100 && code <= 599;

export const bounded = (value: string): string => value.slice(0, LABEL_LENGTH_MAX);

/** Passes the first `max` different values through; all later ones become OTHER. */
export const cap = (max: number): ((value: string) => string) => {
  const known = new Set<string>();
  return (value) => {
    const label = bounded(value);
    if (known.has(label)) return label;
    if (known.size >= max) return OTHER;
    known.add(label);
    return label;
  };
};
