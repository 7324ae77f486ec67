/**
 * Time zones: which names are good, and when each zone's offset changes. The data is the runtime's own (Temporal), read
 * once per zone and kept. Invariant: the spans of a timeline touch each other and cover 1970 to `LIMIT_SECOND`.
 */

/** No schedule is searched past 2200-01-01T00:00:00Z, nor before 1970. */
export const LIMIT_SECOND = 7_258_118_400;

/** A stretch of time during which a zone keeps one offset. All in epoch seconds. */
export interface Span {
  readonly startsAt: number;
  readonly endsAt: number;
  /** What is added to UTC to get local time. */
  readonly offset: number;
  /** `offset` minus the offset before; positive: local time jumps forward at `startsAt`. 0 in the first span. */
  readonly shift: number;
}

export type TimezoneResult =
  | { readonly kind: 'ok'; readonly timezone: string }
  | { readonly kind: 'invalid'; readonly message: string; readonly expected: string };

/** Both maps hold real zones under their proper spelling only, so the zone database bounds them (about 600). */
const spansByZone = new Map<string, readonly Span[]>();
const known = new Map<string, TimezoneResult>();

const EXPECTED = 'an IANA time zone name, such as Asia/Shanghai or UTC';
const NAME_LONGEST = 64;

/**
 * Checks an IANA name and gives it back in its proper case. `Local` and offsets are refused on purpose: a schedule must
 * mean the same on every machine, and an offset knows no daylight saving.
 */
export function validateTimezone(name: string): TimezoneResult {
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  if (name === '') return invalid('the time zone is empty');
  if (name.length > NAME_LONGEST) return invalid('the time zone name is too long');
  if (/^local(time)?$/i.test(name)) {
    return invalid(`"${name}" depends on the machine that reads it`);
  }
  if (/^(utc|gmt|z)?[+-]\d/i.test(name)) {
    return invalid(`"${name}" is an offset, which knows no daylight saving`);
  }
  const timezone = /^[a-z][\w+/-]*$/i.test(name) ? properName(name) : null;
  if (timezone === null) {
    const near = nearestName(name);
    const expected =
      near === null ? EXPECTED : `an IANA time zone name; the nearest to this is ${near}`;
    return { kind: 'invalid', message: `unknown time zone ${JSON.stringify(name)}`, expected };
  }
  const result: TimezoneResult = { kind: 'ok', timezone };
  known.set(timezone, result);
  return result;
}

/** The spans of a zone whose name `validateTimezone` gave. */
export function spansOf(timezone: string): readonly Span[] {
  const seen = spansByZone.get(timezone);
  if (seen !== undefined) return seen;
  const spans: Span[] = [];
  let at = new Temporal.ZonedDateTime(0n, timezone);
  let startsAt = Number.NEGATIVE_INFINITY;
  let shift = 0;
  for (;;) {
    const offset = at.offsetNanoseconds / 1e9;
    const next = at.getTimeZoneTransition('next');
    const nextAt = next === null ? LIMIT_SECOND : Math.floor(next.epochMilliseconds / 1_000);
    if (next === null || nextAt >= LIMIT_SECOND) {
      spans.push({ startsAt, endsAt: Number.POSITIVE_INFINITY, offset, shift });
      break;
    }
    spans.push({ startsAt, endsAt: nextAt, offset, shift });
    startsAt = nextAt;
    shift = next.offsetNanoseconds / 1e9 - offset;
    at = next;
  }
  spansByZone.set(timezone, spans);
  return spans;
}

/** Position in `spans` of the one that holds this epoch second. */
export function spanIndexAt(spans: readonly Span[], second: number): number {
  let low = 0;
  let high = spans.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (second < (spans[middle]?.endsAt ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function properName(name: string): string | null {
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId;
  } catch {
    return null;
  }
}

function invalid(message: string): TimezoneResult {
  return { kind: 'invalid', message, expected: EXPECTED };
}

/**
 * The runtime lists one name per zone, and for some of them the older one; these are the newer names of zones that
 * people are likely to misspell.
 */
const ALSO = [
  'UTC',
  'America/Argentina/Buenos_Aires',
  'America/Indiana/Indianapolis',
  'America/Nuuk',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Europe/Kyiv',
];

/** Cities that have no zone of their own but are often written as one. */
const CITIES: ReadonlyMap<string, string> = new Map([
  ['beijing', 'Asia/Shanghai'],
  ['shenzhen', 'Asia/Shanghai'],
  ['mumbai', 'Asia/Kolkata'],
  ['delhi', 'Asia/Kolkata'],
]);

/** Further away than this a name is a different word, not a misspelt one. */
const DISTANCE_MAX = 3;

function nearestName(name: string): string | null {
  const wanted = name.toLowerCase().replaceAll(' ', '_');
  const wantedCity = wanted.slice(wanted.lastIndexOf('/') + 1);
  const city = CITIES.get(wantedCity);
  if (city !== undefined) return city;
  let nearest: string | null = null;
  let least = DISTANCE_MAX + 1;
  for (const candidate of [...Intl.supportedValuesOf('timeZone'), ...ALSO]) {
    const lower = candidate.toLowerCase();
    const candidateCity = lower.slice(lower.lastIndexOf('/') + 1);
    // A right city on the wrong continent, or without one, is nearer than any other misspelling.
    const distance = candidateCity === wantedCity ? 0.5 : editDistance(wanted, lower);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Insertions, deletions and replacements that turn one text into the other. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 0; i < left.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j += 1) {
      const same = left[i] === right[j] ? 0 : 1;
      const replaced = (row[j] ?? 0) + same;
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
