import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DAY, duration, instant } from '../../../src/core/time.ts';
import {
  asksToCreate,
  isIdempotencyKey,
  type PingQuery,
  parsePingQuery,
} from '../../../src/protocol/healthchecks/query.ts';

const now = instant(Date.UTC(2026, 2, 1, 12));
const at = (...parts: [number, number, number, number?, number?, number?, number?]) =>
  instant(Date.UTC(...parts));
const read = (text: string) => parsePingQuery(text, { now, maxAge: duration(90 * DAY) });
const RID = '04603d8b-edf4-4e85-8f61-24bedbcaab59';

describe('what a ping may say behind its question mark', () => {
  const ten = '0123456789';
  const rows: [name: string, text: string, expected: Partial<PingQuery>][] = [
    ['nothing', '', { runId: null, at: null, metrics: null, host: null, env: null, warnings: [] }],
    ['unknown parameters', 'foo=bar&&=&%', { runId: null, warnings: [] }],
    ['rid in capitals', `rid=${RID.toUpperCase()}`, { runId: RID }],
    ['of two rids the last', `rid=${RID.replace('0', '1')}&rid=${RID}`, { runId: RID }],
    ['at in RFC 3339', 'at=2026-03-01T11:00:00Z', { at: at(2026, 2, 1, 11) }],
    ['at in lower case', 'at=2026-03-01t11:00:00z', { at: at(2026, 2, 1, 11) }],
    ['at with offset', 'at=2026-03-01T11:00:00%2B08:00', { at: at(2026, 2, 1, 3) }],
    [
      'at with an offset whose plus nobody escaped',
      'at=2026-03-01T11:00:00+08:00',
      { at: at(2026, 2, 1, 3) },
    ],
    [
      'at with milliseconds',
      'at=2026-03-01T11:59:59.123-00:00',
      { at: at(2026, 2, 1, 11, 59, 59, 123) },
    ],
    ['at in a leap second', 'at=2025-12-31T23:59:60Z', { at: at(2025, 11, 31, 23, 59, 59) }],
    ['at in seconds', `at=${now / 1000 - 60}`, { at: instant(now - 60_000) }],
    ['at in seconds with a fraction', `at=${now / 1000 - 60}.25`, { at: instant(now - 59_750) }],
    ['at in milliseconds', `at=${now - 5}`, { at: instant(now - 5) }],
    ['at in the future is now', `at=${now + 1}`, { at: null }],
    ['at right now is now', `at=${now}`, { at: null }],
    ['metric', 'metric=rows:12.5', { metrics: { rows: 12.5 } }],
    [
      'metrics, the last of a name',
      'metric=a:1&metric=b:-2e3&metric=a:3',
      { metrics: { a: 3, b: -2000 } },
    ],
    [
      'metric in capitals with dots',
      'metric=Bytes.read-total:.5',
      { metrics: { 'Bytes.read-total': 0.5 } },
    ],
    [
      'bad metrics are left out',
      'metric=1a:1&metric=a&metric=a:&metric=a:x&metric=a:1e999&metric=a:0x10&metric=ok:1',
      {
        metrics: { ok: 1 },
        warnings: [1, 2, 3, 4, 5, 6].map((n) => `metric ${n} ignored, expected name:number`),
      },
    ],
    [
      'more than 20 metrics',
      Array.from({ length: 25 }, (_, index) => `metric=m${index}:1`).join('&'),
      { warnings: ['metrics after the first 20 ignored'] },
    ],
    ['host and env', 'host=db-1&env=prod', { host: 'db-1', env: 'prod' }],
    ['empty host', 'host=&env=+', { host: null, env: null }],
    ['control characters go', 'host=a%00b%0Ac%7F', { host: 'abc' }],
    [
      'long env is cut',
      `env=${'e'.repeat(70)}`,
      { env: 'e'.repeat(64), warnings: ['env cut to 64 characters'] },
    ],
    [
      'a cut never splits a pair',
      `env=${encodeURIComponent(`${'e'.repeat(63)}😀`)}`,
      { env: 'e'.repeat(63), warnings: ['env cut to 64 characters'] },
    ],
    ['long host is cut', `host=${ten.repeat(26)}`, { host: ten.repeat(26).slice(0, 255) }],
    ['bad escapes are text', 'host=%zz', { host: '%zz' }],
  ];
  for (const [name, text, expected] of rows)
    test(name, () => {
      const result = read(text);
      assert.equal(result.kind, 'ok');
      if (result.kind !== 'ok') return;
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(result.query[field as keyof PingQuery], value, field);
    });

  const AT = 'invalid at: expected RFC 3339 or seconds or milliseconds since 1970';
  const refused: [name: string, text: string, message: string][] = [
    ['short rid', 'rid=12345', 'invalid uuid format'],
    ['empty rid', 'rid=', 'invalid uuid format'],
    ['rid with a newline', `rid=${RID}%0A`, 'invalid uuid format'],
    ['rid in braces', `rid=%7B${RID}%7D`, 'invalid uuid format'],
    ['the last rid is bad', `rid=${RID}&rid=x`, 'invalid uuid format'],
    ['at as a word', 'at=yesterday', AT],
    ['empty at', 'at=', AT],
    ['at without zone', 'at=2026-03-01T11:00:00', AT],
    ['at on 30 February', 'at=2026-02-30T11:00:00Z', AT],
    ['at at hour 25', 'at=2026-02-20T25:00:00Z', AT],
    ['negative at', 'at=-5', AT],
    ['at with 400 digits', `at=${'1'.repeat(400)}`, AT],
    [
      'at too old',
      'at=2025-01-01T00:00:00Z',
      'invalid at: older than the time that reports are kept',
    ],
    ['at zero', 'at=0', 'invalid at: older than the time that reports are kept'],
  ];
  for (const [name, text, message] of refused)
    test(`refused: ${name}`, () => {
      assert.deepEqual(read(text), { kind: 'invalid', message });
    });

  test('a metric named __proto__ is a metric', () => {
    const result = read('metric=__proto__:1');
    assert.ok(result.kind === 'ok' && result.query.metrics !== null);
    assert.ok(Object.hasOwn(result.query.metrics, '__proto__'));
  });

  test('any text is read, and what is kept stays within its limits', () => {
    const names = fc.constantFrom('rid', 'at', 'metric', 'host', 'env', 'create');
    const pair = fc.tuple(names, fc.string({ unit: 'binary', maxLength: 400 }));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 30 }), (pairs) => {
        const result = read(pairs.map(([name, value]) => `${name}=${value}`).join('&'));
        if (result.kind === 'invalid') return;
        const { host, env, metrics, at: time } = result.query;
        assert.ok((host ?? '').length <= 255 && (env ?? '').length <= 64);
        assert.ok(Object.keys(metrics ?? {}).length <= 20);
        assert.ok(time === null || (Number.isInteger(time) && time < now));
        assert.ok((host ?? '').isWellFormed() && (env ?? '').isWellFormed());
      }),
    );
  });

  test('create is asked for by the literal 1', () => {
    assert.deepEqual(
      [
        'create=1',
        'a=b&create=1',
        'create=0',
        'create=true',
        'create=',
        'create',
        'create=1&create=0',
        '',
      ].map(asksToCreate),
      [true, true, false, false, false, false, false, false],
    );
  });

  test('an idempotency key is short and printable', () => {
    assert.deepEqual(
      ['a', 'with space', 'x'.repeat(255), 'x'.repeat(256), '', 'tab\t', 'é'].map(isIdempotencyKey),
      [true, true, true, false, false, false, false],
    );
  });
});
