import { describe, test } from 'node:test';
import { checkFault, checkNext, readTable } from './check.ts';

/** 2026-01-01 is a Thursday. */
const FROM = '2026-01-01T00:00:00Z';

describe('cron: each form of each field', () => {
  const rows = readTable(`
    every minute                | * * * * *        | 2026-01-01T00:01:00Z 2026-01-01T00:02:00Z
    single values               | 30 2 * * *       | 2026-01-01T02:30:00Z 2026-01-02T02:30:00Z
    leading zeros               | 05 02 01 02 *    | 2026-02-01T02:05:00Z
    a range                     | 0 9-10 * * *     | 2026-01-01T09:00:00Z 2026-01-01T10:00:00Z 2026-01-02T09:00:00Z
    a list                      | 0 1,3 * * *      | 2026-01-01T01:00:00Z 2026-01-01T03:00:00Z 2026-01-02T01:00:00Z
    a list out of order         | 0 3,1,3 * * *    | 2026-01-01T01:00:00Z 2026-01-01T03:00:00Z
    a step of all               | */25 * * * *     | 2026-01-01T00:25:00Z 2026-01-01T00:50:00Z 2026-01-01T01:00:00Z
    a step wider than the field | */90 5 * * *     | 2026-01-01T05:00:00Z 2026-01-02T05:00:00Z
    a step of a range           | 1-5/2 0 * * *    | 2026-01-01T00:01:00Z 2026-01-01T00:03:00Z 2026-01-01T00:05:00Z 2026-01-02T00:01:00Z
    a step from a value on      | 5/25 0 * * *     | 2026-01-01T00:05:00Z 2026-01-01T00:30:00Z 2026-01-01T00:55:00Z
    a list of ranges and steps  | 0-1,*/30 0 * * * | 2026-01-01T00:01:00Z 2026-01-01T00:30:00Z 2026-01-02T00:00:00Z
    month names                 | 0 0 1 feb,DEC *  | 2026-02-01T00:00:00Z 2026-12-01T00:00:00Z
    a range of month names      | 0 0 1 Mar-May *  | 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z 2026-05-01T00:00:00Z 2027-03-01T00:00:00Z
    weekday names               | 0 0 * * MON-FRI  | 2026-01-02T00:00:00Z 2026-01-05T00:00:00Z
    Sunday as 0                 | 0 0 * * 0        | 2026-01-04T00:00:00Z
    Sunday as 7                 | 0 0 * * 7        | 2026-01-04T00:00:00Z
    a range to Sunday as 7      | 0 0 * * 6-7      | 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z 2026-01-10T00:00:00Z
    ? for the day               | 0 0 ? * 1        | 2026-01-05T00:00:00Z 2026-01-12T00:00:00Z
    ? for the weekday           | 0 0 15 * ?       | 2026-01-15T00:00:00Z 2026-02-15T00:00:00Z
    29 February                 | 0 12 29 2 *      | 2028-02-29T12:00:00Z 2032-02-29T12:00:00Z
    day 31                      | 0 0 31 * *       | 2026-01-31T00:00:00Z 2026-03-31T00:00:00Z 2026-05-31T00:00:00Z
  `);
  for (const [what = '', expression = '', next = ''] of rows) {
    test(`${what}: ${expression}`, () => {
      checkNext({ kind: 'cron', expression, timezone: 'UTC' }, FROM, next);
    });
  }
});

test('cron: tabs and blanks around and between fields', () => {
  const expression = ' \t0\t0  1 * * ';
  checkNext({ kind: 'cron', expression, timezone: 'UTC' }, FROM, '2026-02-01T00:00:00Z');
});

describe('cron: L, W and #', () => {
  const rows = readTable(`
    last day                          | 0 0 L * *       | 2026-01-31T00:00:00Z 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z
    last day of a leap February       | 0 0 L 2 *       | 2026-02-28T00:00:00Z 2027-02-28T00:00:00Z 2028-02-29T00:00:00Z
    three days before the last        | 0 0 L-3 * *     | 2026-01-28T00:00:00Z 2026-02-25T00:00:00Z
    thirty days before the last       | 0 0 L-30 * *    | 2026-03-01T00:00:00Z 2026-05-01T00:00:00Z
    15 and last                       | 0 0 15,L * *    | 2026-01-15T00:00:00Z 2026-01-31T00:00:00Z 2026-02-15T00:00:00Z
    last working day, on Saturday     | 0 0 LW 1,2,5 *  | 2026-01-30T00:00:00Z 2026-02-27T00:00:00Z 2026-05-29T00:00:00Z
    15W on Thursday stays             | 0 0 15W 1 *     | 2026-01-15T00:00:00Z
    15W on Sunday moves to Monday     | 0 0 15W 2 *     | 2026-02-16T00:00:00Z
    15W on Saturday moves to Friday   | 0 0 15W 8 *     | 2026-08-14T00:00:00Z
    1W on Saturday stays in the month | 0 0 1W 8 *      | 2026-08-03T00:00:00Z
    31W on Sunday stays in the month  | 0 0 31W 5 *     | 2026-05-29T00:00:00Z
    31W only where there is a 31st    | 0 0 31W * *     | 2026-01-30T00:00:00Z 2026-03-31T00:00:00Z
    last Friday                       | 0 0 * * 5L      | 2026-01-30T00:00:00Z 2026-02-27T00:00:00Z
    last Friday by name               | 0 0 * * friL    | 2026-01-30T00:00:00Z
    last Sunday as 7                  | 0 0 * * 7L      | 2026-01-25T00:00:00Z
    second Friday                     | 0 0 * * 5#2     | 2026-01-09T00:00:00Z 2026-02-13T00:00:00Z
    fifth Friday, when there is one   | 0 0 * * FRI#5   | 2026-01-30T00:00:00Z 2026-05-29T00:00:00Z
    first and third Monday            | 0 0 * * 1#1,1#3 | 2026-01-05T00:00:00Z 2026-01-19T00:00:00Z 2026-02-02T00:00:00Z
  `);
  for (const [what = '', expression = '', next = ''] of rows) {
    test(`${what}: ${expression}`, () => {
      checkNext({ kind: 'cron', expression, timezone: 'UTC' }, FROM, next);
    });
  }
});

describe('cron: day and weekday together', () => {
  const rows = readTable(`
    both set: either            | 0 0 13 * 5    | 2026-01-02T00:00:00Z 2026-01-09T00:00:00Z 2026-01-13T00:00:00Z 2026-01-16T00:00:00Z
    day begins with *: both     | 0 0 */2 * 1   | 2026-01-05T00:00:00Z 2026-01-19T00:00:00Z
    weekday begins with *: both | 0 0 1-7 * */3 | 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z 2026-01-07T00:00:00Z 2026-02-01T00:00:00Z
    either, in one month        | 0 0 31 2 1    | 2026-02-02T00:00:00Z 2026-02-09T00:00:00Z
    29 February on a Sunday     | 0 0 29 2 */7  | 2032-02-29T00:00:00Z 2060-02-29T00:00:00Z
  `);
  for (const [what = '', expression = '', next = ''] of rows) {
    test(`${what}: ${expression}`, () => {
      checkNext({ kind: 'cron', expression, timezone: 'UTC' }, FROM, next);
    });
  }
});

describe('cron: seconds, nicknames and the zone prefix', () => {
  const rows = readTable(`
    */20 * * * * *                  | 2026-01-01T00:00:20Z 2026-01-01T00:00:40Z 2026-01-01T00:01:00Z
    30 0 12 * * ?                   | 2026-01-01T12:00:30Z
    @yearly                         | 2027-01-01T00:00:00Z
    @annually                       | 2027-01-01T00:00:00Z
    @monthly                        | 2026-02-01T00:00:00Z
    @weekly                         | 2026-01-04T00:00:00Z
    @daily                          | 2026-01-02T00:00:00Z
    @Midnight                       | 2026-01-02T00:00:00Z
    @hourly                         | 2026-01-01T01:00:00Z
    CRON_TZ=Asia/Shanghai 0 9 * * * | 2026-01-01T01:00:00Z
    TZ=Asia/Tokyo 0 0 9 * * *       | 2026-01-02T00:00:00Z
    TZ=Asia/Tokyo @daily            | 2026-01-01T15:00:00Z
  `);
  for (const [expression = '', next = ''] of rows) {
    test(expression, () => {
      checkNext({ kind: 'cron', expression, timezone: 'UTC' }, FROM, next);
    });
  }
});

describe('cron: changes of the clock beyond the vectors', () => {
  const rows = readTable(`
    three hours back is a correction, so a fixed job runs twice           | 30 1 * * *   | Antarctica/Casey | 2023-03-08T12:00:00Z | 2023-03-08T14:30:00Z 2023-03-08T17:30:00Z 2023-03-09T17:30:00Z
    three hours forward is a correction, so a fixed job in them is lost   | 30 1 * * *   | Antarctica/Casey | 2022-10-01T12:00:00Z | 2022-10-02T14:30:00Z 2022-10-03T14:30:00Z
    a day that does not exist is lost                                     | 0 12 30 12 * | Pacific/Apia     | 2011-06-01T00:00:00Z | 2012-12-29T22:00:00Z
    @daily where midnight does not exist comes at the end of the gap      | @daily       | America/Havana   | 2024-03-09T06:00:00Z | 2024-03-10T05:00:00Z 2024-03-11T04:00:00Z
    several runs inside one gap are one                                   | 0,30 2 * * * | America/New_York | 2024-03-10T05:00:00Z | 2024-03-10T07:00:00Z 2024-03-11T06:00:00Z
    asked inside the second pass, a fixed job is next due on the next day | 30 1 * * *   | America/New_York | 2026-11-01T06:10:00Z | 2026-11-02T06:30:00Z
  `);
  for (const [what = '', expression = '', timezone = '', from = '', next = ''] of rows) {
    test(what, () => checkNext({ kind: 'cron', expression, timezone }, from, next));
  }
});

describe('cron: what is refused, where, and what was expected', () => {
  const rows: readonly [expression: string, at: number, message: RegExp, expected: RegExp][] = [
    ['', 0, /empty/, /five fields/],
    ['   ', 0, /empty/, /five fields/],
    ['* * * *', 7, /only 4 fields/, /five fields/],
    ['5', 1, /only 1 field$/, /five fields/],
    ['* * * * * * *', 12, /7 fields/, /no year/],
    ['60 * * * *', 0, /minute: 60 is above 59/, /0-59/],
    ['* 24 * * *', 2, /hour: 24 is above 23/, /0-23/],
    ['* * 0 * *', 4, /day: 0 is below 1/, /1-31/],
    ['* * 32 * *', 4, /day: 32 is above 31/, /1-31/],
    ['* * * 13 *', 6, /month: 13 is above 12/, /JAN-DEC/],
    ['* * * 0 *', 6, /month: 0 is below 1/, /JAN-DEC/],
    ['* * * * 8', 8, /weekday: 8 is above 7/, /0-7/],
    ['60 0 0 * * *', 0, /second: 60 is above 59/, /0-59/],
    ['0,15,60 * * * *', 5, /minute: 60 is above 59/, /0-59/],
    ['0-60 * * * *', 2, /minute: 60 is above 59/, /0-59/],
    ['*/0 * * * *', 2, /step of 0/, /1 or more/],
    ['*/x * * * *', 2, /not a step/, /1 or more/],
    ['1/2/3 * * * *', 0, /two steps/, /one \//],
    ['5-1 * * * *', 0, /runs backwards/, /5-59,0-1/],
    ['0 0 * * FRI-MON', 8, /do not wrap around/, /5-6,0-1/],
    ['0 0 1 NOV-FEB *', 6, /do not wrap around/, /11-12,1-2/],
    ['1,,2 * * * *', 2, /value is missing/, /0-59/],
    ['1-2-3 * * * *', 0, /not a value or range/, /0-59/],
    ['-5 * * * *', 0, /not a value or range/, /0-59/],
    ['+5 * * * *', 0, /not a value/, /0-59/],
    ['1.5 * * * *', 0, /not a value/, /0-59/],
    ['* * * MARCH *', 6, /not a value/, /JAN-DEC/],
    ['? * * * *', 0, /day and weekday fields only/, /\*/],
    ['H * * * *', 0, /lets the scheduler choose/, /really runs/],
    ['0 H(0-7) * * *', 2, /lets the scheduler choose/, /really runs/],
    ['H/15 * * * *', 0, /lets the scheduler choose/, /really runs/],
    ['0 0 * * L', 8, /L alone/, /6L/],
    ['0 0 * * 1#6', 10, /has no "6"th/, /#1 to #5/],
    ['0 0 * * 1#', 10, /has no ""th/, /#1 to #5/],
    ['0 0 * * 9#1', 8, /9 is above 7/, /0-7/],
    ['0 0 * * 8L', 8, /8 is above 7/, /0-7/],
    ['0 0 L-31 * *', 6, /31 days before/, /L-1 to L-30/],
    ['0 0 0W * *', 4, /0 is below 1/, /1-31/],
    ['0 L * * *', 2, /not a value/, /0-23/],
    ['0 0 30 2 *', 4, /no such day ever comes/, /exists/],
    ['0 0 31 4,6 *', 4, /no such day ever comes/, /exists/],
    ['0 0 31 2 */2', 4, /no such day ever comes/, /exists/],
    ['@reboot', 0, /no next time/, /every: 1d/],
    ['@every 5m', 0, /interval/, /^every: 5m$/],
    ['@fortnightly', 0, /unknown/, /@weekly/],
    ['@daily 5', 7, /nothing may follow/, /@daily alone/],
    ['CRON_TZ=Asia/Shangai 0 0 * * *', 8, /unknown time zone "Asia\/Shangai"/, /Asia\/Shanghai/],
    ['TZ=UTC', 6, /only a time zone/, /five fields/],
    [`${'1,'.repeat(600)}1 * * * *`, 1_000, /too long/, /at most 1000/],
  ];
  for (const [expression, at, message, expected] of rows) {
    test(JSON.stringify(expression.slice(0, 40)), () => {
      checkFault({ kind: 'cron', expression, timezone: 'UTC' }, { at, message, expected });
    });
  }

  test('six fields with dialect vixie', () => {
    checkFault(
      { kind: 'cron', expression: '0 0 0 * * *', dialect: 'vixie', timezone: 'UTC' },
      { at: 0, message: /no field for seconds/, expected: /dialect: wall/ },
    );
  });
});
