/**
 * Instants and durations. Both are whole milliseconds; the brands keep one from standing in for the other.
 * Wall-clock meaning (zones, daylight saving) lives in `core/schedule` alone.
 */
declare const unit: unique symbol;

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly [unit]: 'instant' };
/** A length of time in milliseconds; never negative. */
export type Duration = number & { readonly [unit]: 'duration' };

export const instant = (epochMs: number): Instant => epochMs as Instant;
export const duration = (ms: number): Duration => ms as Duration;

export const SECOND: Duration = duration(1_000);
export const MINUTE: Duration = duration(60_000);
export const HOUR: Duration = duration(3_600_000);
export const DAY: Duration = duration(86_400_000);

export const plus = (at: Instant, length: Duration): Instant => instant(at + length);
export const minus = (at: Instant, length: Duration): Instant => instant(at - length);
/** The length from `from` to `to`; 0 when `to` is earlier. */
export const between = ({ from, to }: { from: Instant; to: Instant }): Duration =>
  duration(Math.max(0, to - from));
export const earliest = (...all: (Instant | null)[]): Instant | null => {
  let least: Instant | null = null;
  for (const one of all) if (one !== null && (least === null || one < least)) least = one;
  return least;
};
export const latest = (first: Instant, ...rest: Instant[]): Instant =>
  instant(Math.max(first, ...rest));
