/**
 * How a ping is answered: prebuilt lists of headers, because a list costs node less than an object per answer.
 * Invariant: every answer has its Content-Length, may be read by any web page, and is kept by no cache.
 */
import type { ServerResponse } from 'node:http';

export const METHODS = 'GET, HEAD, POST, OPTIONS';

const PREFLIGHT_HEADERS: string[] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Allow-Methods', METHODS],
  ['Access-Control-Allow-Headers', 'Content-Type, Idempotency-Key, traceparent'],
  ['Access-Control-Max-Age', '86400'],
  ['Allow', METHODS],
].flat();

const NOT_A_PING = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Not a ping address</title>
<h1>Not a ping address</h1>
<p>A ping goes to <code>/ping/&lt;uuid&gt;</code> or <code>/ping/&lt;ping-key&gt;/&lt;job&gt;</code>, with nothing,
<code>/start</code>, <code>/fail</code>, <code>/log</code> or an exit status from <code>/0</code> to <code>/255</code>
appended. The uuid is in lower case, with dashes.</p>
</html>
`;

const PAGE_HEADERS: string[] = [
  ['Content-Type', 'text/html; charset=utf-8'],
  ['Content-Length', String(Buffer.byteLength(NOT_A_PING))],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['X-Content-Type-Options', 'nosniff'],
  ['Access-Control-Allow-Origin', '*'],
].flat();

export const commonHeaders = (bodyLimitBytes: number): string[] =>
  [
    ['Content-Type', 'text/plain'],
    ['Ping-Body-Limit', String(bodyLimitBytes)],
    ['Access-Control-Allow-Origin', '*'],
    ['Cache-Control', 'no-cache, no-store'],
  ].flat();

export const answerMalformed = (response: ServerResponse): void =>
  answer(response, 404, PAGE_HEADERS, NOT_A_PING);

export const answerPreflight = (response: ServerResponse): void =>
  answer(response, 204, PREFLIGHT_HEADERS, '');

export const refuse = (
  response: ServerResponse,
  common: readonly string[],
  { status, text, extra = [] }: { status: number; text: string; extra?: readonly string[] },
): void => {
  const length = ['Content-Length', String(Buffer.byteLength(text))];
  answer(response, status, [...common, ...length, ...extra], text);
};

/** The client may be gone by now: then there is nobody to tell, and what was stored stays stored. */
export const answer = (
  response: ServerResponse,
  status: number,
  headers: string[],
  text: string,
): void => {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, headers);
  response.end(text);
};
