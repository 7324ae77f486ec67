/**
 * Time intervals, meant in their own zone, with Alertmanager's rules: the fields that are given must all hold, the
 * ranges of one field are alternatives. Invariant: an instant is in an interval or not, whatever the host's zone.
 */
import type { Instant } from '../time.ts';
import type { Route, TimeInterval, TimeIntervalEntry } from './route.ts';

type Range = { readonly begin: number; readonly end: number };

const within = (ranges: readonly Range[] | undefined, value: number): boolean =>
  ranges === undefined || ranges.some(({ begin, end }) => value >= begin && value <= end);

/** Negative days count back from the last of the month; a range is cut to the month it is asked about. */
function dayWithin(
  ranges: readonly Range[] | undefined,
  day: number,
  daysInMonth: number,
): boolean {
  if (ranges === undefined) return true;
  const fromStart = (value: number): number => (value < 0 ? daysInMonth + value + 1 : value);
  return ranges.some(({ begin, end }) => day >= fromStart(begin) && day <= fromStart(end));
}

function inEntry(entry: TimeIntervalEntry, now: Instant): boolean {
  const time = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(entry.location);
  const minute = time.hour * 60 + time.minute;
  const inTimes =
    entry.times === undefined ||
    entry.times.some(({ startMinute, endMinute }) => minute >= startMinute && minute < endMinute);
  return (
    inTimes &&
    dayWithin(entry.daysOfMonth, time.day, time.daysInMonth) &&
    within(entry.months, time.month) &&
    // Sunday is 0 here and 7 in ISO 8601.
    within(entry.weekdays, time.dayOfWeek % 7) &&
    within(entry.years, time.year)
  );
}

export const inInterval = (interval: TimeInterval, now: Instant): boolean =>
  interval.intervals.some((entry) => inEntry(entry, now));

export type TimeMute =
  | { readonly muted: false }
  | {
      readonly muted: true;
      readonly reason: 'mute_time_interval' | 'outside_active_time_interval';
      /** Intervals that mute, or the active ones none of which holds. */
      readonly names: readonly string[];
    };

/** Whether a route keeps quiet at `now`. A name without an interval, which no whole config has, never holds. */
export function mutedBy(
  route: Pick<Route, 'muteTimeIntervals' | 'activeTimeIntervals'>,
  intervals: ReadonlyMap<string, TimeInterval>,
  now: Instant,
): TimeMute {
  const holds = (name: string): boolean => {
    const interval = intervals.get(name);
    return interval !== undefined && inInterval(interval, now);
  };
  const active = route.activeTimeIntervals;
  if (active.length > 0 && !active.some(holds)) {
    return { muted: true, reason: 'outside_active_time_interval', names: active };
  }
  const names = route.muteTimeIntervals.filter(holds);
  return names.length > 0 ? { muted: true, reason: 'mute_time_interval', names } : { muted: false };
}
