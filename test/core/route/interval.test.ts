import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { inInterval, mutedBy } from '../../../src/core/route/interval.ts';
import type { TimeInterval, TimeIntervalEntry } from '../../../src/core/route/route.ts';
import { type Instant, instant } from '../../../src/core/time.ts';

const at = (text: string): Instant => instant(Temporal.Instant.from(text).epochMilliseconds);
const interval = (name: string, ...entries: Partial<TimeIntervalEntry>[]): TimeInterval => ({
  name,
  intervals: entries.map((entry) => ({ location: 'UTC', ...entry })),
});

describe('inInterval', () => {
  const rows: readonly {
    name: string;
    entry: Partial<TimeIntervalEntry>;
    inside: readonly string[];
    outside: readonly string[];
  }[] = [
    { name: 'no field: always', entry: {}, inside: ['2026-03-01T00:00:00Z'], outside: [] },
    {
      name: 'times, the end excluded',
      entry: {
        times: [
          { startMinute: 22 * 60, endMinute: 1_440 },
          { startMinute: 0, endMinute: 360 },
        ],
      },
      inside: ['2026-03-01T22:00:00Z', '2026-03-01T23:59:59.999Z', '2026-03-02T05:59:59Z'],
      outside: ['2026-03-01T21:59:59.999Z', '2026-03-02T06:00:00Z'],
    },
    {
      name: 'weekdays, Sunday is 0',
      entry: {
        weekdays: [
          { begin: 0, end: 0 },
          { begin: 3, end: 5 },
        ],
      },
      inside: ['2026-03-01T12:00:00Z', '2026-03-04T00:00:00Z', '2026-03-06T23:59:59Z'],
      outside: ['2026-03-02T00:00:00Z', '2026-03-07T12:00:00Z'],
    },
    {
      name: 'days from the end of the month',
      entry: { daysOfMonth: [{ begin: -3, end: -1 }] },
      inside: [
        '2026-02-26T00:00:00Z',
        '2026-02-28T23:59:59Z',
        '2028-02-29T00:00:00Z',
        '2026-01-29T00:00:00Z',
      ],
      outside: ['2026-02-25T23:59:59Z', '2026-03-01T00:00:00Z', '2026-01-28T00:00:00Z'],
    },
    {
      name: 'days beyond a short month',
      entry: { daysOfMonth: [{ begin: 30, end: 31 }] },
      inside: ['2026-04-30T12:00:00Z', '2026-05-31T12:00:00Z'],
      outside: ['2026-02-28T12:00:00Z', '2026-04-29T12:00:00Z'],
    },
    {
      name: 'from day 5 to the third last',
      entry: { daysOfMonth: [{ begin: 5, end: -3 }] },
      inside: ['2026-02-26T00:00:00Z', '2026-02-05T00:00:00Z'],
      outside: ['2026-02-27T00:00:00Z', '2026-02-04T00:00:00Z'],
    },
    {
      name: 'all of the month, however short',
      entry: { daysOfMonth: [{ begin: -31, end: -1 }] },
      inside: ['2026-02-01T00:00:00Z', '2026-04-30T00:00:00Z'],
      outside: [],
    },
    {
      name: 'months and years',
      entry: {
        months: [
          { begin: 1, end: 3 },
          { begin: 12, end: 12 },
        ],
        years: [{ begin: 2026, end: 2027 }],
      },
      inside: ['2026-01-01T00:00:00Z', '2027-12-31T23:59:59Z'],
      outside: ['2026-04-01T00:00:00Z', '2028-01-01T00:00:00Z'],
    },
    {
      name: 'fields must all hold, on the clock of the place',
      entry: {
        times: [{ startMinute: 540, endMinute: 1_080 }],
        weekdays: [{ begin: 1, end: 5 }],
        location: 'Asia/Shanghai',
      },
      inside: ['2026-03-02T01:00:00Z', '2026-03-06T09:59:59Z'],
      outside: ['2026-03-02T00:59:59Z', '2026-03-06T10:00:00Z', '2026-03-07T02:00:00Z'],
    },
    {
      name: 'an hour that summer time skips is never there, one that it repeats is there twice',
      entry: { times: [{ startMinute: 120, endMinute: 180 }], location: 'Europe/Berlin' },
      inside: ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-03-28T01:30:00Z'],
      outside: ['2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z', '2026-10-25T02:00:00Z'],
    },
    {
      name: 'an empty list never holds',
      entry: { months: [] },
      inside: [],
      outside: ['2026-03-01T00:00:00Z'],
    },
  ];
  for (const { name, entry, inside, outside } of rows) {
    test(name, () => {
      const one = interval('i', entry);
      for (const text of inside) assert.ok(inInterval(one, at(text)), text);
      for (const text of outside) assert.ok(!inInterval(one, at(text)), text);
    });
  }

  test('entries are alternatives', () => {
    const one = interval(
      'i',
      { months: [{ begin: 1, end: 1 }] },
      { months: [{ begin: 3, end: 3 }] },
    );
    assert.ok(inInterval(one, at('2026-01-01T00:00:00Z')));
    assert.ok(inInterval(one, at('2026-03-01T00:00:00Z')));
    assert.ok(!inInterval(one, at('2026-02-01T00:00:00Z')));
  });

  test('days counted from the end are those counted from the start', () => {
    const day = fc.integer({ min: 1, max: 31 });
    const hour = fc
      .integer({ min: 0, max: 24 * 365 * 8 })
      .map((h) => instant(1_767_225_600_000 + h * 3_600_000));
    fc.assert(
      fc.property(day, hour, (back, now) => {
        const date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO('UTC');
        const one = interval('i', { daysOfMonth: [{ begin: -back, end: -back }] });
        assert.equal(inInterval(one, now), date.daysInMonth - date.day + 1 === back);
      }),
    );
  });
});

describe('mutedBy', () => {
  const intervals = new Map(
    [interval('always', {}), interval('never', { years: [{ begin: 1999, end: 1999 }] })].map(
      (one) => [one.name, one],
    ),
  );
  const now = at('2026-03-01T00:00:00Z');
  const rows: readonly {
    name: string;
    mute: string[];
    active: string[];
    is: ReturnType<typeof mutedBy>;
  }[] = [
    { name: 'no intervals', mute: [], active: [], is: { muted: false } },
    { name: 'one that does not hold', mute: ['never'], active: [], is: { muted: false } },
    {
      name: 'any that holds',
      mute: ['never', 'always'],
      active: [],
      is: { muted: true, reason: 'mute_time_interval', names: ['always'] },
    },
    { name: 'active in one', mute: [], active: ['never', 'always'], is: { muted: false } },
    {
      name: 'active in none',
      mute: [],
      active: ['never'],
      is: { muted: true, reason: 'outside_active_time_interval', names: ['never'] },
    },
    {
      name: 'mute wins over active',
      mute: ['always'],
      active: ['always'],
      is: { muted: true, reason: 'mute_time_interval', names: ['always'] },
    },
    { name: 'an unknown name never holds', mute: ['gone'], active: [], is: { muted: false } },
  ];
  for (const { name, mute, active, is } of rows) {
    test(name, () => {
      assert.deepEqual(
        mutedBy({ muteTimeIntervals: mute, activeTimeIntervals: active }, intervals, now),
        is,
      );
    });
  }
});
