/**
 * Makes any value safe to write into a log line: secrets masked by value and by the name of their key, every
 * string, list, depth and the whole bounded. Invariant: what comes out is plain JSON data within `bytesMax`,
 * whatever went in, and making it never throws.
 */
const MASKED = '[redacted]';
/** A shorter secret would mask pieces of ordinary words; the config refuses such keys. */
const SECRET_LENGTH_MIN = 4;
/** A longer string is cut before it is searched, so that a huge body cannot cost much. */
const SEARCHED_MAX = 65_536;
const STRING_BYTES_MAX = 4_096;
const ENTRIES_MAX = 64;
const DEPTH_MAX = 6;

/** Matches a key in snake case whose value is secret whatever it is. */
const SECRET_KEY =
  /(?:^|_)(?:authorization|cookie|password|passwd|pass|secrets?|token|api_?key|(?:ping|read|admin)_key|credentials?|dsn|private_key|webhook_url)$/;

/** Trace ids are named as OpenTelemetry's data model for logs names them; pino's own keys stay pino's. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['traceId', 'trace_id'],
  ['spanId', 'span_id'],
  ['time', 'time_'],
  ['level', 'level_'],
  ['msg', 'msg_'],
]);

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };
type Pairs = Iterable<readonly [string, unknown]>;

/** One line in the making: what it may still take, and what masks its strings. */
interface Walk {
  bytesLeft: number;
  readonly mask: (text: string) => string;
}

export interface Mask {
  /** From now on these values are masked, and no others. */
  replace: (secrets: Iterable<string>) => void;
  apply: (text: string) => string;
}

export const makeMask = (): Mask => {
  let pattern: RegExp | null = null;
  let longest = 0;
  const replace = (secrets: Iterable<string>): void => {
    const variants = new Set<string>();
    for (const secret of secrets) {
      if (secret.length < SECRET_LENGTH_MIN) continue;
      for (const variant of variantsOf(secret)) variants.add(variant);
    }
    // Longest first: when one secret begins another, the whole of the longer one goes.
    const sorted = [...variants].sort((a, b) => b.length - a.length);
    longest = sorted[0]?.length ?? 0;
    const escaped = sorted.map((variant) => RegExp.escape(variant));
    pattern = escaped.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
  };
  const apply = (text: string): string => {
    const whole = text.length <= SEARCHED_MAX;
    const searched = whole ? text : text.slice(0, SEARCHED_MAX);
    const masked = pattern === null ? searched : searched.replace(pattern, MASKED);
    // The cut may have parted a secret, whose first half would no longer be found.
    return whole ? masked : masked.slice(0, Math.max(0, masked.length - longest));
  };
  return { replace, apply };
};

/** As written in a URL or inside a JSON text, a secret looks different. */
const variantsOf = (secret: string): string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret.toWellFormed()),
];

/** `fields` and `message` as plain data that takes at most `bytesMax` bytes as JSON. */
export const safeLine = (
  { fields, message, bytesMax }: { fields: object; message: string; bytesMax: number },
  mask: Mask['apply'],
): { fields: Record<string, Json>; message: string } => {
  const walk: Walk = { bytesLeft: bytesMax, mask };
  const said = string(walk, message);
  try {
    return { fields: record(walk, renamed(fields), 0), message: said };
  } catch {
    // A proxy or a `toJSON` that throws: the message is worth more than its fields.
    return { fields: { fields: '[unreadable]' }, message: said };
  }
};

const string = (walk: Walk, text: string): string => {
  const fitted = fit(walk.mask(text), Math.min(STRING_BYTES_MAX, walk.bytesLeft));
  walk.bytesLeft -= jsonBytes(fitted);
  return fitted;
};

const record = (walk: Walk, pairs: Pairs, depth: number): Record<string, Json> => {
  // Without a prototype, so that a key named `__proto__` stays a key.
  const out = Object.create(null) as Record<string, Json>;
  let count = 0;
  for (const [key, value] of pairs) {
    count += 1;
    if (count > ENTRIES_MAX || walk.bytesLeft <= 0) {
      out['_more'] = true;
      break;
    }
    // Comma, colon, and what masking may add to the value.
    walk.bytesLeft -= 14;
    const name = string(walk, key);
    out[name] = isSecretKey(key) ? MASKED : plain(walk, value, depth);
  }
  return out;
};

const plain = (walk: Walk, value: unknown, depth: number): Json => {
  if (walk.bytesLeft <= 0) return undefined;
  if (typeof value === 'string') return string(walk, value);
  if (typeof value === 'bigint') return string(walk, `${value}`);
  if (typeof value === 'number' || typeof value === 'boolean') {
    walk.bytesLeft -= 24;
    return value;
  }
  if (value === null) return null;
  return typeof value === 'object' ? object(walk, value, depth) : undefined;
};

const object = (walk: Walk, value: object, depth: number): Json => {
  walk.bytesLeft -= 2;
  if (depth >= DEPTH_MAX) return string(walk, '[too deep]');
  if (value instanceof Error) return record(walk, partsOfError(value), depth + 1);
  if (ArrayBuffer.isView(value)) return string(walk, `[${value.byteLength} bytes]`);
  if (value instanceof Map) return record(walk, stringKeys(value), depth + 1);
  if (Array.isArray(value) || value instanceof Set) return list(walk, value, depth + 1);
  const { toJSON } = value as { toJSON?: unknown };
  // Date, URL and Temporal say themselves how they are written.
  if (typeof toJSON === 'function') return plain(walk, toJSON.call(value, ''), depth + 1);
  return record(walk, propertiesOf(value), depth + 1);
};

const list = (walk: Walk, values: Iterable<unknown>, depth: number): Json[] => {
  const out: Json[] = [];
  for (const one of values) {
    if (out.length >= ENTRIES_MAX || walk.bytesLeft <= 0) break;
    walk.bytesLeft -= 5;
    out.push(plain(walk, one, depth) ?? null);
  }
  return out;
};

const isSecretKey = (key: string): boolean =>
  SECRET_KEY.test(
    key
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toLowerCase(),
  );

function* propertiesOf(value: object): Pairs {
  for (const key of Object.keys(value)) {
    let read: unknown;
    try {
      read = (value as Record<string, unknown>)[key];
    } catch {
      read = '[unreadable]';
    }
    yield [key, read];
  }
}

function* renamed(fields: object): Pairs {
  for (const [key, value] of propertiesOf(fields)) yield [RENAMED.get(key) ?? key, value];
}

function* stringKeys(map: ReadonlyMap<unknown, unknown>): Pairs {
  for (const [key, value] of map) yield [String(key), value];
}

function* partsOfError(error: Error): Pairs {
  yield ['type', error.name];
  yield ['message', error.message];
  const { code } = error as { code?: unknown };
  if (code !== undefined) yield ['code', code];
  if (error.cause !== undefined) yield ['cause', error.cause];
  yield ['stack', error.stack];
}

const jsonBytes = (value: string): number => Buffer.byteLength(JSON.stringify(value));

/** `value`, cut so that it takes at most `bytesMax` bytes as JSON. */
const fit = (value: string, bytesMax: number): string => {
  if (jsonBytes(value) <= bytesMax) return value;
  // The note of what was cut needs room; a code unit takes at most 6 bytes of JSON.
  const room = bytesMax - 40;
  for (const length of [room, Math.floor(room / 3), Math.floor(room / 6)]) {
    if (length <= 0) break;
    const cut = value.slice(0, length);
    if (jsonBytes(cut) <= room) return `${cut}… (${value.length - cut.length} more)`;
  }
  return '';
};
