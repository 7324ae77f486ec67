import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type HttpClient,
  type HttpReply,
  makeHttp,
  retryAfterMs,
} from '../../../src/channel/shared/http.ts';
import { type FakeWebhook, fakeWebhook, type Reply } from '../../fake/webhook.ts';
import { deps } from '../deps.ts';

describe('one request', () => {
  let target: FakeWebhook;
  let http: HttpClient;
  before(async () => {
    target = await fakeWebhook();
    http = makeHttp(deps);
  });
  after(async () => {
    await http.close();
    await target.close();
  });

  async function post(reply: Reply, timeoutMs = 5_000): ReturnType<HttpClient['post']> {
    target.script(reply);
    return http.post({
      url: target.origin,
      headers: {},
      body: 'x',
      timeoutMs,
      signal: new AbortController().signal,
    });
  }

  test('a redirect is an answer and is not followed', async () => {
    const before = target.calls.length;
    const reply = await post({ status: 302, headers: { location: `${target.origin}/elsewhere` } });
    assert.equal(reply.kind === 'reply' && reply.status, 302);
    assert.equal(target.calls.length, before + 1);
  });

  test('no more than 64 KiB of an answer are read', async () => {
    const reply = (await post({ status: 200, body: 'y'.repeat(1_000_000) })) as HttpReply;
    assert.equal(reply.body.length, 65_536);
  });

  test('a time limit of its own', async () => {
    const fault = await post('hang', 20);
    assert.deepEqual(fault, {
      kind: 'fault',
      reason: 'timeout',
      detail: 'no answer within 0.02 s',
    });
  });

  test('an answer that breaks off keeps its status', async () => {
    const reply = (await post('half')) as HttpReply;
    assert.equal(reply.status, 200);
    assert.equal(reply.bodyFault?.reason, 'network');
  });

  test('headers by name', async () => {
    const reply = (await post({ status: 200, headers: { 'X-One': '1' } })) as HttpReply;
    assert.equal(reply.header('x-one'), '1');
    assert.equal(reply.header('x-two'), undefined);
  });
});

describe('Retry-After', () => {
  const nowMs = Date.UTC(2026, 10, 23, 2, 0, 0);
  const rows: readonly [text: string | undefined, ms: number | undefined][] = [
    [undefined, undefined],
    ['120', 120_000],
    [' 0 ', 0],
    ['1.5', 1_500],
    ['86400', 900_000],
    ['Mon, 23 Nov 2026 02:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 01:00:00 GMT', 0],
    ['Tue, 24 Nov 2026 02:00:00 GMT', 900_000],
    ['soon', undefined],
    ['-5', undefined],
  ];
  for (const [text, ms] of rows) {
    test(`${text} is ${ms}`, () => assert.equal(retryAfterMs(text, nowMs), ms));
  }
});
