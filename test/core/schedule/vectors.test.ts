import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSchedule } from '../../../src/core/schedule/parse.ts';
import type { ScheduleSpec } from '../../../src/core/schedule/schedule.ts';
import { instant } from '../../../src/core/time.ts';
import { at, fixture, nextTimes, parsed } from './check.ts';

interface Answer {
  readonly fires: readonly number[];
}
interface Row {
  readonly id: number;
  readonly class: string;
  readonly expr: string;
  readonly tz: string;
  readonly start: number;
  readonly policy: 'any' | 'differs' | 'vixie-only' | 'wall-only';
  readonly fires?: readonly number[];
  readonly vixie?: Answer;
  readonly wall?: Answer;
}

const { rows } = fixture('schedule-vectors.json') as { rows: readonly Row[] };

/** Which dialect has an answer in this row; six fields are always wall clock. */
function answersOf(row: Row): readonly { dialect: 'vixie' | 'wall'; fires: readonly number[] }[] {
  const six = row.expr.trim().split(/\s+/).length === 6;
  return (['vixie', 'wall'] as const).flatMap((dialect) => {
    const fires = row.policy === 'any' ? row.fires : row[dialect]?.fires;
    return fires === undefined || (six && dialect === 'vixie') ? [] : [{ dialect, fires }];
  });
}

describe('schedule vectors', () => {
  for (const name of new Set(rows.map((row) => row.class))) {
    const ofClass = rows.filter((row) => row.class === name);
    test(`${name}: ${ofClass.length} rows`, () => {
      let answers = 0;
      for (const row of ofClass) {
        for (const { dialect, fires } of answersOf(row)) {
          const schedule = parsed({
            kind: 'cron',
            expression: row.expr,
            dialect,
            timezone: row.tz,
          });
          const from = instant(row.start * 1_000);
          const times = nextTimes(schedule, { from, count: fires.length });
          const said = times.map((time) => time / 1_000);
          assert.deepEqual(said, fires, `${row.id} ${dialect} ${row.expr} in ${row.tz}`);
          answers += 1;
        }
      }
      assert.ok(answers >= ofClass.length);
    });
  }

  test('the default dialect is vixie for five fields and wall for six', () => {
    const dialectOf = (expression: string): string =>
      parsed({ kind: 'cron', expression, timezone: 'UTC' }).dialect;
    assert.equal(dialectOf('0 2 * * *'), 'vixie');
    assert.equal(dialectOf('0 0 2 * * *'), 'wall');
    assert.equal(dialectOf('@daily'), 'vixie');
  });
});

interface HcRow {
  readonly kind: 'cron' | 'oncalendar';
  readonly schedule: string;
  readonly tz: string;
  readonly last_ping: string;
  readonly next: readonly string[];
  readonly note: string;
}
interface HcValidation {
  readonly schedule: string;
  readonly accepted: boolean;
  readonly kind: 'cron' | 'oncalendar' | null;
}

const hc = fixture('hc-schedule-vectors.json') as {
  validation: readonly HcValidation[];
  vectors: readonly HcRow[];
};

describe('Healthchecks: next due times', () => {
  for (const row of hc.vectors) {
    test(`${JSON.stringify(row.schedule)} in ${row.tz} after ${row.last_ping}`, () => {
      const kind = row.kind === 'cron' ? 'cron' : 'calendar';
      const schedule = parsed({ kind, expression: row.schedule, timezone: row.tz });
      const from = at(row.last_ping);
      const times = nextTimes(schedule, { from, count: row.next.length });
      assert.deepEqual(times, row.next.map(at));
    });
  }
});

/** Healthchecks refuses these; the schedulers that run the jobs do not, so neither does Tocsin. */
const MEANT_DIFFERENCES: ReadonlyMap<string, string> = new Map([
  ['@daily', 'crontab(5) nicknames stand in real crontabs'],
  ['@hourly', 'crontab(5) nicknames stand in real crontabs'],
  ['* * * * * *', 'six fields with seconds, dialect wall'],
  ['0 0 L-3 * *', 'days before the last of the month, as in Quartz'],
  ['0 0 15W * *', 'the nearest working day, as in Quartz'],
  ['0 0 ? * *', '? for "no restriction", as in Quartz and Kubernetes'],
]);

describe('Healthchecks: accepted and refused expressions', () => {
  for (const { schedule, accepted, kind } of hc.validation) {
    const meant = MEANT_DIFFERENCES.get(schedule);
    const verb = accepted || meant !== undefined ? 'accepts' : 'refuses';
    test(`${verb} ${JSON.stringify(schedule)}${meant === undefined ? '' : `: ${meant}`}`, () => {
      const isGood = (spec: ScheduleSpec): boolean => parseSchedule(spec).kind === 'ok';
      const cron = isGood({ kind: 'cron', expression: schedule, timezone: 'UTC' });
      const calendar = isGood({ kind: 'calendar', expression: schedule, timezone: 'UTC' });
      assert.equal(cron, kind === 'cron' || meant !== undefined);
      assert.equal(calendar, kind === 'oncalendar');
    });
  }
});
