import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/core/duration.ts';
import { duration } from '../../src/core/time.ts';

const DAY_MS = 86_400_000;

describe('parseDuration', () => {
  const good: readonly [text: string, ms: number][] = [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['90s', 90_000],
    ['15m', 900_000],
    ['2h', 7_200_000],
    ['1d', DAY_MS],
    ['1w', 7 * DAY_MS],
    ['1y', 365 * DAY_MS],
    ['1h30m', 5_400_000],
    ['1m500ms', 60_500],
    ['1y2w3d4h5m6s7ms', 382 * DAY_MS + 4 * 3_600_000 + 5 * 60_000 + 6_007],
    ['007s', 7_000],
    ['1000y', 365_000 * DAY_MS],
  ];
  for (const [text, ms] of good) {
    test(`reads ${text}`, () => {
      assert.deepEqual(parseDuration(text), { kind: 'ok', duration: ms });
    });
  }

  const bad: readonly [text: string, message: RegExp][] = [
    ['', /empty/],
    ['5', /has no unit/],
    ['-5m', /negative/],
    ['1.5h', /fraction/],
    ['30m1h', /do not descend/],
    ['1h1h', /stands twice/],
    ['1h 30m', /not a duration/],
    ['1H', /not a duration/],
    ['h', /not a duration/],
    ['1 h', /not a duration/],
    ['1001y', /too long/],
    [`${'9'.repeat(400)}y`, /too long/],
    ['1000y1ms', /too long/],
  ];
  for (const [text, message] of bad) {
    test(`refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
      const result = parseDuration(text);
      assert.equal(result.kind, 'invalid');
      assert.match(result.kind === 'invalid' ? result.message : '', message);
      assert.ok(result.kind === 'invalid' && result.expected.length > 0);
    });
  }

  test('cuts what it quotes', () => {
    const result = parseDuration('x'.repeat(1_000));
    assert.ok(result.kind === 'invalid' && result.message.length < 100);
  });
});

describe('formatDuration', () => {
  const rows: readonly [ms: number, text: string][] = [
    [0, '0'],
    [1, '1ms'],
    [90_000, '90s'],
    [3_600_000, '1h'],
    [5_400_000, '90m'],
    [DAY_MS, '1d'],
    [1.5 * DAY_MS, '36h'],
    [14 * DAY_MS, '2w'],
    [10 * DAY_MS, '10d'],
    [365 * DAY_MS, '1y'],
    [365 * DAY_MS + 1_000, '1y1s'],
    [1_500, '1500ms'],
    [3_661_000, '3661s'],
    [26 * 3_600_000, '26h'],
    [DAY_MS + 61_000, '86461s'],
  ];
  for (const [ms, text] of rows) {
    test(`writes ${ms} ms as ${text}`, () => assert.equal(formatDuration(duration(ms)), text));
  }

  test('writes what parseDuration reads back, and nothing longer than in one unit', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 1_000 * 365 * DAY_MS }),
      fc.integer({ min: 0, max: 100_000 }).map((seconds) => seconds * 1_000),
    );
    fc.assert(
      fc.property(lengths, (ms) => {
        const text = formatDuration(duration(ms));
        assert.deepEqual(parseDuration(text), { kind: 'ok', duration: ms });
        assert.ok(text.length <= `${ms}ms`.length);
        if (ms % 1_000 === 0) assert.ok(text.length <= `${ms / 1_000}s`.length);
      }),
    );
  });
});
