/** Instants and lengths as a terminal shows them. */

import { type Instant, SECOND } from '../core/time.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** `Mon 2026-03-02 02:30 +08:00`; seconds only when there are any. An unknown zone is UTC. */
export const inZone = (at: Instant, timezone: string): string => {
  const moment = Temporal.Instant.fromEpochMilliseconds(at);
  let local: Temporal.ZonedDateTime;
  try {
    local = moment.toZonedDateTimeISO(timezone);
  } catch {
    local = moment.toZonedDateTimeISO('UTC');
  }
  const time = local.toPlainTime();
  const text = time.toString({ smallestUnit: time.second === 0 ? 'minute' : 'second' });
  return `${WEEKDAYS[local.dayOfWeek - 1]} ${local.toPlainDate().toString()} ${text} ${local.offset}`;
};

/** `2h ago`, `in 15m`, from RFC 3339; `-` for null. */
export const fromNow = (text: string | null, now: Instant): string => {
  if (text === null) return '-';
  const distance = Date.parse(text) - now;
  const length = lengthText(Math.abs(distance));
  return distance > 0 ? `in ${length}` : `${length} ago`;
};

const UNITS: readonly [ms: number, upTo: number][] = [
  [SECOND, 60 * SECOND],
  [60 * SECOND, 3_600 * SECOND],
  [3_600 * SECOND, 48 * 3_600 * SECOND],
  [86_400 * SECOND, Number.POSITIVE_INFINITY],
];

const NAMES = ['s', 'm', 'h', 'd'];

const lengthText = (ms: number): string => {
  const place = UNITS.findIndex(([, upTo]) => ms < upTo);
  const [unit = SECOND] = UNITS[place] ?? [];
  return `${Math.floor(ms / unit)}${NAMES[place] ?? 's'}`;
};

/** `340ms`, `12s`, `1m32s`, `3h12m`, `2d1h`: the two largest units. */
export const took = (ms: number | null): string => {
  if (ms === null) return '-';
  if (ms < SECOND) return `${Math.floor(ms)}ms`;
  const place = UNITS.findLastIndex(([unit]) => ms >= unit);
  const [unit = SECOND] = UNITS[place] ?? [];
  const [below] = UNITS[place - 1] ?? [];
  const rest = below === undefined ? 0 : Math.floor((ms % unit) / below);
  const whole = `${Math.floor(ms / unit)}${NAMES[place] ?? ''}`;
  return rest === 0 ? whole : `${whole}${rest}${NAMES[place - 1] ?? ''}`;
};
