/**
 * One field of a cron expression: text -> terms. Values, names, ranges, steps and lists everywhere; `?`, `L`, `W` and
 * `#` where days are meant. Invariant: a field that parses names values inside its bounds only.
 */
import { type Fault, fault, quote, splitToken, type Token } from './fault.ts';
import { type Field, run, type Term } from './fields.ts';

export interface CronField extends Field {
  /** The text begins with `*` or `?`: cron asks just this, both for day-or-weekday and for daylight saving. */
  readonly star: boolean;
}

export type FieldName = 'second' | 'minute' | 'hour' | 'day' | 'month' | 'weekday';

interface Bounds {
  readonly min: number;
  readonly max: number;
  /** The first name stands for `min`, except that a weekday's counts from 0. */
  readonly names: readonly string[];
}

const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const BOUNDS: Readonly<Record<FieldName, Bounds>> = {
  second: { min: 0, max: 59, names: [] },
  minute: { min: 0, max: 59, names: [] },
  hour: { min: 0, max: 23, names: [] },
  day: { min: 1, max: 31, names: [] },
  month: { min: 1, max: 12, names: MONTHS },
  weekday: { min: 0, max: 7, names: WEEKDAYS },
};

const EXPECTED: Readonly<Record<FieldName, string>> = {
  second: '0-59, *, or a list, range or step of these',
  minute: '0-59, *, or a list, range or step of these',
  hour: '0-23, *, or a list, range or step of these',
  day: '1-31, *, ?, L, LW, L-3, 15W, or a list, range or step of days',
  month: '1-12, JAN-DEC, *, or a list, range or step of these',
  weekday: '0-7, SUN-SAT, *, ?, 5L, 5#2, or a list, range or step of weekdays',
};

/** Longer numbers are no value of any field, and would only lose digits. */
const NUMBER = /^\d{1,4}$/;

export function parseCronField(name: FieldName, token: Token): CronField | Fault {
  if (/^H($|[/(])/i.test(token.text)) {
    return fault(
      token.at,
      `${name}: H lets the scheduler choose the time, so no one else can know it`,
      'the time at which the job really runs',
    );
  }
  const star = token.text.startsWith('*') || token.text.startsWith('?');
  const terms: Term[] = [];
  for (const item of splitToken(token, ',')) {
    const term = parseItem(name, item);
    if (term.kind === 'invalid') return term;
    terms.push(term);
  }
  return { terms, star, all: token.text === '*' || token.text === '?' };
}

function parseItem(name: FieldName, item: Token): Term | Fault {
  const { text, at } = item;
  const { min, max } = BOUNDS[name];
  if (text === '') return fault(at, `${name}: a value is missing`, EXPECTED[name]);
  if (text === '?') {
    return name === 'day' || name === 'weekday'
      ? run(min, max)
      : fault(at, `${name}: ? is for the day and weekday fields only`, '*');
  }
  const special = parseSpecial(name, item);
  if (special !== null) return special;
  const [range = '', stepText, ...rest] = text.split('/');
  if (rest.length > 0) return fault(at, `${name}: two steps in ${quote(text)}`, 'one /');
  const step = parseStep(name, { text: stepText ?? '1', at: at + range.length + 1 });
  if (typeof step !== 'number') return step;
  if (range === '*') return run(min, max, step);
  return parseRange(name, { text: range, at }, { step, open: stepText !== undefined });
}

function parseStep(name: FieldName, { text, at }: Token): number | Fault {
  const expected = 'a whole number of 1 or more after the /';
  if (!NUMBER.test(text)) return fault(at, `${name}: ${quote(text)} is not a step`, expected);
  const step = Number(text);
  return step === 0 ? fault(at, `${name}: a step of 0 never moves on`, expected) : step;
}

/** `a`, `a-b`; and with `open`, `a` alone runs to the end of the field (`5/15` is `5-59/15`). */
function parseRange(
  name: FieldName,
  { text, at }: Token,
  { step, open }: { step: number; open: boolean },
): Term | Fault {
  const [low = '', high, ...rest] = text.split('-');
  if (rest.length > 0 || low === '' || high === '') {
    return fault(at, `${name}: ${quote(text)} is not a value or range`, EXPECTED[name]);
  }
  const from = parseValue(name, { text: low, at });
  if (typeof from !== 'number') return from;
  if (high === undefined) return run(from, open ? BOUNDS[name].max : from, open ? step : 1);
  const to = parseValue(name, { text: high, at: at + low.length + 1 });
  if (typeof to !== 'number') return to;
  if (from > to) {
    const { max, min } = BOUNDS[name];
    return fault(
      at,
      `${name}: the range ${quote(text)} runs backwards, and cron's ranges do not wrap around`,
      `two ranges, ${from}-${name === 'weekday' ? 6 : max},${min}-${to}`,
    );
  }
  return run(from, to, step);
}

function parseValue(name: FieldName, { text, at }: Token): number | Fault {
  const { min, max, names } = BOUNDS[name];
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return named + (name === 'month' ? 1 : 0);
  if (!NUMBER.test(text)) {
    return fault(at, `${name}: ${quote(text)} is not a value`, EXPECTED[name]);
  }
  const value = Number(text);
  if (value < min) return fault(at, `${name}: ${value} is below ${min}`, EXPECTED[name]);
  if (value > max) return fault(at, `${name}: ${value} is above ${max}`, EXPECTED[name]);
  return value;
}

/** null: not one of the special forms. */
function parseSpecial(name: FieldName, item: Token): Term | Fault | null {
  if (name === 'day') return parseSpecialDay(item);
  if (name === 'weekday') return parseSpecialWeekday(item);
  return null;
}

function parseSpecialDay({ text, at }: Token): Term | Fault | null {
  const upper = text.toUpperCase();
  if (upper === 'L') return { kind: 'last', before: 0 };
  if (upper === 'LW' || upper === 'WL') return { kind: 'lastWorkday' };
  const before = /^L-(\d{1,4})$/.exec(upper)?.[1];
  if (before !== undefined) {
    const days = Number(before);
    return days >= 1 && days <= 30
      ? { kind: 'last', before: days }
      : fault(at + 2, `day: no month has a day ${days} days before its last`, 'L-1 to L-30');
  }
  const workday = /^(\d{1,4})W$/.exec(upper)?.[1];
  if (workday === undefined) return null;
  const day = parseValue('day', { text: workday, at });
  return typeof day === 'number' ? { kind: 'nearestWorkday', day } : day;
}

function parseSpecialWeekday({ text, at }: Token): Term | Fault | null {
  if (/^L$/i.test(text)) {
    return fault(
      at,
      'weekday: L alone is Saturday to one scheduler and an error to the next',
      '6 for Saturday, or 6L for the last Saturday of the month',
    );
  }
  const last = /^(\w+)L$/i.exec(text)?.[1];
  if (last !== undefined) {
    const weekday = parseValue('weekday', { text: last, at });
    return typeof weekday === 'number' ? { kind: 'lastOf', weekday: weekday % 7 } : weekday;
  }
  const parts = /^([^#]*)#(.*)$/.exec(text);
  if (parts === null) return null;
  const [, weekdayText = '', nthText = ''] = parts;
  const weekday = parseValue('weekday', { text: weekdayText, at });
  if (typeof weekday !== 'number') return weekday;
  const nth = Number(nthText);
  return /^[1-5]$/.test(nthText)
    ? { kind: 'nth', weekday: weekday % 7, nth }
    : fault(
        at + weekdayText.length + 1,
        `weekday: a month has no ${quote(nthText)}th of a weekday`,
        '#1 to #5',
      );
}
