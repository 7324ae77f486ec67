import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type CompileOptions, compileConfig } from '../../src/config/compile.ts';
import type { Config } from '../../src/config/config.ts';
import { formatIssue } from '../../src/config/issue.ts';
import type { Route } from '../../src/core/route/route.ts';
import { instant } from '../../src/core/time.ts';

const FOLDER = path.join(import.meta.dirname, '../fixtures/config/good');

function load(name: string, options: Partial<CompileOptions> = {}): Config {
  const text = readFileSync(path.join(FOLDER, name), 'utf8');
  return compiled([{ name, text }], options);
}

function compiled(
  files: readonly { name: string; text: string }[],
  options: Partial<CompileOptions> = {},
): Config {
  const result = compileConfig(files, { env: {}, ...options });
  const faults = result.kind === 'ok' ? [] : result.issues.map(formatIssue);
  assert.deepEqual(faults, []);
  assert.ok(result.kind === 'ok');
  return result.config;
}

const minutes = (count: number): number => count * 60_000;

describe('jobs', () => {
  const config = load('jobs.yml');
  const job = (name: string) => {
    const found = config.jobs.find((one) => one.name === name);
    assert.ok(found);
    return found;
  };

  test('every field of a job is taken', () => {
    const { schedule, ...rest } = job('nightly-backup');
    assert.deepEqual(schedule.spec, {
      kind: 'cron',
      expression: '30 2 * * *',
      dialect: 'wall',
      timezone: 'Europe/Berlin',
    });
    assert.deepEqual(rest, {
      name: 'nightly-backup',
      was: 'backup',
      uuid: '5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278',
      timezone: 'Europe/Berlin',
      grace: minutes(90),
      maxRuntime: minutes(120),
      severity: 'P0',
      group: 'data',
      labels: { site: 'sha', team: 'data', version: '1.0' },
      failures: 1,
      recoveries: 1,
      description: '备份: main database',
      runbook: 'https://wiki.example.org/backup',
      paused: true,
      filter: {
        postOnly: true,
        filterBody: true,
        successKeywords: ['OK', 'done'],
        failureKeywords: ['ERROR'],
        startKeywords: ['BEGIN'],
        defaultFail: true,
        manualResume: true,
      },
      traceSampleRatio: 0.25,
    });
  });

  test('what a job does not say comes from defaults', () => {
    const { schedule, ...rest } = job('heartbeat');
    assert.deepEqual(schedule.spec, { kind: 'every', every: 90_000 });
    assert.deepEqual(rest, {
      name: 'heartbeat',
      timezone: 'Asia/Shanghai',
      grace: minutes(10),
      maxRuntime: minutes(180),
      severity: 'P2',
      group: 'batch',
      labels: { site: 'sha', team: 'ops' },
      failures: 2,
      recoveries: 3,
      description: '',
      runbook: '',
      paused: false,
    });
  });

  test('cron and calendar are read in the zone of the defaults', () => {
    assert.deepEqual(job('office-report').schedule.spec, {
      kind: 'calendar',
      expression: 'Mon..Fri 18:00',
      timezone: 'Asia/Shanghai',
    });
    const after = instant(Date.parse('2026-11-20T10:00:00Z'));
    assert.equal(job('office-report').schedule.next(after), Date.parse('2026-11-23T10:00:00Z'));
    assert.equal(job('weekly_0').schedule.spec.kind, 'cron');
  });

  test('keywords without a filter are not a filter, and are warned of', () => {
    assert.equal(job('weekly_0').filter, undefined);
    assert.deepEqual(config.warnings.map(formatIssue), [
      'jobs.yml:2:1: no file has a `route`: alerts are kept and shown, and nobody is told',
      'jobs.yml:45:5: `failure_kw` has no effect without `filter_http_body: true`',
    ]);
  });

  test('without defaults: UTC, an hour of grace, P1, group default', () => {
    const [only] = compiled([{ name: 'a.yml', text: 'jobs: [{ name: a, every: 1m }]' }]).jobs;
    const { schedule: _, ...rest } = only ?? assert.fail();
    assert.deepEqual(rest, {
      name: 'a',
      timezone: 'UTC',
      grace: minutes(60),
      maxRuntime: null,
      severity: 'P1',
      group: 'default',
      labels: {},
      failures: 1,
      recoveries: 1,
      description: '',
      runbook: '',
      paused: false,
    });
  });

  test('equal labels and schedules are one object', () => {
    const text =
      'jobs:\n' +
      [1, 2].map((n) => `  - { name: j${n}, schedule: "5 4 * * *", labels: { a: b } }\n`).join('');
    const [first, second] = compiled([{ name: 'a.yml', text }]).jobs;
    assert.equal(first?.labels, second?.labels);
    assert.equal(first?.schedule, second?.schedule);
  });

  test('jobs of all files are joined in the order of the files', () => {
    const files = ['b', 'a'].map((name) => ({
      name,
      text: `jobs: [{ name: ${name}, every: 1m }]`,
    }));
    assert.deepEqual(
      compiled(files).jobs.map(({ name }) => name),
      ['b', 'a'],
    );
    assert.deepEqual(compiled(files).files, ['b', 'a']);
  });
});

describe("an Alertmanager's file", () => {
  const config = load('alertmanager.yml', { localTimezone: 'Europe/Rome' });

  test('routes inherit what Alertmanager hands down, and have its keys', () => {
    const flat = (route: Route): Omit<Route, 'routes' | 'matchers'>[] => {
      const { routes, matchers: _, ...rest } = route;
      return [rest, ...routes.flatMap(flat)];
    };
    const root = {
      groupWait: 0,
      groupInterval: minutes(1),
      repeatInterval: minutes(180),
      groupBy: ['alertname', 'cluster'],
      continue: false,
      muteTimeIntervals: [],
      activeTimeIntervals: [],
    };
    const service = '{}/{service=~"^(?:^(foo1|foo2|baz)$)$"}';
    assert.deepEqual(flat(config.route), [
      { ...root, index: 0, key: '{}', receiver: 'team-mails' },
      { ...root, index: 1, key: service, receiver: 'team-mails' },
      {
        ...root,
        index: 2,
        key: `${service}/{severity="critical"}`,
        receiver: 'team-hook',
        continue: true,
      },
      {
        ...root,
        index: 3,
        key: `${service}/{cluster!="eu",owner=~"a|b",severity="warning"}`,
        receiver: 'team-mails',
        groupBy: [],
      },
      {
        ...root,
        index: 4,
        key: '{}/{service="files",team!="x"}',
        receiver: 'team-mails',
        groupBy: 'all',
        groupWait: 10_000,
        muteTimeIntervals: ['nights'],
        activeTimeIntervals: ['office', 'old-style'],
      },
      { ...root, index: 5, key: '{}/{}', receiver: 'team-hook' },
    ]);
  });

  test('matchers test values', () => {
    const [matcher] = config.route.routes[0]?.matchers ?? [];
    assert.equal(matcher?.test('foo2'), true);
    assert.equal(matcher?.test('foo22'), false);
  });

  test('time intervals: names, numbers, both lists', () => {
    assert.deepEqual(Object.fromEntries(config.timeIntervals), {
      nights: {
        name: 'nights',
        intervals: [
          {
            times: [
              { startMinute: 1_320, endMinute: 1_440 },
              { startMinute: 0, endMinute: 390 },
            ],
            weekdays: [
              { begin: 1, end: 5 },
              { begin: 0, end: 0 },
            ],
            daysOfMonth: [
              { begin: 1, end: 5 },
              { begin: -3, end: -1 },
              { begin: 15, end: 15 },
              { begin: 10, end: -1 },
            ],
            months: [
              { begin: 1, end: 3 },
              { begin: 12, end: 12 },
            ],
            years: [
              { begin: 2026, end: 2026 },
              { begin: 2027, end: 2030 },
            ],
            location: 'Asia/Shanghai',
          },
        ],
      },
      office: {
        name: 'office',
        intervals: [{ weekdays: [{ begin: 1, end: 5 }], location: 'Europe/Rome' }],
      },
      'old-style': { name: 'old-style', intervals: [] },
    });
  });

  test('inhibit rules in the new and the old form', () => {
    const rules = config.inhibitRules.map((rule) => ({
      equal: rule.equal,
      source: rule.sourceMatchers.map(({ name, op, value }) => `${name}${op}${value}`),
      target: rule.targetMatchers.map(({ name, op, value }) => `${name}${op}${value}`),
    }));
    assert.deepEqual(rules, [
      {
        equal: ['alertname', 'cluster'],
        source: ['severity=critical'],
        target: ['severity=~warning|info'],
      },
      {
        equal: [],
        source: ['severity=critical'],
        target: ['team=x', 'severity=~^(?:warn.*)$'],
      },
    ]);
  });

  test('mail takes from global what it does not say itself', () => {
    const [first, second] = config.receivers.get('team-mails')?.channels ?? [];
    assert.deepEqual(first, {
      type: 'email',
      id: 'team-mails/email/0',
      receiver: 'team-mails',
      index: 0,
      sendResolved: false,
      locale: 'en',
      timezone: 'UTC',
      config: {
        to: 'team@example.org, lead@example.org',
        smarthost: 'mail.example.org:587',
        from: 'alerts@example.org',
        auth_username: 'alerts',
        auth_password: 'not-so-secret',
        require_tls: false,
      },
    });
    assert.equal(second?.sendResolved, true);
    assert.partialDeepStrictEqual(second?.config, {
      from: 'Other <other@example.org>',
      smarthost: '[::1]:25',
      require_tls: true,
    });
  });

  test('merge keys are honoured', () => {
    const urls = config.receivers.get('team-hook')?.channels.map(({ config }) => config);
    assert.deepEqual(urls, [
      { url: 'https://hooks.example.org/a', send_resolved: false },
      { url: 'https://hooks.example.org/b', max_alerts: 10 },
      { url: 'https://hooks.example.org/c', max_alerts: 10 },
    ]);
  });

  test('resolve_timeout becomes a setting', () => {
    assert.equal(config.server.resolveTimeout, minutes(10));
  });

  test('the usual defaults of timers', () => {
    const { route } = compiled([
      { name: 'a.yml', text: 'route: { receiver: a }\nreceivers: [{ name: a }]' },
    ]);
    const { groupBy, groupWait, groupInterval, repeatInterval } = route;
    assert.deepEqual(
      { groupBy, groupWait, groupInterval, repeatInterval },
      {
        groupBy: [],
        groupWait: 30_000,
        groupInterval: minutes(5),
        repeatInterval: minutes(240),
      },
    );
  });

  test('a repeat shorter than the group interval is warned of', () => {
    const text = 'route:\n  receiver: a\n  repeat_interval: 1m\nreceivers: [{ name: a }]';
    assert.deepEqual(compiled([{ name: 'a.yml', text }]).warnings.map(formatIssue), [
      'a.yml:3:20: repeat_interval 1m is shorter than group_interval 5m; messages repeat at the latter',
    ]);
  });

  const scenarios = JSON.parse(
    readFileSync(
      path.join(import.meta.dirname, '../fixtures/conformance/am-scenarios.json'),
      'utf8',
    ),
  ) as { scenarios: { id: string; config: string }[] };
  for (const { id, config: text } of scenarios.scenarios) {
    test(`scenario ${id} loads`, () => {
      const filled = text
        .replaceAll(/\$\{hhmm:-[^}]*\}/g, '11:55')
        .replaceAll(/\$\{hhmm:\+[^}]*\}/g, '12:05');
      compiled([{ name: 'alertmanager.yml', text: filled }], { env: { SINK: '127.0.0.1:9' } });
    });
  }
});

describe('receivers', () => {
  const env = {
    WECOM_KEY: '633a31f6-7f9c-4bc4-97a0-0ec1eefa5898',
    HOOK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}`,
  };
  const config = load('receivers.yml', { env });
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
  const config = load('silences.yml');

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
  const config = load('server.yml', { env });

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
    assert.deepEqual(load('empty.yml').server, {
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
    const config = load('empty.yml');
    assert.equal(config.route.receiver, 'default');
    assert.deepEqual(config.receivers.get('default'), { name: 'default', channels: [] });
  });

  test('flow lists, quoted keys', () => {
    assert.deepEqual(
      load('block-and-flow.yml').jobs.map(({ name }) => name),
      ['a', 'b'],
    );
  });

  test('CRLF and a byte order mark', () => {
    const text = '\uFEFFjobs:\r\n  - name: a\r\n    every: 1m\r\n';
    assert.equal(compiled([{ name: 'a.yml', text }]).jobs.length, 1);
  });

  test('the hash changes with the text and with nothing else', () => {
    const hash = (text: string): string => compiled([{ name: 'a.yml', text }]).hash;
    assert.match(hash('jobs: []'), /^[0-9a-f]{64}$/);
    assert.equal(hash('jobs: []'), hash('jobs: []'));
    assert.notEqual(hash('jobs: []'), hash('jobs:  []'));
  });
});
