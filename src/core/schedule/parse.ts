/**
 * Specs become schedules here. Schedules are immutable and shared: the same spec gives the same object, and with it the
 * same memory of answers, since most jobs share few expressions. Invariant: memory never changes an answer.
 */
import { type Instant, instant, plus } from '../time.ts';
import { nextOccurrence } from './occurrence.ts';
import { type Plan, planOf, type Rule } from './plan.ts';
import type { Schedule, ScheduleResult, ScheduleSpec } from './schedule.ts';
import { LIMIT_SECOND } from './zone.ts';

/** Beyond this the schedule unused for longest is forgotten; parsed anew, it is another but equal object. */
const SCHEDULES_MAX = 10_000;
const schedules = new Map<string, Schedule>();

export function parseSchedule(spec: ScheduleSpec): ScheduleResult {
  const key = keyOf(spec);
  const seen = schedules.get(key);
  if (seen !== undefined) {
    schedules.delete(key);
    schedules.set(key, seen);
    return { kind: 'ok', schedule: seen };
  }
  const plan = planOf(spec);
  if (plan.kind === 'invalid') return plan;
  const schedule = scheduleOf(spec, plan);
  schedules.set(key, schedule);
  if (schedules.size > SCHEDULES_MAX) {
    const [oldest] = schedules.keys();
    if (oldest !== undefined) schedules.delete(oldest);
  }
  return { kind: 'ok', schedule };
}

/** No two specs share a key, whatever characters stand in them. */
function keyOf(spec: ScheduleSpec): string {
  switch (spec.kind) {
    case 'cron':
      return JSON.stringify(['cron', spec.dialect ?? '', spec.timezone, spec.expression]);
    case 'every':
      return JSON.stringify(['every', spec.every]);
    case 'calendar':
      return JSON.stringify(['calendar', spec.timezone, spec.expression]);
    default:
      return spec satisfies never;
  }
}

function scheduleOf(spec: ScheduleSpec, plan: Plan): Schedule {
  const own: ScheduleSpec = Object.freeze({ ...spec });
  if (plan.kind === 'every') {
    const next = (after: Instant): Instant | null => {
      const at = plus(after, plan.every);
      return at < LIMIT_SECOND * 1_000 ? at : null;
    };
    return Object.freeze({ spec: own, dialect: 'every', next });
  }
  const next = remembered((after) => earliestOf(plan.rules, after));
  return Object.freeze({ spec: own, dialect: plan.dialect, next });
}

/** A calendar of several lines runs when any of them does. Infinity: never again. */
function earliestOf(rules: readonly Rule[], afterMs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const rule of rules) {
    const next = nextOccurrence(rule, Math.floor(afterMs / 1_000));
    if (next !== null && next < least) least = next;
  }
  return least * 1_000;
}

/** How many stretches between two occurrences a schedule remembers. */
const STRETCHES = 4;

/**
 * If `next` follows `from`, it also follows every instant between the two. So one answer serves all jobs that share the
 * schedule until its next occurrence, which is at least as good as an answer remembered per minute.
 */
function remembered(compute: (afterMs: number) => number): Schedule['next'] {
  const froms = new Float64Array(STRETCHES).fill(Number.POSITIVE_INFINITY);
  const nexts = new Float64Array(STRETCHES).fill(Number.NEGATIVE_INFINITY);
  let oldest = 0;
  return (after) => {
    for (let slot = 0; slot < STRETCHES; slot += 1) {
      const next = nexts[slot] ?? 0;
      if (after >= (froms[slot] ?? 0) && after < next) return instantOf(next);
    }
    const next = compute(after);
    const known = nexts.indexOf(next);
    if (known >= 0) {
      froms[known] = after;
    } else {
      froms[oldest] = after;
      nexts[oldest] = next;
      oldest = (oldest + 1) % STRETCHES;
    }
    return instantOf(next);
  };
}

function instantOf(next: number): Instant | null {
  return next === Number.POSITIVE_INFINITY ? null : instant(next);
}
