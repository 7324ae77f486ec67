/**
 * What a schedule will do, for someone who is writing it: words, next times, daylight notes, or the fault. Pure; the
 * API and the command line print it.
 */
import { parseDuration } from '../duration.ts';
import { type Instant, instant } from '../time.ts';
import { daylightNotes } from './daylight.ts';
import { describeSchedule, type ScheduleLocale } from './describe.ts';
import { parseSchedule } from './parse.ts';
import { planOf } from './plan.ts';
import type { Dialect, Schedule, ScheduleSpec } from './schedule.ts';
import { validateTimezone } from './zone.ts';

/** Exactly one of `schedule`, `every` and `calendar`. */
export interface PreviewItem {
  readonly schedule?: string;
  readonly every?: string;
  readonly calendar?: string;
  readonly dialect?: 'vixie' | 'wall';
  /** UTC unless given. */
  readonly timezone?: string;
  /** RFC 3339; now unless given. */
  readonly from?: string;
  /** How many next times, 1 to 100; 5 unless given. */
  readonly count?: number;
}

export type PreviewResult =
  | {
      readonly kind: 'ok';
      readonly text: string;
      /** RFC 3339 in UTC, to the second; fewer than asked when the schedule ends. */
      readonly next: readonly string[];
      readonly policy: Dialect | 'every';
      /** The zone that counts: one written inside the expression wins over the item's. */
      readonly timezone: string;
      readonly notes: readonly string[];
    }
  | PreviewFault;

export interface PreviewFault {
  readonly kind: 'invalid';
  readonly field: keyof PreviewItem;
  readonly message: string;
  readonly expected: string;
  readonly at?: number;
}

const COUNT_DEFAULT = 5;
const COUNT_MAX = 100;

export function previewSchedule(
  item: PreviewItem,
  now: Instant,
  locale: ScheduleLocale = 'en',
): PreviewResult {
  const count = item.count ?? COUNT_DEFAULT;
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) {
    return invalid('count', `${count} is out of range`, `a whole number from 1 to ${COUNT_MAX}`);
  }
  const from = item.from === undefined ? now : readInstant(item.from);
  if (typeof from !== 'number') return from;
  const zone = validateTimezone(item.timezone ?? 'UTC');
  if (zone.kind === 'invalid') return { ...zone, field: 'timezone' };
  const spec = specOf(item, zone.timezone);
  if ('field' in spec) return spec;
  const parsed = parseSchedule(spec);
  if (parsed.kind === 'invalid') return { ...parsed, field: fieldOf(spec) };
  const { schedule } = parsed;
  return {
    kind: 'ok',
    text: describeSchedule(schedule, locale),
    next: nextTimes(schedule, { from, count }),
    policy: schedule.dialect,
    timezone: zoneOf(spec, zone.timezone),
    notes: daylightNotes(schedule, from, locale),
  };
}

function specOf(item: PreviewItem, timezone: string): ScheduleSpec | PreviewFault {
  const { schedule, every, calendar, dialect } = item;
  const given = [schedule, every, calendar].filter((text) => text !== undefined);
  if (given.length !== 1) {
    const message = given.length === 0 ? 'no schedule is given' : 'more than one kind is given';
    return invalid('schedule', message, 'exactly one of schedule, every and calendar');
  }
  if (schedule !== undefined) {
    const cron = { kind: 'cron', expression: schedule, timezone } as const;
    return dialect === undefined ? cron : { ...cron, dialect };
  }
  if (dialect !== undefined) {
    return invalid('dialect', 'only cron has dialects', 'no dialect with every or calendar');
  }
  if (calendar !== undefined) return { kind: 'calendar', expression: calendar, timezone };
  const length = parseDuration(every ?? '');
  return length.kind === 'ok'
    ? { kind: 'every', every: length.duration }
    : { ...length, field: 'every' };
}

function fieldOf(spec: ScheduleSpec): 'schedule' | 'every' | 'calendar' {
  return spec.kind === 'cron' ? 'schedule' : spec.kind;
}

/** The lines of a calendar may have zones of their own; only one that all of them share is worth telling. */
function zoneOf(spec: ScheduleSpec, otherwise: string): string {
  const plan = planOf(spec);
  if (plan.kind !== 'rules') return otherwise;
  const zones = new Set(plan.rules.map((rule) => rule.timezone));
  const [only] = zones;
  return zones.size === 1 && only !== undefined ? only : otherwise;
}

function nextTimes(
  schedule: Schedule,
  { from, count }: { from: Instant; count: number },
): readonly string[] {
  const times: string[] = [];
  let at: Instant | null = from;
  while (times.length < count) {
    at = schedule.next(at);
    if (at === null) break;
    times.push(writeInstant(at));
  }
  return times;
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

function readInstant(text: string): Instant | PreviewFault {
  const at = RFC_3339.test(text) ? epochMs(text) : null;
  if (at !== null) return instant(at);
  return invalid('from', `${JSON.stringify(text.slice(0, 40))} is not an instant`, RFC_EXAMPLE);
}

const RFC_EXAMPLE = 'RFC 3339 with a zone, such as 2024-03-10T07:00:00Z';

/** The shape is right, but the date may still be 31 February, which only Temporal knows. */
function epochMs(text: string): number | null {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null;
  }
}

function writeInstant(at: Instant): string {
  return Temporal.Instant.fromEpochMilliseconds(at).toString({ smallestUnit: 'second' });
}

function invalid(field: keyof PreviewItem, message: string, expected: string): PreviewFault {
  return { kind: 'invalid', field, message, expected };
}
