/**
 * What a cron expression or one OnCalendar line says, field by field, and its translation into a `WallPattern`. Both
 * languages meet here, so that evaluation, wording and daylight notes exist once.
 */
import { type MonthShape, nextTable, type WallPattern } from './wall.ts';

/** One item of a field's list. Weekdays are 0..7, 0 and 7 both Sunday. */
export type Term =
  /** `from`, `from + step`, … up to and with `to`. A single value has `from === to`. */
  | { readonly kind: 'run'; readonly from: number; readonly to: number; readonly step: number }
  /** `before` days before the last of the month: cron's `L` and `L-3`, OnCalendar's `~1` and `~4`. */
  | { readonly kind: 'last'; readonly before: number }
  /** The last day of the month that is Monday to Friday: `LW`. */
  | { readonly kind: 'lastWorkday' }
  /** The day Monday to Friday nearest to `day`, in the same month: `15W`. */
  | { readonly kind: 'nearestWorkday'; readonly day: number }
  /** `5L`: the last Friday. */
  | { readonly kind: 'lastOf'; readonly weekday: number }
  /** `5#2`: the second Friday. */
  | { readonly kind: 'nth'; readonly weekday: number; readonly nth: number };

export interface Field {
  readonly terms: readonly Term[];
  /** The field puts no bound at all: `*` or `?`. */
  readonly all: boolean;
}

export interface Fields {
  readonly seconds: Field;
  readonly minutes: Field;
  readonly hours: Field;
  readonly days: Field;
  readonly months: Field;
  readonly weekdays: Field;
  readonly years: Field;
  /** Must a day satisfy `days` and `weekdays` both, or is either enough? */
  readonly dayRule: 'both' | 'either';
}

export const run = (from: number, to: number = from, step = 1): Term => ({
  kind: 'run',
  from,
  to,
  step,
});

export const single = (value: number): Field => ({ terms: [run(value)], all: false });
export const everything = (from: number, to: number): Field => ({
  terms: [run(from, to)],
  all: true,
});

export const YEAR_FIRST = 1970;
export const YEAR_LAST = 2199;
export const ALL_YEARS: Field = everything(YEAR_FIRST, YEAR_LAST);

/** The plain values of a field, ascending, each once; the terms that need a month to mean something are left out. */
export function valuesOf(field: Field): readonly number[] {
  const values = new Set<number>();
  for (const term of field.terms) {
    if (term.kind !== 'run') continue;
    for (let value = term.from; value <= term.to; value += term.step) values.add(value);
  }
  return [...values].sort((left, right) => left - right);
}

export function compile(fields: Fields): WallPattern {
  return {
    hours: nextTable(valuesOf(fields.hours), 24),
    minutes: nextTable(valuesOf(fields.minutes), 60),
    seconds: nextTable(valuesOf(fields.seconds), 60),
    months: bitsOf(valuesOf(fields.months)),
    years: fields.years.all ? null : new Set(valuesOf(fields.years)),
    daysOf: compileDays(fields),
  };
}

function compileDays({ days, weekdays, dayRule }: Fields): WallPattern['daysOf'] {
  const plainDays = bitsOf(valuesOf(days));
  const plainWeekdays = weekdayMasks(valuesOf(weekdays));
  const specialDays = days.terms.filter((term) => term.kind !== 'run');
  const specialWeekdays = weekdays.terms.filter((term) => term.kind !== 'run');
  return (month) => {
    let byDay = plainDays;
    for (const term of specialDays) byDay |= daysOfTerm(term, month);
    let byWeekday = plainWeekdays[month.firstWeekday] ?? 0;
    for (const term of specialWeekdays) byWeekday |= daysOfTerm(term, month);
    const mask = dayRule === 'both' ? byDay & byWeekday : byDay | byWeekday;
    return mask & daysUpTo(month.length);
  };
}

function bitsOf(values: readonly number[]): number {
  let bits = 0;
  for (const value of values) bits |= 1 << value;
  return bits;
}

/** Bits 1 to `last`; 31 fills the sign bit, which bitwise operators do not mind. */
function daysUpTo(last: number): number {
  return last >= 31 ? -2 : (1 << (last + 1)) - 2;
}

/** For each weekday that a month may begin with, the days on the allowed weekdays. */
function weekdayMasks(allowed: readonly number[]): readonly number[] {
  const weekdays = new Set(allowed.map((weekday) => weekday % 7));
  return Array.from({ length: 7 }, (_, firstWeekday) => {
    let mask = 0;
    for (let day = 1; day <= 31; day += 1) {
      if (weekdays.has((firstWeekday + day - 1) % 7)) mask |= 1 << day;
    }
    return mask;
  });
}

function daysOfTerm(term: Exclude<Term, { kind: 'run' }>, month: MonthShape): number {
  const { length } = month;
  switch (term.kind) {
    case 'last':
      return dayBit(length - term.before);
    case 'lastWorkday':
      return dayBit(nearestWorkday(length, month));
    case 'nearestWorkday':
      return term.day > length ? 0 : dayBit(nearestWorkday(term.day, month));
    case 'lastOf': {
      const lastWeekday = weekdayIn(month, length);
      return dayBit(length - ((lastWeekday - term.weekday + 7) % 7));
    }
    case 'nth':
      return dayBit(1 + ((term.weekday - month.firstWeekday + 7) % 7) + 7 * (term.nth - 1));
    default:
      return term satisfies never;
  }
}

/** A day that no month can have has no bit; one that this month has not is masked by the caller. */
function dayBit(day: number): number {
  return day < 1 || day > 31 ? 0 : 1 << day;
}

/** Saturday moves to Friday and Sunday to Monday, unless that would leave the month. */
function nearestWorkday(day: number, month: MonthShape): number {
  const weekday = weekdayIn(month, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === month.length ? day - 2 : day + 1;
  return day;
}

function weekdayIn({ firstWeekday }: MonthShape, day: number): number {
  return (firstWeekday + day - 1) % 7;
}
