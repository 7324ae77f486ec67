/** What an answer of Sentry means, its rate limits included. Pure. */
import type { FailureReason, SendResult } from '../../core/notify/notify.ts';
import { faultResult, type HttpReply, retryAfterMs, unknownAnswer } from '../shared/http.ts';

const DAY_MS = 86_400_000;
/** For a 429 that says nothing (develop.sentry.dev, rate limiting). */
const DEFAULT_PAUSE_MS = 60_000;
/** Categories that events of ours are counted in. */
const ours = new Set(['error', 'default']);

/**
 * How long Sentry wants no events, from `X-Sentry-Rate-Limits`, which may be on any answer, a 200 included:
 * `seconds:category;category:scope:reason, …`. No category means all of them. 0 when none is about events.
 */
export function limitMs(header: string | undefined): number {
  let longest = 0;
  for (const limit of (header ?? '').split(',')) {
    const [seconds = '', categories = ''] = limit.trim().split(':');
    if (!/^\d+(?:\.\d+)?$/.test(seconds)) continue;
    const about = categories.split(';').filter((category) => category !== '');
    if (about.length > 0 && !about.some((category) => ours.has(category))) continue;
    longest = Math.max(longest, Math.min(Number(seconds) * 1_000, DAY_MS));
  }
  return longest;
}

export function ofReply(reply: HttpReply, at: { attempt: number; nowMs: number }): SendResult {
  const { status } = reply;
  const detail = `HTTP ${status}${noteOf(reply)}`;
  const failed = (reason: FailureReason): SendResult => ({ kind: 'failed', reason, detail });
  if (status >= 200 && status < 300) {
    if (reply.bodyFault !== null) return faultResult(reply.bodyFault, at.attempt);
    return isSentry(reply.body)
      ? { kind: 'sent' }
      : unknownAnswer(at.attempt, `${detail}, but the answer is not Sentry's`);
  }
  if (status === 429) {
    const wait =
      limitMs(reply.header('x-sentry-rate-limits')) ||
      retryAfterMs(reply.header('retry-after'), at.nowMs) ||
      DEFAULT_PAUSE_MS;
    return { kind: 'retry', reason: 'rate_limited', detail, pauseChannelMs: wait };
  }
  if (status >= 500 || status === 408) return { kind: 'retry', reason: 'server_error', detail };
  if (status === 401 || status === 403) return failed('auth');
  if (status === 413) return failed('too_large');
  // No such project, or a Sentry older than 20.6, which knows no envelopes.
  if (status === 404) return failed('config');
  return status >= 400 ? failed('client_error') : unknownAnswer(at.attempt, detail);
}

/** An empty body or JSON; a login page in between is neither. */
function isSentry(body: string): boolean {
  if (body.trim() === '') return true;
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
}

/** Sentry's own words, from its header or the `detail` of its JSON. */
function noteOf(reply: HttpReply): string {
  const header = reply.header('x-sentry-error');
  if (header !== undefined) return `: ${header}`;
  try {
    const parsed: unknown = JSON.parse(reply.body);
    const known = typeof parsed === 'object' && parsed !== null && 'detail' in parsed;
    return known && typeof parsed.detail === 'string' ? `: ${parsed.detail}` : '';
  } catch {
    return '';
  }
}
