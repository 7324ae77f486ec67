/** Events as Sentry gets them, its rate limits, and what is sent again after a half success. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SentryConfig } from '../../../src/channel/sentry/config.ts';
import { makeSentry } from '../../../src/channel/sentry/send.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { contextOf, nowMs } from '../../contract/channel-contract.ts';
import { type FakeSentry, fakeSentry, refusal } from '../../fake/sentry.ts';
import type { Reply } from '../../fake/webhook.ts';
import { deps } from '../deps.ts';
import { alertOf, at, diskFull, failed, missed, notificationOf } from '../sample.ts';

describe('Sentry', () => {
  let sentry: FakeSentry;
  const channels: Channel[] = [];
  beforeEach(async () => {
    sentry = await fakeSentry();
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close?.();
    await sentry.close();
  });

  function make(config: Partial<SentryConfig> = {}): Channel {
    const channel = makeSentry({ dsn: sentry.dsn, ...config }, deps);
    channels.push(channel);
    return channel;
  }
  const several = (n: number) =>
    notificationOf({
      alerts: Array.from({ length: n }, (_, i) =>
        alertOf({ alertname: 'JobFailed', job_name: `job-${i}` }, {}, { fingerprint: `f${i}` }),
      ),
    });

  test('an event says what, how bad and where', async () => {
    const result = await make({
      environment: 'staging',
      release: '1.2',
      tags: { site: 'eu' },
    }).send(notificationOf({ alerts: [failed()] }), contextOf());
    const { event, header } = sentry.events[0] ?? assert.fail('no event');
    assert.deepEqual(result, { kind: 'sent', providerRef: header.event_id });
    assert.match(header.event_id, /^[0-9a-f]{32}$/);
    assert.equal(header.sent_at, '2026-11-22T18:45:20Z');
    assert.equal(event['timestamp'], at('2026-11-22T18:45:15Z') / 1_000);
    assert.equal(event['level'], 'fatal');
    assert.equal(event['platform'], 'other');
    assert.equal(event['transaction'], 'nightly-backup');
    assert.equal(event['environment'], 'production', "the alert's own comes first");
    assert.equal(event['release'], '1.2');
    assert.deepEqual(event['fingerprint'], ['tocsin', 'nightly-backup', 'failed']);
    assert.deepEqual((event['contexts'] as Record<string, unknown>)['trace'], {
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      span_id: '00f067aa0ba902b7',
      op: 'cron.job',
    });
    assert.match(
      (event['message'] as { formatted: string }).formatted,
      /^nightly-backup failed with exit code 1\n/,
    );
    assert.match((event['extra'] as { log_tail: string }).log_tail, /no space left on device/);
    const { job, kind, tier, incident, site, team } = event['tags'] as Record<string, string>;
    assert.deepEqual(
      { job, kind, tier, incident, site, team },
      {
        job: 'nightly-backup',
        kind: 'failed',
        tier: 'P0',
        incident: 'INC-42',
        site: 'eu',
        team: 'data',
      },
    );
  });

  test('an alert that is not about a job is an issue by its labels', async () => {
    await make({ environment: 'staging' }).send(
      notificationOf({ alerts: [diskFull()] }),
      contextOf(),
    );
    const event = sentry.events[0]?.event ?? {};
    assert.deepEqual(event['fingerprint'], ['tocsin', 'DiskAlmostFull', 'c0ffee0000000003']);
    assert.equal(event['level'], 'error', 'its own severity counts');
    assert.equal(event['environment'], 'staging');
    assert.equal(event['server_name'], 'db1:9100');
    assert.equal((event['contexts'] as Record<string, unknown>)['trace'], undefined);
  });

  test('another attempt is the same event, sent at another time', async () => {
    const channel = make();
    await channel.send(notificationOf(), contextOf());
    await channel.send(notificationOf(), contextOf({ attempt: 2, nowMs: nowMs + 60_000 }));
    const [first, second] = sentry.events;
    assert.equal(second?.header.event_id, first?.header.event_id);
    assert.deepEqual(second?.event, first?.event);
    assert.notEqual(second?.header.sent_at, first?.header.sent_at);
    await channel.send(notificationOf({ id: 'dlv_other' }), contextOf());
    assert.notEqual(sentry.events[2]?.header.event_id, first?.header.event_id);
  });

  for (const reason of ['all_resolved', 'some_resolved'] as const) {
    test(`nothing is sent for ${reason}`, async () => {
      const alerts = [missed(), failed({ status: 'resolved', endsAt: at('2026-11-22T18:45:10Z') })];
      const result = await make().send(notificationOf({ reason, alerts }), contextOf());
      assert.deepEqual(result, {
        kind: 'sent',
        detail: 'nothing sent: Sentry has no event that resolves an issue',
      });
      assert.equal(sentry.calls.length, 0);
    });
  }

  test('one event for each alert that fires', async () => {
    const alerts = [
      missed(),
      failed(),
      diskFull({ status: 'resolved', endsAt: at('2026-11-22T18:45:10Z') }),
    ];
    await make().send(notificationOf({ alerts, reason: 'new_alerts' }), contextOf());
    assert.equal(sentry.events.length, 2);
    assert.equal(new Set(sentry.events.map(({ header }) => header.event_id)).size, 2);
  });

  test('a flood is bounded, and says how many it left out', async () => {
    const result = await make().send(several(40), contextOf());
    assert.equal(sentry.events.length, 25);
    assert.equal(result.kind === 'sent' && result.detail, '15 more alerts were left out');
  });

  test('after a half success only the rest is sent', async () => {
    const channel = make();
    const accepted: Reply = { status: 200, body: '{"id":"x"}' };
    sentry.fail(accepted, { status: 503 });
    const first = await channel.send(several(3), contextOf());
    assert.deepEqual(first, {
      kind: 'retry',
      reason: 'server_error',
      detail: 'HTTP 503',
      only: ['f1', 'f2'],
    });
    const second = await channel.send(several(3), contextOf({ attempt: 2, only: ['f1', 'f2'] }));
    assert.equal(second.kind, 'sent');
    assert.equal(sentry.events.length, 2);
  });

  test('an event that is refused does not hold up the others, nor is it forgotten', async () => {
    const channel = make();
    sentry.fail(refusal(413, 'too big'), { status: 200, body: '' }, { status: 500 });
    const first = await channel.send(several(3), contextOf());
    assert.deepEqual(first.kind === 'retry' && first.only, ['f2', '!f0']);
    const second = await channel.send(several(3), contextOf({ attempt: 2, only: ['f2', '!f0'] }));
    assert.deepEqual(second, {
      kind: 'partial',
      detail: '1 of 3 events were refused',
      providerRef: second.kind === 'partial' ? (second.providerRef ?? '') : '',
    });
  });

  test('when all are refused, it failed', async () => {
    sentry.failAlways(refusal(400, 'bad'));
    const result = await make().send(several(2), contextOf());
    assert.deepEqual(result, {
      kind: 'failed',
      reason: 'client_error',
      detail: '2 of 2 events were refused (HTTP 400: bad)',
    });
  });

  const answers: readonly { name: string; reply: Reply; is: Partial<SendResult> }[] = [
    { name: 'a wrong key', reply: refusal(401, 'x'), is: { kind: 'failed', reason: 'auth' } },
    {
      name: 'a key of another project',
      reply: refusal(403, 'x'),
      is: { kind: 'failed', reason: 'auth' },
    },
    { name: 'no such project', reply: { status: 404 }, is: { kind: 'failed', reason: 'config' } },
    {
      name: 'a 429 that says nothing',
      reply: { status: 429 },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 60_000 },
    },
    {
      name: 'a 429 with Retry-After',
      reply: { status: 429, headers: { 'retry-after': '30' } },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 30_000 },
    },
    {
      name: 'a 429 with limits: the longest that is about events',
      reply: {
        status: 429,
        headers: {
          'retry-after': '5',
          'x-sentry-rate-limits': '10:error:org, 90::key, 999:transaction',
        },
      },
      is: { kind: 'retry', reason: 'rate_limited', pauseChannelMs: 90_000 },
    },
    { name: 'an answer that breaks off', reply: 'half', is: { kind: 'retry', reason: 'network' } },
  ];
  for (const { name, reply, is } of answers) {
    test(name, async () => {
      sentry.failAlways(reply);
      const result = await make().send(notificationOf(), contextOf());
      const { detail: _detail, only: _only, ...rest } = { detail: '', only: [], ...result };
      assert.deepEqual(rest, is);
    });
  }

  describe('a limit on the answer to an event that was taken', () => {
    test('holds back the events after it', async () => {
      sentry.limit('50:error;default:organization:quota');
      const result = await make().send(several(3), contextOf());
      assert.deepEqual(result, {
        kind: 'retry',
        reason: 'rate_limited',
        detail: 'Sentry asked for no events for a while',
        pauseChannelMs: 50_000,
        only: ['f1', 'f2'],
      });
      assert.equal(sentry.calls.length, 1);
    });

    test('holds back the next notification, until it is over', async () => {
      const channel = make();
      sentry.limit('50:error');
      assert.equal((await channel.send(notificationOf(), contextOf())).kind, 'sent');
      sentry.limit(undefined);
      const next = await channel.send(notificationOf(), contextOf({ nowMs: nowMs + 20_000 }));
      assert.equal(next.kind === 'retry' && next.pauseChannelMs, 30_000);
      const later = await channel.send(notificationOf(), contextOf({ nowMs: nowMs + 50_000 }));
      assert.equal(later.kind, 'sent');
    });

    test('of another category means nothing to us', async () => {
      sentry.limit('600:transaction;attachment:key, nonsense, 60:monitor');
      assert.equal((await make().send(several(2), contextOf())).kind, 'sent');
    });
  });
});
