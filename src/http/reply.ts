/**
 * What a handler answers, as a value; writing it to the wire is done in one place.
 * Invariant: nothing that we answer is cached, sniffed, framed, or read by another site.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Html } from '../ui/html.ts';
import { CONTENT_SECURITY_POLICY } from '../ui/style.ts';
import { PROBLEMS, type Problem, problemJson } from './problem.ts';

export type Reply =
  | { readonly kind: 'json'; readonly value: unknown; readonly status?: number }
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly status?: number;
      readonly type?: string;
    }
  | {
      readonly kind: 'page';
      readonly page: Html;
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly type: string }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<string>; readonly type: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

export const json = (value: unknown): Reply => ({ kind: 'json', value });

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'";

export const writeReply = async (response: ServerResponse, reply: Reply): Promise<void> => {
  if (reply.kind !== 'stream') return writeWhole(response, reply);
  response.writeHead(200, { 'Content-Type': reply.type, 'Content-Security-Policy': SANDBOX });
  await pipeline(Readable.from(reply.chunks), response);
};

export const writeWhole = (
  response: ServerResponse,
  reply: Exclude<Reply, { kind: 'stream' }>,
): void => {
  switch (reply.kind) {
    case 'json':
      return write(response, {
        status: reply.status ?? 200,
        type: 'application/json; charset=utf-8',
        body: `${JSON.stringify(reply.value)}\n`,
      });
    case 'text':
      return write(response, {
        status: reply.status ?? 200,
        type: reply.type ?? 'text/plain; charset=utf-8',
        body: reply.text,
      });
    case 'page':
      return write(response, {
        status: reply.status ?? 200,
        type: 'text/html; charset=utf-8',
        policy: CONTENT_SECURITY_POLICY,
        body: reply.page.toString(),
        headers: reply.headers ?? {},
      });
    case 'bytes':
      return write(response, { status: 200, type: reply.type, body: reply.bytes });
    case 'problem': {
      const { problem } = reply;
      return write(response, {
        status: PROBLEMS[problem.code].status,
        type: 'application/problem+json; charset=utf-8',
        body: `${JSON.stringify(problemJson(problem))}\n`,
        headers: problem.headers ?? {},
      });
    }
    default:
      reply satisfies never;
  }
};

const write = (
  response: ServerResponse,
  given: {
    status: number;
    type: string;
    body: string | Uint8Array;
    policy?: string;
    headers?: Readonly<Record<string, string>>;
  },
): void => {
  response.writeHead(given.status, {
    'Content-Type': given.type,
    'Content-Length': Buffer.byteLength(given.body),
    'Content-Security-Policy': given.policy ?? SANDBOX,
    ...given.headers,
  });
  response.end(given.body);
};
