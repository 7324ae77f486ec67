/**
 * What the answer of a WeCom robot means. Pure. The HTTP status is 200 whatever happened, and the text of an error is
 * not for programs, so only `errcode` counts (developer.work.weixin.qq.com, path 90313, global error codes).
 */
import type { FailureReason, SendResult } from '../../core/notify/notify.ts';
import type { Random } from '../../ports/clock.ts';
import { faultResult, type HttpReply, retryAfterMs, unknownAnswer } from '../shared/http.ts';

export interface WecomAnswer {
  readonly result: SendResult;
  /** The body was too long or not understood: a smaller one may pass. */
  readonly tryPlainer: boolean;
}

interface Circumstances {
  readonly attempt: number;
  readonly nowMs: number;
  readonly random: Random;
}

/** WeCom counts by the minute. */
const RATE_PAUSE_MS = 60_000;
/** "Busy" is to be asked three times at most (global error codes, -1); after that, once a minute. */
const BUSY_ATTEMPTS = 3;

export function answerOf(reply: HttpReply, at: Circumstances): WecomAnswer {
  const found = errcodeOf(reply.body);
  if (reply.status === 200 && found !== null) return ofErrcode(found, at);
  return { result: withoutErrcode(reply, at), tryPlainer: false };
}

function ofErrcode({ code, text }: { code: number; text: string }, at: Circumstances): WecomAnswer {
  const detail = `errcode ${code}: ${text}`;
  const plain = (result: SendResult): WecomAnswer => ({ result, tryPlainer: false });
  const failed = (reason: FailureReason): WecomAnswer => plain({ kind: 'failed', reason, detail });
  switch (code) {
    case 0:
      return plain({ kind: 'sent' });
    case -1:
      return plain({
        kind: 'retry',
        reason: 'server_error',
        detail,
        ...(at.attempt < BUSY_ATTEMPTS ? {} : { afterMs: RATE_PAUSE_MS }),
      });
    case 45009:
      return plain({
        kind: 'retry',
        reason: 'rate_limited',
        detail,
        pauseChannelMs: RATE_PAUSE_MS,
      });
    case 45033:
      // Too many at once: one to three seconds, each sender another moment.
      return plain({
        kind: 'retry',
        reason: 'rate_limited',
        detail,
        afterMs: 1_000 + Math.floor(at.random.uniform() * 2_000),
      });
    case 40014:
    case 42001:
      // A token of an application, which a robot has not; a gateway in between may get a new one.
      return at.attempt <= 1 ? plain({ kind: 'retry', reason: 'auth', detail }) : failed('auth');
    case 40058:
    case 45002:
    case 40008:
      return {
        result: {
          kind: 'failed',
          reason: isLength(code, text) ? 'too_large' : 'client_error',
          detail,
        },
        tryPlainer: true,
      };
    case 40001:
    case 40013:
    case 40091:
    case 41002:
    case 48002:
    case 50003:
    case 60020:
    case 93000:
      return failed('config');
    case 60111:
    case 81013:
      return failed('recipient');
    case 42014:
      // The id of a card was used before: by our own attempt whose answer was lost.
      return at.attempt > 1 ? plain({ kind: 'sent', detail }) : failed('client_error');
    default:
      return code >= 40_000 && code < 50_000
        ? failed('client_error')
        : plain(unknownAnswer(at.attempt, detail));
  }
}

const isLength = (code: number, text: string): boolean =>
  code === 45002 || /exceed|length|too long/i.test(text);

/** WeCom always answers 200 with a code; anything else is said by what stands in between. */
function withoutErrcode(reply: HttpReply, at: Circumstances): SendResult {
  const detail = `HTTP ${reply.status} without an errcode`;
  if (reply.bodyFault !== null) return faultResult(reply.bodyFault, at.attempt);
  if (reply.status === 429) {
    const wait = retryAfterMs(reply.header('retry-after'), at.nowMs) ?? RATE_PAUSE_MS;
    return { kind: 'retry', reason: 'rate_limited', detail, pauseChannelMs: wait };
  }
  if (reply.status >= 500) return { kind: 'retry', reason: 'server_error', detail };
  if (reply.status >= 400) return { kind: 'failed', reason: 'client_error', detail };
  return unknownAnswer(at.attempt, detail);
}

function errcodeOf(body: string): { code: number; text: string } | null {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('errcode' in parsed)) return null;
    const text = 'errmsg' in parsed && typeof parsed.errmsg === 'string' ? parsed.errmsg : '';
    return Number.isInteger(parsed.errcode) ? { code: Number(parsed.errcode), text } : null;
  } catch {
    return null;
  }
}
