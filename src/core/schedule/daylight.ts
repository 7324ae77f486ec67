/**
 * What the next change of the clocks does to a schedule, in words. Invariant: a note is written only when the schedule
 * has a local time inside the gap or the repeat.
 */
import { DAY, type Instant } from '../time.ts';
import { type ScheduleLocale, wordsOf } from './describe.ts';
import type { DaylightNote } from './english.ts';
import { type Fields, valuesOf } from './fields.ts';
import { repeatedLocal, skippedLocal } from './occurrence.ts';
import { planOf, type Rule } from './plan.ts';
import type { Schedule } from './schedule.ts';
import { firstMatch, writeLocal } from './wall.ts';
import { type Span, spanIndexAt, spansOf } from './zone.ts';

const HORIZON_SECONDS = (366 * DAY) / 1_000;

interface Touch {
  readonly kind: 'gap' | 'repeat';
  readonly at: number;
  readonly note: DaylightNote;
}

/** The next gap and the next repeat within a year of `from` that touch the schedule, earlier first. */
export function daylightNotes(
  schedule: Schedule,
  from: Instant,
  locale: ScheduleLocale = 'en',
): string[] {
  const plan = planOf(schedule.spec);
  if (plan.kind !== 'rules') return [];
  const words = wordsOf(locale);
  const touches = plan.rules
    .flatMap((rule) => touchesOf(rule, Math.floor(from / 1_000)))
    .sort((left, right) => left.at - right.at);
  const notes = touches.map(({ kind, note }) => words[kind](note));
  return [...new Set(notes)];
}

function touchesOf(rule: Rule, from: number): readonly Touch[] {
  const spans = spansOf(rule.timezone);
  const found = new Map<Touch['kind'], Touch>();
  for (
    let index = spanIndexAt(spans, from) + 1;
    index < spans.length && found.size < 2;
    index += 1
  ) {
    const span = spans[index];
    if (span === undefined || span.startsAt > from + HORIZON_SECONDS) break;
    const touch = touchOf(rule, span);
    if (touch !== null && !found.has(touch.kind)) found.set(touch.kind, touch);
  }
  return [...found.values()];
}

function touchOf({ fields, pattern, policy, timezone }: Rule, span: Span): Touch | null {
  const forward = span.shift > 0;
  const window = forward ? skippedLocal(span) : repeatedLocal(span);
  if (firstMatch(pattern, window) === null) return null;
  const cared = Math.abs(span.shift) < policy.correctionSeconds;
  const effect = forward
    ? cared && policy.gap === 'after'
      ? 'moved'
      : 'skipped'
    : cared && policy.repeat === 'once'
      ? 'once'
      : 'twice';
  const before = writeLocal(span.startsAt + span.offset - span.shift);
  const after = writeLocal(span.startsAt + span.offset);
  if (keepsRhythm(fields, span.shift) && (effect === 'skipped' || effect === 'twice')) return null;
  const note = { date: before.date, timezone, from: before.time, to: after.time, effect } as const;
  return { kind: forward ? 'gap' : 'repeat', at: span.startsAt, note };
}

/** A job of every hour, at minutes that the shift maps onto themselves, goes on at its usual distance. */
function keepsRhythm({ hours, minutes }: Fields, shift: number): boolean {
  const all = new Set(valuesOf(minutes));
  const shiftMinutes = ((Math.trunc(shift / 60) % 60) + 60) % 60;
  return (
    valuesOf(hours).length === 24 &&
    shift % 60 === 0 &&
    [...all].every((minute) => all.has((minute + shiftMinutes) % 60))
  );
}
