import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSchedule } from '../../../src/core/schedule/parse.ts';
import { DAY, duration, HOUR, instant, SECOND } from '../../../src/core/time.ts';
import { at, checkFault, parsed, written } from './check.ts';

describe('every', () => {
  test('is so long after the instant', () => {
    const schedule = parsed({ kind: 'every', every: HOUR });
    assert.equal(written(schedule.next(at('2026-01-01T00:20:30Z'))), '2026-01-01T01:20:30Z');
    assert.equal(schedule.dialect, 'every');
  });

  test('allows one second to 366 days', () => {
    parsed({ kind: 'every', every: SECOND });
    parsed({ kind: 'every', every: duration(366 * DAY) });
    const short = { message: /too short/, expected: /^1s to 366d$/ };
    const long = { message: /too long/, expected: /^1s to 366d$/ };
    checkFault({ kind: 'every', every: duration(999) }, short);
    checkFault({ kind: 'every', every: duration(0) }, short);
    checkFault({ kind: 'every', every: duration(366 * DAY + 1) }, long);
    checkFault({ kind: 'every', every: duration(Number.NaN) }, long);
  });
});

describe('parseSchedule', () => {
  test('the same spec gives the same object, another spec another', () => {
    const spec = { kind: 'cron', expression: '1 2 3 4 *', timezone: 'UTC' } as const;
    const schedule = parsed(spec);
    assert.equal(parsed({ ...spec }), schedule);
    assert.notEqual(parsed({ ...spec, timezone: 'Asia/Tokyo' }), schedule);
    assert.notEqual(parsed({ ...spec, dialect: 'wall' }), schedule);
    assert.deepEqual(schedule.spec, spec);
  });

  test('does not change when the spec that it was made from does', () => {
    const spec: { kind: 'cron'; expression: string; timezone: string } = {
      kind: 'cron',
      expression: '2 2 3 4 *',
      timezone: 'UTC',
    };
    const schedule = parsed(spec);
    spec.expression = '* * * * *';
    assert.equal(schedule.spec.kind === 'cron' && schedule.spec.expression, '2 2 3 4 *');
    assert.ok(Object.isFrozen(schedule) && Object.isFrozen(schedule.spec));
  });

  test('characters of a spec cannot make it pass for another', () => {
    parsed({ kind: 'cron', expression: '0 0\n* * *', timezone: 'UTC' });
    const timezone = 'UTC\n0 0';
    assert.equal(parseSchedule({ kind: 'cron', expression: '* * *', timezone }).kind, 'invalid');
  });

  test('refuses a wrong zone of the job, even when the expression names its own', () => {
    const fault = { message: /unknown time zone/, expected: /Europe\/Berlin/ };
    const timezone = 'Europe/Berln';
    checkFault({ kind: 'cron', expression: '0 0 * * *', timezone }, fault);
    checkFault({ kind: 'cron', expression: 'TZ=UTC 0 0 * * *', timezone }, fault);
    checkFault({ kind: 'calendar', expression: 'daily UTC', timezone }, fault);
  });

  test('forgets what was not used for long, and then parses it anew', () => {
    const spec = (every: number) => ({ kind: 'every', every: duration(every) }) as const;
    const first = parsed(spec(5_000_001));
    for (let index = 0; index <= 10_000; index += 1) parsed(spec(6_000_000 + index));
    const again = parsed(spec(5_000_001));
    assert.notEqual(again, first);
    assert.equal(again.next(instant(0)), first.next(instant(0)));
  });
});

describe('the end of time', () => {
  const hourly = () => parsed({ kind: 'cron', expression: '0 * * * *', timezone: 'UTC' });

  test('nothing is due from 2200 on', () => {
    assert.equal(written(hourly().next(at('2199-12-31T22:59:59Z'))), '2199-12-31T23:00:00Z');
    assert.equal(hourly().next(at('2199-12-31T23:00:00Z')), null);
    assert.equal(hourly().next(at('2500-01-01T00:00:00Z')), null);
    const daily = parsed({ kind: 'every', every: DAY });
    assert.equal(daily.next(at('2199-12-31T12:00:00Z')), null);
  });

  test('a zone west of UTC does not reach past it either', () => {
    const timezone = 'America/New_York';
    const schedule = parsed({ kind: 'cron', expression: '0 20 * * *', timezone });
    assert.equal(schedule.next(at('2199-12-31T01:00:00Z')), null);
  });

  test('before 1970 is as 1970', () => {
    assert.equal(written(hourly().next(at('1950-06-01T00:00:00Z'))), '1970-01-01T00:00:00Z');
    assert.equal(written(hourly().next(instant(-1))), '1970-01-01T00:00:00Z');
  });

  test('what is no instant has no next', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.equal(hourly().next(instant(value)), null);
    }
    const first = hourly().next(instant(Number.NEGATIVE_INFINITY));
    assert.equal(written(first), '1970-01-01T00:00:00Z');
  });

  test('fractions of a second do not bring an occurrence forward', () => {
    assert.equal(written(hourly().next(at('2026-01-01T00:59:59.999Z'))), '2026-01-01T01:00:00Z');
    assert.equal(written(hourly().next(at('2026-01-01T01:00:00.001Z'))), '2026-01-01T02:00:00Z');
  });
});
