/**
 * When a delivery is tried again, and when it is given up. Full jitter spreads the retries of many deliveries; each
 * tier has a deadline instead of a count, because what matters is how long a person goes without being told.
 */
import type { Severity } from '../alert/alert.ts';
import {
  type Duration,
  duration,
  HOUR,
  type Instant,
  instant,
  MINUTE,
  plus,
  SECOND,
} from '../time.ts';
import type { SendResult } from './notify.ts';

export type NextAttempt =
  | { readonly kind: 'retry'; readonly at: Instant }
  | { readonly kind: 'dead'; readonly why: string };

const BASE: Duration = duration(2 * SECOND);
const CAP: Readonly<Record<Severity, Duration>> = {
  P0: MINUTE,
  P1: duration(5 * MINUTE),
  P2: HOUR,
};
const DEADLINE: Readonly<Record<Severity, Duration>> = {
  P0: duration(15 * MINUTE),
  P1: duration(6 * HOUR),
  P2: duration(24 * HOUR),
};

/** After this a delivery is dead, however many attempts were made. */
export const deadlineOf = (severity: Severity, createdAt: Instant): Instant =>
  plus(createdAt, DEADLINE[severity]);

/**
 * @param attempt attempts made so far; with none, the first is always due, even past the deadline: a delivery that
 *   waited for a stopped server deserves one try.
 * @param random01 uniform in [0, 1).
 */
export function nextAttempt({
  severity,
  attempt,
  createdAt,
  now,
  result,
  random01,
}: {
  severity: Severity;
  attempt: number;
  createdAt: Instant;
  now: Instant;
  result: Extract<SendResult, { kind: 'retry' | 'failed' }>;
  random01: number;
}): NextAttempt {
  if (attempt < 1) return { kind: 'retry', at: now };
  const cause = `${result.reason}: ${result.detail}`;
  if (result.kind === 'failed') return { kind: 'dead', why: cause };
  const deadlineAt = deadlineOf(severity, createdAt);
  if (now >= deadlineAt) {
    return { kind: 'dead', why: `deadline passed after ${attempt} attempts; ${cause}` };
  }
  const ceiling = Math.min(CAP[severity], BASE * 2 ** (attempt - 1));
  const asked = Math.max(result.afterMs ?? 0, result.pauseChannelMs ?? 0);
  if (now + asked > deadlineAt) {
    // Somebody is told sooner through another channel than by waiting for this one.
    return { kind: 'dead', why: `asked to wait beyond the deadline; ${cause}` };
  }
  // The last attempt is made at the deadline and not given away to jitter.
  const at = Math.min(deadlineAt, now + Math.max(asked, Math.floor(random01 * ceiling)));
  return { kind: 'retry', at: instant(at) };
}
