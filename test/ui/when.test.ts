import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DAY, HOUR, instant, MINUTE, SECOND } from '../../src/core/time.ts';
import { makeWhen } from '../../src/ui/when.ts';

const now = instant(Date.UTC(2026, 2, 1, 12));
const en = makeWhen('en', 'Asia/Shanghai', now);
const zh = makeWhen('zh-CN', 'Asia/Shanghai', now);
const away = (ms: number) => instant(now + ms);

describe('times for people', () => {
  const rows: [name: string, real: string, expected: string][] = [
    ['seconds ago', en.relative(away(-59 * SECOND)), '59s ago'],
    ['rounded towards now', en.relative(away(-119 * SECOND)), '1m ago'],
    ['to come', en.relative(away(3 * HOUR)), 'in 3h'],
    ['hours up to two days', en.relative(away(-47 * HOUR)), '47h ago'],
    ['days after that', en.relative(away(-48 * HOUR)), '2d ago'],
    ['in Chinese', zh.relative(away(-5 * MINUTE)), '5分钟前'],
    ['in the zone of the page', en.absolute(now), 'Mar 1, 20:00'],
    ['midnight is 00:00', en.absolute(away(4 * HOUR)), 'Mar 2, 00:00'],
    ['another year', en.absolute(away(-90 * DAY)), 'Dec 1, 2025, 20:00'],
    ['a date in Chinese', zh.absolute(now), '3月1日 20:00'],
    ['to the second', en.exact(away(-29 * SECOND)), 'Mar 1, 19:59:31'],
    ['to the second, another year', en.exact(away(-90 * DAY)), 'Dec 1, 2025, 20:00:00'],
    ['for machines', en.machine(now), '2026-03-01T12:00:00Z'],
    ['no time at all', en.length(0), '0 ms'],
    ['milliseconds', en.length(340), '340 ms'],
    ['seconds with a tenth', en.length(4_290), '4.2 s'],
    ['whole seconds', en.length(59_999), '59 s'],
    ['minutes and seconds', en.length(92_000), '1 min 32 s'],
    ['whole minutes', en.length(15 * MINUTE), '15 min'],
    ['hours and minutes', en.length(3 * HOUR + 12 * MINUTE), '3 h 12 min'],
    ['days and hours', en.length(3 * DAY + HOUR), '3 d 1 h'],
    ['a length in Chinese', zh.length(92_000), '1 分 32 秒'],
    ['bytes', en.size(999), '999 B'],
    ['thousands of bytes', en.size(2_140), '2.1 kB'],
    ['millions of bytes', zh.size(1_500_000), '1.5 MB'],
    ['numbers', en.count(100_000), '100,000'],
    ['an unknown zone is UTC', makeWhen('en', 'Mars/Olympus', now).absolute(now), 'Mar 1, 12:00'],
  ];
  for (const [name, real, expected] of rows)
    test(name, () => {
      assert.equal(real, expected);
    });
});
