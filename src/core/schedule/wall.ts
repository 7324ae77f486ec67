/**
 * The wall clock without zones: which local second is the next that a pattern names. Local times are seconds since
 * 1970-01-01T00:00:00 on a clock that never changes its offset; zones and daylight saving are `occurrence.ts`'s.
 * Invariant: the search never looks past the bound that it is given.
 */

/** Seconds since 1970-01-01T00:00:00 of some wall clock. */
export type LocalSecond = number;

const DAY_SECONDS = 86_400;
/** In a `nextTable`: nothing more before the field wraps. */
const NONE = 255;

/** What a pattern may need to know about a month to name its days. Weekday 0 is Sunday. */
export interface MonthShape {
  readonly year: number;
  readonly month: number;
  readonly length: number;
  readonly firstWeekday: number;
}

/** A set of local seconds, in the form in which the next one is found fastest. */
export interface WallPattern {
  /** `table[n]` is the least allowed value >= n, see `nextTable`. */
  readonly hours: Uint8Array;
  readonly minutes: Uint8Array;
  readonly seconds: Uint8Array;
  /** Bit m is set when month m (1..12) is allowed. */
  readonly months: number;
  /** null: every year. */
  readonly years: ReadonlySet<number> | null;
  /** Bit d is set when day d (1..31) of that month is allowed; never a day that the month has not. */
  readonly daysOf: (month: MonthShape) => number;
}

/** For each value of a field of `size` values, the least of `allowed` that is not below it. */
export function nextTable(allowed: Iterable<number>, size: number): Uint8Array {
  const table = new Uint8Array(size + 1).fill(NONE);
  for (const value of allowed) table[value] = value;
  for (let value = size - 1; value >= 0; value -= 1) {
    if (table[value] === NONE) table[value] = table[value + 1] ?? NONE;
  }
  return table;
}

/** The first second of `pattern` with `from <= second < before`, or null. */
export function firstMatch(
  pattern: WallPattern,
  { from, before }: { from: LocalSecond; before: LocalSecond },
): LocalSecond | null {
  if (from >= before) return null;
  let day = Math.floor(from / DAY_SECONDS);
  let time = timeAtOrAfter(pattern, from - day * DAY_SECONDS);
  if (time === null) day += 1;
  const found = dayAtOrAfter(pattern, day, Math.floor((before - 1) / DAY_SECONDS));
  if (found === null) return null;
  if (time === null || found !== day) time = timeAtOrAfter(pattern, 0);
  if (time === null) return null;
  const second = found * DAY_SECONDS + time;
  return second < before ? second : null;
}

function timeAtOrAfter(pattern: WallPattern, secondOfDay: number): number | null {
  const { hours, minutes, seconds } = pattern;
  const hour = Math.floor(secondOfDay / 3_600);
  const minute = Math.floor((secondOfDay % 3_600) / 60);
  const second = secondOfDay % 60;
  if (hours[hour] === hour) {
    if (minutes[minute] === minute) {
      const at = seconds[second] ?? NONE;
      if (at !== NONE) return hour * 3_600 + minute * 60 + at;
    }
    const nextMinute = minutes[minute + 1] ?? NONE;
    if (nextMinute !== NONE) return hour * 3_600 + nextMinute * 60 + (seconds[0] ?? 0);
  }
  const nextHour = hours[hours[hour] === hour ? hour + 1 : hour] ?? NONE;
  if (nextHour === NONE) return null;
  return nextHour * 3_600 + (minutes[0] ?? 0) * 60 + (seconds[0] ?? 0);
}

/** Days since 1970-01-01. Goes month by month, so 29 February costs a few steps and an impossible date is bounded. */
function dayAtOrAfter(pattern: WallPattern, from: number, last: number): number | null {
  let { year, month, day } = dateOf(from);
  let first = from - (day - 1);
  while (first <= last) {
    const length = monthLength(year, month);
    if ((pattern.months >> month) & 1 && (pattern.years === null || pattern.years.has(year))) {
      const firstWeekday = weekdayOf(first);
      const days = pattern.daysOf({ year, month, length, firstWeekday }) & (-1 << day);
      if (days !== 0) {
        const found = first + lowestBit(days) - 1;
        return found <= last ? found : null;
      }
    }
    first += length;
    day = 1;
    month += 1;
    if (month > 12) {
      month = 1;
      year += 1;
    }
  }
  return null;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** 1970-01-01 was a Thursday. */
export function weekdayOf(dayNumber: number): number {
  return (((dayNumber + 4) % 7) + 7) % 7;
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function monthLength(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (LENGTHS[month - 1] ?? 31);
}

function firstDayOf(year: number): number {
  const leapDays = (before: number) =>
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  return 365 * (year - 1970) + leapDays(year - 1) - leapDays(1969);
}

/** The Gregorian date of a number of days since 1970-01-01. */
export function dateOf(dayNumber: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(dayNumber / 365.2425);
  if (firstDayOf(year) > dayNumber) year -= 1;
  else if (firstDayOf(year + 1) <= dayNumber) year += 1;
  let day = dayNumber - firstDayOf(year) + 1;
  let month = 1;
  while (day > monthLength(year, month)) {
    day -= monthLength(year, month);
    month += 1;
  }
  return { year, month, day };
}

/** `2024-03-10` and `02:30` of a local second, for notes to people. */
export function writeLocal(second: LocalSecond): { date: string; time: string } {
  const dayNumber = Math.floor(second / DAY_SECONDS);
  const { year, month, day } = dateOf(dayNumber);
  const minutes = Math.floor((second - dayNumber * DAY_SECONDS) / 60);
  return {
    date: `${year}-${pad(month)}-${pad(day)}`,
    time: `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`,
  };
}

/** Two digits, as in clocks. */
export function pad(value: number): string {
  return String(value).padStart(2, '0');
}
