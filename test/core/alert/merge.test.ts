import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Alert } from '../../../src/core/alert/alert.ts';
import { fingerprint, labelsFrom } from '../../../src/core/alert/labels.ts';
import {
  ALERT_LIMITS,
  checkAlert,
  intakeAlert,
  mergeAlert,
  type ReportedAlert,
} from '../../../src/core/alert/merge.ts';
import { type Instant, instant, MINUTE } from '../../../src/core/time.ts';

const at = (seconds: number): Instant => instant(1_000_000 + seconds * 1_000);
const labels = { alertname: 'm' };

/** Seconds; `until` null: without an end. */
function alert(
  since: number,
  until: number | null,
  updated: number,
  more: Partial<Alert> = {},
): Alert {
  return {
    fingerprint: fingerprint(labels),
    labels,
    annotations: {},
    startsAt: at(since),
    endsAt: until === null ? null : at(until),
    updatedAt: at(updated),
    generatorUrl: '',
    timeout: false,
    source: 'api',
    traceId: null,
    spanId: null,
    ...more,
  };
}

describe('mergeAlert', () => {
  const rows: readonly { name: string; old: Alert; next: Alert; is: [number, number | null] }[] = [
    {
      name: 'the earliest start survives',
      old: alert(1, 20, 1),
      next: alert(3, 30, 5),
      is: [1, 30],
    },
    {
      name: 'an earlier start with a later end replaces',
      old: alert(3, 20, 3),
      next: alert(1, 30, 5),
      is: [1, 30],
    },
    {
      name: 'the same start and a later end replaces',
      old: alert(1, 20, 1),
      next: alert(1, 30, 5),
      is: [1, 30],
    },
    {
      name: 'a stated end in the future outlives an earlier one',
      old: alert(1, 60, 1),
      next: alert(1, 30, 5),
      is: [1, 60],
    },
    {
      name: 'a guessed end does not',
      old: alert(1, 60, 1, { timeout: true }),
      next: alert(1, 30, 5),
      is: [1, 30],
    },
    {
      name: 'a resolve ends it, though the old end is later',
      old: alert(1, 60, 1),
      next: alert(1, 5, 5),
      is: [1, 5],
    },
    {
      name: 'of two resolves the later counts',
      old: alert(1, 9, 9),
      next: alert(2, 7, 10),
      is: [1, 9],
    },
    {
      name: 'a new fault after the end starts afresh',
      old: alert(1, 5, 5),
      next: alert(8, 60, 8),
      is: [8, 60],
    },
    {
      name: 'the younger report counts, whichever comes second',
      old: alert(1, 30, 9),
      next: alert(2, 20, 5),
      is: [1, 30],
    },
    { name: 'a job alert is ended', old: alert(1, null, 1), next: alert(1, 5, 5), is: [1, 5] },
    {
      name: 'a job alert is refreshed',
      old: alert(1, null, 1),
      next: alert(1, null, 5),
      is: [1, null],
    },
    {
      name: 'a guess does not end a job alert',
      old: alert(1, null, 1),
      next: alert(2, 90, 5),
      is: [1, null],
    },
  ];
  for (const { name, old, next, is } of rows) {
    test(name, () => {
      const merged = mergeAlert(old, next);
      assert.deepEqual(
        [merged.startsAt, merged.endsAt],
        [at(is[0]), is[1] === null ? null : at(is[1])],
      );
    });
  }

  test('the first report stands as it is', () => {
    const only = alert(1, 2, 1);
    assert.equal(mergeAlert(null, only), only);
  });

  test('annotations are those of the younger report', () => {
    const old = alert(1, 20, 1, { annotations: { note: 'v1', gone: 'x' } });
    const next = alert(2, 30, 5, { annotations: { note: 'v2' } });
    assert.deepEqual(mergeAlert(old, next).annotations, { note: 'v2' });
  });

  test('repeating a report changes nothing', () => {
    const seconds = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(
        fc.tuple(seconds, seconds),
        fc.tuple(seconds, seconds),
        fc.boolean(),
        (one, two, timeout) => {
          const old = alert(one[0], one[0] + one[1], 10, { timeout });
          const once = mergeAlert(old, alert(two[0], two[0] + two[1], 15));
          assert.deepEqual(mergeAlert(once, once), once);
        },
      ),
    );
  });
});

describe('intakeAlert', () => {
  const now = at(100);
  const bare: ReportedAlert = {
    labels,
    annotations: {},
    startsAt: null,
    endsAt: null,
    generatorUrl: '',
  };
  const intake = (reported: Partial<ReportedAlert>): ReturnType<typeof intakeAlert> =>
    intakeAlert({ reported: { ...bare, ...reported }, now, resolveTimeout: MINUTE });
  const zero = instant(-62_135_596_800_000);

  const rows: readonly {
    name: string;
    reported: Partial<ReportedAlert>;
    is: [startsAt: Instant, endsAt: Instant, timeout: boolean];
  }[] = [
    { name: 'no times', reported: {}, is: [now, at(160), true] },
    {
      name: "Go's zero times",
      reported: { startsAt: zero, endsAt: zero },
      is: [now, at(160), true],
    },
    { name: 'only an end', reported: { endsAt: at(50) }, is: [at(50), at(50), false] },
    { name: 'both', reported: { startsAt: at(10), endsAt: at(500) }, is: [at(10), at(500), false] },
  ];
  for (const { name, reported, is } of rows) {
    test(name, () => {
      const result = intake(reported);
      assert.ok(result.kind === 'ok');
      const { alert: taken } = result;
      assert.deepEqual(
        [taken.startsAt, taken.endsAt, taken.timeout, taken.updatedAt],
        [...is, now],
      );
    });
  }

  test('labels without a value are dropped before the fingerprint', () => {
    const result = intake({ labels: { alertname: 'm', empty: '' } });
    assert.ok(result.kind === 'ok');
    assert.deepEqual(result.alert.labels, labels);
    assert.equal(result.alert.fingerprint, fingerprint(labels));
  });

  const long = 'x'.repeat(ALERT_LIMITS.valueChars + 1);
  const many = labelsFrom(
    Array.from({ length: ALERT_LIMITS.labels + 1 }, (_, i) => [`l${i}`, 'x'] as const),
  );
  const faults: readonly { name: string; reported: Partial<ReportedAlert>; is: RegExp }[] = [
    {
      name: 'the end before the start',
      reported: { startsAt: at(9), endsAt: at(5) },
      is: /^start time must be before end time$/,
    },
    { name: 'no label', reported: { labels: { a: '' } }, is: /^at least one label pair required$/ },
    {
      name: 'an empty name',
      reported: { labels: { '': 'x' } },
      is: /^invalid label set: invalid name ""$/,
    },
    {
      name: 'a bad annotation',
      reported: { annotations: { '': 'x' } },
      is: /^invalid annotations: invalid name ""$/,
    },
    {
      name: 'a value that is no UTF-8',
      reported: { labels: { a: '\ud800' } },
      is: /value of "a" is not UTF-8/,
    },
    { name: 'a long value', reported: { labels: { a: long } }, is: /at most 65536/ },
    { name: 'too many labels', reported: { labels: many }, is: /257 entries, at most 256/ },
    { name: 'a long name', reported: { labels: { ['n'.repeat(1_025)]: 'x' } }, is: /at most 1024/ },
  ];
  for (const { name, reported, is } of faults) {
    test(`refused: ${name}`, () => {
      const result = intake(reported);
      assert.match(result.kind === 'invalid' ? result.message : '', is);
    });
  }

  test('an alert without an end is in order', () => {
    assert.equal(checkAlert(alert(1, null, 1)), null);
  });
});
