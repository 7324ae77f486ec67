/**
 * One POST, answered by a value and never by a throw. Follows no redirect, reads a bounded piece of the answer, and
 * gives up after a time. Invariant: every way in which a request can end is a reply or a fault with a reason.
 */
import { Agent, type buildConnector, errors, request } from 'undici';
import type { FailureReason, SendResult } from '../../core/notify/notify.ts';
import type { ChannelDeps } from './deps.ts';
import { BlockedTarget, makeGuard } from './guard.ts';

/** More of an answer is never needed, and a target must not be able to fill our memory. */
const BODY_BYTES_MAX = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;
/** Long enough for the messages of one notification, short enough that a peer seldom closes first. */
const KEEP_ALIVE_MS = 2_000;
/** Longest wait that a target may ask for: it must not push an alert past its own deadline in one go. */
const RETRY_AFTER_MS_MAX = 15 * 60_000;

export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface HttpFault {
  readonly kind: 'fault';
  readonly reason: Extract<FailureReason, 'timeout' | 'network' | 'blocked' | 'unknown'>;
  readonly detail: string;
}

export interface HttpReply {
  readonly kind: 'reply';
  readonly status: number;
  /** A header by its lower-case name; the first when there are several. */
  header(name: string): string | undefined;
  /** At most 64 KiB; what came before `bodyFault` when that is set. */
  readonly body: string;
  readonly bodyFault: HttpFault | null;
}

export interface HttpClient {
  post(call: HttpRequest): Promise<HttpReply | HttpFault>;
  close(): Promise<void>;
}

/** Alertmanager's `tls_config`, as far as it is supported. */
export interface TlsOptions {
  readonly ca?: string;
  readonly serverName?: string;
  readonly insecureSkipVerify?: boolean;
}

export function makeHttp(deps: ChannelDeps, tls: TlsOptions = {}): HttpClient {
  const connect: buildConnector.BuildOptions = {
    timeout: CONNECT_TIMEOUT_MS,
    allowH2: false,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(tls.insecureSkipVerify === true ? { rejectUnauthorized: false } : {}),
  };
  const allowed = deps.allowPrivateTargets;
  const guard =
    allowed === true
      ? null
      : makeGuard({
          allow: allowed === false ? [] : allowed,
          connect,
          ...(deps.lookup === undefined ? {} : { lookup: deps.lookup }),
        });
  const dispatcher =
    deps.dispatcher ??
    new Agent({ connect: guard?.connector ?? connect, keepAliveTimeout: KEEP_ALIVE_MS });

  return {
    async post(call) {
      const refused = guard?.refuses(new URL(call.url));
      if (refused !== undefined) return faultOf(refused);
      const timeout = AbortSignal.timeout(call.timeoutMs);
      const signal = AbortSignal.any([call.signal, timeout]);
      const fault = (error: unknown): HttpFault => {
        if (call.signal.aborted) return late('stopped before an answer came');
        return timeout.aborted
          ? late(`no answer within ${call.timeoutMs / 1_000} s`)
          : faultOf(error);
      };
      try {
        const response = await request(call.url, {
          method: 'POST',
          headers: call.headers,
          body: call.body,
          signal,
          dispatcher,
        });
        const { body, bodyFault } = await readBody(response.body, fault);
        return {
          kind: 'reply',
          status: response.statusCode,
          header: (name) => {
            const value = response.headers[name];
            return Array.isArray(value) ? value[0] : value;
          },
          body,
          bodyFault,
        };
      } catch (error) {
        return fault(error);
      }
    },
    async close() {
      if (deps.dispatcher === undefined) await dispatcher.close();
    },
  };
}

async function readBody(
  stream: AsyncIterable<Uint8Array>,
  fault: (error: unknown) => HttpFault,
): Promise<{ body: string; bodyFault: HttpFault | null }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let bodyFault: HttpFault | null = null;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.byteLength;
      // Leaving the loop destroys the stream, and with it the connection.
      if (size >= BODY_BYTES_MAX) break;
    }
  } catch (error) {
    bodyFault = fault(error);
  }
  return { body: Buffer.concat(chunks).toString('utf8', 0, BODY_BYTES_MAX), bodyFault };
}

const late = (detail: string): HttpFault => ({ kind: 'fault', reason: 'timeout', detail });

function faultOf(error: unknown): HttpFault {
  if (error instanceof BlockedTarget) {
    return { kind: 'fault', reason: 'blocked', detail: error.message };
  }
  const code = codeOf(error);
  if (/TIMEOUT|TIMEDOUT/.test(code)) return late('no connection in time');
  const detail = [code, error instanceof Error ? error.message : ''].filter((part) => part !== '');
  // What came back is not HTTP, so nothing is known about what was done with the message.
  const strange =
    error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError;
  const reason = strange ? 'unknown' : 'network';
  return { kind: 'fault', reason, detail: detail.join(': ') || 'connection failed' };
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** A fault as a result. A blocked target stays blocked; an answer that is no HTTP is tried once more. */
export function faultResult(fault: HttpFault, attempt: number): SendResult {
  if (fault.reason === 'blocked')
    return { kind: 'failed', reason: 'blocked', detail: fault.detail };
  if (fault.reason === 'unknown') return unknownAnswer(attempt, fault.detail);
  return { kind: 'retry', reason: fault.reason, detail: fault.detail };
}

/** An answer that the service does not give: a proxy or a login page stands between. One more try, then a report. */
export function unknownAnswer(attempt: number, detail: string): SendResult {
  return attempt <= 1
    ? { kind: 'retry', reason: 'unknown', detail }
    : { kind: 'failed', reason: 'unknown', detail };
}

/** `Retry-After` (RFC 9110, 10.2.3: seconds or a date) in milliseconds from `nowMs`; undefined when there is none. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, RETRY_AFTER_MS_MAX);
  // Without a zone and a comma it is no HTTP date, and `parse` would guess.
  const at = text.endsWith('GMT') ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(0, at - nowMs), RETRY_AFTER_MS_MAX);
}
