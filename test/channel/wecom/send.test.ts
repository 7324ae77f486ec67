/** What the channel does about each answer of the robot. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { byteLength } from '../../../src/channel/shared/text-limits.ts';
import type { WecomConfig } from '../../../src/channel/wecom/config.ts';
import { makeWecom } from '../../../src/channel/wecom/send.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { contextOf } from '../../contract/channel-contract.ts';
import type { Reply } from '../../fake/webhook.ts';
import { errcode, type FakeWecom, fakeWecom } from '../../fake/wecom.ts';
import { deps } from '../deps.ts';
import { failed, missed, notificationOf } from '../sample.ts';

describe('a robot', () => {
  let robot: FakeWecom;
  const channels: Channel[] = [];
  beforeEach(async () => {
    robot = await fakeWecom();
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close?.();
    await robot.close();
  });

  function make(config: Partial<WecomConfig> = {}): Channel {
    const channel = makeWecom(
      { key: robot.key, api_url: `${robot.origin}/cgi-bin`, ...config },
      deps,
    );
    channels.push(channel);
    return channel;
  }

  const classes: readonly {
    code: number;
    attempt?: number;
    is: Partial<SendResult>;
  }[] = [
    { code: 0, is: { kind: 'sent' } },
    { code: -1, is: { kind: 'retry', reason: 'server_error' } },
    { code: -1, attempt: 3, is: { kind: 'retry', reason: 'server_error', afterMs: 60_000 } },
    { code: 45009, is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 60_000 } },
    { code: 45033, is: { kind: 'retry', reason: 'rate_limited', afterMs: 2_000 } },
    { code: 40014, is: { kind: 'retry', reason: 'auth' } },
    { code: 42001, attempt: 2, is: { kind: 'failed', reason: 'auth' } },
    { code: 40001, is: { kind: 'failed', reason: 'config' } },
    { code: 40013, is: { kind: 'failed', reason: 'config' } },
    { code: 40091, is: { kind: 'failed', reason: 'config' } },
    { code: 41002, is: { kind: 'failed', reason: 'config' } },
    { code: 93000, is: { kind: 'failed', reason: 'config' } },
    { code: 60020, is: { kind: 'failed', reason: 'config' } },
    { code: 50003, is: { kind: 'failed', reason: 'config' } },
    { code: 48002, is: { kind: 'failed', reason: 'config' } },
    { code: 81013, is: { kind: 'failed', reason: 'recipient' } },
    { code: 60111, is: { kind: 'failed', reason: 'recipient' } },
    { code: 42014, is: { kind: 'failed', reason: 'client_error' } },
    { code: 42014, attempt: 2, is: { kind: 'sent' } },
    { code: 40035, is: { kind: 'failed', reason: 'client_error' } },
    { code: 301002, is: { kind: 'retry', reason: 'unknown' } },
    { code: 301002, attempt: 2, is: { kind: 'failed', reason: 'unknown' } },
  ];
  for (const { code, attempt = 1, is } of classes) {
    test(`errcode ${code} at attempt ${attempt} is ${is.kind}`, async () => {
      robot.failAlways(code);
      const { detail, ...result } = await make().send(notificationOf(), contextOf({ attempt }));
      assert.deepEqual(result, is);
      if (code !== 0) assert.match(detail ?? '', new RegExp(`errcode ${code}`));
      assert.equal(robot.calls.length, 1);
    });
  }

  const answers: readonly { name: string; reply: Reply; is: Partial<SendResult> }[] = [
    {
      name: 'an empty body',
      reply: { status: 200, body: '' },
      is: { kind: 'retry', reason: 'unknown' },
    },
    {
      name: 'JSON without a code',
      reply: { status: 200, body: '{}' },
      is: { kind: 'retry', reason: 'unknown' },
    },
    {
      name: 'a code that is a text',
      reply: { status: 200, body: '{"errcode":"0"}' },
      is: { kind: 'retry', reason: 'unknown' },
    },
    {
      name: 'a redirect',
      reply: { status: 302, headers: { location: '/login' } },
      is: { kind: 'retry', reason: 'unknown' },
    },
    {
      name: 'a gateway that is down',
      reply: { status: 502, body: 'bad gateway' },
      is: { kind: 'retry', reason: 'server_error' },
    },
    {
      name: 'not found',
      reply: { status: 404, body: '' },
      is: { kind: 'failed', reason: 'client_error' },
    },
    { name: 'a body that breaks off', reply: 'half', is: { kind: 'retry', reason: 'network' } },
    {
      name: 'a proxy that limits',
      reply: { status: 429, headers: { 'retry-after': '7' } },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 7_000 },
    },
  ];
  for (const { name, reply, is } of answers) {
    test(name, async () => {
      robot.failAlways(reply);
      const { detail, ...result } = await make().send(notificationOf(), contextOf());
      assert.deepEqual(result, is);
      assert.notEqual(detail, '');
    });
  }

  test('a message that is too long is sent once more, shorter and plain', async () => {
    robot.fail(40058);
    const result = await make().send(notificationOf({ alerts: [failed()] }), contextOf());
    assert.equal(result.kind, 'sent');
    assert.match(result.detail ?? '', /short text/);
    const second = JSON.parse(robot.calls[1]?.body ?? '') as {
      msgtype: string;
      text: { content: string };
    };
    assert.equal(second.msgtype, 'text');
    assert.ok(byteLength(second.text.content) <= 950);
  });

  for (const [code, reason] of [
    [45002, 'too_large'],
    [40058, 'too_large'],
    [40008, 'client_error'],
  ] as const) {
    test(`errcode ${code} twice is failed as ${reason}`, async () => {
      robot.failAlways(code);
      const result = await make().send(notificationOf(), contextOf());
      assert.equal(result.kind === 'failed' && result.reason, reason);
      assert.equal(robot.calls.length, 2);
    });
  }

  test('the longest message is within what the robot takes', async () => {
    const annotations = {
      ...failed().annotations,
      description: '说明'.repeat(2_000),
      log_tail: '错误\n'.repeat(2_000),
    };
    const alerts = Array.from({ length: 60 }, () => missed({ annotations }));
    for (const msgtype of ['markdown', 'text'] as const) {
      const result = await make({ msgtype }).send(notificationOf({ alerts }), contextOf());
      assert.deepEqual(result, { kind: 'sent' });
    }
  });

  test('a call by mobile is a second message', async () => {
    const channel = make({ mentioned_mobile_list: ['13800000000'] });
    assert.deepEqual(await channel.send(notificationOf(), contextOf()), { kind: 'sent' });
    assert.deepEqual(
      robot.shown.map(({ msgtype }) => msgtype),
      ['markdown', 'text'],
    );
    const call = robot.shown[1]?.['text'] as { mentioned_mobile_list?: string[] } | undefined;
    assert.deepEqual(call?.mentioned_mobile_list, ['13800000000']);
  });

  test('when only the call fails, the message is sent all the same', async () => {
    robot.fail(0, 45009);
    const channel = make({ mentioned_list: ['@all'] });
    const result = await channel.send(notificationOf(), contextOf());
    assert.equal(result.kind, 'sent');
    assert.match(result.detail ?? '', /mentions people was not: errcode 45009/);
  });

  test('when the message fails, nobody is called', async () => {
    robot.fail(-1);
    await make({ mentioned_list: ['@all'] }).send(notificationOf(), contextOf());
    assert.equal(robot.calls.length, 1);
  });

  test('the whole address may be given instead of the key', async () => {
    const url = `${robot.origin}/cgi-bin/webhook/send?key=${robot.key}`;
    const { key: _, api_url: __, ...rest } = { key: '', api_url: '' };
    const channel = makeWecom({ ...rest, url }, deps);
    channels.push(channel);
    assert.equal((await channel.send(notificationOf(), contextOf())).kind, 'sent');
    assert.equal(channel.limitKey, make().limitKey);
    assert.equal(channel.perMinute, 20);
  });

  test('the trace goes along', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await make().send(notificationOf(), contextOf({ traceparent }));
    assert.equal(robot.calls[0]?.headers['traceparent'], traceparent);
    assert.equal(robot.calls[0]?.headers['user-agent'], 'Tocsin/0.1.0');
  });

  test('a key in the words of the robot does not come through', async () => {
    robot.failAlways(
      errcode(93000, `invalid url ${robot.origin}/cgi-bin/webhook/send?key=${robot.key}`),
    );
    const result = await make().send(notificationOf(), contextOf());
    assert.ok(!JSON.stringify(result).includes(robot.key));
    assert.match(result.detail ?? '', /invalid url/);
  });
});
