/**
 * Instants and lengths as people read them, in the page's language and zone.
 */
import type { Locale } from '../core/route/route.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND } from '../core/time.ts';

export interface When {
  /** `in 3h`, `2m ago`; whole units, rounded towards now. */
  relative(at: Instant): string;
  /** `Mar 1, 14:30`, with the year when it is another one. */
  absolute(at: Instant): string;
  /** The same, to the second. */
  exact(at: Instant): string;
  /** For `<time datetime>`. */
  machine(at: Instant): string;
  length(ms: number): string;
  count(number: number): string;
  /** `512 B`, `2.1 kB`; a kB is 1,000 bytes. */
  size(bytes: number): string;
}

const STEPS: readonly { unit: Intl.RelativeTimeFormatUnit; ms: number; upTo: number }[] = [
  { unit: 'second', ms: SECOND, upTo: MINUTE },
  { unit: 'minute', ms: MINUTE, upTo: HOUR },
  { unit: 'hour', ms: HOUR, upTo: 2 * DAY },
  { unit: 'day', ms: DAY, upTo: Number.POSITIVE_INFINITY },
];

/** An unknown zone is shown as UTC: a page is no place to fail for a name. */
export const makeWhen = (locale: Locale, timezone: string, now: Instant): When => {
  const zone = zoneOf(timezone);
  const style = locale === 'en' ? 'narrow' : 'long';
  const ago = new Intl.RelativeTimeFormat(locale, { style });
  const fields = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' } as const;
  const options = { ...fields, timeZone: zone, hourCycle: 'h23' } as const;
  const short = new Intl.DateTimeFormat(locale, options);
  const long = new Intl.DateTimeFormat(locale, { ...options, year: 'numeric' });
  const seconds = { ...options, second: '2-digit' } as const;
  const exactShort = new Intl.DateTimeFormat(locale, seconds);
  const exactLong = new Intl.DateTimeFormat(locale, { ...seconds, year: 'numeric' });
  const yearOf = (at: Instant): number =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).year;
  const thisYear = yearOf(now);
  const numbers = new Intl.NumberFormat(locale);
  return {
    relative: (at) => {
      const distance = at - now;
      const step = STEPS.find(({ upTo }) => Math.abs(distance) < upTo) ?? STEPS.at(-1);
      return step === undefined ? '' : ago.format(Math.trunc(distance / step.ms), step.unit);
    },
    absolute: (at) => (yearOf(at) === thisYear ? short : long).format(at),
    exact: (at) => (yearOf(at) === thisYear ? exactShort : exactLong).format(at),
    machine: (at) => Temporal.Instant.fromEpochMilliseconds(at).toString(),
    length: (ms) => lengthText(ms, locale),
    count: (number) => numbers.format(number),
    size: sizeText,
  };
};

const UNITS = {
  en: { ms: ' ms', s: ' s', m: ' min', h: ' h', d: ' d', between: ' ' },
  'zh-CN': { ms: ' 毫秒', s: ' 秒', m: ' 分', h: ' 小时', d: ' 天', between: ' ' },
} as const;

/** The two largest units: nobody reads the seconds of a three-hour run. */
const lengthText = (ms: number, locale: Locale): string => {
  const unit = UNITS[locale];
  if (ms < SECOND) return `${Math.round(ms)}${unit.ms}`;
  if (ms < 10 * SECOND) return `${(Math.floor(ms / 100) / 10).toFixed(1)}${unit.s}`;
  const pair = (large: number, small: number, names: readonly [string, string]): string => {
    const rest = Math.floor((ms % large) / small);
    const whole = `${Math.floor(ms / large)}${names[0]}`;
    return rest === 0 ? whole : `${whole}${unit.between}${rest}${names[1]}`;
  };
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}${unit.s}`;
  if (ms < HOUR) return pair(MINUTE, SECOND, [unit.m, unit.s]);
  if (ms < DAY) return pair(HOUR, MINUTE, [unit.h, unit.m]);
  return pair(DAY, HOUR, [unit.d, unit.h]);
};

const sizeText = (bytes: number): string => {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000
    ? `${(bytes / 1_000).toFixed(1)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
};

const zoneOf = (timezone: string): string => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
};
