import { describe, test } from 'node:test';
import { checkFault, checkNext, readTable } from './check.ts';

/** The next times are what `systemd-analyze calendar` of systemd 252 answered, asked outside a repeated hour. */
describe('calendar: as systemd', () => {
  const rows = readTable(`
    minutely                  | UTC                 | 2026-01-15T10:10:30Z | 2026-01-15T10:11:00Z 2026-01-15T10:12:00Z 2026-01-15T10:13:00Z
    hourly                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T02:00:00Z 2026-01-15T03:00:00Z
    daily                     | UTC                 | 2026-01-15T00:00:00Z | 2026-01-16T00:00:00Z 2026-01-17T00:00:00Z 2026-01-18T00:00:00Z
    weekly                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-19T00:00:00Z 2026-01-26T00:00:00Z 2026-02-02T00:00:00Z
    monthly                   | UTC                 | 2026-01-15T00:00:00Z | 2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z
    quarterly                 | UTC                 | 2026-01-15T00:00:00Z | 2026-04-01T00:00:00Z 2026-07-01T00:00:00Z 2026-10-01T00:00:00Z
    semiannually              | UTC                 | 2026-01-15T00:00:00Z | 2026-07-01T00:00:00Z 2027-01-01T00:00:00Z 2027-07-01T00:00:00Z
    bi-annually               | UTC                 | 2026-01-15T00:00:00Z | 2026-07-01T00:00:00Z 2027-01-01T00:00:00Z 2027-07-01T00:00:00Z
    yearly                    | UTC                 | 2026-01-15T00:00:00Z | 2027-01-01T00:00:00Z 2028-01-01T00:00:00Z 2029-01-01T00:00:00Z
    HOURLY                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T02:00:00Z 2026-01-15T03:00:00Z
    Mon-Fri                   | UTC                 | 2026-01-15T00:00:00Z | 2026-01-16T00:00:00Z 2026-01-19T00:00:00Z 2026-01-20T00:00:00Z
    Mon,                      | UTC                 | 2026-01-15T00:00:00Z | 2026-01-19T00:00:00Z 2026-01-26T00:00:00Z 2026-02-02T00:00:00Z
    Monday 5:00               | UTC                 | 2026-01-15T00:00:00Z | 2026-01-19T05:00:00Z 2026-01-26T05:00:00Z 2026-02-02T05:00:00Z
    mon,tue..thu,sat          | UTC                 | 2026-01-15T00:00:00Z | 2026-01-17T00:00:00Z 2026-01-19T00:00:00Z 2026-01-20T00:00:00Z
    Mon..Sun 1:00             | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-16T01:00:00Z 2026-01-17T01:00:00Z
    Sat,Sun 12-25,26 08:05:40 | UTC                 | 2026-01-15T00:00:00Z | 2026-12-26T08:05:40Z 2027-12-25T08:05:40Z 2027-12-26T08:05:40Z
    fri *-*-1..7 18:00        | UTC                 | 2026-01-15T00:00:00Z | 2026-02-06T18:00:00Z 2026-03-06T18:00:00Z 2026-04-03T18:00:00Z
    *-*~1                     | UTC                 | 2026-01-15T00:00:00Z | 2026-01-31T00:00:00Z 2026-02-28T00:00:00Z 2026-03-31T00:00:00Z
    *-*~1..3                  | UTC                 | 2026-01-15T00:00:00Z | 2026-01-29T00:00:00Z 2026-01-30T00:00:00Z 2026-01-31T00:00:00Z
    *-02~03                   | UTC                 | 2026-01-15T00:00:00Z | 2026-02-26T00:00:00Z 2027-02-26T00:00:00Z 2028-02-27T00:00:00Z
    02~1                      | UTC                 | 2026-01-15T00:00:00Z | 2026-02-28T00:00:00Z 2027-02-28T00:00:00Z 2028-02-29T00:00:00Z
    Mon *-05~07/1             | UTC                 | 2026-01-15T00:00:00Z | 2026-05-25T00:00:00Z 2027-05-31T00:00:00Z 2028-05-29T00:00:00Z
    *-*~7/2                   | UTC                 | 2026-01-15T00:00:00Z | 2026-01-25T00:00:00Z 2026-01-27T00:00:00Z 2026-01-29T00:00:00Z
    *-*~2..6/2                | UTC                 | 2026-01-15T00:00:00Z | 2026-01-26T00:00:00Z 2026-01-28T00:00:00Z 2026-01-30T00:00:00Z
    *-*~28                    | UTC                 | 2026-01-15T00:00:00Z | 2026-02-01T00:00:00Z 2026-03-04T00:00:00Z 2026-04-03T00:00:00Z
    *-*~*                     | UTC                 | 2026-01-15T00:00:00Z | 2026-01-16T00:00:00Z 2026-01-17T00:00:00Z 2026-01-18T00:00:00Z
    2-1                       | UTC                 | 2026-01-15T00:00:00Z | 2026-02-01T00:00:00Z 2027-02-01T00:00:00Z 2028-02-01T00:00:00Z
    *-*                       | UTC                 | 2026-01-15T00:00:00Z | 2026-01-16T00:00:00Z 2026-01-17T00:00:00Z 2026-01-18T00:00:00Z
    *-* 10:00                 | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:00:00Z 2026-01-16T10:00:00Z 2026-01-17T10:00:00Z
    *-*-31                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-31T00:00:00Z 2026-03-31T00:00:00Z 2026-05-31T00:00:00Z
    *-*-1/5                   | UTC                 | 2026-01-15T00:00:00Z | 2026-01-16T00:00:00Z 2026-01-21T00:00:00Z 2026-01-26T00:00:00Z
    *-*-01..31/7              | UTC                 | 2026-01-15T00:00:00Z | 2026-01-22T00:00:00Z 2026-01-29T00:00:00Z 2026-02-01T00:00:00Z
    *-*-1..7/7                | UTC                 | 2026-01-15T00:00:00Z | 2026-02-01T00:00:00Z 2026-03-01T00:00:00Z 2026-04-01T00:00:00Z
    *-1/3-1                   | UTC                 | 2026-01-15T00:00:00Z | 2026-04-01T00:00:00Z 2026-07-01T00:00:00Z 2026-10-01T00:00:00Z
    *-1/11-1                  | UTC                 | 2026-01-15T00:00:00Z | 2026-12-01T00:00:00Z 2027-01-01T00:00:00Z 2027-12-01T00:00:00Z
    2026/2-01-01              | UTC                 | 2026-01-15T00:00:00Z | 2028-01-01T00:00:00Z 2030-01-01T00:00:00Z 2032-01-01T00:00:00Z
    2025..2027-01-01          | UTC                 | 2026-01-15T00:00:00Z | 2027-01-01T00:00:00Z
    69-01-01                  | UTC                 | 2026-01-15T00:00:00Z | 2069-01-01T00:00:00Z
    2024-02-29                | UTC                 | 2026-01-15T00:00:00Z | 
    10:5                      | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:05:00Z 2026-01-16T10:05:00Z 2026-01-17T10:05:00Z
    1..5:0                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T02:00:00Z 2026-01-15T03:00:00Z
    1,3,5..9/2:00             | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T03:00:00Z 2026-01-15T05:00:00Z
    1/6:00                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T07:00:00Z 2026-01-15T13:00:00Z
    1..5/9:00                 | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-16T01:00:00Z 2026-01-17T01:00:00Z
    0/2,1:00                  | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-15T02:00:00Z 2026-01-15T04:00:00Z
    *:0/15                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T00:15:00Z 2026-01-15T00:30:00Z 2026-01-15T00:45:00Z
    9..17/2:30                | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T09:30:00Z 2026-01-15T11:30:00Z 2026-01-15T13:30:00Z
    12:00,13:00               | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T12:00:00Z 2026-01-15T12:13:00Z 2026-01-16T12:00:00Z
    *:*:*                     | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T00:00:01Z 2026-01-15T00:00:02Z 2026-01-15T00:00:03Z
    10:00:00/15               | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:00:00Z 2026-01-15T10:00:15Z 2026-01-15T10:00:30Z
    10:00:5..20/5             | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:00:05Z 2026-01-15T10:00:10Z 2026-01-15T10:00:15Z
    10:00:00.000000           | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:00:00Z 2026-01-16T10:00:00Z 2026-01-17T10:00:00Z
    001:00                    | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T01:00:00Z 2026-01-16T01:00:00Z 2026-01-17T01:00:00Z
    10:00 Asia/Shanghai       | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T02:00:00Z 2026-01-16T02:00:00Z 2026-01-17T02:00:00Z
    10:00 utc                 | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T10:00:00Z 2026-01-16T10:00:00Z 2026-01-17T10:00:00Z
    10:00 Etc/GMT+5           | UTC                 | 2026-01-15T00:00:00Z | 2026-01-15T15:00:00Z 2026-01-16T15:00:00Z 2026-01-17T15:00:00Z
    quarterly Europe/Berlin   | UTC                 | 2026-01-15T00:00:00Z | 2026-03-31T22:00:00Z 2026-06-30T22:00:00Z 2026-09-30T22:00:00Z
    Mon,Wed 2:00 UTC          | UTC                 | 2026-01-15T00:00:00Z | 2026-01-19T02:00:00Z 2026-01-21T02:00:00Z 2026-01-26T02:00:00Z
    02:30                     | America/New_York    | 2024-03-10T05:00:00Z | 2024-03-11T06:30:00Z 2024-03-12T06:30:00Z 2024-03-13T06:30:00Z
    2:0/15                    | America/New_York    | 2024-03-10T06:40:00Z | 2024-03-11T06:00:00Z 2024-03-11T06:15:00Z 2024-03-11T06:30:00Z
    *:0/15                    | America/New_York    | 2024-03-10T06:40:00Z | 2024-03-10T06:45:00Z 2024-03-10T07:00:00Z 2024-03-10T07:15:00Z
    hourly                    | America/New_York    | 2024-03-10T05:30:00Z | 2024-03-10T06:00:00Z 2024-03-10T07:00:00Z 2024-03-10T08:00:00Z
    *:0/15                    | America/New_York    | 2024-11-03T05:40:00Z | 2024-11-03T05:45:00Z 2024-11-03T07:00:00Z 2024-11-03T07:15:00Z
    hourly                    | America/New_York    | 2024-11-03T04:30:00Z | 2024-11-03T05:00:00Z 2024-11-03T07:00:00Z 2024-11-03T08:00:00Z
    01:30                     | America/New_York    | 2024-11-03T04:30:00Z | 2024-11-03T05:30:00Z 2024-11-04T06:30:00Z 2024-11-05T06:30:00Z
    02:00                     | America/New_York    | 2024-11-03T04:30:00Z | 2024-11-03T07:00:00Z 2024-11-04T07:00:00Z 2024-11-05T07:00:00Z
    daily                     | Asia/Beirut         | 2024-03-30T00:00:00Z | 2024-03-31T21:00:00Z 2024-04-01T21:00:00Z 2024-04-02T21:00:00Z
    daily                     | America/Havana      | 2024-03-09T00:00:00Z | 2024-03-09T05:00:00Z 2024-03-11T04:00:00Z 2024-03-12T04:00:00Z
    daily                     | America/Santiago    | 2024-09-07T00:00:00Z | 2024-09-07T04:00:00Z 2024-09-09T03:00:00Z 2024-09-10T03:00:00Z
    23:30                     | America/Nuuk        | 2024-03-30T00:00:00Z | 2024-03-30T01:30:00Z 2024-04-01T00:30:00Z 2024-04-02T00:30:00Z
    02:15                     | Australia/Lord_Howe | 2024-10-04T00:00:00Z | 2024-10-04T15:45:00Z 2024-10-06T15:15:00Z 2024-10-07T15:15:00Z
    01:45                     | Australia/Lord_Howe | 2024-04-05T00:00:00Z | 2024-04-05T14:45:00Z 2024-04-06T14:45:00Z 2024-04-07T15:15:00Z
    01:30                     | Europe/London       | 2026-03-28T12:00:00Z | 2026-03-30T00:30:00Z 2026-03-31T00:30:00Z 2026-04-01T00:30:00Z
    Sun *-*-* 02:30           | Europe/Berlin       | 2026-10-24T12:00:00Z | 2026-10-25T00:30:00Z 2026-11-01T01:30:00Z 2026-11-08T01:30:00Z
  `);
  for (const [expression = '', timezone = '', from = '', next = ''] of rows) {
    test(`${expression} in ${timezone} after ${from}`, () => {
      checkNext({ kind: 'calendar', expression, timezone }, from, next);
    });
  }
});

describe('calendar: where Tocsin means to differ from systemd, or goes beyond it', () => {
  const rows: readonly [
    what: string,
    expression: string,
    timezone: string,
    from: string,
    next: string,
  ][] = [
    [
      'inside the second pass the answer is the same as before it, so that it never goes back',
      '*:0/15',
      'America/New_York',
      '2024-11-03T06:10:00Z',
      '2024-11-03T07:00:00Z',
    ],
    [
      'several lines are one schedule',
      '00:00\n\n 12:00 \nMon 06:00',
      'UTC',
      '2026-01-04T20:00:00Z',
      '2026-01-05T00:00:00Z 2026-01-05T06:00:00Z 2026-01-05T12:00:00Z 2026-01-06T00:00:00Z',
    ],
    [
      'each line may have its own zone',
      '09:00 Asia/Shanghai\n09:00 UTC',
      'UTC',
      '2026-01-04T20:00:00Z',
      '2026-01-05T01:00:00Z 2026-01-05T09:00:00Z 2026-01-06T01:00:00Z',
    ],
    [
      'lines that name the same time give it once',
      '10:00\n*-*-* 10:00:00',
      'UTC',
      '2026-01-04T20:00:00Z',
      '2026-01-05T10:00:00Z 2026-01-06T10:00:00Z',
    ],
    [
      'blanks around and inside a line do not matter, nor the case of a zone',
      '  Mon   10:00  europe/berlin ',
      'UTC',
      '2026-01-04T20:00:00Z',
      '2026-01-05T09:00:00Z',
    ],
  ];
  for (const [what, expression, timezone, from, next] of rows) {
    test(what, () => checkNext({ kind: 'calendar', expression, timezone }, from, next));
  }
});

describe('calendar: what is refused, where, and what was expected', () => {
  const rows: readonly [expression: string, at: number, message: RegExp, expected: RegExp][] = [
    ['', 0, /empty/, /OnCalendar/],
    [' \n ', 0, /empty/, /OnCalendar/],
    ['a\nb', 0, /not a weekday, date or time/, /OnCalendar/],
    ['daily\nfoo 1:00', 6, /"foo" is not a weekday/, /Mon to Sun/],
    ['* * * * *', 0, /not a weekday, date or time/, /OnCalendar/],
    ['10', 0, /not a weekday, date or time/, /OnCalendar/],
    ['@1234', 0, /not a weekday, date or time/, /OnCalendar/],
    ['Mond 5:00', 0, /"Mond" is not a weekday/, /Mon to Sun/],
    ['Sat..Mon', 0, /run backwards/, /begins on Monday/],
    ['Mon...Fri', 0, /not a weekday/, /Mon to Sun/],
    ['mon..wed..fri', 0, /not a weekday/, /Mon to Sun/],
    ['Mon,,Tue', 4, /not a weekday/, /Mon to Sun/],
    ['Mon *', 4, /not in its place/, /OnCalendar/],
    ['Mon Tue 5:00', 8, /too much/, /time zone/],
    ['10:00 Mon', 6, /unknown time zone "Mon"/, /IANA/],
    ['*-*-13 Fri', 7, /unknown time zone "Fri"/, /IANA/],
    ['25:00', 0, /hour: 25 is above 23/, /0 to 23/],
    ['24:00', 0, /hour: 24 is above 23/, /0 to 23/],
    ['*:60', 2, /minute: 60 is above 59/, /0 to 59/],
    ['*:*:60', 4, /second: 60 is above 59/, /0 to 59/],
    ['10:', 3, /minute: "" is not a value/, /0 to 59/],
    ['1,:00', 2, /hour: "" is not a value/, /0 to 23/],
    ['+1:00', 0, /hour: "\+1" is not a value/, /0 to 23/],
    ['*:*/15', 2, /"\*\/15" is not a value/, /repetition/],
    ['1/0:00', 2, /step of 0/, /1 or more/],
    ['*:0/90', 2, /never repeats/, /59/],
    ['23/1:00', 0, /never repeats/, /23/],
    ['5..1:00', 0, /runs backwards/, /low to high/],
    ['1:2:3:4', 0, /not a time/, /hour:minute/],
    ['*-*-0', 4, /day: 0 is below 1/, /1 to 31/],
    ['*-*-32', 4, /day: 32 is above 31/, /1 to 31/],
    ['*-13-01', 2, /month: 13 is above 12/, /1 to 12/],
    ['*-*-*/2', 4, /"\*\/2" is not a value/, /repetition/],
    ['*-*-1~3', 0, /not a date/, /year-month-day/],
    ['1-2-3-4', 0, /not a date/, /year-month-day/],
    ['~1', 0, /not a date/, /month~day/],
    ['-1-1', 0, /begins with a separator/, /year-month-day/],
    ['*-*~0', 4, /below 1/, /1 to 28/],
    ['*-*~29', 4, /above 28/, /1 to 28/],
    ['*-*~1/5', 4, /never repeats/, /end of the month/],
    ['*-*~5..1', 4, /runs backwards/, /low to high/],
    ['1969-01-01', 0, /year: 1969 is below 1970/, /1970 to 2199/],
    ['2200-01-01', 0, /year: 2200 is above 2199/, /1970 to 2199/],
    ['*-02-30', 0, /no such day ever comes/, /exists/],
    ['00:00:00.5', 8, /whole seconds/, /without a fraction/],
    ['0:0:0/0.5', 7, /whole seconds/, /without a fraction/],
    ['10:00 foo', 6, /unknown time zone "foo"/, /IANA/],
    ['daily Asia/Shangai', 6, /unknown time zone/, /Asia\/Shanghai/],
    ['hourly UTC now', 11, /too much/, /time zone/],
    ['1:00\n'.repeat(21), 100, /too many lines/, /at most 20/],
  ];
  for (const [expression, at, message, expected] of rows) {
    test(JSON.stringify(expression.slice(0, 40)), () => {
      checkFault({ kind: 'calendar', expression, timezone: 'UTC' }, { at, message, expected });
    });
  }
});
