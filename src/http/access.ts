/**
 * Who may read and who may change, by key; and without any key, only this very machine.
 * Invariant: a page of another site, opened on the machine that Tocsin runs on, gets nothing and changes nothing.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Config } from '../config/config.ts';
import { makeKeyRing } from '../protocol/healthchecks/key.ts';
import type { Problem } from './problem.ts';

export type Level = 'read' | 'admin';

export type Admission =
  | { readonly kind: 'admitted'; readonly level: Level }
  | { readonly kind: 'refused'; readonly problem: Problem };

export type Gate = (request: IncomingMessage, wants: Level) => Admission;

/** Compile once per configuration. */
export const makeGate = (keys: Config['keys']): Gate => {
  if (keys.read.length === 0 && keys.admin.length === 0) return localGate;
  const isAdmin = makeKeyRing(keys.admin);
  const isRead = makeKeyRing(keys.read);
  const isPing = makeKeyRing(keys.ping);
  return (request, wants) => {
    const guess = keyOf(request);
    if (guess === null) return unauthorized(request, 'A key is needed, as X-Api-Key or as Bearer.');
    if (isAdmin(guess)) return { kind: 'admitted', level: 'admin' };
    if (isRead(guess)) {
      if (wants === 'read') return { kind: 'admitted', level: 'read' };
      return forbidden('This key may read, and this needs an admin key.');
    }
    if (isPing(guess)) return forbidden('This key may report, and nothing else.');
    return unauthorized(request, 'This key is not known.');
  };
};

/**
 * The Host decides against DNS rebinding, the peer against a server that is reachable from elsewhere, and the
 * Origin against forms that a page of another site sends here.
 */
const localGate: Gate = (request) => {
  const { host, origin } = request.headers;
  const forwarded = 'x-forwarded-for' in request.headers || 'forwarded' in request.headers;
  const isLocal = isLoopbackAddress(request.socket.remoteAddress ?? '') && !forwarded;
  if (!isLocal || host === undefined || !isLoopbackHost(host)) return forbidden(NO_KEYS);
  const own = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (request.method !== 'GET' && request.method !== 'HEAD' && !own)
    return forbidden('A page of another site may not change anything here.');
  return { kind: 'admitted', level: 'admin' };
};

const NO_KEYS =
  'No read or admin key is configured, so only this machine is answered, under a name such as localhost or ' +
  '127.0.0.1. Write one under keys: in the YAML, or set TOCSIN_ADMIN_KEY.';

const forbidden = (detail: string): Admission => ({
  kind: 'refused',
  problem: { code: 'forbidden', detail },
});

/** A browser is asked for a password, which is the key; a program for a Bearer token. */
const unauthorized = (request: IncomingMessage, detail: string): Admission => {
  const wantsPage = request.headers.accept?.includes('text/html') === true;
  const challenge = wantsPage ? 'Basic realm="Tocsin", charset="UTF-8"' : 'Bearer realm="Tocsin"';
  const headers = { 'WWW-Authenticate': challenge };
  return { kind: 'refused', problem: { code: 'unauthorized', detail, headers } };
};

/**
 * Basic (any user, the key as password) opens pages in a browser. It is for reading alone: browsers send it along
 * with requests that other sites make.
 */
const keyOf = (request: IncomingMessage): string | null => {
  const { authorization, 'x-api-key': apiKey } = request.headers;
  if (typeof apiKey === 'string') return apiKey;
  const [scheme = '', value = ''] = (authorization ?? '').split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return value;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (scheme.toLowerCase() !== 'basic' || !reads) return null;
  const pair = Buffer.from(value, 'base64').toString();
  return pair.slice(pair.indexOf(':') + 1);
};

/** `localhost:8686`, `127.0.0.1`, `[::1]:8686`. */
const isLoopbackHost = (host: string): boolean => {
  const name = host.replace(/:\d{1,5}$/, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return isLoopbackAddress(name.startsWith('[') ? name.slice(1, -1) : name);
};

const isLoopbackAddress = (address: string): boolean => {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1';
};
