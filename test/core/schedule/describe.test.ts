import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { daylightNotes } from '../../../src/core/schedule/daylight.ts';
import { describeSchedule } from '../../../src/core/schedule/describe.ts';
import type { Schedule, ScheduleSpec } from '../../../src/core/schedule/schedule.ts';
import { duration } from '../../../src/core/time.ts';
import { at, parsed, readTable } from './check.ts';

function check(spec: ScheduleSpec, english: string, chinese: string): void {
  const schedule = parsed(spec);
  assert.equal(describeSchedule(schedule, 'en'), english);
  assert.equal(describeSchedule(schedule, 'zh-CN'), chinese);
}

describe('cron in words', () => {
  const rows = readTable(`
    * * * * *             | every minute                                              | 每分钟
    */5 * * * *           | every 5 minutes                                           | 每 5 分钟
    0,30 * * * *          | every 30 minutes                                          | 每 30 分钟
    */7 * * * *           | at minutes 0, 7, …, 56 of every hour                      | 每小时的第 0、7、…、56 分
    */90 * * * *          | at minute 0 of every hour                                 | 每小时的第 0 分
    @hourly               | at minute 0 of every hour                                 | 每小时的第 0 分
    30 2 * * *            | at 02:30 every day                                        | 每天 02:30
    0 0,6,12,18 * * *     | at 00:00, 06:00, 12:00 and 18:00 every day                | 每天 00:00、06:00、12:00、18:00
    30 */2 * * *          | every 2 hours from 00:30 to 22:30                         | 00:30 至 22:30 每 2 小时
    0 */5 * * *           | every 5 hours from 00:00 to 20:00                         | 00:00 至 20:00 每 5 小时
    */15 9-17 * * MON-FRI | every 15 minutes from 09:00 to 17:45, Monday to Friday    | 周一至周五 09:00 至 17:45 每 15 分钟
    * 9-17 * * *          | every minute from 09:00 to 17:59                          | 09:00 至 17:59 每分钟
    */15 9,12 * * *       | at minutes 0, 15, 30 and 45 of hours 9 and 12             | 第 9、12 点的第 0、15、30、45 分
    1,2,3,10 3,5 * * *    | at minutes 1 to 3 and 10 of hours 3 and 5                 | 第 3、5 点的第 1 至 3、10 分
    */10 * * * * *        | every 10 seconds                                          | 每 10 秒
    * * * * * *           | every second                                              | 每秒
    30 */5 * * * *        | at second 30 of minutes 0, 5, …, 55 of every hour         | 每小时的第 0、5、…、55 分的第 30 秒
    15 30 9 * * ?         | at 09:30:15 every day                                     | 每天 09:30:15
    5 4 * * SUN           | at 04:05, on Sunday                                       | 周日 04:05
    0 0 * * 6,0           | at 00:00, on Saturday and Sunday                          | 周六、周日 00:00
    0 3 * * 2-7           | at 03:00, Tuesday to Sunday                               | 周二至周日 03:00
    0 0 1,15 * *          | at 00:00, on day 1 and day 15 of the month                | 每月 1 日、15 日 00:00
    0 0 1 1 *             | at 00:00, on day 1 of January                             | 1 月 1 日 00:00
    0 0 * 2 *             | at 00:00, in February                                     | 2 月每天 00:00
    0 0 1-31 * 1          | at 00:00 every day                                        | 每天 00:00
    0 0 L * *             | at 00:00, on the last day of the month                    | 每月 最后一天 00:00
    0 0 L-3 * *           | at 00:00, on the 4th last day of the month                | 每月 倒数第 4 天 00:00
    0 0 L-1,L-2,L * *     | at 00:00, on the last 3 days of the month                 | 每月 最后 3 天 00:00
    0 0 LW * *            | at 00:00, on the last working day (Monday to Friday) of the month | 每月 最后一个工作日（周一至周五） 00:00
    0 0 15W 1,7 *         | at 00:00, on the working day (Monday to Friday) nearest to day 15 of January and July | 1、7 月 离 15 日最近的工作日（周一至周五） 00:00
    0 12 * * 5L           | at 12:00, on the last Friday of the month                 | 每月 最后一个周五 12:00
    0 12 * 3 5#2          | at 12:00, on the 2nd Friday of March                      | 3 月 第 2 个周五 12:00
    0 0 * * 1,5L          | at 00:00, on Monday and the last Friday of the month      | 周一、最后一个周五 00:00
    0 0 13 * 5            | at 00:00, on day 13 of the month OR on Friday (either is enough) | 每月内 13 日 或 周五（满足其一即可） 00:00
    0 0 13 6 5            | at 00:00, on day 13 of the month OR on Friday (either is enough), in June | 6 月内 13 日 或 周五（满足其一即可） 00:00
    0 0 */2 * 1           | at 00:00, on days 1, 3, …, 31 of the month AND only on Monday | 每月 1、3、…、31 日 且为 周一 00:00
    TZ=Asia/Tokyo @daily  | at 00:00 every day (Asia/Tokyo)                           | 每天 00:00（Asia/Tokyo）
  `);
  for (const [expression = '', english = '', chinese = ''] of rows) {
    test(expression, () => check({ kind: 'cron', expression, timezone: 'UTC' }, english, chinese));
  }
});

describe('calendar in words', () => {
  const rows = readTable(`
    daily                | at 00:00 every day                                         | 每天 00:00
    Mon..Fri 18:00       | at 18:00, Monday to Friday                                 | 周一至周五 18:00
    Mon *-*-1..7 08:00   | at 08:00, on days 1 to 7 of the month AND only on Monday   | 每月 1 至 7 日 且为 周一 08:00
    quarterly            | at 00:00, on day 1 of January, April, July and October     | 1、4、7、10 月 1 日 00:00
    2026..2028-01,07-01  | at 00:00, on day 1 of January and July, in 2026 to 2028    | 2026 至 2028 年 1、7 月 1 日 00:00
    *-*~7/3 10:00        | at 10:00, on the 7th last day, the 4th last day and the last day of the month | 每月 倒数第 7 天、倒数第 4 天、最后一天 10:00
    *-*~5/1              | at 00:00, on the last 5 days of the month                  | 每月 最后 5 天 00:00
    12:00 Asia/Tokyo     | at 12:00 every day (Asia/Tokyo)                            | 每天 12:00（Asia/Tokyo）
  `);
  for (const [expression = '', english = '', chinese = ''] of rows) {
    const spec = { kind: 'calendar', expression, timezone: 'UTC' } as const;
    test(expression, () => check(spec, english, chinese));
  }

  test('several lines', () => {
    const spec = {
      kind: 'calendar',
      expression: '00:00\n12:00 Asia/Tokyo',
      timezone: 'UTC',
    } as const;
    check(
      spec,
      'at 00:00 every day; or at 12:00 every day (Asia/Tokyo)',
      '每天 00:00；或 每天 12:00（Asia/Tokyo）',
    );
  });
});

describe('every in words', () => {
  const rows: readonly [ms: number, english: string, chinese: string][] = [
    [600_000, 'every 10 minutes', '每 10 分钟'],
    [3_600_000, 'every hour', '每 1 小时'],
    [5_400_000, 'every 1 hour 30 minutes', '每 1 小时 30 分钟'],
    [86_400_000, 'every day', '每 1 天'],
    [1_500, 'every 1 second 500 milliseconds', '每 1 秒 500 毫秒'],
  ];
  for (const [ms, english, chinese] of rows) {
    test(english, () => check({ kind: 'every', every: duration(ms) }, english, chinese));
  }
});

test('a schedule whose text does not parse is shown by its text', () => {
  const spec = { kind: 'cron', expression: 'soon', timezone: 'UTC' } as const;
  const schedule: Schedule = { spec, dialect: 'vixie', next: () => null };
  assert.equal(describeSchedule(schedule, 'en'), 'soon');
  assert.deepEqual(daylightNotes(schedule, at('2026-01-01T00:00:00Z')), []);
});

describe('daylight notes', () => {
  const GAP = 'On 2026-03-08 the clock of America/New_York jumps from 02:00 to 03:00: ';
  const REPEAT =
    'On 2026-11-01 the clock of America/New_York goes back from 02:00 to 01:00, and that time comes twice: ';
  const cron = (expression: string, dialect: 'vixie' | 'wall' = 'vixie'): ScheduleSpec => ({
    kind: 'cron',
    expression,
    dialect,
    timezone: 'America/New_York',
  });
  const calendar = (expression: string): ScheduleSpec => ({
    kind: 'calendar',
    expression,
    timezone: 'America/New_York',
  });
  const moved = `${GAP}a run due in between comes at 03:00.`;
  const skipped = `${GAP}a run due in between does not come that day.`;
  const once = `${REPEAT}a run due in between comes only the first time.`;
  const twice = `${REPEAT}a run due in between comes both times.`;

  const rows: readonly [what: string, spec: ScheduleSpec, notes: readonly string[]][] = [
    ['fixed in the gap', cron('30 2 * * *'), [moved]],
    ['fixed in the repeat', cron('30 1 * * *'), [once]],
    ['fixed in both', cron('30 1-2 * * *'), [moved, once]],
    ['wall in the gap', cron('30 2 * * *', 'wall'), [skipped]],
    ['wall in the repeat', cron('30 1 * * *', 'wall'), [twice]],
    ['wildcard in one hour of the gap', cron('*/15 2 * * *'), [skipped]],
    ['wildcard all day keeps its rhythm', cron('*/15 * * * *'), []],
    ['hourly keeps its rhythm', cron('7 * * * *'), []],
    ['every second hour', cron('0 */2 * * *'), [skipped]],
    ['calendar in the gap', calendar('02:30'), [skipped]],
    ['calendar hourly rests during the second pass', calendar('hourly'), [once]],
    ['elsewhere in the day', cron('0 12 * * *'), []],
    ['on another weekday', cron('30 2 * * 1'), []],
    [
      'a zone without changes',
      { ...cron('30 2 * * *'), timezone: 'Asia/Shanghai' } as ScheduleSpec,
      [],
    ],
    ['an interval', { kind: 'every', every: duration(3_600_000) }, []],
  ];
  for (const [what, spec, notes] of rows) {
    test(what, () => {
      assert.deepEqual(daylightNotes(parsed(spec), at('2026-01-15T00:00:00Z')), notes);
    });
  }

  test('half an hour of shift breaks an hourly rhythm but not a half-hourly one', () => {
    const notesOf = (expression: string): number => {
      const spec = { kind: 'cron', expression, timezone: 'Australia/Lord_Howe' } as const;
      return daylightNotes(parsed(spec), at('2026-01-15T00:00:00Z')).length;
    };
    assert.equal(notesOf('*/30 * * * *'), 0);
    assert.equal(notesOf('15 * * * *'), 1);
    assert.equal(notesOf('45 * * * *'), 1);
  });

  test('the earlier change comes first, and each kind once', () => {
    const notes = daylightNotes(parsed(cron('30 1-2 * * *')), at('2026-06-15T00:00:00Z'));
    assert.deepEqual(
      notes.map((note) => note.slice(0, 13)),
      ['On 2026-11-01', 'On 2027-03-14'],
    );
  });

  test('in Chinese', () => {
    assert.deepEqual(
      daylightNotes(parsed(cron('30 1-2 * * *')), at('2026-01-15T00:00:00Z'), 'zh-CN'),
      [
        '2026-03-08，America/New_York 的时钟从 02:00 跳到 03:00：其间应有的运行改在 03:00。',
        '2026-11-01，America/New_York 的时钟从 02:00 拨回 01:00，这段时间出现两遍：其间的运行只在第一遍发生。',
      ],
    );
  });
});
