import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isUuid, type PingPath, parsePingPath } from '../../../src/protocol/healthchecks/path.ts';

const UUID = '8116e449-d71c-4112-8f5d-a66f60902091';
const success = { kind: 'success', exitCode: null } as const;

/** The same grammar, written for reading and not for speed. */
const slow = (target: string): PingPath | null => {
  const absolute = /^[^/]{0,5}:\/\/[^/]*(\/[^]*)$/.exec(target);
  const origin = target.startsWith('/') ? target : absolute?.[1];
  if (origin === undefined) return null;
  const path = origin.split('?', 1)[0] ?? '';
  const uuid =
    /^(?:\/ping)?\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(\/|\/start|\/fail|\/log|\/[0-9]+)?$/;
  const byUuid = uuid.exec(path);
  if (byUuid !== null) {
    const suffix = byUuid[2] === '/' ? '' : (byUuid[2] ?? '').slice(1);
    return { form: 'uuid', uuid: byUuid[1] ?? '', signal: slowSignal(suffix) };
  }
  if (!/^\/ping(\/|$)/.test(path)) return null;
  const slug = /^\/ping\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)(\/start|\/fail|\/log|\/[0-9]+)?$/;
  const bySlug = slug.exec(path);
  if (bySlug === null) return { form: 'malformed' };
  const [, key = '', name = '', suffix = ''] = bySlug;
  if (/[A-Z]/.test(name)) return { form: 'capital_slug' };
  return { form: 'slug', key, slug: name, signal: slowSignal(suffix.slice(1)) };
};

const slowSignal = (text: string): Extract<PingPath, { form: 'uuid' }>['signal'] => {
  if (text === '') return success;
  if (text === 'start' || text === 'fail' || text === 'log') return { kind: text, exitCode: null };
  const status = BigInt(text);
  if (status > 255n) return null;
  return { kind: status === 0n ? 'success' : 'fail', exitCode: Number(status) };
};

describe('the addresses of pings', () => {
  const key = 'pk_abc';
  const rows: [name: string, target: string, expected: PingPath | null][] = [
    ['bare', `/ping/${UUID}`, { form: 'uuid', uuid: UUID, signal: success }],
    ['trailing slash', `/ping/${UUID}/`, { form: 'uuid', uuid: UUID, signal: success }],
    ['host swap only', `/${UUID}`, { form: 'uuid', uuid: UUID, signal: success }],
    [
      'host swap with signal',
      `/${UUID}/start`,
      { form: 'uuid', uuid: UUID, signal: { kind: 'start', exitCode: null } },
    ],
    [
      'absolute form',
      `http://localhost:8686/ping/${UUID}?a=/b`,
      { form: 'uuid', uuid: UUID, signal: success },
    ],
    [
      'leading zeros',
      `/ping/${UUID}/007`,
      { form: 'uuid', uuid: UUID, signal: { kind: 'fail', exitCode: 7 } },
    ],
    [
      'exit 0 is success',
      `/ping/${UUID}/0`,
      { form: 'uuid', uuid: UUID, signal: { kind: 'success', exitCode: 0 } },
    ],
    ['exit 256', `/ping/${UUID}/256`, { form: 'uuid', uuid: UUID, signal: null }],
    [
      'a number beyond all',
      `/ping/${UUID}/${'9'.repeat(400)}`,
      { form: 'uuid', uuid: UUID, signal: null },
    ],
    ['slug', `/ping/${key}/nightly`, { form: 'slug', key, slug: 'nightly', signal: success }],
    [
      'slug with signal',
      `/ping/${key}/nightly/log`,
      { form: 'slug', key, slug: 'nightly', signal: { kind: 'log', exitCode: null } },
    ],
    [
      'a slug that is a signal word',
      `/ping/${key}/start`,
      { form: 'slug', key, slug: 'start', signal: success },
    ],
    [
      'a key that is a uuid',
      `/ping/${UUID}/nightly`,
      { form: 'slug', key: UUID, slug: 'nightly', signal: success },
    ],
    ['slug with capital', `/ping/${key}/Nightly`, { form: 'capital_slug' }],
    ['slug with trailing slash', `/ping/${key}/nightly/`, { form: 'malformed' }],
    ['signal with trailing slash', `/ping/${UUID}/fail/`, { form: 'malformed' }],
    ['upper-case uuid', `/ping/${UUID.toUpperCase()}`, { form: 'malformed' }],
    ['uuid without dashes', `/ping/${UUID.replaceAll('-', '')}`, { form: 'malformed' }],
    ['escaped', `/ping/%38${UUID.slice(1)}`, { form: 'malformed' }],
    ['nothing', '/ping', { form: 'malformed' }],
    ['nothing but a slash', '/ping/?x=1', { form: 'malformed' }],
    ['another page', '/pingpong', null],
    ['the root', '/', null],
    ['asterisk form', '*', null],
    ['empty', '', null],
    ['authority form', 'localhost:80', null],
  ];
  for (const [name, target, expected] of rows)
    test(name, () => {
      assert.deepEqual(parsePingPath(target), expected);
      assert.deepEqual(slow(target), expected);
    });

  const piece = fc.oneof(
    fc.constantFrom('/', '/ping', '/ping/', `/${UUID}`, UUID, 'start', 'fail', 'log', '255', '256'),
    fc.constantFrom('?', '#', '%2F', '-', '_', 'A', 'http://h', '.', '..', '0', 'é', '\0', ' '),
    fc.string({ maxLength: 6 }),
  );
  test('agrees with a slow reading of the same grammar, and never throws', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const target = pieces.join('');
        assert.deepEqual(parsePingPath(target), slow(target));
      }),
      { numRuns: 3_000 },
    );
  });

  test('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        assert.deepEqual(parsePingPath(`/ping/${text}`), slow(`/ping/${text}`));
        parsePingPath(text);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a uuid with one character changed is none', () => {
    const place = fc.nat({ max: 35 });
    fc.assert(
      fc.property(place, fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
        const text = UUID.slice(0, at) + other + UUID.slice(at + 1);
        const looksRight = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
        assert.equal(isUuid(text), looksRight);
      }),
    );
  });
});
