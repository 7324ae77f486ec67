/** Schedules in English words. Says OR and AND where cron combines days, because people guess it wrong. */
import { type DayReading, type DayTerm, type Run, type TimeReading } from './reading.ts';

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

export const english = {
  sentence(time: TimeReading, days: DayReading): string {
    const clauses = dayClauses(days);
    const everyDay = clauses.length === 0 && time.kind === 'times';
    return [timeWords(time) + (everyDay ? ' every day' : ''), ...clauses].join(', ');
  },
  interval(parts: readonly { count: number; unit: IntervalUnit }[]): string {
    const [only] = parts;
    if (parts.length === 1 && only?.count === 1) return `every ${only.unit}`;
    return `every ${parts.map(({ count, unit }) => amount(count, unit)).join(' ')}`;
  },
  inZone: (text: string, timezone: string): string => `${text} (${timezone})`,
  join: (texts: readonly string[]): string => texts.join('; or '),
  gap(note: DaylightNote): string {
    const then =
      note.effect === 'moved'
        ? `a run due in between comes at ${note.to}`
        : 'a run due in between does not come that day';
    return `On ${note.date} the clock of ${note.timezone} jumps from ${note.from} to ${note.to}: ${then}.`;
  },
  repeat(note: DaylightNote): string {
    const then =
      note.effect === 'once'
        ? 'a run due in between comes only the first time'
        : 'a run due in between comes both times';
    return `On ${note.date} the clock of ${note.timezone} goes back from ${note.from} to ${note.to}, and that time comes twice: ${then}.`;
  },
};

export type IntervalUnit = 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

/** `from` and `to` are what the clock shows just before and just after the change. */
export interface DaylightNote {
  readonly date: string;
  readonly timezone: string;
  readonly from: string;
  readonly to: string;
  readonly effect: 'moved' | 'skipped' | 'once' | 'twice';
}

function timeWords(time: TimeReading): string {
  switch (time.kind) {
    case 'times':
      return `at ${list(time.times)}`;
    case 'each': {
      const each = `every ${time.step === 1 ? time.unit : amount(time.step, time.unit)}`;
      return time.span === null ? each : `${each} from ${time.span.from} to ${time.span.to}`;
    }
    case 'fields':
      return fieldWords(time);
    default:
      return time satisfies never;
  }
}

function fieldWords(time: Extract<TimeReading, { kind: 'fields' }>): string {
  const parts = [
    { unit: 'second', runs: time.seconds },
    { unit: 'minute', runs: time.minutes },
    { unit: 'hour', runs: time.hours },
  ]
    .filter(({ runs }) => runs === null || runs.length > 0)
    .map(({ unit, runs }) => (runs === null ? `every ${unit}` : numbered(unit, runs)));
  const text = parts.join(' of ');
  return text.startsWith('every') ? text : `at ${text}`;
}

function dayClauses({ days, weekdays, rule, months, years }: DayReading): readonly string[] {
  const monthNames = months === null ? null : list(months.map((one) => runWords(one, MONTHS, 1)));
  const either = days !== null && weekdays !== null && rule === 'either';
  const special = weekdays?.some((term) => term.kind !== 'run') ?? false;
  // "of March" where days are counted inside the month; a clause of its own where it bounds both halves of an OR.
  const monthInside = !either && (days !== null || special);
  const ofMonth = `of ${(monthInside ? monthNames : null) ?? 'the month'}`;
  const byDay = days === null ? null : `on ${list(days.map(dayWord))} ${ofMonth}`;
  const byWeekday = weekdays === null ? null : weekdayWords(weekdays, special ? ` ${ofMonth}` : '');
  const clauses: string[] = [];
  if (byDay !== null && byWeekday !== null) {
    clauses.push(
      either
        ? `${byDay} OR on ${byWeekday} (either is enough)`
        : `${byDay} AND only on ${byWeekday}`,
    );
  } else if (byDay !== null) clauses.push(byDay);
  else if (byWeekday !== null) clauses.push(isSpan(weekdays) ? byWeekday : `on ${byWeekday}`);
  if (monthNames !== null && !monthInside) clauses.push(`in ${monthNames}`);
  if (years !== null) clauses.push(`in ${list(years.map((one) => runWords(one, [], 0)))}`);
  return clauses;
}

function weekdayWords(terms: readonly DayTerm[], ofMonth: string): string {
  return `${list(terms.map(dayOfWeekWord))}${ofMonth}`;
}

/** "Monday to Friday" alone needs no "on". */
function isSpan(terms: readonly DayTerm[] | null): boolean {
  const [only] = terms ?? [];
  return terms?.length === 1 && only?.kind === 'run' && only.from !== only.to;
}

function dayWord(term: DayTerm): string {
  switch (term.kind) {
    case 'run':
      return term.from === term.to ? `day ${term.from}` : `days ${runWords(term, [], 0)}`;
    case 'last':
      return term.before === 0 ? 'the last day' : `the ${ordinal(term.before + 1)} last day`;
    case 'lastDays':
      return `the last ${term.count} days`;
    case 'lastWorkday':
      return 'the last working day (Monday to Friday)';
    case 'nearestWorkday':
      return `the working day (Monday to Friday) nearest to day ${term.day}`;
    case 'lastOf':
    case 'nth':
      return dayOfWeekWord(term);
    default:
      return term satisfies never;
  }
}

function dayOfWeekWord(term: DayTerm): string {
  if (term.kind === 'run') return runWords(term, WEEKDAYS, 0);
  if (term.kind === 'lastOf') return `the last ${WEEKDAYS[term.weekday] ?? ''}`;
  if (term.kind === 'nth') return `the ${ordinal(term.nth)} ${WEEKDAYS[term.weekday] ?? ''}`;
  return dayWord(term);
}

function numbered(unit: string, runs: readonly Run[]): string {
  const many = runs.length > 1 || runs[0]?.from !== runs[0]?.to;
  return `${unit}${many ? 's' : ''} ${list(runs.map((one) => runWords(one, [], 0)))}`;
}

/** `9 to 17`, or `0, 7, …, 56`. `names[value - first]`, or the number itself where there is no name. */
function runWords({ from, to, step }: Run, names: readonly string[], first: number): string {
  const name = (value: number): string => names[value - first] ?? String(value);
  if (from === to) return name(from);
  if (step === 1) return `${name(from)} to ${name(to)}`;
  return `${name(from)}, ${name(from + step)}, …, ${name(to)}`;
}

function list(items: readonly string[]): string {
  return items.length < 2
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

function amount(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function ordinal(value: number): string {
  const tens = value % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${suffix}`;
}
