import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Labels } from '../../../src/core/alert/alert.ts';
import { matchesAll, parseMatchers } from '../../../src/core/alert/matcher.ts';
import type { Silence } from '../../../src/core/route/route.ts';
import {
  activeSilences,
  indexSilences,
  isSilenceActive,
  silencedBy,
  silenceState,
} from '../../../src/core/route/silence.ts';
import { parseSchedule } from '../../../src/core/schedule/parse.ts';
import type { Schedule } from '../../../src/core/schedule/schedule.ts';
import { duration, HOUR, type Instant, instant, MINUTE } from '../../../src/core/time.ts';

const at = (text: string): Instant => instant(Temporal.Instant.from(text).epochMilliseconds);

function silence(name: string, text: string, when: Silence['when']): Silence {
  const result = parseMatchers(text);
  assert.ok(result.kind === 'ok');
  return { name, matchers: result.matchers, when, comment: '', createdBy: '', origin: '' };
}

const once = (startsAt: Instant, endsAt: Instant): Silence['when'] => ({
  kind: 'once',
  startsAt,
  endsAt,
});

function recurring(expression: string, timezone: string, hours: number): Silence['when'] {
  const result = parseSchedule({ kind: 'cron', expression, timezone });
  assert.ok(result.kind === 'ok');
  return { kind: 'recurring', schedule: result.schedule, duration: duration(hours * HOUR) };
}

/** `active` at each instant, and the end of the window that is then known. */
function check(
  when: Silence['when'],
  rows: readonly [text: string, state: string, endsAt: string | null][],
): void {
  const one = silence('s', 'a="1"', when);
  for (const [text, state, endsAt] of rows) {
    const now = at(text);
    const found = silenceState(one, now);
    assert.equal(found.state, state, text);
    assert.equal(found.endsAt, endsAt === null ? null : at(endsAt), text);
    assert.equal(isSilenceActive(one, now), state === 'active', text);
  }
}

describe('when a silence is in force', () => {
  test('once: from its start up to its end, which is loud again', () => {
    check(once(at('2026-03-01T01:00:00Z'), at('2026-03-01T02:00:00Z')), [
      ['2026-03-01T00:59:59.999Z', 'pending', '2026-03-01T02:00:00Z'],
      ['2026-03-01T01:00:00Z', 'active', '2026-03-01T02:00:00Z'],
      ['2026-03-01T01:59:59.999Z', 'active', '2026-03-01T02:00:00Z'],
      ['2026-03-01T02:00:00Z', 'expired', '2026-03-01T02:00:00Z'],
    ]);
  });

  test('recurring, in its own zone', () => {
    check(recurring('0 1 * * 0', 'Asia/Shanghai', 3), [
      ['2026-02-28T16:59:59.999Z', 'pending', '2026-02-28T20:00:00Z'],
      ['2026-02-28T17:00:00Z', 'active', '2026-02-28T20:00:00Z'],
      ['2026-02-28T19:59:59.999Z', 'active', '2026-02-28T20:00:00Z'],
      ['2026-02-28T20:00:00Z', 'pending', '2026-03-07T20:00:00Z'],
    ]);
  });

  test('recurring over midnight', () => {
    check(recurring('0 22 * * *', 'UTC', 8), [
      ['2026-03-01T05:59:59Z', 'active', '2026-03-01T06:00:00Z'],
      ['2026-03-01T06:00:00Z', 'pending', '2026-03-02T06:00:00Z'],
    ]);
  });

  test('windows that overlap are one', () => {
    check(recurring('0 1,2 * * *', 'UTC', 2), [
      ['2026-03-01T01:30:00Z', 'active', '2026-03-01T04:00:00Z'],
      ['2026-03-01T03:30:00Z', 'active', '2026-03-01T04:00:00Z'],
      ['2026-03-01T04:00:00Z', 'pending', '2026-03-02T04:00:00Z'],
    ]);
  });

  test('windows without a pause have no end', () => {
    check(recurring('0 * * * *', 'UTC', 1), [['2026-03-01T01:30:00Z', 'active', null]]);
  });

  test('a window keeps its length when clocks change', () => {
    // Berlin: 02:00 becomes 03:00 on 29 March, 03:00 becomes 02:00 on 25 October.
    const when = recurring('0 1 * * *', 'Europe/Berlin', 3);
    check(when, [
      ['2026-03-29T02:59:59Z', 'active', '2026-03-29T03:00:00Z'],
      ['2026-03-29T03:00:00Z', 'pending', '2026-03-30T02:00:00Z'],
      ['2026-10-25T01:59:59Z', 'active', '2026-10-25T02:00:00Z'],
      ['2026-10-25T02:00:00Z', 'pending', '2026-10-26T03:00:00Z'],
    ]);
  });

  test('a schedule that comes to its end is expired', () => {
    const never: Schedule = {
      spec: { kind: 'cron', expression: '', timezone: 'UTC' },
      dialect: 'vixie',
      next: () => null,
    };
    check({ kind: 'recurring', schedule: never, duration: HOUR }, [
      ['2026-03-01T00:00:00Z', 'expired', null],
    ]);
  });
});

describe('which silences meet an alert', () => {
  const now = at('2026-03-01T00:30:00Z');
  const always = once(instant(0), at('2030-01-01T00:00:00Z'));
  const all = [
    silence('team', 'team=~"db|web",sev!="page"', always),
    silence('exact', 'job="a"', always),
    silence('absent', 'team="",job="a"', always),
    silence('over', 'job="a"', once(instant(0), now)),
    silence('later', 'job="a"', once(instant(now + 1), at('2030-01-01T00:00:00Z'))),
    silence('nothing', '', always),
  ];
  const rows: readonly { name: string; labels: Labels; is: string[] }[] = [
    {
      name: 'in the order of the configuration',
      labels: { job: 'a', team: 'db' },
      is: ['team', 'exact'],
    },
    { name: 'all matchers must hold', labels: { team: 'db', sev: 'page' }, is: [] },
    { name: 'an absent label is the empty value', labels: { job: 'a' }, is: ['exact', 'absent'] },
    { name: 'no matchers silence nothing', labels: {}, is: [] },
  ];
  for (const { name, labels, is } of rows) {
    test(name, () => {
      assert.deepEqual(
        activeSilences(all, labels, now).map((one) => one.name),
        is,
      );
    });
  }

  test('the index says until when it holds', () => {
    assert.equal(indexSilences(all, now).until, now + 1);
    assert.equal(indexSilences([], now).until, null);
  });

  const time = fc.integer({ min: 0, max: 400 }).map((minutes) => instant(minutes * MINUTE));
  const text = fc.constantFrom('a="1"', 'a=~"1|2"', 'a!="1",b="2"', 'b="",a="2"', 'a="1",b="1"');
  const window = fc.oneof(
    fc.tuple(time, time).map(([one, other]) => once(one, other)),
    fc
      .tuple(
        fc.constantFrom('0 * * * *', '*/30 1 * * *', '10 2,3 * * *'),
        fc.constantFrom(0.25, 1, 1.5),
      )
      .map(([expression, hours]) => recurring(expression, 'UTC', hours)),
  );
  const silences = fc
    .array(fc.tuple(text, window), { maxLength: 6 })
    .map((list) => list.map(([matchers, when], i) => silence(String(i), matchers, when)));
  const value = fc.constantFrom('1', '2', '3');
  const labels = fc.record({ a: value, b: value }, { requiredKeys: [] }) as fc.Arbitrary<Labels>;

  test('the index finds what a plain search finds, as long as it holds', () => {
    fc.assert(
      fc.property(silences, time, labels, (list, from, set) => {
        const index = indexSilences(list, from);
        for (const now of [
          from,
          index.until === null ? instant(from + MINUTE) : instant(index.until - 1),
        ]) {
          const plain = list.filter(
            (one) => isSilenceActive(one, now) && matchesAll(one.matchers, set),
          );
          assert.deepEqual(silencedBy(index, set), plain);
        }
      }),
    );
  });

  test('a recurring silence is the union of its windows, minute by minute', () => {
    fc.assert(
      fc.property(window, time, (when, now) => {
        if (when.kind === 'once') return;
        let covered = false;
        for (
          let start = when.schedule.next(instant(-DAY_MS));
          start !== null && start <= now;
          start = when.schedule.next(start)
        ) {
          covered ||= now < start + when.duration;
        }
        assert.equal(isSilenceActive(silence('s', 'a="1"', when), now), covered);
      }),
    );
  });
});

const DAY_MS = 86_400_000;
