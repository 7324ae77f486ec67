import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { instant } from '../../src/core/time.ts';
import { LINE_BYTES_MAX, type LogLevel, makeLog } from '../../src/telemetry/log.ts';

const open = (level: LogLevel = 'debug') => {
  const lines: string[] = [];
  const log = makeLog({
    level,
    clock: { now: () => instant(Date.UTC(2026, 10, 23, 2, 30, 0, 7)) },
    destination: { write: (line) => lines.push(line) },
  });
  const last = (): Record<string, unknown> => JSON.parse(lines.at(-1) ?? '{}');
  return { log, lines, last };
};

describe('a line', () => {
  test('is one JSON object with level, RFC 3339 time, fields and message', () => {
    const { log, lines, last } = open();
    log.warn({ job_name: 'backup', exit_code: 3 }, 'run failed');
    assert.equal(lines.length, 1);
    assert.ok(lines[0]?.endsWith('}\n'));
    assert.deepEqual(last(), {
      level: 'warn',
      time: '2026-11-23T02:30:00.007Z',
      job_name: 'backup',
      exit_code: 3,
      msg: 'run failed',
    });
  });

  test('names trace ids in snake case', () => {
    const { log, last } = open();
    log.info({ traceId: 'a1', spanId: 'b2' }, 'x');
    assert.equal(last()['trace_id'], 'a1');
    assert.equal(last()['span_id'], 'b2');
    assert.equal(last()['traceId'], undefined);
  });

  test('keeps its own keys when a field has the same name', () => {
    const { log, lines, last } = open();
    log.info({ level: 'mine', time: 1, msg: 'other' }, 'real');
    assert.equal(lines[0]?.match(/"msg":/g)?.length, 1);
    assert.deepEqual(
      [last()['level'], last()['msg'], last()['level_'], last()['msg_']],
      ['info', 'real', 'mine', 'other'],
    );
  });

  test('of a level below the one asked for is not written', () => {
    const { log, lines } = open('warn');
    log.debug({}, 'x');
    log.info({}, 'x');
    log.error({}, 'x');
    assert.equal(lines.length, 1);
  });

  test('tells an error with its chain of causes', () => {
    const { log, last } = open();
    const cause = Object.assign(new Error('disk full'), { code: 'ENOSPC' });
    log.error({ err: new Error('committing 3 entries', { cause }) }, 'x');
    const err = last()['err'] as { message: string; cause: { message: string; code: string } };
    assert.equal(err.message, 'committing 3 entries');
    assert.deepEqual([err.cause.message, err.cause.code], ['disk full', 'ENOSPC']);
  });
});

describe('a secret', () => {
  const secret = 'pk_5f"9/ü+key';
  const hidden: readonly [string, object][] = [
    ['as a field', { url: secret }],
    ['inside a longer string', { url: `https://h/${secret}/x` }],
    ['percent-encoded in a URL', { url: `https://h/?k=${encodeURIComponent(secret)}` }],
    ['inside a JSON text', { body: JSON.stringify({ k: secret }) }],
    ['deep in lists and objects', { a: [{ b: [new Map([['c', secret]])] }] }],
    ['in the name of a key', { [secret]: 1 }],
    ['in the message of an error', { err: new Error(`sent to ${secret}`) }],
    ['in a URL object', { url: new URL(`https://h/?k=${encodeURIComponent(secret)}`) }],
    ['across the cut of a long string', { body: `${'x'.repeat(65_530)}${secret}` }],
  ];
  for (const [name, fields] of hidden) {
    test(`is masked ${name}`, () => {
      const { log, lines } = open();
      log.redact([secret]);
      log.info(fields, `message with ${secret}`);
      const line = lines[0] ?? '';
      for (const piece of ['pk_5f', encodeURIComponent(secret)]) {
        assert.ok(!line.includes(piece), line.slice(0, 500));
      }
      assert.ok(line.includes('[redacted]'));
    });
  }

  test('that begins another does not leave the rest of the longer one', () => {
    const { log, lines } = open();
    log.redact(['abcd', 'abcd-efgh']);
    log.info({ k: 'abcd-efgh abcd' }, 'x');
    assert.ok(!/efgh|abcd/.test(lines[0] ?? ''));
  });

  test('list is replaced as a whole at a reload', () => {
    const { log, last } = open();
    log.redact(['old-secret']);
    log.redact(['new-secret']);
    log.info({ a: 'old-secret', b: 'new-secret' }, 'x');
    assert.deepEqual([last()['a'], last()['b']], ['old-secret', '[redacted]']);
  });

  test('too short to tell from words is not masked, nor is nothing', () => {
    const { log, last } = open();
    log.redact(['', 'job']);
    log.info({ a: 'job' }, 'x');
    assert.equal(last()['a'], 'job');
  });

  const keys = [
    'authorization',
    'Cookie',
    'apiKey',
    'X-Api-Key',
    'smtp_password',
    'pingKey',
    'dsn',
  ];
  for (const key of keys) {
    test(`is masked by the name of its key: ${key}`, () => {
      const { log, lines } = open();
      log.info({ headers: { [key]: 'hunter2' } }, 'x');
      assert.ok(!lines[0]?.includes('hunter2'));
    });
  }

  test('has no part in keys that only sound alike', () => {
    const { log, last } = open();
    log.info({ tokens_left: 3, passed: true, secretary: 'Ann', group_key: 'g' }, 'x');
    assert.deepEqual(last()['secretary'], 'Ann');
    assert.deepEqual(last()['group_key'], 'g');
  });
});

describe('logging never throws, and a line is bounded', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  const hostile: readonly [string, object][] = [
    ['a circle', circular],
    ['a getter that throws', Object.defineProperty({}, 'x', { enumerable: true, get: fail })],
    ['a toJSON that throws', { x: { toJSON: fail } }],
    ['a proxy that throws', new Proxy({}, { ownKeys: fail })],
    ['a million characters', { x: 'é'.repeat(1_000_000) }],
    ['control characters, which take six bytes each', { x: '\u0001'.repeat(50_000) }],
    ['a hundred thousand keys', Object.fromEntries([...Array(100_000).keys()].map((n) => [n, n]))],
    ['a wide tree', { x: Array(100).fill(Array(100).fill(Array(100).fill('x'.repeat(50)))) }],
    [
      'bytes, functions, symbols, big numbers',
      { a: new Uint8Array(9), b: fail, c: Symbol(), d: 1n },
    ],
    ['a key named __proto__', JSON.parse('{"__proto__": {"x": 1}}') as object],
  ];
  for (const [name, fields] of hostile) {
    test(`with ${name}`, () => {
      const { log, lines } = open();
      log.info(fields, 'm'.repeat(10_000));
      assert.equal(lines.length, 1);
      assert.ok(Buffer.byteLength(lines[0] ?? '') <= LINE_BYTES_MAX);
      assert.doesNotThrow(() => JSON.parse(lines[0] ?? ''));
    });
  }

  test('with a destination that throws', () => {
    const log = makeLog({
      level: 'info',
      clock: { now: () => instant(0) },
      destination: { write: fail },
    });
    assert.doesNotThrow(() => log.info({}, 'x'));
  });

  test('with anything at all', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), fc.string({ unit: 'binary' }), (fields, message) => {
        const { log, lines } = open();
        log.redact(['secret']);
        log.info(fields, message);
        assert.ok(Buffer.byteLength(lines[0] ?? '') <= LINE_BYTES_MAX);
        JSON.parse(lines[0] ?? '');
      }),
      { numRuns: 100 },
    );
  });
});

function fail(): never {
  throw new Error('hostile');
}
