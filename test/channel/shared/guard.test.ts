/** Addresses that must not be reached, in all the disguises that get past a check of the name. */
import assert from 'node:assert/strict';
import type { LookupFunction } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Agent } from 'undici';
import { makeGuard } from '../../../src/channel/shared/guard.ts';
import { type HttpFault, type HttpReply, makeHttp } from '../../../src/channel/shared/http.ts';
import { type FakeWebhook, fakeWebhook } from '../../fake/webhook.ts';
import { deps } from '../deps.ts';

const guard = makeGuard({ allow: [], connect: {} });

describe('literal targets', () => {
  const refused = [
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fec0::1]/',
    'http://[ff02::1]/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'http://example.org:22/',
    'http://example.org:6379/',
  ];
  for (const url of refused) {
    test(`refused: ${url}`, () => assert.equal(guard.refuses(new URL(url))?.name, 'BlockedTarget'));
  }

  for (const url of [
    'https://example.org/',
    'http://93.184.215.14:8080/',
    'https://[2606:4700::1111]/',
  ]) {
    test(`allowed: ${url}`, () => assert.equal(guard.refuses(new URL(url)), undefined));
  }

  test('the list of the operator opens its blocks and no more', () => {
    const open = makeGuard({ allow: ['10.0.0.0/8', 'fd00::/8'], connect: {} });
    assert.equal(open.refuses(new URL('http://10.1.2.3/')), undefined);
    assert.equal(open.refuses(new URL('http://[fd12::1]/')), undefined);
    assert.notEqual(open.refuses(new URL('http://192.168.1.1/')), undefined);
  });
});

describe('requests behind the guard', () => {
  let target: FakeWebhook;
  before(async () => {
    target = await fakeWebhook();
  });
  after(() => target.close());

  /** Posts to a name that resolves to what `answers` says, one list per look-up. */
  async function post(
    host: string,
    answers: readonly string[][],
    allow: readonly string[] = [],
  ): Promise<{ outcome: HttpReply | HttpFault; lookups: number }> {
    let lookups = 0;
    const lookup: LookupFunction = (_hostname, _options, callback) => {
      const found = answers[Math.min(lookups, answers.length - 1)] ?? [];
      lookups += 1;
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    // A test server has none of the usual ports, so the connector is tried without the check of the URL.
    const agent = new Agent({ connect: makeGuard({ allow, lookup, connect: {} }).connector });
    const direct = makeHttp({ ...deps, dispatcher: agent });
    const outcome = await direct.post({
      url: target.origin.replace('127.0.0.1', host),
      headers: {},
      body: '{}',
      timeoutMs: 5_000,
      signal: new AbortController().signal,
    });
    await agent.close();
    return { outcome, lookups };
  }

  test('a name that leads inside is refused', async () => {
    const { outcome } = await post('inside.example', [['127.0.0.1']]);
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
    assert.equal(target.calls.length, 0);
  });

  test('one bad address among good ones is enough', async () => {
    const { outcome } = await post('mixed.example', [['93.184.215.14', '127.0.0.1']]);
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
  });

  test('a name that changes its mind is looked up once, and that answer is used', async () => {
    const { outcome, lookups } = await post('rebind.example', [['127.0.0.1'], ['93.184.215.14']]);
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
    assert.equal(lookups, 1);
  });

  test('a literal needs no look-up and is refused all the same', async () => {
    const { outcome, lookups } = await post('127.0.0.1', [['93.184.215.14']]);
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
    assert.equal(lookups, 0);
    assert.equal(target.calls.length, 0);
  });

  test('a name that has no address is refused', async () => {
    const { outcome } = await post('nowhere.example', [[]]);
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
  });

  test('what the operator allows is reached', async () => {
    const { outcome } = await post('inside.example', [['127.0.0.1']], ['127.0.0.0/8']);
    assert.equal(outcome.kind === 'reply' && outcome.status, 200);
  });

  test('a client with the guard on refuses before it connects', async () => {
    const http = makeHttp({ ...deps, allowPrivateTargets: false });
    const outcome = await http.post({
      url: target.origin,
      headers: {},
      body: '',
      timeoutMs: 5_000,
      signal: new AbortController().signal,
    });
    await http.close();
    assert.equal(outcome.kind === 'fault' && outcome.reason, 'blocked');
  });
});
