/**
 * The addresses of pings, as Healthchecks writes them: `/ping/<uuid>` and `/ping/<key>/<slug>`, each with a
 * signal appended or not, and `/<uuid>` for clients whose host alone was changed.
 * Invariant: parsing looks at each character at most a few times, never throws, and decides nothing about jobs.
 */
import type { Ping } from '../../core/job/job.ts';

/** What the last part of the address says. An exit status other than 0 is a failure. */
export interface Signal {
  readonly kind: Ping['kind'];
  readonly exitCode: number | null;
}

export type PingPath =
  | {
      readonly form: 'uuid';
      readonly uuid: string;
      /** null: an exit status above 255, which only a known job answers with 400. */
      readonly signal: Signal | null;
    }
  | {
      readonly form: 'slug';
      readonly key: string;
      readonly slug: string;
      readonly signal: Signal | null;
    }
  /** Below `/ping`, but no address of a ping. */
  | { readonly form: 'malformed' }
  /** A slug with a capital letter: Healthchecks refuses it before it looks for a job. */
  | { readonly form: 'capital_slug' };

const UUID_LENGTH = 36;
const EXIT_STATUS_MAX = 255;
const MALFORMED: PingPath = { form: 'malformed' };
const CAPITAL_SLUG: PingPath = { form: 'capital_slug' };

const SUCCESS: Signal = { kind: 'success', exitCode: null };
const NAMED: ReadonlyMap<string, Signal> = new Map([
  ['start', { kind: 'start', exitCode: null }],
  ['fail', { kind: 'fail', exitCode: null }],
  ['log', { kind: 'log', exitCode: null }],
]);
const EXITS: readonly Signal[] = Array.from({ length: EXIT_STATUS_MAX + 1 }, (_, exitCode) => ({
  kind: exitCode === 0 ? 'success' : 'fail',
  exitCode,
}));

/** Lower-case, with dashes, of any version: `07c2f548-9850-4b27-af5d-6c9dc157ec02`. */
export const isUuid = (text: string): boolean => text.length === UUID_LENGTH && uuidAt(text, 0);

/**
 * null: not an address of a ping, so somebody else's. Takes the request target as received: a query is left
 * out, an absolute form (`http://host/ping/…`, RFC 9112 3.2.2) is understood, escapes are not undone.
 */
export const parsePingPath = (target: string): PingPath | null => {
  const from = target.charCodeAt(0) === SLASH ? 0 : pathOfAbsolute(target);
  if (from < 0) return null;
  const question = target.indexOf('?', from);
  const end = question < 0 ? target.length : question;
  if (!target.startsWith('/ping', from)) return rootForm(target, from, end);
  const after = from + 5;
  if (after >= end) return MALFORMED;
  if (target.charCodeAt(after) !== SLASH) return null;
  return belowPing(target, after + 1, end);
};

const SLASH = 47;
const DASH = 45;

const pathOfAbsolute = (target: string): number => {
  const authority = target.indexOf('://');
  return authority < 0 || authority > 5 ? -1 : target.indexOf('/', authority + 3);
};

const rootForm = (target: string, from: number, end: number): PingPath | null => {
  const uuidEnd = from + 1 + UUID_LENGTH;
  if (uuidEnd > end || !uuidAt(target, from + 1)) return null;
  return uuidForm(target, from + 1, end);
};

const belowPing = (target: string, from: number, end: number): PingPath => {
  const uuidEnd = from + UUID_LENGTH;
  if (uuidEnd <= end && uuidAt(target, from)) {
    const path = uuidForm(target, from, end);
    if (path !== null) return path;
  }
  return slugForm(target, from, end);
};

/** The bare form alone may end in a slash. null: what follows the uuid is no signal. */
const uuidForm = (target: string, from: number, end: number): PingPath | null => {
  const uuidEnd = from + UUID_LENGTH;
  if (uuidEnd === end || (uuidEnd + 1 === end && target.charCodeAt(uuidEnd) === SLASH))
    return { form: 'uuid', uuid: target.slice(from, uuidEnd), signal: SUCCESS };
  if (target.charCodeAt(uuidEnd) !== SLASH) return null;
  const signal = signalOf(target, uuidEnd + 1, end);
  if (signal === undefined) return null;
  return { form: 'uuid', uuid: target.slice(from, uuidEnd), signal };
};

const slugForm = (target: string, from: number, end: number): PingPath => {
  const keyEnd = wordEnd(target, from, end);
  if (keyEnd === from || keyEnd + 1 >= end || target.charCodeAt(keyEnd) !== SLASH) return MALFORMED;
  const slugEnd = wordEnd(target, keyEnd + 1, end);
  if (slugEnd === keyEnd + 1) return MALFORMED;
  let signal: Signal | null | undefined = SUCCESS;
  if (slugEnd < end) {
    if (target.charCodeAt(slugEnd) !== SLASH) return MALFORMED;
    signal = signalOf(target, slugEnd + 1, end);
    if (signal === undefined) return MALFORMED;
  }
  const slug = target.slice(keyEnd + 1, slugEnd);
  if (slug !== slug.toLowerCase()) return CAPITAL_SLUG;
  return { form: 'slug', key: target.slice(from, keyEnd), slug, signal };
};

/** undefined: no signal; null: a number above 255. `007` is 7. */
const signalOf = (target: string, from: number, end: number): Signal | null | undefined => {
  if (from >= end) return undefined;
  const first = target.charCodeAt(from);
  if (first < 48 || first > 57) return NAMED.get(target.slice(from, end));
  let status = 0;
  for (let at = from; at < end; at += 1) {
    const digit = target.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return undefined;
    if (status <= EXIT_STATUS_MAX) status = status * 10 + digit;
  }
  return status <= EXIT_STATUS_MAX ? EXITS[status] : null;
};

/** First position that is no letter, digit, dash or underscore. */
const wordEnd = (text: string, from: number, end: number): number => {
  let at = from;
  while (at < end && isWord(text.charCodeAt(at))) at += 1;
  return at;
};

const isWord = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  code === DASH ||
  code === 95;

/** 1 for a lower-case hex digit: a look-up, since this runs for each character of each ping's uuid. */
const HEX = new Uint8Array(128);
for (const digit of '0123456789abcdef') HEX[digit.charCodeAt(0)] = 1;

const uuidAt = (text: string, from: number): boolean => {
  if (from + UUID_LENGTH > text.length) return false;
  for (let at = from; at < from + UUID_LENGTH; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DASH ? !isDashPlace(at - from) : HEX[code] !== 1) return false;
  }
  // All four dashes, and not a digit in the place of one.
  return (
    text.charCodeAt(from + 8) === DASH &&
    text.charCodeAt(from + 13) === DASH &&
    text.charCodeAt(from + 18) === DASH &&
    text.charCodeAt(from + 23) === DASH
  );
};

const isDashPlace = (place: number): boolean =>
  place === 8 || place === 13 || place === 18 || place === 23;
