import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeRedactor, sealed } from '../../../src/channel/shared/redact.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import { contextOf } from '../../contract/channel-contract.ts';
import { notificationOf } from '../sample.ts';

describe('redaction', () => {
  const redact = makeRedactor(['s3cret/+ä', undefined, '']);
  const rows: readonly [name: string, text: string, expected: string][] = [
    ['by value', 'login s3cret/+ä refused', 'login *** refused'],
    ['as part of an address', `?p=${encodeURIComponent('s3cret/+ä')}`, '?p=***'],
    ['in base64', Buffer.from('s3cret/+ä').toString('base64'), '***'],
    ['a key in an address', 'https://x.cn/send?key=abc-1&b=2', 'https://x.cn/send?key=***&b=2'],
    ['a name and password', 'http://me:pw@host/', 'http://***@host/'],
    ['a signing secret', 'bad whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'bad ***'],
    ['a bearer token', 'Authorization: Bearer abcdefgh12345', 'Authorization: Bearer ***'],
    ['other text stays', 'connect ECONNREFUSED 127.0.0.1:25', 'connect ECONNREFUSED 127.0.0.1:25'],
  ];
  for (const [name, text, expected] of rows) {
    test(name, () => assert.equal(redact(text), expected));
  }
});

describe('a sealed channel', () => {
  const run = (send: () => Promise<SendResult>): Promise<SendResult> =>
    sealed({ send }, { redact: makeRedactor(['hunter2']) }).send(notificationOf(), contextOf());

  test('cleans what a person and the store get', async () => {
    const result = await run(async () => ({
      kind: 'partial',
      detail: `pass\nhunter2 ${'x'.repeat(1_000)}`,
      providerRef: 'hunter2',
    }));
    assert.ok(result.kind === 'partial');
    assert.match(result.detail, /^pass \*\*\* x+…$/);
    assert.equal(result.detail.length, 500);
    assert.equal(result.providerRef, '***');
  });

  test('makes a throw a failure that is seen', async () => {
    const result = await run(() => Promise.reject(new Error('no such hunter2')));
    assert.deepEqual(result, {
      kind: 'failed',
      reason: 'unknown',
      detail: 'internal error: no such ***',
    });
  });

  test('keeps what else a channel has', () => {
    const send = async (): Promise<SendResult> => ({ kind: 'sent' });
    const channel = sealed({ send, perMinute: 7, limitKey: 'k' }, { redact: makeRedactor([]) });
    assert.equal(channel.perMinute, 7);
    assert.equal(channel.limitKey, 'k');
  });
});
