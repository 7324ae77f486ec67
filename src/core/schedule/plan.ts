/**
 * From a spec to what the evaluator needs: one timetable per cron expression or calendar line, with its zone and its
 * daylight-saving rules settled. Invariant: every plan has a next time after some instant.
 */
import { formatDuration } from '../duration.ts';
import { DAY, type Duration, duration, SECOND } from '../time.ts';
import { parseCalendar } from './calendar.ts';
import { type Cron, parseCron } from './cron.ts';
import { type Fault, fault, type Token } from './fault.ts';
import { compile, type Fields } from './fields.ts';
import {
  CALENDAR_POLICY,
  type DaylightPolicy,
  FIXED_POLICY,
  type Timetable,
  WALL_POLICY,
} from './occurrence.ts';
import type { Dialect, ScheduleSpec } from './schedule.ts';
import { firstMatch } from './wall.ts';
import { LIMIT_SECOND, validateTimezone } from './zone.ts';

export interface Rule extends Timetable {
  readonly fields: Fields;
}

export type Plan =
  | { readonly kind: 'every'; readonly every: Duration }
  | { readonly kind: 'rules'; readonly dialect: Dialect; readonly rules: readonly Rule[] };

export type Refusal = Omit<Fault, 'at'> & { readonly at?: number };

/** A job that reports less than once a year is better written as cron, which knows leap years. */
export const EVERY_LONGEST: Duration = duration(366 * DAY);
export const EVERY_SHORTEST: Duration = SECOND;
/** In characters; far more than any schedule that a person could still read. */
export const EXPRESSION_LONGEST = 1_000;

export function planOf(spec: ScheduleSpec): Plan | Refusal {
  if (spec.kind === 'every') return planEvery(spec.every);
  if (spec.expression.length > EXPRESSION_LONGEST) {
    const message = 'the schedule is too long';
    return fault(EXPRESSION_LONGEST, message, `at most ${EXPRESSION_LONGEST} characters`);
  }
  if (spec.kind === 'cron') {
    const cron = parseCron(spec.expression, spec.dialect);
    return cron.kind === 'invalid' ? cron : planCron(cron, spec.timezone);
  }
  return planCalendar(spec.expression, spec.timezone);
}

function planEvery(every: Duration): Plan | Refusal {
  if (Number.isInteger(every) && every >= EVERY_SHORTEST && every <= EVERY_LONGEST) {
    return { kind: 'every', every };
  }
  const expected = `${formatDuration(EVERY_SHORTEST)} to ${formatDuration(EVERY_LONGEST)}`;
  const message = every < EVERY_SHORTEST ? 'the interval is too short' : 'the interval is too long';
  return { kind: 'invalid', message, expected };
}

function planCron(cron: Cron, timezone: string): Plan | Refusal {
  const policy = cron.dialect === 'vixie' && cron.fixedTime ? FIXED_POLICY : WALL_POLICY;
  const rule = ruleOf(cron.fields, { policy, timezone, own: cron.timezone, at: cron.dayAt });
  return 'kind' in rule ? rule : { kind: 'rules', dialect: cron.dialect, rules: [rule] };
}

function planCalendar(expression: string, timezone: string): Plan | Refusal {
  const lines = parseCalendar(expression);
  if ('kind' in lines) return lines;
  const rules: Rule[] = [];
  for (const { fields, timezone: own, at } of lines) {
    const rule = ruleOf(fields, { policy: CALENDAR_POLICY, timezone, own, at });
    if ('kind' in rule) return rule;
    rules.push(rule);
  }
  return { kind: 'rules', dialect: 'calendar', rules };
}

/** `own` is a zone written inside the expression; it wins, but does not excuse a wrong one outside. */
function ruleOf(
  fields: Fields,
  {
    policy,
    timezone,
    own,
    at,
  }: { policy: DaylightPolicy; timezone: string; own: Token | null; at: number },
): Rule | Refusal {
  const usual = validateTimezone(timezone);
  if (usual.kind === 'invalid') return usual;
  const zone = own === null ? usual : validateTimezone(own.text);
  if (zone.kind === 'invalid') return { ...zone, at: own?.at ?? at };
  const pattern = compile(fields);
  if (firstMatch(pattern, { from: 0, before: LIMIT_SECOND }) === null) {
    return fault(at, 'no such day ever comes', 'a day that exists in at least one of the months');
  }
  return { fields, pattern, policy, timezone: zone.timezone };
}
