/**
 * Messages to a group robot of WeCom. Invariant: the key, which is the robot's only protection, is in the address of
 * the request and nowhere else.
 */
import { createHash } from 'node:crypto';
import type { Notification, SendResult } from '../../core/notify/notify.ts';
import type { Channel, SendContext } from '../../ports/channel.ts';
import { type ChannelDeps, userAgent } from '../shared/deps.ts';
import { faultResult, makeHttp } from '../shared/http.ts';
import { makeRedactor, sealed } from '../shared/redact.ts';
import type { WecomConfig } from './config.ts';
import { renderSmaller, renderWecom, type WecomBody } from './message.ts';
import { answerOf, type WecomAnswer } from './outcome.ts';

const TIMEOUT_MS = 10_000;
/** Of one robot (developer.work.weixin.qq.com, path 91770). */
const MESSAGES_PER_MINUTE = 20;
const PUBLIC_API = 'https://qyapi.weixin.qq.com/cgi-bin/';

export function makeWecom(config: WecomConfig, deps: ChannelDeps): Channel {
  const url = addressOf(config);
  const key = new URL(url).searchParams.get('key') ?? '';
  const http = makeHttp(deps);

  async function post(body: WecomBody, context: SendContext): Promise<WecomAnswer> {
    const answer = await http.post({
      url,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': userAgent(deps),
        ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
      },
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
      signal: context.signal,
    });
    if (answer.kind === 'fault') {
      return { result: faultResult(answer, context.attempt), tryPlainer: false };
    }
    return answerOf(answer, {
      attempt: context.attempt,
      nowMs: context.nowMs,
      random: deps.random,
    });
  }

  async function send(notification: Notification, context: SendContext): Promise<SendResult> {
    const [card, call] = renderWecom(notification, config);
    if (card === undefined) throw new Error('nothing was rendered');
    const first = await post(card, context);
    if (first.tryPlainer) {
      const smaller = await post(renderSmaller(notification, config), context);
      // The plain text calls people itself.
      return noting(smaller.result, 'sent as a short text, the full message was refused');
    }
    if (first.result.kind !== 'sent' || call === undefined) return first.result;
    const second = await post(call, context);
    // The group has the message. Another attempt would send the card once more.
    return second.result.kind === 'sent'
      ? first.result
      : {
          kind: 'sent',
          detail: `the message was sent, the text that mentions people was not: ${second.result.detail}`,
        };
  }

  return sealed(
    {
      send,
      perMinute: MESSAGES_PER_MINUTE,
      limitKey: `wecom:${createHash('sha256')
        .update(key === '' ? url : key)
        .digest('hex')
        .slice(0, 16)}`,
      close: () => http.close(),
    },
    { redact: makeRedactor([key, url]), ...(deps.log === undefined ? {} : { log: deps.log }) },
  );
}

const noting = (result: SendResult, detail: string): SendResult =>
  result.kind === 'sent' ? { ...result, detail } : result;

function addressOf(config: WecomConfig): string {
  if (config.url !== undefined) return config.url;
  if (config.key === undefined)
    throw new Error('an entry of wecom_configs is used that was not checked');
  const base = config.api_url ?? PUBLIC_API;
  const url = new URL('webhook/send', base.endsWith('/') ? base : `${base}/`);
  url.searchParams.set('key', config.key);
  return url.href;
}
