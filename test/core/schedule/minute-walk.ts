/**
 * A second opinion on next times that shares nothing with the evaluator: it walks minute by minute (or second by second)
 * and asks Temporal what the clock on the wall shows. Slow and plain on purpose.
 */
import * as fc from 'fast-check';

/** A field as text, and which values it allows, decided without a parser. */
export interface Part {
  readonly text: string;
  readonly star: boolean;
  readonly allows: (value: number) => boolean;
}

export interface Expression {
  readonly text: string;
  readonly fixedTime: boolean;
  readonly matchesDay: (date: Temporal.PlainDate) => boolean;
  readonly matchesTime: (time: { hour: number; minute: number }) => boolean;
}

/** Values, ranges, steps, lists and stars over min..max. */
export function partOf({ min, max }: { min: number; max: number }): fc.Arbitrary<Part> {
  const value = fc.integer({ min, max });
  const star = fc.constant<Part>({ text: '*', star: true, allows: () => true });
  const stepped = fc.integer({ min: 1, max: max - min }).map<Part>((step) => ({
    text: `*/${step}`,
    star: true,
    allows: (n) => (n - min) % step === 0,
  }));
  const single = value.map<Part>((n) => ({ text: `${n}`, star: false, allows: (m) => m === n }));
  const range = fc.tuple(value, value, fc.integer({ min: 1, max: 7 })).map<Part>(([a, b, step]) => {
    const [low, high] = a < b ? [a, b] : [b, a];
    const suffix = step === 1 ? '' : `/${step}`;
    return {
      text: `${low}-${high}${suffix}`,
      star: false,
      allows: (n) => n >= low && n <= high && (n - low) % step === 0,
    };
  });
  const list = fc
    .array(fc.oneof(single, range), { minLength: 2, maxLength: 3 })
    .map<Part>((parts) => ({
      text: parts.map((part) => part.text).join(','),
      star: false,
      allows: (n) => parts.some((part) => part.allows(n)),
    }));
  return fc.oneof({ weight: 3, arbitrary: star }, stepped, single, range, list);
}

/** Days and months are starred more often, so that most expressions fire near the change of the clock. */
const often = (part: fc.Arbitrary<Part>): fc.Arbitrary<Part> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constant<Part>({ text: '*', star: true, allows: () => true }) },
    { weight: 1, arbitrary: part },
  );

/** Clocks change at night, so that is where most hours are drawn; without a star, for the jobs that cron cares for. */
const night: fc.Arbitrary<Part> = fc
  .uniqueArray(fc.constantFrom<number[]>(0, 1, 2, 3, 23), { minLength: 1, maxLength: 3 })
  .map((hours) => ({ text: hours.join(','), star: false, allows: (n) => hours.includes(n) }));
const fixedMinutes: fc.Arbitrary<Part> = partOf({ min: 0, max: 59 }).filter((part) => !part.star);

export const expressions: fc.Arbitrary<Expression> = fc
  .record({
    minute: fc.oneof(partOf({ min: 0, max: 59 }), { weight: 2, arbitrary: fixedMinutes }),
    hour: fc.oneof(partOf({ min: 0, max: 23 }), { weight: 3, arbitrary: night }),
    day: often(partOf({ min: 1, max: 28 })),
    month: often(partOf({ min: 1, max: 12 })),
    weekday: often(partOf({ min: 0, max: 6 })),
  })
  .map(({ minute, hour, day, month, weekday }) => ({
    text: [minute, hour, day, month, weekday].map((part) => part.text).join(' '),
    fixedTime: !minute.star && !hour.star,
    matchesDay: (date) => {
      const byDay = day.allows(date.day);
      const byWeekday = weekday.allows(date.dayOfWeek % 7);
      const both = day.star || weekday.star ? byDay && byWeekday : byDay || byWeekday;
      return both && month.allows(date.month);
    },
    matchesTime: (time) => minute.allows(time.minute) && hour.allows(time.hour),
  }));

const ZONES = [
  'America/New_York',
  'America/Havana',
  'America/Nuuk',
  'America/Santiago',
  'America/St_Johns',
  'Africa/Casablanca',
  'Antarctica/Troll',
  'Asia/Beirut',
  'Asia/Shanghai',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Pacific/Chatham',
];

export interface Moment {
  readonly timezone: string;
  /** Epoch milliseconds, not always a whole minute or second. */
  readonly afterMs: number;
}

/** Instants within a day and a half of some change of some clock; for a zone without changes, anywhere. */
export const moments: fc.Arbitrary<Moment> = fc
  .record({
    timezone: fc.constantFrom(...ZONES),
    about: fc.integer({ min: 1_577_836_800, max: 1_893_456_000 }),
    before: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: -3_600, max: 2 * 3_600 }) },
      { weight: 1, arbitrary: fc.integer({ min: -4 * 3_600, max: 30 * 3_600 }) },
    ),
    round: fc.constantFrom(1_000, 60_000, 1_800_000, 1),
  })
  .map(({ timezone, about, before, round }) => {
    const zoned = new Temporal.ZonedDateTime(BigInt(about) * 1_000_000_000n, timezone);
    const change = zoned.getTimeZoneTransition('next')?.epochMilliseconds ?? about * 1_000;
    const afterMs = Math.floor((change - before * 1_000 + 457) / round) * round;
    return { timezone, afterMs };
  });

export type Rules = 'vixie' | 'wall' | 'calendar';

const MINUTE_MS = 60_000;
const CORRECTION_MINUTES = 180;
/** How long before the start the walk begins, so that it knows which local time was reached already. */
const RUN_UP_MINUTES = 26 * 60;

/** A minute of some clock, counted from its 1970. */
interface LocalMinute {
  readonly count: number;
}

/** The first match after `afterMs` and not after `untilMs`, or null. */
export function walk(
  expression: Expression,
  { timezone, afterMs, untilMs, rules }: Moment & { untilMs: number; rules: Rules },
): number | null {
  const matches = (local: LocalMinute): boolean => {
    const date = new Temporal.PlainDate(1970, 1, 1).add({ days: Math.floor(local.count / 1_440) });
    const rest = ((local.count % 1_440) + 1_440) % 1_440;
    const time = { hour: Math.floor(rest / 60), minute: rest % 60 };
    return expression.matchesTime(time) && expression.matchesDay(date);
  };
  const first = Math.floor(afterMs / MINUTE_MS) - RUN_UP_MINUTES;
  let reached = localMinute(first * MINUTE_MS, timezone) - 1;
  for (let minute = first; minute * MINUTE_MS <= untilMs; minute += 1) {
    const local = localMinute(minute * MINUTE_MS, timezone);
    const step = local - reached;
    const candidates = candidatesOf(expression, { rules, local, reached });
    const corrected = rules === 'vixie' && Math.abs(step - 1) >= CORRECTION_MINUTES;
    reached = corrected ? local : Math.max(reached, local);
    if (minute * MINUTE_MS <= afterMs) continue;
    if (candidates.some((count) => matches({ count }))) return minute * MINUTE_MS;
  }
  return null;
}

/** The local minutes that count at this minute, given the latest one that was reached before. */
function candidatesOf(
  { fixedTime }: Expression,
  { rules, local, reached }: { rules: Rules; local: number; reached: number },
): readonly number[] {
  const step = local - reached;
  if (rules === 'calendar') return step >= 1 ? [local] : [];
  const plain = rules === 'wall' || !fixedTime || Math.abs(step - 1) >= CORRECTION_MINUTES;
  if (plain) return [local];
  return Array.from({ length: Math.max(0, step) }, (_, index) => reached + 1 + index);
}

/** As `walk` by wall clock, for an expression with seconds in front. */
export function walkSeconds(
  { seconds, rest }: { seconds: Part; rest: Expression },
  { timezone, afterMs, untilMs }: Moment & { untilMs: number },
): number | null {
  for (let ms = (Math.floor(afterMs / 1_000) + 1) * 1_000; ms <= untilMs; ms += 1_000) {
    if (!seconds.allows((((ms / 1_000) % 60) + 60) % 60)) continue;
    const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
    if (rest.matchesTime(local) && rest.matchesDay(local.toPlainDate())) return ms;
  }
  return null;
}

function localMinute(ms: number, timezone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timezone);
  return Math.floor((ms + zoned.offsetNanoseconds / 1e6) / MINUTE_MS);
}
