import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { makeOriginOf } from '../../../src/protocol/healthchecks/address.ts';
import { readHead } from '../../../src/protocol/healthchecks/head.ts';
import { makeKeyRing } from '../../../src/protocol/healthchecks/key.ts';
import { validTraceparent } from '../../../src/protocol/healthchecks/traceparent.ts';

describe('traceparent', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const span = '00f067aa0ba902b7';
  const good = `00-${trace}-${span}-01`;
  const rows: [name: string, given: string, expected: string | null][] = [
    ['as it is', good, good],
    ['not sampled', `00-${trace}-${span}-00`, `00-${trace}-${span}-00`],
    ['unknown flags are dropped', `00-${trace}-${span}-ff`, good],
    ['a later version', `cc-${trace}-${span}-01`, good],
    ['a later version with more', `cc-${trace}-${span}-01-what-the-future-holds`, good],
    ['a later version with junk', `cc-${trace}-${span}-01.what`, null],
    ['version 00 with more', `${good}-x`, null],
    ['version ff', `ff-${trace}-${span}-01`, null],
    ['trace id of zeros', `00-${'0'.repeat(32)}-${span}-01`, null],
    ['span id of zeros', `00-${trace}-${'0'.repeat(16)}-01`, null],
    ['capitals', good.toUpperCase(), null],
    ['two headers joined', `${good}, ${good}`, null],
    ['empty', '', null],
    ['endless', `cc-${trace}-${span}-01-${'a'.repeat(600)}`, null],
  ];
  for (const [name, given, expected] of rows)
    test(name, () => {
      assert.equal(validTraceparent(given), expected);
    });
});

describe('where a ping came from', () => {
  const rows: [
    name: string,
    trusted: string[],
    peer: string | undefined,
    forwardedFor: string | null,
    expected: string | null,
  ][] = [
    ['the peer', [], '192.0.2.1', null, '192.0.2.1'],
    ['a peer of a dual-stack socket', [], '::ffff:192.0.2.1', null, '192.0.2.1'],
    ['a peer that is gone', [], undefined, null, null],
    ['nobody is trusted', [], '192.0.2.1', '1.1.1.1', '192.0.2.1'],
    ['all are trusted: the first', ['*'], '192.0.2.1', '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    ['ipv6', ['*'], '192.0.2.1', '2001::1', '2001::1'],
    ['mapped ipv6 as written', ['*'], '192.0.2.1', '::ffff:1.1.1.1', '::ffff:1.1.1.1'],
    ['ipv4 with port', ['*'], '192.0.2.1', '1.1.1.1:4711', '1.1.1.1'],
    ['ipv6 with port', ['*'], '192.0.2.1', '[2001::1]:4711', '2001::1'],
    ['the word unknown', ['*'], '192.0.2.1', 'unknown, 1.1.1.1', '192.0.2.1'],
    ['empty', ['*'], '192.0.2.1', '', '192.0.2.1'],
    ['junk', ['*'], '192.0.2.1', '[[[]]:::%1', '192.0.2.1'],
    ['trusted peer', ['192.0.2.0/24'], '192.0.2.1', '1.1.1.1', '1.1.1.1'],
    [
      'trusted peer of a dual-stack socket',
      ['192.0.2.0/24'],
      '::ffff:192.0.2.1',
      '1.1.1.1',
      '1.1.1.1',
    ],
    ['peer that is not trusted', ['10.0.0.0/8'], '192.0.2.1', '1.1.1.1', '192.0.2.1'],
    [
      'what the client wrote itself does not count',
      ['192.0.2.0/24', '10.0.0.0/8'],
      '192.0.2.1',
      '6.6.6.6, 1.1.1.1, 10.1.2.3',
      '1.1.1.1',
    ],
    ['one address as trust', ['2001:db8::7'], '2001:db8::7', '1.1.1.1', '1.1.1.1'],
    [
      'junk as trust is no trust',
      ['0.0.0.0/x', 'nonsense', '1.2.3.4/99'],
      '192.0.2.1',
      '1.1.1.1',
      '192.0.2.1',
    ],
  ];
  for (const [name, trusted, peer, forwardedFor, expected] of rows)
    test(name, () => {
      const originOf = makeOriginOf(trusted);
      const forwarded = { forwardedFor, forwardedProto: null };
      const socket = peer === undefined ? {} : { remoteAddress: peer };
      assert.deepEqual(originOf(socket, forwarded), { remoteAddr: expected, scheme: 'http' });
    });

  test('the scheme comes from the socket, or from a trusted proxy that says http or https', () => {
    const schemeOf = (trusted: string[], encrypted: boolean, forwardedProto: string | null) =>
      makeOriginOf(trusted)(
        { remoteAddress: '192.0.2.1', ...(encrypted && { encrypted }) },
        { forwardedFor: null, forwardedProto },
      ).scheme;
    assert.deepEqual(
      [
        schemeOf([], true, null),
        schemeOf([], false, 'https'),
        schemeOf(['*'], false, 'https'),
        schemeOf(['*'], false, 'HTTPS, http'),
        schemeOf(['*'], false, 'gopher-over-carrier-pigeon'),
        schemeOf(['192.0.2.0/24'], true, 'http'),
      ],
      ['https', 'http', 'https', 'https', 'http', 'http'],
    );
  });

  test('any header is read', () => {
    const originOf = makeOriginOf(['192.0.2.0/24']);
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), fc.string({ maxLength: 20 }), (list, proto) => {
        originOf({ remoteAddress: '192.0.2.1' }, { forwardedFor: list, forwardedProto: proto });
      }),
    );
  });
});

describe('request headers', () => {
  test('are found without case, and a body is one that is announced', () => {
    const rawHeaders = ['USER-AGENT', 'a', 'TraceParent', 't', 'Idempotency-Key', 'k'];
    assert.deepEqual(
      readHead({ rawHeaders: [...rawHeaders, 'x-forwarded-for', '1', 'X-Forwarded-For', '2'] }),
      {
        userAgent: 'a',
        idempotencyKey: 'k',
        traceparent: 't',
        forwardedFor: '1,2',
        forwardedProto: null,
        hasBody: false,
      },
    );
    const hasBody = (...list: string[]): boolean => readHead({ rawHeaders: list }).hasBody;
    assert.deepEqual(
      [
        hasBody('Content-Length', '0'),
        hasBody('content-length', '1'),
        hasBody('Transfer-Encoding', 'chunked'),
      ],
      [false, true, true],
    );
  });

  test('a long user agent is cut', () => {
    const head = readHead({ rawHeaders: ['User-Agent', 'u'.repeat(500)] });
    assert.equal(head.userAgent, 'u'.repeat(200));
  });
});

describe('ping keys', () => {
  test('only a whole key opens, an empty list opens to nobody', () => {
    const opens = makeKeyRing(['first-key', '', 'second-key']);
    assert.deepEqual(
      ['first-key', 'second-key', 'second-ke', 'first-key ', '', 'x'.repeat(5000)].map(opens),
      [true, true, false, false, false, false],
    );
    assert.equal(makeKeyRing([])(''), false);
  });
});
