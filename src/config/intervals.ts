/**
 * Time intervals in Alertmanager's syntax (its timeinterval package): names and numbers of days, months and
 * years, times of day with an exclusive end, no wrap over midnight, Sunday is 0.
 */
import type { TimeInterval, TimeIntervalEntry } from '../core/route/route.ts';
import { cut, inside, keyText, type Place } from './issue.ts';
import type { Reader } from './read.ts';
import { intervalShapes, type RawIntervalEntry } from './shape.ts';
import { checkShape } from './shape-fault.ts';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

interface Range {
  readonly begin: number;
  readonly end: number;
}

/** How the ends of one field are read. */
interface RangeKind {
  readonly read: (word: string) => number | null;
  readonly fits: (range: Range) => boolean;
  readonly expected: string;
}

const forward = ({ begin, end }: Range): boolean => begin <= end;
const wholeNumber = (word: string): number | null =>
  /^-?\d{1,6}$/.test(word) ? Number(word) : null;
const indexIn = (words: readonly string[], word: string): number | null => {
  const index = words.indexOf(word.toLowerCase());
  return index === -1 ? null : index;
};

const KINDS = {
  weekdays: {
    read: (word) => indexIn(WEEKDAYS, word),
    fits: forward,
    expected:
      "a day or 'monday:friday'; a week begins on sunday, and the first must not be after the last",
  },
  days_of_month: {
    read: (word) => {
      const day = wholeNumber(word);
      return day !== null && day !== 0 && Math.abs(day) <= 31 ? day : null;
    },
    fits: dayRangeFits,
    expected: "a day such as 1, '1:5' or, from the end of the month, '-3:-1'",
  },
  months: {
    read: (word) => {
      const named = indexIn(MONTHS, word);
      const month = named === null ? wholeNumber(word) : named + 1;
      return month !== null && month >= 1 && month <= 12 ? month : null;
    },
    fits: forward,
    expected: "a month, a number or 'january:march'; the first must not be after the last",
  },
  years: {
    read: (word) => {
      const year = wholeNumber(word);
      return year !== null && year >= 1 ? year : null;
    },
    fits: forward,
    expected: "a year or '2026:2030'; the first must not be after the last",
  },
} as const satisfies Record<string, RangeKind>;

/** A first day from the end and a last one from the start would mean nothing in short months. */
function dayRangeFits({ begin, end }: Range): boolean {
  if (begin < 0 && end > 0) return false;
  const fromStart = (day: number): number => (day < 0 ? 32 + day : day);
  return fromStart(begin) <= fromStart(end);
}

export interface IntervalContext {
  readonly reader: Reader;
  /** What `location: Local` means. */
  readonly localTimezone: string;
}

/** Null when not even the name can be read. */
export function compileInterval(
  value: unknown,
  place: Place,
  context: IntervalContext,
): TimeInterval | null {
  const { faults } = context.reader;
  const shaped = checkShape(intervalShapes.interval, value, { faults, place });
  if (shaped === null) return null;
  const { name, time_intervals: entries } = shaped.value;
  const intervals = (entries ?? []).flatMap((entry, index) => {
    const here = inside(place, 'time_intervals', index);
    const raw = checkShape(intervalShapes.entry, entry, { faults, place: here });
    return raw === null ? [] : [compileEntry(raw.value, here, context)];
  });
  return { name, intervals };
}

function compileEntry(
  raw: RawIntervalEntry,
  place: Place,
  { reader, localTimezone }: IntervalContext,
): TimeIntervalEntry {
  const ranges = (key: keyof typeof KINDS) =>
    (raw[key] ?? []).flatMap((text, index) => {
      const range = readRange(String(text), KINDS[key]);
      if (range !== null) return [range];
      const here = inside(place, key, index);
      const shown = JSON.stringify(cut(String(text), 64));
      const message = `${keyText(here.path)} is ${shown}`;
      reader.faults.add(here, { message, expected: KINDS[key].expected });
      return [];
    });
  const times = (raw.times ?? []).flatMap((one, index) => {
    const time = readTimes(one, inside(place, 'times', index), reader);
    return time === null ? [] : [time];
  });
  const location =
    raw.location === undefined || raw.location === 'Local'
      ? raw.location
      : (reader.timezone(raw.location, inside(place, 'location')) ?? undefined);
  const weekdays = ranges('weekdays');
  const daysOfMonth = ranges('days_of_month');
  const months = ranges('months');
  const years = ranges('years');
  return {
    // An empty list says nothing, as in Alertmanager, and not "never".
    ...(times.length === 0 ? {} : { times }),
    ...(weekdays.length === 0 ? {} : { weekdays }),
    ...(daysOfMonth.length === 0 ? {} : { daysOfMonth }),
    ...(months.length === 0 ? {} : { months }),
    ...(years.length === 0 ? {} : { years }),
    location: location === 'Local' ? localTimezone : (location ?? 'UTC'),
  };
}

function readRange(text: string, { read, fits }: RangeKind): Range | null {
  const [first = '', last, ...more] = text.split(':').map((word) => word.trim());
  if (more.length > 0) return null;
  const begin = read(first);
  const end = last === undefined ? begin : read(last);
  if (begin === null || end === null || !fits({ begin, end })) return null;
  return { begin, end };
}

function readTimes(
  value: unknown,
  place: Place,
  reader: Reader,
): { startMinute: number; endMinute: number } | null {
  const raw = checkShape(intervalShapes.times, value, { faults: reader.faults, place })?.value;
  if (raw === undefined) return null;
  const minute = (key: 'start_time' | 'end_time'): number | null => {
    const found = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/.exec(raw[key]);
    if (found !== null)
      return found[1] === undefined ? 1_440 : Number(found[1]) * 60 + Number(found[2]);
    const here = inside(place, key);
    const message = `${keyText(here.path)} is ${JSON.stringify(raw[key])}`;
    reader.faults.add(here, { message, expected: "a time from '00:00' to '24:00'" });
    return null;
  };
  const startMinute = minute('start_time');
  const endMinute = minute('end_time');
  if (startMinute === null || endMinute === null) return null;
  if (startMinute < endMinute) return { startMinute, endMinute };
  const message = `the time from ${raw.start_time} to ${raw.end_time} is empty`;
  const expected = 'an end after the start; for a night, one entry up to 24:00 and one from 00:00';
  reader.faults.add(place, { message, expected });
  return null;
}
