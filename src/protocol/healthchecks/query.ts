/**
 * What stands behind the `?` of a ping, and its `Idempotency-Key`.
 * Invariant: only what would make the report false refuses it (a run id, a time or a key that cannot be
 * meant); anything else that is wrong is left out, and the answer says so.
 */

import type { Duration, Instant } from '../../core/time.ts';
import { instant } from '../../core/time.ts';
import { isUuid } from './path.ts';

/** Stated limits of one ping's parameters. */
export const QUERY_LIMITS = {
  metrics: 20,
  hostChars: 255,
  envChars: 64,
  idempotencyKeyChars: 255,
} as const;

export interface PingQuery {
  readonly runId: string | null;
  /** null: now. */
  readonly at: Instant | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly host: string | null;
  readonly env: string | null;
  /** What was left out, for the answer's `Tocsin-Warning`; never repeats what was sent. */
  readonly warnings: readonly string[];
}

export type PingQueryResult =
  | { readonly kind: 'ok'; readonly query: PingQuery }
  /** `message` is the body of the 400. */
  | { readonly kind: 'invalid'; readonly message: string };

const NOTHING: PingQuery = {
  runId: null,
  at: null,
  metrics: null,
  host: null,
  env: null,
  warnings: [],
};
const EMPTY: PingQueryResult = { kind: 'ok', query: NOTHING };
const RID_ALONE_LENGTH = 'rid='.length + 36;

/** `text` is the query without its `?`. Of a repeated parameter the last counts, as in Healthchecks. */
export const parsePingQuery = (
  text: string,
  { now, maxAge }: { now: Instant; maxAge: Duration },
): PingQueryResult => {
  if (text === '') return EMPTY;
  // Nearly all queries are a run id alone: it is not worth a parser.
  if (text.length === RID_ALONE_LENGTH && text.startsWith('rid=')) {
    const runId = text.slice(4).toLowerCase();
    if (isUuid(runId)) return { kind: 'ok', query: { ...NOTHING, runId } };
  }
  const fields = new URLSearchParams(text);
  const last = (name: string): string | undefined => fields.getAll(name).at(-1);
  const rid = last('rid')?.toLowerCase();
  if (rid !== undefined && !isUuid(rid)) return invalid('invalid uuid format');
  const at = parseAt(last('at'), now);
  if (at === 'malformed')
    return invalid('invalid at: expected RFC 3339 or seconds or milliseconds since 1970');
  if (at !== null && now - at > maxAge)
    return invalid('invalid at: older than the time that reports are kept');
  const warnings: string[] = [];
  const metrics = parseMetrics(fields.getAll('metric'), warnings);
  const host = cut('host', last('host'), QUERY_LIMITS.hostChars, warnings);
  const env = cut('env', last('env'), QUERY_LIMITS.envChars, warnings);
  return { kind: 'ok', query: { runId: rid ?? null, at, metrics, host, env, warnings } };
};

/** `create=1`, to the letter. */
export const asksToCreate = (text: string): boolean =>
  text.includes('create') && new URLSearchParams(text).getAll('create').at(-1) === '1';

const invalid = (message: string): PingQueryResult => ({ kind: 'invalid', message });

const EPOCH = /^\d{1,13}(?:\.\d{1,9})?$/;
// A `+` of the offset that nobody escaped arrives as a space; nothing else can be meant by it.
const RFC_3339 =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:([Zz])|([+ -])(\d\d:\d\d))$/;
/** A count this large is milliseconds: as seconds it would lie beyond the year 5000. */
const MILLISECONDS_FROM = 100_000_000_000;

/** A time still to come is the client's clock running fast: then the report counts as of now. */
const parseAt = (text: string | undefined, now: Instant): Instant | null | 'malformed' => {
  if (text === undefined) return null;
  const at = EPOCH.test(text) ? epochAt(Number(text)) : rfc3339At(text);
  if (at === null) return 'malformed';
  return at >= now ? null : at;
};

const epochAt = (count: number): Instant =>
  instant(Math.floor(count >= MILLISECONDS_FROM ? count : count * 1000));

const rfc3339At = (text: string): Instant | null => {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', zulu, sign = '', offset = ''] = match;
  const zone = zulu === undefined ? `${sign === '-' ? '-' : '+'}${offset}` : 'Z';
  try {
    return instant(Temporal.Instant.from(`${date}T${time}${zone}`).epochMilliseconds);
  } catch {
    return null; // The shape was right, the date was not: a 31st of February, an hour 25.
  }
};

const METRIC = /^([A-Za-z_][A-Za-z0-9_.-]{0,63}):([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

const parseMetrics = (
  given: readonly string[],
  warnings: string[],
): Readonly<Record<string, number>> | null => {
  const found = new Map<string, number>();
  for (const [index, text] of given.slice(0, QUERY_LIMITS.metrics).entries()) {
    const match = text.length > 128 ? null : METRIC.exec(text);
    const value = Number(match?.[2]);
    if (match === null || !Number.isFinite(value))
      warnings.push(`metric ${index + 1} ignored, expected name:number`);
    else found.set(match[1] ?? '', value);
  }
  if (given.length > QUERY_LIMITS.metrics)
    warnings.push(`metrics after the first ${QUERY_LIMITS.metrics} ignored`);
  // fromEntries makes own properties, so that a metric named `__proto__` stays a metric.
  return found.size === 0 ? null : Object.fromEntries(found);
};

// Control characters have no meaning here, and PostgreSQL refuses a NUL in text.
const CONTROL = /\p{Cc}/gu;

const cut = (
  name: string,
  given: string | undefined,
  chars: number,
  warnings: string[],
): string | null => {
  if (given === undefined) return null;
  const text = given.replace(CONTROL, '').trim();
  if (text.length <= chars) return text === '' ? null : text;
  warnings.push(`${name} cut to ${chars} characters`);
  // A pair of surrogates that the cut has split leaves one behind; it goes as well.
  return text.slice(0, chars).replace(/[\uD800-\uDBFF]$/, '');
};

const PRINTABLE = /^[\x20-\x7e]+$/;

export const isIdempotencyKey = (text: string): boolean =>
  text.length <= QUERY_LIMITS.idempotencyKeyChars && PRINTABLE.test(text);
