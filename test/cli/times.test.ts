import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromNow, inZone, took } from '../../src/cli/times.ts';
import { DAY, HOUR, instant, MINUTE } from '../../src/core/time.ts';

const now = instant(Date.UTC(2026, 2, 1, 12));
const at = (ms: number): string => new Date(now + ms).toISOString();

describe('times on a terminal', () => {
  const rows: [real: string, expected: string][] = [
    [took(null), '-'],
    [took(0), '0ms'],
    [took(340.6), '340ms'],
    [took(12_900), '12s'],
    [took(92_000), '1m32s'],
    [took(HOUR), '1h'],
    [took(3 * HOUR + 12 * MINUTE + 5_000), '3h12m'],
    [took(2 * DAY + HOUR), '2d1h'],
    [fromNow(null, now), '-'],
    [fromNow(at(0), now), '0s ago'],
    [fromNow(at(-59_000), now), '59s ago'],
    [fromNow(at(90_000), now), 'in 1m'],
    [fromNow(at(-47 * HOUR), now), '47h ago'],
    [fromNow(at(-48 * HOUR), now), '2d ago'],
    [inZone(now, 'Asia/Shanghai'), 'Sun 2026-03-01 20:00 +08:00'],
    [inZone(instant(now + 1_000), 'UTC'), 'Sun 2026-03-01 12:00:01 +00:00'],
    [inZone(now, 'Mars/Olympus'), 'Sun 2026-03-01 12:00 +00:00'],
  ];
  for (const [index, [real, expected]] of rows.entries())
    test(`${index + 1}: ${expected}`, () => {
      assert.equal(real, expected);
    });
});
