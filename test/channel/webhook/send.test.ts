/** The request as it goes out, and what each answer means. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { WebhookConfig } from '../../../src/channel/webhook/config.ts';
import { makeWebhook } from '../../../src/channel/webhook/send.ts';
import { signatureOf } from '../../../src/channel/webhook/signature.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { contextOf, nowMs } from '../../contract/channel-contract.ts';
import { type FakeWebhook, fakeWebhook, type Reply } from '../../fake/webhook.ts';
import { deps } from '../deps.ts';
import { notificationOf } from '../sample.ts';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G';

describe('a web hook', () => {
  let target: FakeWebhook;
  const channels: Channel[] = [];
  beforeEach(async () => {
    target = await fakeWebhook();
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close?.();
    await target.close();
  });

  function make(config: Partial<WebhookConfig> = {}): Channel {
    const channel = makeWebhook({ url: `${target.origin}/hook`, ...config }, deps);
    channels.push(channel);
    return channel;
  }

  const answers: readonly { name: string; reply: Reply; is: Partial<SendResult> }[] = [
    { name: 'ok', reply: { status: 200, body: '<html>' }, is: { kind: 'sent' } },
    { name: 'no content', reply: { status: 204 }, is: { kind: 'sent' } },
    { name: 'a body that breaks off', reply: 'half', is: { kind: 'sent' } },
    {
      name: 'a redirect',
      reply: { status: 301, headers: { location: '/x' } },
      is: { kind: 'failed', reason: 'config' },
    },
    { name: 'bad request', reply: { status: 400 }, is: { kind: 'failed', reason: 'client_error' } },
    { name: 'unauthorized', reply: { status: 401 }, is: { kind: 'failed', reason: 'auth' } },
    { name: 'forbidden', reply: { status: 403 }, is: { kind: 'failed', reason: 'auth' } },
    { name: 'not found', reply: { status: 404 }, is: { kind: 'failed', reason: 'client_error' } },
    { name: 'request timeout', reply: { status: 408 }, is: { kind: 'retry', reason: 'timeout' } },
    { name: 'gone', reply: { status: 410 }, is: { kind: 'failed', reason: 'client_error' } },
    { name: 'too large', reply: { status: 413 }, is: { kind: 'failed', reason: 'too_large' } },
    { name: 'too early', reply: { status: 425 }, is: { kind: 'retry', reason: 'server_error' } },
    {
      name: 'too many',
      reply: { status: 429 },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 30_000 },
    },
    {
      name: 'too many, for so long',
      reply: { status: 429, headers: { 'retry-after': '120' } },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 120_000 },
    },
    { name: 'server error', reply: { status: 500 }, is: { kind: 'retry', reason: 'server_error' } },
    {
      name: 'maintenance until a date',
      reply: { status: 503, headers: { 'retry-after': 'Sun, 22 Nov 2026 18:46:00 GMT' } },
      is: { kind: 'retry', reason: 'server_error', afterMs: 40_000 },
    },
    {
      name: 'maintenance for a week is capped',
      reply: { status: 503, headers: { 'retry-after': '604800' } },
      is: { kind: 'retry', reason: 'server_error', afterMs: 900_000 },
    },
  ];
  for (const { name, reply, is } of answers) {
    test(`${name} is ${is.kind}`, async () => {
      target.script(reply);
      const { detail, ...result } = await make().send(notificationOf(), contextOf());
      assert.deepEqual(result, is);
      assert.match(detail ?? '', /^HTTP \d{3}/);
      assert.equal(target.calls.length, 1);
    });
  }

  test('a target that the guard refuses is blocked', async () => {
    const channel = makeWebhook({ url: target.origin }, { ...deps, allowPrivateTargets: false });
    channels.push(channel);
    const result = await channel.send(notificationOf(), contextOf());
    assert.equal(result.kind === 'failed' && result.reason, 'blocked');
    assert.equal(target.calls.length, 0);
  });

  describe('signatures', () => {
    test('are read by the reference library', async () => {
      await make({ secret }).send(notificationOf(), contextOf({ nowMs: Date.now() }));
      const call = target.calls[0];
      assert.ok(call);
      const verified = new Webhook(secret).verify(
        call.body,
        call.headers as Record<string, string>,
      );
      assert.deepEqual(verified, JSON.parse(call.body));
      const changed = call.body.replace('nightly', 'mightly');
      assert.throws(() =>
        new Webhook(secret).verify(changed, call.headers as Record<string, string>),
      );
    });

    test('are those of the reference library', () => {
      const timestamp = 1_795_373_120;
      for (const body of ['{}', '{"zh":"没有按时运行"}', '']) {
        const ours = signatureOf(Buffer.from(secret.slice(6), 'base64'), {
          id: 'dlv_1',
          timestamp,
          body,
        });
        assert.equal(ours, new Webhook(secret).sign('dlv_1', new Date(timestamp * 1_000), body));
      }
    });

    test('have the id of the notification and the time of the attempt', async () => {
      const channel = make({ secret });
      await channel.send(notificationOf(), contextOf());
      await channel.send(notificationOf(), contextOf({ attempt: 2, nowMs: nowMs + 61_000 }));
      const [first, second] = target.calls;
      assert.equal(first?.headers['webhook-id'], 'dlv_0123456789abcdef0123');
      assert.equal(second?.headers['webhook-id'], first?.headers['webhook-id']);
      assert.equal(second?.body, first?.body);
      const times = [first, second].map((call) => Number(call?.headers['webhook-timestamp']));
      assert.deepEqual(times, [nowMs / 1_000, nowMs / 1_000 + 61]);
    });

    test('are absent without a secret', async () => {
      await make().send(notificationOf(), contextOf());
      assert.equal(target.calls[0]?.headers['webhook-signature'], undefined);
      assert.notEqual(target.calls[0]?.headers['webhook-id'], undefined);
    });
  });

  describe('the head of a request', () => {
    const rows: readonly {
      name: string;
      config: Partial<WebhookConfig>;
      header: string;
      is: string | undefined;
    }[] = [
      { name: 'says who calls', config: {}, header: 'user-agent', is: 'Tocsin/0.1.0' },
      { name: 'says what it is', config: {}, header: 'content-type', is: 'application/json' },
      {
        name: 'has no credentials unless given',
        config: {},
        header: 'authorization',
        is: undefined,
      },
      {
        name: 'a token',
        config: { http_config: { authorization: { credentials: 'tok' } } },
        header: 'authorization',
        is: 'Bearer tok',
      },
      {
        name: 'a token of another scheme',
        config: { http_config: { authorization: { type: 'Token', credentials: 'tok' } } },
        header: 'authorization',
        is: 'Token tok',
      },
      {
        name: 'a name and a password',
        config: { http_config: { basic_auth: { username: 'me', password: 'pä:ss' } } },
        header: 'authorization',
        is: `Basic ${Buffer.from('me:pä:ss').toString('base64')}`,
      },
      {
        name: 'own headers',
        config: { http_config: { headers: { 'X-Tenant': 'a' } } },
        header: 'x-tenant',
        is: 'a',
      },
    ];
    for (const { name, config, header, is } of rows) {
      test(name, async () => {
        await make(config).send(notificationOf(), contextOf());
        assert.equal(target.calls[0]?.headers[header], is);
      });
    }

    test('credentials in the address become a header', async () => {
      await make({ url: `${target.origin.replace('://', '://me:p%40ss@')}/hook` }).send(
        notificationOf(),
        contextOf(),
      );
      assert.equal(
        target.calls[0]?.headers.authorization,
        `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      );
    });

    test('the trace goes along', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      await make().send(notificationOf(), contextOf({ traceparent }));
      assert.equal(target.calls[0]?.headers['traceparent'], traceparent);
    });
  });

  test('its own time limit', async () => {
    target.script('hang');
    const result = await make({ timeout: '20ms' }).send(notificationOf(), contextOf());
    assert.equal(result.kind === 'retry' && result.reason, 'timeout');
  });
});
