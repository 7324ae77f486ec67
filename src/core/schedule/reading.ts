/**
 * What a set of fields means, in a form that no language owns; `english.ts` and `chinese.ts` put it into words.
 * Invariant: a span of time ("from 09:00 to 17:45") is read out of a field only when its ends are real occurrences.
 */
import { type Field, type Fields, type Term, valuesOf } from './fields.ts';
import { pad } from './wall.ts';

/** Values that follow each other at one distance; a single value has `from === to`. */
export interface Run {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export type TimeReading =
  /** A few clock times. */
  | { readonly kind: 'times'; readonly times: readonly string[] }
  /** Again and again; all day long when `span` is null, else from the first to the last time of the day. */
  | {
      readonly kind: 'each';
      readonly unit: 'second' | 'minute' | 'hour';
      readonly step: number;
      readonly span: { readonly from: string; readonly to: string } | null;
    }
  /** Anything else, field by field; null: every one of them. */
  | {
      readonly kind: 'fields';
      readonly seconds: readonly Run[] | null;
      readonly minutes: readonly Run[] | null;
      readonly hours: readonly Run[] | null;
    };

export type DayTerm =
  | Exclude<Term, { kind: 'run' }>
  | ({ readonly kind: 'run' } & Run)
  /** The last `count` days of the month. */
  | { readonly kind: 'lastDays'; readonly count: number };

/** null: not restricted. Weekdays are 1 (Monday) to 7. */
export interface DayReading {
  readonly days: readonly DayTerm[] | null;
  readonly weekdays: readonly DayTerm[] | null;
  readonly rule: 'both' | 'either';
  readonly months: readonly Run[] | null;
  readonly years: readonly Run[] | null;
}

/** More clock times than this are no longer read at a glance. */
const TIMES_MAX = 4;

export function readTime(fields: Fields): TimeReading {
  const seconds = valuesOf(fields.seconds);
  const minutes = valuesOf(fields.minutes);
  const hours = valuesOf(fields.hours);
  const clock = (hour = 0, minute = 0, second = 0): string =>
    `${pad(hour)}:${pad(minute)}${onTheMinute(seconds) ? '' : `:${pad(second)}`}`;
  if (seconds.length * minutes.length * hours.length <= TIMES_MAX) {
    const times = hours.flatMap((hour) =>
      minutes.flatMap((minute) => seconds.map((second) => clock(hour, minute, second))),
    );
    return { kind: 'times', times };
  }
  const first = clock(hours[0], minutes[0], seconds[0]);
  const last = clock(hours.at(-1), minutes.at(-1), seconds.at(-1));
  const cycle = readCycle({ seconds, minutes, hours });
  if (cycle === null) {
    return {
      kind: 'fields',
      seconds: onTheMinute(seconds) ? [] : runsUnlessAll(seconds, 60),
      minutes: runsUnlessAll(minutes, 60),
      hours: runsUnlessAll(hours, 24),
    };
  }
  const allDay = hours.length === 24;
  return { kind: 'each', ...cycle, span: allDay ? null : { from: first, to: last } };
}

function onTheMinute(seconds: readonly number[]): boolean {
  return seconds.length === 1 && seconds[0] === 0;
}

type Values = Readonly<Record<'seconds' | 'minutes' | 'hours', readonly number[]>>;

/** The one distance at which all occurrences of a day follow each other, if there is one. */
function readCycle({
  seconds,
  minutes,
  hours,
}: Values): { unit: 'second' | 'minute' | 'hour'; step: number } | null {
  const hourStep = stepOf(hours);
  if (onTheMinute(seconds) && minutes.length === 1) {
    // Every hour of the day at one minute reads better by its minute: the span would hide it.
    return hours.length >= 3 && hours.length < 24 && hourStep !== null
      ? { unit: 'hour', step: hourStep }
      : null;
  }
  if (hourStep !== 1 && hours.length !== 1) return null;
  if (onTheMinute(seconds)) {
    const step = cycleOf(minutes);
    return step === null ? null : { unit: 'minute', step };
  }
  const step = minutes.length === 60 ? cycleOf(seconds) : null;
  return step === null ? null : { unit: 'second', step };
}

/** The distance between ascending values, when it is the same throughout. */
function stepOf(values: readonly number[]): number | null {
  const [first = 0, second = 0] = values;
  const step = second - first;
  return values.length > 1 && values.every((value, index) => value === first + index * step)
    ? step
    : null;
}

/** As `stepOf`, and the distance goes on over the end of the minute or hour. */
function cycleOf(values: readonly number[]): number | null {
  const step = stepOf(values);
  return step !== null && values[0] === 0 && step * values.length === 60 ? step : null;
}

export function readDays(fields: Fields): DayReading {
  const days = readField(fields.days, 31);
  const weekdays = readField(fields.weekdays, 7);
  const unrestricted = fields.dayRule === 'either' && (days === null || weekdays === null);
  return {
    days: unrestricted ? null : days,
    weekdays: unrestricted ? null : weekdays,
    rule: fields.dayRule,
    months: runsUnlessAll(valuesOf(fields.months), 12),
    years: fields.years.all ? null : runsOf(valuesOf(fields.years)),
  };
}

function readField(field: Field, size: 7 | 31): readonly DayTerm[] | null {
  let values = valuesOf(field);
  // The week is read from Monday on, so Sunday is 7.
  if (size === 7) values = [...new Set(values.map((value) => value || 7))].sort((a, b) => a - b);
  if (values.length === size) return null;
  const runs = runsOf(values).map((one): DayTerm => ({ kind: 'run', ...one }));
  const special = field.terms.filter((term) => term.kind !== 'run');
  return [...runs, ...joinLastDays(special)];
}

/** `~5/1` is the last five days rather than five days counted from the end one by one. */
function joinLastDays(terms: readonly DayTerm[]): readonly DayTerm[] {
  const befores = new Set(terms.flatMap((term) => (term.kind === 'last' ? [term.before] : [])));
  const count = befores.size;
  const joined = count >= RUN_SHORTEST && Math.max(...befores) === count - 1;
  if (!joined) return terms;
  return [...terms.filter((term) => term.kind !== 'last'), { kind: 'lastDays', count }];
}

function runsUnlessAll(values: readonly number[], size: number): readonly Run[] | null {
  return values.length === size ? null : runsOf(values);
}

/** Shorter runs are listed: "1 and 2" rather than "1 to 2". */
const RUN_SHORTEST = 3;
/** A stepped run is said by its beginning and its end, so a short one is better listed. */
const STEPPED_SHORTEST = 6;

export function runsOf(values: readonly number[]): readonly Run[] {
  const step = stepOf(values);
  if (step !== null && step > 1 && values.length >= STEPPED_SHORTEST) {
    return [{ from: values[0] ?? 0, to: values.at(-1) ?? 0, step }];
  }
  const runs: Run[] = [];
  for (let index = 0; index < values.length; ) {
    const from = values[index] ?? 0;
    let length = 1;
    while (values[index + length] === from + length) length += 1;
    if (length < RUN_SHORTEST) length = 1;
    runs.push({ from, to: from + length - 1, step: 1 });
    index += length;
  }
  return runs;
}
