/**
 * Events to Sentry as raw envelopes, one request each, because an envelope may hold but one event. Invariant: an event
 * that was accepted is not sent again, and one that was refused is in the last result.
 *
 * `only` of a retry lists the alerts (by fingerprint) still to be sent, and behind `!` those refused so far.
 */
import { createHash } from 'node:crypto';
import type { Notification, SendResult } from '../../core/notify/notify.ts';
import type { Channel, SendContext } from '../../ports/channel.ts';
import { type ChannelDeps, userAgent } from '../shared/deps.ts';
import { faultResult, makeHttp } from '../shared/http.ts';
import { makeRedactor, sealed } from '../shared/redact.ts';
import { type Dsn, parseDsn, type SentryConfig } from './config.ts';
import { envelopeOf, renderEvents, type SentryEvent } from './message.ts';
import { limitMs, ofReply } from './outcome.ts';

const TIMEOUT_MS = 10_000;
const NO_RESOLVE = 'nothing sent: Sentry has no event that resolves an issue';

export function makeSentry(config: SentryConfig, deps: ChannelDeps): Channel {
  const dsn = target(config);
  const http = makeHttp(deps);
  /** Sentry may ask for quiet in the answer to an event that it took. A restart finds out by a 429. */
  let pausedUntilMs = 0;

  async function post(event: SentryEvent, context: SendContext): Promise<SendResult> {
    if (context.nowMs < pausedUntilMs) {
      const wait = pausedUntilMs - context.nowMs;
      const detail = 'Sentry asked for no events for a while';
      return { kind: 'retry', reason: 'rate_limited', detail, pauseChannelMs: wait };
    }
    const reply = await http.post({
      url: dsn.endpoint,
      headers: headersOf(dsn, deps, context),
      body: envelopeOf(event, Temporal.Instant.fromEpochMilliseconds(context.nowMs).toString()),
      timeoutMs: TIMEOUT_MS,
      signal: context.signal,
    });
    if (reply.kind === 'fault') return faultResult(reply, context.attempt);
    const pauseMs = limitMs(reply.header('x-sentry-rate-limits'));
    if (pauseMs > 0) pausedUntilMs = context.nowMs + pauseMs;
    return ofReply(reply, context);
  }

  async function send(notification: Notification, context: SendContext): Promise<SendResult> {
    const { events, leftOut } = renderEvents(notification, config);
    if (events.length === 0) return { kind: 'sent', detail: NO_RESOLVE };
    const { only } = context;
    const wanted = events.filter((event) => only?.includes(event.fingerprint) ?? true);
    const refused = (only ?? []).filter((mark) => mark.startsWith('!'));
    let lastRefusal: SendResult | undefined;
    for (const [index, event] of wanted.entries()) {
      const result = await post(event, context);
      if (result.kind === 'retry') {
        const left = wanted.slice(index).map((one) => one.fingerprint);
        return { ...result, only: [...left, ...refused] };
      }
      if (result.kind === 'failed') {
        // A wrong key or address is wrong for the others too.
        if (!['client_error', 'too_large'].includes(result.reason)) return result;
        refused.push(`!${event.fingerprint}`);
        lastRefusal = result;
      }
    }
    return inTotal({ events, refused: refused.length, leftOut, lastRefusal });
  }

  return sealed(
    {
      send,
      limitKey: `sentry:${createHash('sha256')
        .update(config.dsn ?? '')
        .digest('hex')
        .slice(0, 16)}`,
      close: () => http.close(),
    },
    {
      redact: makeRedactor([config.dsn, dsn.publicKey]),
      ...(deps.log === undefined ? {} : { log: deps.log }),
    },
  );
}

function target(config: SentryConfig): Dsn {
  const dsn = parseDsn(config.dsn ?? '');
  if (dsn === null) throw new Error('an entry of sentry_configs is used that was not checked');
  return dsn;
}

function headersOf(dsn: Dsn, deps: ChannelDeps, context: SendContext): Record<string, string> {
  const client = userAgent(deps);
  return {
    'content-type': 'application/x-sentry-envelope',
    'user-agent': client,
    'x-sentry-auth': `Sentry sentry_version=7, sentry_client=${client}, sentry_key=${dsn.publicKey}`,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}

function inTotal(end: {
  events: readonly SentryEvent[];
  refused: number;
  leftOut: number;
  lastRefusal: SendResult | undefined;
}): SendResult {
  const { events, refused, leftOut } = end;
  const why = end.lastRefusal?.detail === undefined ? '' : ` (${end.lastRefusal.detail})`;
  const notes = [
    ...(refused === 0 ? [] : [`${refused} of ${events.length} events were refused${why}`]),
    ...(leftOut === 0 ? [] : [`${leftOut} more alerts were left out`]),
  ];
  const detail = notes.join('; ');
  const providerRef = events[0]?.id ?? '';
  if (refused === 0) return { kind: 'sent', providerRef, ...(detail === '' ? {} : { detail }) };
  if (refused < events.length) return { kind: 'partial', detail, providerRef };
  const reason = end.lastRefusal?.kind === 'failed' ? end.lastRefusal.reason : 'client_error';
  return { kind: 'failed', reason, detail };
}
