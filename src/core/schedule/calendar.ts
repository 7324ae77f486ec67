/**
 * OnCalendar expressions as systemd.time(7) describes them, one or several lines; a job runs when any line matches.
 * Invariant: this accepts what systemd accepts, except what no monitor can use: fractions of a second and `@` times.
 */
import { type Fault, fault, quote, splitToken, type Token, words } from './fault.ts';
import {
  ALL_YEARS,
  everything,
  type Field,
  type Fields,
  run,
  single,
  type Term,
  YEAR_FIRST,
  YEAR_LAST,
} from './fields.ts';

export interface CalendarLine {
  readonly kind: 'calendar';
  readonly fields: Fields;
  /** A zone at the end of the line, as written; it wins over the job's. */
  readonly timezone: Token | null;
  readonly at: number;
}

const LINES_MAX = 20;
const EXPECTED = 'an OnCalendar expression such as Mon..Fri 18:00, *-*-01 04:00 or daily';

/** What systemd turns each word into. */
const SHORTHANDS: ReadonlyMap<string, string> = new Map([
  ['minutely', '*-*-* *:*:00'],
  ['hourly', '*-*-* *:00:00'],
  ['daily', '*-*-* 00:00:00'],
  ['weekly', 'Mon *-*-* 00:00:00'],
  ['monthly', '*-*-01 00:00:00'],
  ['quarterly', '*-01,04,07,10-01 00:00:00'],
  ['semiannually', '*-01,07-01 00:00:00'],
  ['semi-annually', '*-01,07-01 00:00:00'],
  ['biannually', '*-01,07-01 00:00:00'],
  ['bi-annually', '*-01,07-01 00:00:00'],
  ['yearly', '*-01-01 00:00:00'],
  ['annually', '*-01-01 00:00:00'],
  ['anually', '*-01-01 00:00:00'],
]);

/** Every line must be good; blank ones are passed over. */
export function parseCalendar(expression: string): readonly CalendarLine[] | Fault {
  const lines: CalendarLine[] = [];
  for (const line of splitToken({ text: expression, at: 0 }, '\n')) {
    if (line.text.trim() === '') continue;
    if (lines.length === LINES_MAX) {
      return fault(line.at, 'the schedule has too many lines', `at most ${LINES_MAX} lines`);
    }
    const parsed = parseLine(words(line));
    if (parsed.kind === 'invalid') return parsed;
    lines.push(parsed);
  }
  return lines.length === 0 ? fault(0, 'the schedule is empty', EXPECTED) : lines;
}

/** Weekdays, date, time and zone, in this order; each may be left out, but not weekdays, date and time together. */
function parseLine(tokens: readonly Token[]): CalendarLine | Fault {
  const [first, ...others] = tokens;
  if (first === undefined) return fault(0, 'the line is empty', EXPECTED);
  const shorthand = SHORTHANDS.get(first.text.toLowerCase());
  if (shorthand === undefined) return parseParts(tokens, first);
  const zone = takeZone(others);
  if (zone !== null && 'kind' in zone) return zone;
  const line = parseParts(words({ text: shorthand, at: first.at }), first);
  return line.kind === 'invalid' ? line : { ...line, timezone: zone };
}

function parseParts(tokens: readonly Token[], first: Token): CalendarLine | Fault {
  const rest = [...tokens];
  const take = (shape: RegExp): Token | null =>
    rest[0] !== undefined && shape.test(rest[0].text) ? (rest.shift() ?? null) : null;
  const weekdayToken = take(/^[a-z]{3,}([,.-]|$)(?!.*\/)/i);
  const dateToken = take(/^[^:a-z]*[-~][^:a-z]*$/i);
  const timeToken = take(/:/);
  if (weekdayToken === null && dateToken === null && timeToken === null) {
    return fault(first.at, `${quote(first.text)} is not a weekday, date or time`, EXPECTED);
  }
  const weekdays = weekdayToken === null ? everything(0, 6) : parseWeekdays(weekdayToken);
  if ('kind' in weekdays) return weekdays;
  const date = dateToken === null ? ANY_DATE : parseDate(dateToken);
  if ('kind' in date) return date;
  const time = timeToken === null ? MIDNIGHT : parseTime(timeToken);
  if ('kind' in time) return time;
  const timezone = takeZone(rest);
  if (timezone !== null && 'kind' in timezone) return timezone;
  const fields: Fields = { ...date, ...time, weekdays, dayRule: 'both' };
  return { kind: 'calendar', fields, timezone, at: first.at };
}

function takeZone(rest: readonly Token[]): Token | null | Fault {
  const [zone, extra] = rest;
  if (zone === undefined) return null;
  if (extra !== undefined) {
    return fault(extra.at, `${quote(extra.text)} is too much`, 'weekdays, date, time, time zone');
  }
  if (!/^[a-z]/i.test(zone.text)) {
    return fault(zone.at, `${quote(zone.text)} is not in its place`, EXPECTED);
  }
  return zone;
}

type DateFields = Pick<Fields, 'years' | 'months' | 'days'>;
type TimeFields = Pick<Fields, 'hours' | 'minutes' | 'seconds'>;

const ANY_DATE: DateFields = {
  years: ALL_YEARS,
  months: everything(1, 12),
  days: everything(1, 31),
};
const MIDNIGHT: TimeFields = { hours: single(0), minutes: single(0), seconds: single(0) };

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** `Mon..Fri`, `Sat,Sun`; the week begins on Monday, and `Mon-Fri` is the older spelling. */
function parseWeekdays(token: Token): Field | Fault {
  const terms: Term[] = [];
  const items = splitToken(token, ',');
  for (const [index, item] of items.entries()) {
    // systemd lets a list of weekdays end in a comma.
    if (item.text === '' && index === items.length - 1 && index > 0) continue;
    const [lowText = '', highText, ...rest] = item.text.split(/\.\.|-/);
    const low = weekdayOf(lowText);
    const high = highText === undefined ? low : weekdayOf(highText);
    if (low === null || high === null || rest.length > 0) {
      return fault(item.at, `${quote(item.text)} is not a weekday`, 'Mon to Sun, or Mon..Fri');
    }
    if (low > high) {
      return fault(
        item.at,
        `the weekdays ${quote(item.text)} run backwards`,
        'the week begins on Monday; write two ranges, such as Sat..Sun,Mon',
      );
    }
    terms.push(run(low, high));
  }
  return { terms, all: false };
}

/** 1 is Monday, 7 Sunday. */
function weekdayOf(text: string): number | null {
  const lower = text.toLowerCase();
  const index = WEEKDAYS.findIndex((name) => name === lower || name.slice(0, 3) === lower);
  return index < 0 ? null : index || 7;
}

/** `year-month-day`, `month-day`, and with `~` in place of the last `-`, days from the end of the month. */
function parseDate(token: Token): DateFields | Fault {
  const parts = [...token.text.matchAll(/([-~]?)([^-~]*)/g)].filter((match) => match[0] !== '');
  const pieces = parts.map((match) => ({
    separator: match[1] ?? '',
    token: { text: match[2] ?? '', at: token.at + match.index + (match[1] ?? '').length },
  }));
  const expected = 'year-month-day, month-day, or month~day counted from the end of the month';
  const day = pieces.at(-1);
  const month = pieces.at(-2);
  const year = pieces.at(-3);
  const misplaced = pieces.slice(0, -1).some(({ separator }) => separator === '~');
  if (day === undefined || month === undefined || pieces.length > 3 || misplaced) {
    return fault(token.at, `${quote(token.text)} is not a date`, expected);
  }
  if (pieces[0]?.separator !== '') {
    return fault(token.at, `${quote(token.text)} begins with a separator`, expected);
  }
  const years = year === undefined ? ALL_YEARS : parseComponent(YEAR, year.token);
  if ('kind' in years) return years;
  const months = parseComponent(MONTH, month.token);
  if ('kind' in months) return months;
  const days = day.separator === '~' ? parseDaysFromEnd(day.token) : parseComponent(DAY, day.token);
  if ('kind' in days) return days;
  return { years, months, days };
}

function parseTime(token: Token): TimeFields | Fault {
  const [hour, minute, second, extra] = splitToken(token, ':');
  if (hour === undefined || minute === undefined || extra !== undefined) {
    return fault(
      token.at,
      `${quote(token.text)} is not a time`,
      'hour:minute or hour:minute:second',
    );
  }
  const hours = parseComponent(HOUR, hour);
  if ('kind' in hours) return hours;
  const minutes = parseComponent(MINUTE, minute);
  if ('kind' in minutes) return minutes;
  if (second === undefined) return { hours, minutes, seconds: single(0) };
  const whole = wholeSeconds(second);
  if ('kind' in whole) return whole;
  const seconds = parseComponent(SECOND, whole);
  if ('kind' in seconds) return seconds;
  return { hours, minutes, seconds };
}

/** Drops fractions that say nothing (`00.000`) and refuses those that do: due times are whole seconds. */
function wholeSeconds(token: Token): Token | Fault {
  const fraction = /\d\.(\d*[1-9]\d*)/.exec(token.text);
  if (fraction !== null) {
    const at = token.at + fraction.index + 1;
    return fault(at, 'due times are whole seconds', 'seconds without a fraction');
  }
  return { text: token.text.replaceAll(/(\d)\.0{1,9}(?!\d)/g, '$1'), at: token.at };
}

interface Component {
  readonly name: string;
  readonly min: number;
  readonly max: number;
}

const YEAR: Component = { name: 'year', min: YEAR_FIRST, max: YEAR_LAST };
const MONTH: Component = { name: 'month', min: 1, max: 12 };
const DAY: Component = { name: 'day', min: 1, max: 31 };
/** A day counted from the end: 28, so that every month has it. */
const DAY_FROM_END: Component = { name: 'day from the end', min: 1, max: 28 };
const HOUR: Component = { name: 'hour', min: 0, max: 23 };
const MINUTE: Component = { name: 'minute', min: 0, max: 59 };
const SECOND: Component = { name: 'second', min: 0, max: 59 };

function parseComponent(component: Component, token: Token): Field | Fault {
  const { min, max } = component;
  if (token.text === '*') return everything(min, max);
  const terms: Term[] = [];
  for (const item of splitToken(token, ',')) {
    const term = parseItem(component, item);
    if ('kind' in term) return term;
    const { from, to, step } = term;
    if (to === null && step !== null && from + step > max) return neverRepeats(component, item);
    terms.push(run(from, to ?? (step === null ? from : max), step ?? 1));
  }
  return { terms, all: false };
}

/** `~3` is the third day from the end; `~7/2` goes on towards the end, `~2..5` is those four days. */
function parseDaysFromEnd(token: Token): Field | Fault {
  if (token.text === '*') return everything(1, 31);
  const terms: Term[] = [];
  for (const item of splitToken(token, ',')) {
    const term = parseItem(DAY_FROM_END, item);
    if ('kind' in term) return term;
    const { from, to, step } = term;
    if (to === null && step !== null) {
      if (step >= from) return neverRepeats(DAY_FROM_END, item);
      for (let day = from; day >= 1; day -= step) terms.push({ kind: 'last', before: day - 1 });
    } else {
      for (let day = from; day <= (to ?? from); day += step ?? 1) {
        terms.push({ kind: 'last', before: day - 1 });
      }
    }
  }
  return { terms, all: false };
}

function neverRepeats({ name, max }: Component, item: Token): Fault {
  const limit = name === DAY_FROM_END.name ? 'the end of the month' : String(max);
  return fault(
    item.at,
    `${name}: ${quote(item.text)} never repeats`,
    `a step that ends by ${limit}`,
  );
}

interface Item {
  readonly from: number;
  readonly to: number | null;
  readonly step: number | null;
}

/** `4`, `1..5`, `0/15`, `9..17/2`. */
function parseItem(component: Component, { text, at }: Token): Item | Fault {
  const { name } = component;
  const expected = expectedOf(component);
  const match = /^(\d+)(?:(\.\.)(\d+))?(?:(\/)(\d+))?$/.exec(text);
  if (match === null) return fault(at, `${name}: ${quote(text)} is not a value`, expected);
  const [, fromText = '', dots, toText, slash, stepText] = match;
  const from = valueOf(component, { text: fromText, at });
  if (typeof from !== 'number') return from;
  const toAt = at + fromText.length + 2;
  const to = dots === undefined ? null : valueOf(component, { text: toText ?? '', at: toAt });
  if (to !== null && typeof to !== 'number') return to;
  if (to !== null && to < from) {
    return fault(
      at,
      `${name}: the range ${quote(text)} runs backwards`,
      'a range from low to high',
    );
  }
  if (slash === undefined) return { from, to, step: null };
  const step = Number(stepText);
  if (step === 0) {
    return fault(at + text.indexOf('/') + 1, `${name}: a step of 0 never moves on`, '1 or more');
  }
  return { from, to, step: Math.min(step, YEAR_LAST) };
}

function expectedOf({ name, min, max }: Component): string {
  return `${name}: *, or ${min} to ${max}, or a list, range (a..b) or repetition (a/n) of these`;
}

function valueOf(component: Component, { text, at }: Token): number | Fault {
  const { name, min, max } = component;
  let value = Number(text);
  // Two digits of a year mean what they mean to systemd and POSIX: 70..99 the last century, 00..69 this one.
  if (component === YEAR && value < 100) value += value < 70 ? 2000 : 1900;
  if (value < min) return fault(at, `${name}: ${text} is below ${min}`, expectedOf(component));
  if (value > max) return fault(at, `${name}: ${text} is above ${max}`, expectedOf(component));
  return value;
}
