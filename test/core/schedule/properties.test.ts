import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseSchedule } from '../../../src/core/schedule/parse.ts';
import type { Schedule, ScheduleSpec } from '../../../src/core/schedule/schedule.ts';
import { duration, instant } from '../../../src/core/time.ts';
import { parsed } from './check.ts';
import { type Expression, expressions, moments, partOf, walk, walkSeconds } from './minute-walk.ts';

const HOUR_MS = 3_600_000;

/** Random days may never come; those expressions are refused and are not what these tests are about. */
function tryParse(spec: ScheduleSpec): Schedule | null {
  const result = parseSchedule(spec);
  return result.kind === 'ok' ? result.schedule : null;
}

/** The same set of times as OnCalendar text, for expressions without day rules that systemd cannot say. */
function calendarOf(expression: Expression): string | null {
  const [minute = '', hour = '', day, month, weekday] = expression.text.split(' ');
  if (day !== '*' || month !== '*' || weekday !== '*') return null;
  const translate = (field: string, max: number): string =>
    field
      .split(',')
      .map((item) =>
        item.replace(/^\*\/(\d+)$/, (_, step: string) => `0..${max}/${step}`).replace('-', '..'),
      )
      .join(',');
  return `${translate(hour, 23)}:${translate(minute, 59)}`;
}

describe('next, against a walk along the clock', () => {
  for (const dialect of ['vixie', 'wall'] as const) {
    test(`cron, ${dialect}`, () => {
      fc.assert(
        fc.property(expressions, moments, (expression, { timezone, afterMs }) => {
          const schedule = tryParse({
            kind: 'cron',
            expression: expression.text,
            dialect,
            timezone,
          });
          if (schedule === null) return;
          const untilMs = afterMs + 12 * HOUR_MS;
          const walked = walk(expression, { timezone, afterMs, untilMs, rules: dialect });
          const next = schedule.next(instant(afterMs));
          assert.equal(next !== null && next <= untilMs ? next : null, walked);
        }),
        { numRuns: 250 },
      );
    });
  }

  test('cron with seconds', () => {
    const parts = partOf({ min: 0, max: 59 });
    fc.assert(
      fc.property(parts, expressions, moments, (seconds, rest, { timezone, afterMs }) => {
        const schedule = tryParse({
          kind: 'cron',
          expression: `${seconds.text} ${rest.text}`,
          timezone,
        });
        if (schedule === null) return;
        const untilMs = afterMs + 2 * HOUR_MS;
        const walked = walkSeconds({ seconds, rest }, { timezone, afterMs, untilMs });
        const next = schedule.next(instant(afterMs));
        assert.equal(next !== null && next <= untilMs ? next : null, walked);
      }),
      { numRuns: 60 },
    );
  });

  test('calendar', () => {
    fc.assert(
      fc.property(expressions, moments, (expression, { timezone, afterMs }) => {
        const text = calendarOf(expression);
        fc.pre(text !== null);
        const schedule = parsed({ kind: 'calendar', expression: text, timezone });
        const untilMs = afterMs + 12 * HOUR_MS;
        const walked = walk(expression, { timezone, afterMs, untilMs, rules: 'calendar' });
        const next = schedule.next(instant(afterMs));
        assert.equal(next !== null && next <= untilMs ? next : null, walked);
      }),
      { numRuns: 100 },
    );
  });
});

const specs: fc.Arbitrary<ScheduleSpec> = fc.oneof(
  fc
    .record({ expression: expressions, moment: moments, wall: fc.boolean() })
    .map(({ expression, moment, wall }): ScheduleSpec => {
      const { timezone } = moment;
      const dialect = wall ? 'wall' : 'vixie';
      return { kind: 'cron', expression: expression.text, dialect, timezone };
    }),
  fc.record({ expression: expressions, moment: moments }).map(
    ({ expression, moment }): ScheduleSpec => ({
      kind: 'calendar',
      expression: calendarOf(expression) ?? 'Mon..Fri *-*~1..9 0/3:0/7:11',
      timezone: moment.timezone,
    }),
  ),
  fc
    .integer({ min: 1_000, max: 366 * 24 * HOUR_MS })
    .map((ms): ScheduleSpec => ({ kind: 'every', every: duration(ms) })),
);

describe('next', () => {
  test('is after, never goes back, and stays the same until it comes', () => {
    fc.assert(
      fc.property(
        specs,
        moments,
        fc.array(fc.integer({ min: -2 * HOUR_MS, max: 30 * HOUR_MS }), { maxLength: 8 }),
        (spec, { afterMs }, offsets) => {
          const schedule = tryParse(spec);
          if (schedule === null) return;
          const instants = offsets.map((offset) => instant(afterMs + offset));
          // Asked out of order on purpose: the answers that a schedule remembers must not depend on it.
          const answers = new Map(instants.map((at) => [at, schedule.next(at)]));
          const ordered = [...answers].sort(([left], [right]) => left - right);
          let last = Number.NEGATIVE_INFINITY;
          for (const [at, next] of ordered) {
            if (next === null) continue;
            assert.ok(next > at, `${next} after ${at}`);
            assert.ok(next >= last, `${next} though ${last} was said before`);
            if (spec.kind !== 'every' && next - 1 > at) {
              assert.equal(schedule.next(instant(next - 1)), next);
            }
            last = next;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what is remembered is what is computed', () => {
    fc.assert(
      fc.property(
        specs,
        moments,
        fc.array(fc.nat(48), { maxLength: 12 }),
        (spec, moment, hours) => {
          const warm = tryParse(spec);
          if (warm === null || spec.kind === 'every') return;
          for (const [index, hour] of hours.entries()) {
            const at = instant(moment.afterMs + hour * HOUR_MS);
            // Another text with the same meaning is another schedule, with a memory of its own.
            const fresh = tryParse({
              ...spec,
              expression: spec.expression + ' '.repeat(index + 1),
            });
            assert.equal(warm.next(at), fresh?.next(at));
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the same spec is the same schedule', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        assert.equal(tryParse(spec), tryParse({ ...spec }));
      }),
    );
  });
});
