import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  LIMIT_SECOND,
  spanIndexAt,
  spansOf,
  validateTimezone,
} from '../../../src/core/schedule/zone.ts';

describe('validateTimezone', () => {
  const good: readonly [name: string, timezone: string][] = [
    ['UTC', 'UTC'],
    ['utc', 'UTC'],
    ['Asia/Shanghai', 'Asia/Shanghai'],
    ['asia/SHANGHAI', 'Asia/Shanghai'],
    ['US/Eastern', 'US/Eastern'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['Etc/GMT+5', 'Etc/GMT+5'],
    ['America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
  ];
  for (const [name, timezone] of good) {
    test(`${name} is ${timezone}`, () => {
      assert.deepEqual(validateTimezone(name), { kind: 'ok', timezone });
    });
  }

  const bad: readonly [name: string, message: RegExp, expected: RegExp][] = [
    ['Asia/Shangai', /unknown time zone "Asia\/Shangai"/, /nearest to this is Asia\/Shanghai$/],
    ['Europe/Berln', /unknown/, /Europe\/Berlin$/],
    ['America/NewYork', /unknown/, /America\/New_York$/],
    ['New York', /unknown/, /America\/New_York$/],
    ['Tokyo', /unknown/, /Asia\/Tokyo$/],
    ['Asia/Berlin', /unknown/, /Europe\/Berlin$/],
    ['Asia/Beijing', /unknown/, /Asia\/Shanghai$/],
    ['Asia/Kolkatta', /unknown/, /Asia\/Kolkata$/],
    ['Europe/Kyif', /unknown/, /Europe\/Kyiv$/],
    ['China Standard Time', /unknown/, /such as Asia\/Shanghai or UTC/],
    ['Nowhere/Atall', /unknown/, /such as Asia\/Shanghai or UTC/],
    ['Local', /depends on the machine/, /IANA/],
    ['localtime', /depends on the machine/, /IANA/],
    ['+08:00', /offset/, /IANA/],
    ['UTC+8', /offset/, /IANA/],
    ['-5', /offset/, /IANA/],
    ['', /empty/, /IANA/],
    ['Asia/Shanghai ', /unknown/, /Asia\/Shanghai$/],
    ['Europe/Berlin[u-ca=hebrew]', /unknown/, /IANA/],
    [`A${'a'.repeat(64)}`, /too long/, /IANA/],
  ];
  for (const [name, message, expected] of bad) {
    test(`refuses ${JSON.stringify(name.slice(0, 30))}`, () => {
      const result = validateTimezone(name);
      assert.equal(result.kind, 'invalid');
      assert.match(result.kind === 'invalid' ? result.message : '', message);
      assert.match(result.kind === 'invalid' ? result.expected : '', expected);
    });
  }
});

describe('spansOf', () => {
  for (const zone of ['UTC', 'Asia/Shanghai', 'America/New_York', 'Africa/Casablanca']) {
    test(`${zone} is covered without a gap, and its shifts are its offsets' differences`, () => {
      const spans = spansOf(zone);
      assert.equal(spans[0]?.startsAt, Number.NEGATIVE_INFINITY);
      assert.equal(spans.at(-1)?.endsAt, Number.POSITIVE_INFINITY);
      for (const [index, span] of spans.entries()) {
        const before = spans[index - 1];
        if (before === undefined) continue;
        assert.equal(span.startsAt, before.endsAt);
        assert.equal(span.shift, span.offset - before.offset);
        assert.ok(span.startsAt < LIMIT_SECOND);
        assert.equal(spanIndexAt(spans, span.startsAt), index);
        assert.equal(spanIndexAt(spans, span.startsAt - 1), index - 1);
      }
      assert.equal(spansOf(zone), spans);
    });
  }
});
