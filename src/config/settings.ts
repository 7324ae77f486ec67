/** The sections that hold one thing each: `server`, `keys` and `tiers`, with their defaults. */
import { isIP } from 'node:net';
import type { Severity } from '../core/alert/alert.ts';
import { DAY, type Duration, duration, MINUTE } from '../core/time.ts';
import type { Config, ServerSettings } from './config.ts';
import { cut, inside, keyText, type Place } from './issue.ts';
import { CONFIG_LIMITS, LENGTHS } from './limits.ts';
import { type Bounds, bounds, type Reader } from './read.ts';
import type { Secrets } from './secrets.ts';
import type { RawServer } from './shape.ts';

const RETENTION: Bounds = { least: LENGTHS.retentionLeast, most: LENGTHS.retentionMost };

export function compileServer(
  raw: RawServer,
  place: Place,
  { reader, resolveTimeout }: { reader: Reader; resolveTimeout: Duration },
): ServerSettings {
  const at = (key: keyof RawServer) => inside(place, key);
  const zone = raw.timezone === undefined ? null : reader.timezone(raw.timezone, at('timezone'));
  const url =
    raw.external_url === undefined ? null : reader.httpUrl(raw.external_url, at('external_url'));
  const catchUp =
    raw.catch_up === undefined
      ? null
      : reader.duration(raw.catch_up, at('catch_up'), bounds(0, LENGTHS.catchUp));
  for (const [index, address] of (raw.trusted_proxies ?? []).entries()) {
    if (isNetwork(address)) continue;
    const here = inside(place, 'trusted_proxies', index);
    const message = `${keyText(here.path)} is ${JSON.stringify(cut(address, 64))}`;
    reader.faults.add(here, {
      message,
      expected: 'an address, a network such as 10.0.0.0/8, or *',
    });
  }
  return {
    externalUrl: url?.replace(/\/+$/, '') ?? '',
    locale: raw.locale ?? 'en',
    timezone: zone ?? 'UTC',
    pingBodyLimit: raw.ping_body_limit ?? 10_000,
    autoCreatedJobsMax: raw.auto_created_jobs_max ?? 1_000,
    catchUp: catchUp ?? duration(5 * MINUTE),
    resolveTimeout,
    retention: compileRetention(raw.retention ?? {}, at('retention'), reader),
    metricsJobsMax: raw.metrics_jobs_max ?? 10_000,
    // As Healthchecks does: it is made to run behind a proxy whose address changes.
    trustedProxies: raw.trusted_proxies ?? ['*'],
  };
}

function compileRetention(
  raw: NonNullable<RawServer['retention']>,
  place: Place,
  reader: Reader,
): ServerSettings['retention'] {
  const age = (key: 'max_age' | 'deliveries_max_age'): Duration | null => {
    const text = raw[key];
    return text === undefined ? null : reader.duration(text, inside(place, key), RETENTION);
  };
  const ninetyDays = duration(90 * DAY);
  return {
    entriesPerJob: raw.entries_per_job ?? 1_000,
    maxAge: age('max_age') ?? ninetyDays,
    deliveriesMaxAge: age('deliveries_max_age') ?? ninetyDays,
  };
}

function isNetwork(text: string): boolean {
  if (text === '*') return true;
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
  );
}

type Role = keyof Config['keys'];
const ROLES: readonly Role[] = ['ping', 'read', 'admin'];

/** A key and where it came from: a place in YAML, or the name of an environment variable. */
export interface FoundKey {
  readonly role: Role;
  readonly value: string;
  readonly place: Place;
  readonly variable: string | null;
}

/** The keys of the `keys` section, with secrets filled in. */
export function keysInYaml(
  raw: Readonly<Partial<Record<string, unknown>>>,
  place: Place,
  secrets: Secrets,
): FoundKey[] {
  return ROLES.flatMap((role) => {
    const found: FoundKey[] = [];
    const list = raw[role];
    for (const [index, text] of (Array.isArray(list) ? list : []).entries()) {
      const here = inside(place, role, index);
      const resolved = secrets.resolve(text, here);
      if (typeof resolved?.value === 'string') {
        found.push({ role, value: resolved.value, place: here, variable: null });
      }
    }
    const file = raw[`${role}_file`];
    if (typeof file === 'string') {
      const here = inside(place, `${role}_file`);
      const value = secrets.file(file, here);
      if (value !== null) found.push({ role, value, place: here, variable: null });
    }
    return found;
  });
}

/** `TOCSIN_PING_KEY` and its like, and the same with `_FILE`. */
export const KEY_VARIABLES: readonly { readonly role: Role; readonly name: string }[] = [
  { role: 'ping', name: 'TOCSIN_PING_KEY' },
  { role: 'read', name: 'TOCSIN_READ_KEY' },
  { role: 'admin', name: 'TOCSIN_ADMIN_KEY' },
];

export function keysInEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  place: Place,
  secrets: Secrets,
): FoundKey[] {
  return KEY_VARIABLES.flatMap(({ role, name }) => {
    const found: FoundKey[] = [];
    // An empty variable is how many tools write "not set".
    const value = env[name] ?? '';
    if (value !== '') found.push({ role, value, place, variable: name });
    const file = env[`${name}_FILE`] ?? '';
    const text = file === '' ? null : secrets.file(file, place, `${name}_FILE`);
    if (text !== null) found.push({ role, value: text, place, variable: `${name}_FILE` });
    return found;
  });
}

/** One key may stand twice in a role, but never in two roles. */
export function compileKeys(
  found: readonly FoundKey[],
  { reader, secrets }: { reader: Reader; secrets: Secrets },
): Config['keys'] {
  const roles = new Map<string, Role>();
  for (const key of found) {
    secrets.remember(key.value);
    const said = key.variable ?? keyText(key.place.path);
    const fault = keyFault(key);
    if (fault !== null)
      reader.faults.add(key.place, {
        message: `${said}: ${fault.message}`,
        expected: fault.expected,
      });
    const role = roles.get(key.value);
    if (role !== undefined && role !== key.role) {
      const message = `${said}: the same key stands under \`${role}\` already`;
      reader.faults.add(key.place, { message, expected: 'different keys for different roles' });
    }
    roles.set(key.value, role ?? key.role);
  }
  const of = (role: Role): string[] =>
    [...roles].filter(([, one]) => one === role).map(([value]) => value);
  return { ping: of('ping'), read: of('read'), admin: of('admin') };
}

function keyFault({ role, value }: FoundKey): { message: string; expected: string } | null {
  const least = role === 'ping' ? CONFIG_LIMITS.pingKeyChars : CONFIG_LIMITS.otherKeyChars;
  if (value.length < least || value.length > CONFIG_LIMITS.keyCharsMax) {
    const expected = `${least} to ${CONFIG_LIMITS.keyCharsMax} characters`;
    return { message: `this ${role} key has ${value.length} characters`, expected };
  }
  // A ping key is a part of the ping URL; the others travel in a header.
  if (role === 'ping' && !/^[A-Za-z0-9_-]+$/.test(value)) {
    return {
      message: 'this key has a character that cannot stand in a URL',
      expected: 'letters, digits, - and _',
    };
  }
  if (!/^[\x21-\x7e]+$/.test(value)) {
    return {
      message: 'this key has a character that cannot stand in a header',
      expected: 'visible ASCII characters',
    };
  }
  return null;
}

const ALIASES: readonly (readonly [string, Severity])[] = [
  ['critical', 'P0'],
  ['page', 'P0'],
  ['warning', 'P1'],
  ['info', 'P2'],
];
const SEVERITIES: readonly Severity[] = ['P0', 'P1', 'P2'];

/** The usual aliases, and over them those of `tiers`. */
export function compileAliases(
  raw: Readonly<Partial<Record<Severity, { aliases?: readonly string[] | undefined } | undefined>>>,
  place: Place,
  reader: Reader,
): Map<string, Severity> {
  const own = new Map<string, Severity>();
  for (const severity of SEVERITIES) {
    for (const [index, alias] of (raw[severity]?.aliases ?? []).entries()) {
      const here = inside(place, severity, 'aliases', index);
      const taken = SEVERITIES.find((one) => one === alias) ?? own.get(alias);
      if (taken !== undefined && taken !== severity) {
        const message = `${JSON.stringify(cut(alias, 64))} means ${taken} already`;
        reader.faults.add(here, { message, expected: 'each alias at one tier' });
      }
      own.set(alias, severity);
    }
  }
  return new Map([...ALIASES, ...own]);
}
