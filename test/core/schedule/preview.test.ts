import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type PreviewItem, previewSchedule } from '../../../src/core/schedule/preview.ts';
import { at } from './check.ts';

const NOW = at('2024-03-09T12:00:00Z');

describe('previewSchedule', () => {
  test('a cron job over a gap', () => {
    const item = { schedule: '30 2 * * *', timezone: 'America/New_York', count: 3 };
    assert.deepEqual(previewSchedule(item, NOW), {
      kind: 'ok',
      text: 'at 02:30 every day',
      next: ['2024-03-10T07:00:00Z', '2024-03-11T06:30:00Z', '2024-03-12T06:30:00Z'],
      policy: 'vixie',
      timezone: 'America/New_York',
      notes: [
        'On 2024-03-10 the clock of America/New_York jumps from 02:00 to 03:00: a run due in between comes at 03:00.',
      ],
    });
  });

  const good: readonly [
    what: string,
    item: PreviewItem,
    policy: string,
    timezone: string,
    first: string,
  ][] = [
    [
      'five fields, UTC by default',
      { schedule: '0 0 * * *' },
      'vixie',
      'UTC',
      '2024-03-10T00:00:00Z',
    ],
    ['six fields', { schedule: '0 0 0 * * *' }, 'wall', 'UTC', '2024-03-10T00:00:00Z'],
    [
      'five fields by wall clock',
      { schedule: '0 0 * * *', dialect: 'wall' },
      'wall',
      'UTC',
      '2024-03-10T00:00:00Z',
    ],
    [
      'a zone in lower case',
      { schedule: '0 9 * * *', timezone: 'asia/tokyo' },
      'vixie',
      'Asia/Tokyo',
      '2024-03-10T00:00:00Z',
    ],
    [
      'a zone in the expression',
      { schedule: 'TZ=Asia/Tokyo 0 9 * * *' },
      'vixie',
      'Asia/Tokyo',
      '2024-03-10T00:00:00Z',
    ],
    ['calendar', { calendar: 'daily' }, 'calendar', 'UTC', '2024-03-10T00:00:00Z'],
    [
      'calendar with a zone',
      { calendar: 'daily Asia/Tokyo' },
      'calendar',
      'Asia/Tokyo',
      '2024-03-09T15:00:00Z',
    ],
    [
      'calendar with two zones',
      { calendar: 'daily Asia/Tokyo\ndaily' },
      'calendar',
      'UTC',
      '2024-03-09T15:00:00Z',
    ],
    ['every', { every: '90m' }, 'every', 'UTC', '2024-03-09T13:30:00Z'],
    [
      'from',
      { every: '1h', from: '2026-01-01T08:00:00+08:00' },
      'every',
      'UTC',
      '2026-01-01T01:00:00Z',
    ],
    [
      'from with a fraction',
      { schedule: '* * * * *', from: '2026-01-01T00:00:59.5Z' },
      'vixie',
      'UTC',
      '2026-01-01T00:01:00Z',
    ],
  ];
  for (const [what, item, policy, timezone, first] of good) {
    test(what, () => {
      const result = previewSchedule(item, NOW);
      assert.ok(result.kind === 'ok', JSON.stringify(result));
      assert.equal(result.policy, policy);
      assert.equal(result.timezone, timezone);
      assert.equal(result.next[0], first);
      assert.equal(result.next.length, 5);
    });
  }

  test('a schedule that ends gives what is left', () => {
    const result = previewSchedule({ calendar: '2025,2026-01-01', count: 100 }, NOW);
    assert.ok(result.kind === 'ok');
    assert.deepEqual(result.next, ['2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z']);
  });

  test('speaks Chinese when asked', () => {
    const result = previewSchedule({ every: '10m', count: 100 }, NOW, 'zh-CN');
    assert.ok(result.kind === 'ok');
    assert.equal(result.text, '每 10 分钟');
    assert.equal(result.next.length, 100);
  });

  const bad: readonly [
    what: string,
    item: PreviewItem,
    field: string,
    message: RegExp,
    at?: number,
  ][] = [
    ['nothing', {}, 'schedule', /no schedule/],
    ['two kinds', { schedule: '* * * * *', every: '1m' }, 'schedule', /more than one/],
    ['a bad cron', { schedule: '0 24 * * *' }, 'schedule', /24 is above 23/, 2],
    ['a bad calendar', { calendar: 'Mon 25:00' }, 'calendar', /25 is above 23/, 4],
    ['a bad interval', { every: 'soon' }, 'every', /not a duration/],
    ['an interval out of bounds', { every: '500ms' }, 'every', /too short/],
    ['a bad zone', { schedule: '* * * * *', timezone: 'Asia/Shangai' }, 'timezone', /unknown/],
    ['a bad zone inside', { schedule: 'TZ=Mars 0 0 * * *' }, 'schedule', /unknown/, 3],
    ['a dialect without cron', { calendar: 'daily', dialect: 'wall' }, 'dialect', /only cron/],
    ['seconds in vixie', { schedule: '0 0 0 * * *', dialect: 'vixie' }, 'schedule', /seconds/, 0],
    ['no count', { every: '1m', count: 0 }, 'count', /0 is out of range/],
    ['too large a count', { every: '1m', count: 101 }, 'count', /101 is out of range/],
    ['half a count', { every: '1m', count: 1.5 }, 'count', /1.5 is out of range/],
    ['from without a zone', { every: '1m', from: '2026-01-01T00:00:00' }, 'from', /not an instant/],
    [
      'from on 30 February',
      { every: '1m', from: '2026-02-30T00:00:00Z' },
      'from',
      /not an instant/,
    ],
    ['from in words', { every: '1m', from: 'tomorrow' }, 'from', /not an instant/],
  ];
  for (const [what, item, field, message, offset] of bad) {
    test(`refuses ${what}`, () => {
      const result = previewSchedule(item, NOW);
      assert.ok(result.kind === 'invalid', JSON.stringify(result));
      assert.equal(result.field, field);
      assert.match(result.message, message);
      assert.ok(result.expected.length > 0);
      assert.equal(result.at, offset);
    });
  }
});
