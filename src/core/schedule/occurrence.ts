/**
 * Where the wall clock meets real time: the next instant of a pattern in a zone, under the daylight-saving rules of the
 * scheduler that really runs the job. Invariant: the answer is after `after`, before the year 2200, and never earlier
 * for a later `after`.
 */
import { firstMatch, type WallPattern } from './wall.ts';
import { LIMIT_SECOND, type Span, spanIndexAt, spansOf } from './zone.ts';

/** What a scheduler does when local time jumps. */
export interface DaylightPolicy {
  /** Runs in a gap: `skip` them, or run them once, right `after` it. */
  readonly gap: 'skip' | 'after';
  /** Runs in local time that comes a second time: `once` (the first time) or `twice`. */
  readonly repeat: 'once' | 'twice';
  /** A jump of at least this many seconds is a correction of the clock: its gap is skipped, its repeat runs twice. */
  readonly correctionSeconds: number;
}

/** An instant counts when its local time matches. Kubernetes CronJob; Debian cron for jobs with a wildcard time. */
export const WALL_POLICY: DaylightPolicy = {
  gap: 'skip',
  repeat: 'twice',
  correctionSeconds: Number.POSITIVE_INFINITY,
};
/** Debian cron's care for jobs at fixed times: cron(8), "daylight savings time". */
export const FIXED_POLICY: DaylightPolicy = {
  gap: 'after',
  repeat: 'once',
  correctionSeconds: 3 * 3_600,
};
/**
 * A systemd timer that runs through the night of the change. (Asked anew inside the second pass systemd would name
 * times in it, so its answer depends on when it was asked; ours must not.)
 */
export const CALENDAR_POLICY: DaylightPolicy = {
  gap: 'skip',
  repeat: 'once',
  correctionSeconds: Number.POSITIVE_INFINITY,
};

/** A pattern of local time with the zone and the rules that make instants of it. */
export interface Timetable {
  readonly pattern: WallPattern;
  readonly policy: DaylightPolicy;
  /** As `validateTimezone` gave it. */
  readonly timezone: string;
}

/** The first occurrence strictly after `after`; both epoch seconds. Before 1970 counts as 1970. */
export function nextOccurrence(timetable: Timetable, after: number): number | null {
  const { pattern, policy } = timetable;
  const spans = spansOf(timetable.timezone);
  const from = Math.max(after, -1) + 1;
  for (let index = spanIndexAt(spans, from); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined) break;
    const cared = Math.abs(span.shift) < policy.correctionSeconds;
    const passesStart = from <= span.startsAt;
    if (passesStart && span.shift > 0 && cared && policy.gap === 'after') {
      if (firstMatch(pattern, skippedLocal(span)) !== null) return span.startsAt;
    }
    let local = Math.max(from, span.startsAt) + span.offset;
    if (span.shift < 0 && cared && policy.repeat === 'once') {
      local = Math.max(local, repeatedLocal(span).before);
    }
    const before = Math.min(span.endsAt, LIMIT_SECOND) + span.offset;
    const match = firstMatch(pattern, { from: local, before });
    if (match !== null) return match - span.offset;
  }
  return null;
}

/** The local times that do not exist because the clock jumped over them at the start of `span`. */
export function skippedLocal(span: Span): { from: number; before: number } {
  const reached = span.startsAt + span.offset;
  return { from: reached - span.shift, before: reached };
}

/** The local times that come a second time because the clock went back at the start of `span`. */
export function repeatedLocal(span: Span): { from: number; before: number } {
  const reached = span.startsAt + span.offset;
  return { from: reached, before: reached - span.shift };
}
