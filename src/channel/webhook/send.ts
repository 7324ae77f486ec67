/**
 * Alertmanager's webhook, signed when there is a secret. Invariant: a status code decides alone; what the body of the
 * answer says is not ours to read.
 */
import type { Notification, SendResult } from '../../core/notify/notify.ts';
import type { Channel, SendContext } from '../../ports/channel.ts';
import { type ChannelDeps, userAgent } from '../shared/deps.ts';
import { durationMs } from '../shared/duration.ts';
import {
  faultResult,
  type HttpReply,
  makeHttp,
  retryAfterMs,
  unknownAnswer,
} from '../shared/http.ts';
import { makeRedactor, sealed } from '../shared/redact.ts';
import { parseSigningSecret, type WebhookConfig } from './config.ts';
import { renderWebhook } from './message.ts';
import { signatureOf } from './signature.ts';

const TIMEOUT_MS = 15_000;
/** Pause after a 429 that does not say how long. */
const RATE_PAUSE_MS = 30_000;

export function makeWebhook(config: WebhookConfig, deps: ChannelDeps): Channel {
  const { url, http_config: settings } = config;
  if (url === undefined)
    throw new Error('an entry of webhook_configs is used that was not checked');
  const key = config.secret === undefined ? null : parseSigningSecret(config.secret);
  const timeoutMs = durationMs(config.timeout ?? '') || TIMEOUT_MS;
  const tls = settings?.tls_config;
  const http = makeHttp(deps, {
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.server_name === undefined ? {} : { serverName: tls.server_name }),
    ...(tls?.insecure_skip_verify === undefined
      ? {}
      : { insecureSkipVerify: tls.insecure_skip_verify }),
  });
  const target = new URL(url);
  const authorization = authorizationOf(config, target);
  // undici wants the credentials of an address in a header and not in the address.
  target.username = '';
  target.password = '';

  async function send(notification: Notification, context: SendContext): Promise<SendResult> {
    const body = renderWebhook(notification, config.max_alerts ?? 0);
    const timestamp = Math.floor(context.nowMs / 1_000);
    const { id } = notification;
    const reply = await http.post({
      url: target.href,
      headers: {
        ...settings?.headers,
        'content-type': 'application/json',
        'user-agent': userAgent(deps),
        ...(authorization === undefined ? {} : { authorization }),
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        ...(key === null ? {} : { 'webhook-signature': signatureOf(key, { id, timestamp, body }) }),
        ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
      },
      body,
      timeoutMs,
      signal: context.signal,
    });
    return reply.kind === 'fault' ? faultResult(reply, context.attempt) : ofReply(reply, context);
  }

  const redact = makeRedactor([
    config.secret,
    settings?.authorization?.credentials,
    settings?.basic_auth?.password,
    authorization,
    ...secretsOf(url),
    ...Object.values(settings?.headers ?? {}).filter(mayBeKey),
  ]);
  return sealed(
    { send, close: () => http.close() },
    { redact, ...(deps.log === undefined ? {} : { log: deps.log }) },
  );
}

function ofReply(reply: HttpReply, { attempt, nowMs }: SendContext): SendResult {
  const { status } = reply;
  const detail = `HTTP ${status}`;
  const waitMs = retryAfterMs(reply.header('retry-after'), nowMs);
  const after = waitMs === undefined ? {} : { afterMs: waitMs };
  if (status >= 200 && status < 300) return { kind: 'sent', detail };
  if (status === 429) {
    const pauseChannelMs = waitMs ?? RATE_PAUSE_MS;
    return { kind: 'retry', reason: 'rate_limited', detail, pauseChannelMs };
  }
  if (status >= 500 || status === 425) {
    return { kind: 'retry', reason: 'server_error', detail, ...after };
  }
  if (status === 408) return { kind: 'retry', reason: 'timeout', detail, ...after };
  if (status === 401 || status === 403) return { kind: 'failed', reason: 'auth', detail };
  if (status === 413) return { kind: 'failed', reason: 'too_large', detail };
  if (status >= 400) return { kind: 'failed', reason: 'client_error', detail };
  // Followed, a redirect could lead anywhere with the signature still on it.
  if (status >= 300) {
    return { kind: 'failed', reason: 'config', detail: `${detail}: redirects are not followed` };
  }
  return unknownAnswer(attempt, detail);
}

function authorizationOf(
  { http_config: settings }: WebhookConfig,
  target: URL,
): string | undefined {
  const basic = (user: string, password: string): string =>
    `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (settings?.basic_auth !== undefined) {
    return basic(settings.basic_auth.username, settings.basic_auth.password ?? '');
  }
  if (settings?.authorization?.credentials !== undefined) {
    return `${settings.authorization.type ?? 'Bearer'} ${settings.authorization.credentials}`;
  }
  return target.username === ''
    ? undefined
    : basic(decodeURIComponent(target.username), decodeURIComponent(target.password));
}

/** Chat services put their keys into the path, so a path is treated as one. */
function secretsOf(text: string): readonly string[] {
  const { href, pathname, search, password } = new URL(text);
  return [href, password, decodeURIComponent(password), ...[pathname, search].filter(mayBeKey)];
}

/** Nothing shorter is a key, and hiding a `/` or a `1` would make every message unreadable. */
const mayBeKey = (text: string): boolean => text.length >= 8;
