import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issue.ts';
import type { Route } from '../../src/core/route/route.ts';
import { compiled, compiledFixture, compiledText, minutes } from './compiled.ts';

describe("an Alertmanager's file", () => {
  const config = compiledFixture('alertmanager.yml', { localTimezone: 'Europe/Rome' });

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
    const { route } = compiledText('route: { receiver: a }\nreceivers: [{ name: a }]');
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
    assert.deepEqual(compiledText(text).warnings.map(formatIssue), [
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
