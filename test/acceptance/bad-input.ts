/**
 * The corpus of bad input, `test/fixtures/bad-input/*.json`: how a case is written, sent and compared.
 *
 * A request is `raw`, or `method` (GET), `path`, `headers` and `body`. A config case has `yaml` instead: the
 * text of a file that is put beside a good one before the server is asked to reload. In all texts
 * of requests `{uuid}`, `{pingKey}` and the like stand for this server's own, and `<<x*2000>>` for 2,000 times `x`.
 * The answer is exact: `status`, and `body` as text, `json` as data, or `has` as a part of a page;
 * `headers` are those that matter, and `{config}` stands for the config folder. `stored: 1` says that the ping counts all the same.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exchange, type RawAnswer } from './wire.ts';

export interface BadRequest {
  readonly name: string;
  readonly raw?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | { readonly base64: string };
  readonly yaml?: string | { readonly base64: string };
  readonly stored?: number;
  readonly answer: Answer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly json?: unknown;
  readonly has?: string;
}

export const names = {
  uuid: '6f6e0f0a-2f3e-4c57-9d0b-1a2b3c4d5e6f',
  unknown: '11111111-2222-4333-8444-555555555555',
  UUID: '6F6E0F0A-2F3E-4C57-9D0B-1A2B3C4D5E6F',
  pingKey: 'ping-key-0123456789abcdef',
  readKey: 'read-key-0123456789abcdef',
  adminKey: 'admin-key-0123456789abcdef',
} as const;

/** `probe` is pinged by the cases; `quiet` never is. */
export const goodConfig = `
keys: { ping: [${names.pingKey}], read: [${names.readKey}], admin: [${names.adminKey}] }
jobs:
  - { name: probe, uuid: ${names.uuid}, every: 1d, grace: 1d }
  - { name: quiet, every: 1d, grace: 1d }
route: { receiver: nobody }
receivers: [{ name: nobody }]
`;

const folder = path.resolve(import.meta.dirname, '../fixtures/bad-input');

export const casesOf = (file: string): readonly BadRequest[] =>
  JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as BadRequest[];

export const expand = (text: string): string =>
  text
    .replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(names, name) ? names[name as keyof typeof names] : whole,
    )
    .replaceAll(/<<(.+?)\*(\d+)>>/gs, (_whole, piece: string, times: string) =>
      piece.repeat(Number(times)),
    );

export const bytesOf = (text: string | { readonly base64: string }): Buffer =>
  typeof text === 'string' ? Buffer.from(expand(text)) : Buffer.from(text.base64, 'base64');

/** The request as it goes over the wire. */
function requestBytes(one: BadRequest): Buffer {
  if (one.raw !== undefined) return bytesOf(one.raw);
  const headers = [...(one.headers ?? [])];
  const has = (name: string): boolean => headers.some(([given]) => given.toLowerCase() === name);
  if (!has('host')) headers.unshift(['Host', 'localhost']);
  if (!has('connection')) headers.push(['Connection', 'close']);
  const body = one.body === undefined ? null : bytesOf(one.body);
  if (body !== null) headers.push(['Content-Length', String(body.length)]);
  const head = [
    `${one.method ?? 'GET'} ${one.path ?? '/'} HTTP/1.1`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  return Buffer.concat([Buffer.from(expand(`${head}\r\n\r\n`)), body ?? Buffer.alloc(0)]);
}

export const send = (port: number, one: BadRequest): Promise<RawAnswer> =>
  exchange(port, requestBytes(one));

/** The part of a real answer that a case speaks of, in the case's own form. */
export function comparable(real: RawAnswer, expected: Answer): Answer {
  const headers = Object.fromEntries(
    Object.keys(expected.headers ?? {}).map((name) => [name, real.headers.get(name) ?? '']),
  );
  return {
    status: real.status,
    ...(expected.headers === undefined ? {} : { headers }),
    ...(expected.body === undefined ? {} : { body: real.body }),
    ...(expected.json === undefined ? {} : { json: parsed(real.body) }),
    ...(expected.has === undefined
      ? {}
      : { has: real.body.includes(expected.has) ? expected.has : real.body }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
