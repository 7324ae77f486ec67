/**
 * Schedules in words, for pages, the preview and the command line. Invariant: nothing is said that is not certain; what
 * has no short true sentence is said field by field.
 */
import { DAY, type Duration, HOUR, MINUTE, SECOND } from '../time.ts';
import { chinese } from './chinese.ts';
import { english, type IntervalUnit } from './english.ts';
import { type Plan, planOf } from './plan.ts';
import { readDays, readTime } from './reading.ts';
import type { Schedule, ScheduleSpec } from './schedule.ts';

export type ScheduleLocale = 'en' | 'zh-CN';

export const wordsOf = (locale: ScheduleLocale): typeof english =>
  locale === 'zh-CN' ? chinese : english;

/** The daylight-saving rules are not in the text; `daylightNotes` has them where they matter. */
export function describeSchedule(schedule: Schedule, locale: ScheduleLocale): string {
  const plan = planOf(schedule.spec);
  return plan.kind === 'invalid'
    ? expressionOf(schedule.spec)
    : describePlan(plan, schedule, locale);
}

function describePlan(plan: Plan, { spec }: Schedule, locale: ScheduleLocale): string {
  const words = wordsOf(locale);
  if (plan.kind === 'every') return words.interval(intervalParts(plan.every));
  const texts = plan.rules.map((rule) => {
    const text = words.sentence(readTime(rule.fields), readDays(rule.fields));
    const usual = spec.kind === 'every' || rule.timezone === spec.timezone;
    return usual ? text : words.inZone(text, rule.timezone);
  });
  return words.join([...new Set(texts)]);
}

function expressionOf(spec: ScheduleSpec): string {
  return spec.kind === 'every' ? `${spec.every} ms` : spec.expression;
}

const UNITS: readonly { unit: IntervalUnit; ms: number }[] = [
  { unit: 'day', ms: DAY },
  { unit: 'hour', ms: HOUR },
  { unit: 'minute', ms: MINUTE },
  { unit: 'second', ms: SECOND },
  { unit: 'millisecond', ms: 1 },
];

function intervalParts(every: Duration): readonly { count: number; unit: IntervalUnit }[] {
  let rest: number = every;
  return UNITS.flatMap(({ unit, ms }) => {
    const count = Math.floor(rest / ms);
    rest -= count * ms;
    return count === 0 ? [] : [{ count, unit }];
  });
}
