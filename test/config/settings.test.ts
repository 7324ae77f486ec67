import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issue.ts';
import { compiledFixture, compiledText, minutes } from './compiled.ts';

describe('receivers', () => {
  const env = {
    WECOM_KEY: '633a31f6-7f9c-4bc4-97a0-0ec1eefa5898',
    HOOK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  };
  const config = compiledFixture('receivers.yml', { env });
  const channels = config.receivers.get('all')?.channels ?? [];

  test('variables are filled in, $$ is a dollar, other dollars stay', () => {
    assert.deepEqual(
      channels.map((channel) => channel.config),
      [
        { to: 'ops@example.org', from: 'tocsin@example.org', smarthost: 'mail.example.org:25' },
        { key: env.WECOM_KEY, mentioned_list: ['@all'] },
        {
          url: `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${env.WECOM_KEY}`,
          locale: 'en',
          timezone: 'UTC',
        },
        { dsn: 'https://abc@sentry.example.org/42', environment: 'production' },
        { url: 'https://hooks.example.org/$path/$x', secret: env.HOOK_SECRET },
      ],
    );
  });

  test('ids, defaults of send_resolved, locale and zone of the server', () => {
    assert.deepEqual(
      channels.map(({ id, sendResolved, locale, timezone }) => [
        id,
        sendResolved,
        locale,
        timezone,
      ]),
      [
        ['all/email/0', false, 'zh-CN', 'Asia/Shanghai'],
        ['all/wecom/0', true, 'zh-CN', 'Asia/Shanghai'],
        ['all/wecom/1', true, 'en', 'UTC'],
        ['all/sentry/0', true, 'zh-CN', 'Asia/Shanghai'],
        ['all/webhook/0', true, 'zh-CN', 'Asia/Shanghai'],
      ],
    );
  });

  test('a receiver that no route reaches is warned of', () => {
    assert.deepEqual(config.warnings.map(formatIssue), [
      'receivers.yml:21:5: no route leads to the receiver "unused"',
    ]);
  });
});

describe('silences', () => {
  const config = compiledFixture('silences.yml');

  test('recurring and once, with the place where they stand', () => {
    const silences = config.silences.map(({ matchers, when, ...rest }) => ({
      ...rest,
      matchers: matchers.map(({ name, op, value }) => `${name}${op}${value}`),
      when: when.kind === 'once' ? when : { ...when, schedule: when.schedule.spec },
    }));
    assert.deepEqual(silences, [
      {
        name: 'sunday-maintenance',
        comment: 'weekly maintenance',
        createdBy: 'dba',
        origin: 'silences.yml:5',
        matchers: ['team=data', 'job_name=~backup-.*'],
        when: {
          kind: 'recurring',
          duration: minutes(180),
          schedule: { kind: 'cron', expression: '0 1 * * 0', timezone: 'Asia/Shanghai' },
        },
      },
      {
        name: 'move',
        comment: '',
        createdBy: '',
        origin: 'silences.yml:13',
        matchers: ['site=sha'],
        when: {
          kind: 'once',
          startsAt: Date.parse('2026-12-24T10:00:00Z'),
          endsAt: Date.parse('2026-12-25T00:00:00.500Z'),
        },
      },
      {
        name: 'daily',
        comment: '',
        createdBy: '',
        origin: 'silences.yml:17',
        matchers: ['a=b'],
        when: {
          kind: 'recurring',
          duration: minutes(60),
          schedule: { kind: 'cron', expression: '0 1 * * *', timezone: 'Europe/Paris' },
        },
      },
    ]);
  });
});

describe('server, tiers and keys', () => {
  const env = {
    EXTRA_PING_KEY: 'ping-key-1',
    TOCSIN_ADMIN_KEY: 'admin-key-0123456789',
    TOCSIN_READ_KEY: '',
  };
  const config = compiledFixture('server.yml', { env });

  test('every setting is taken', () => {
    assert.deepEqual(config.server, {
      externalUrl: 'https://tocsin.example.org/base',
      locale: 'zh-CN',
      timezone: 'Asia/Shanghai',
      pingBodyLimit: 0,
      autoCreatedJobsMax: 5,
      catchUp: 0,
      resolveTimeout: minutes(5),
      retention: {
        entriesPerJob: 10,
        maxAge: minutes(30 * 24 * 60),
        deliveriesMaxAge: minutes(7 * 24 * 60),
      },
      metricsJobsMax: 0,
      trustedProxies: ['10.0.0.0/8', '::1', '192.168.1.1'],
    });
  });

  test('aliases of tiers stand over the usual ones', () => {
    assert.deepEqual(Object.fromEntries(config.severityAliases), {
      critical: 'P0',
      page: 'P2',
      warning: 'P1',
      info: 'P2',
      disaster: 'P0',
      note: 'P2',
    });
  });

  test('keys come from YAML and the environment; an empty variable is none', () => {
    assert.deepEqual(config.keys, {
      ping: ['ping-key-0', 'ping-key-1'],
      read: ['read-key-0123456789'],
      admin: ['admin-key-0123456789'],
    });
  });

  test('defaults', () => {
    assert.deepEqual(compiledFixture('empty.yml').server, {
      externalUrl: '',
      locale: 'en',
      timezone: 'UTC',
      pingBodyLimit: 10_000,
      autoCreatedJobsMax: 1_000,
      catchUp: minutes(5),
      resolveTimeout: minutes(5),
      retention: {
        entriesPerJob: 1_000,
        maxAge: minutes(90 * 24 * 60),
        deliveriesMaxAge: minutes(90 * 24 * 60),
      },
      metricsJobsMax: 10_000,
      trustedProxies: ['*'],
    });
  });
});

describe('other forms', () => {
  test('a file without anything is a configuration with one silent receiver', () => {
    const config = compiledFixture('empty.yml');
    assert.equal(config.route.receiver, 'default');
    assert.deepEqual(config.receivers.get('default'), { name: 'default', channels: [] });
  });

  test('flow lists, quoted keys', () => {
    assert.deepEqual(
      compiledFixture('block-and-flow.yml').jobs.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  test('CRLF and a byte order mark', () => {
    const text = '\uFEFFjobs:\r\n  - name: a\r\n    every: 1m\r\n';
    assert.equal(compiledText(text).jobs.length, 1);
  });

  test('the hash changes with the text and with nothing else', () => {
    const hash = (text: string): string => compiledText(text).hash;
    assert.match(hash('jobs: []'), /^[0-9a-f]{64}$/);
    assert.equal(hash('jobs: []'), hash('jobs: []'));
    assert.notEqual(hash('jobs: []'), hash('jobs:  []'));
  });
});
