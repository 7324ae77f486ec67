/**
 * The request headers that a ping is made from, picked in one pass over the raw list: building node's header
 * object costs more than all else that this room does per ping.
 * Invariant: names are matched without case; of a repeated header the last counts, but `X-Forwarded-For` is joined.
 */
import type { IncomingMessage } from 'node:http';

export interface PingHead {
  readonly userAgent: string | null;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
  readonly forwardedFor: string | null;
  readonly forwardedProto: string | null;
  readonly hasBody: boolean;
}

const USER_AGENT_CHARS = 200;

export const readHead = (request: Pick<IncomingMessage, 'rawHeaders'>): PingHead => {
  const raw = request.rawHeaders;
  let userAgent: string | null = null;
  let idempotencyKey: string | null = null;
  let traceparent: string | null = null;
  let forwardedFor: string | null = null;
  let forwardedProto: string | null = null;
  let hasBody = false;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string;
    const value = raw[at + 1] as string;
    switch (name.length) {
      case 10:
        if (is(name, 'user-agent')) userAgent = value.slice(0, USER_AGENT_CHARS);
        break;
      case 11:
        if (is(name, 'traceparent')) traceparent = value;
        break;
      case 14:
        if (is(name, 'content-length')) hasBody ||= value !== '0';
        break;
      case 15:
        if (is(name, 'idempotency-key')) idempotencyKey = value;
        else if (is(name, 'x-forwarded-for'))
          forwardedFor = forwardedFor === null ? value : `${forwardedFor},${value}`;
        break;
      case 17:
        if (is(name, 'x-forwarded-proto')) forwardedProto = value;
        else if (is(name, 'transfer-encoding')) hasBody = true;
        break;
      default:
    }
  }
  return { userAgent, idempotencyKey, traceparent, forwardedFor, forwardedProto, hasBody };
};

const is = (name: string, lowerCase: string): boolean =>
  name === lowerCase || name.toLowerCase() === lowerCase;
