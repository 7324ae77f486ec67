/** Alertmanager's JSON, version 4, to the letter. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderWebhook } from '../../../src/channel/webhook/message.ts';
import type { Notification } from '../../../src/core/notify/notify.ts';
import { alertOf, at, missed, notificationOf } from '../sample.ts';

const parsed = (notification: Notification, maxAlerts = 0): Record<string, unknown> =>
  JSON.parse(renderWebhook(notification, maxAlerts)) as Record<string, unknown>;

const two = notificationOf({
  receiver: 'ops.team',
  reason: 'some_resolved',
  alerts: [
    alertOf({ b: '2', a: '1' }, { summary: 's' }, { generatorUrl: 'http://prometheus/graph' }),
    missed({
      status: 'resolved',
      endsAt: at('2026-11-22T20:00:00.25Z'),
      fingerprint: 'c0ffee0000000009',
    }),
  ],
  commonLabels: {},
  groupLabels: { cluster: 'eu' },
});

describe('the JSON', () => {
  test('has every field that Alertmanager has, and no other', () => {
    const message = parsed(two);
    assert.deepEqual(Object.keys(message), [
      'receiver',
      'status',
      'alerts',
      'notification_reason',
      'groupLabels',
      'commonLabels',
      'commonAnnotations',
      'externalURL',
      'version',
      'groupKey',
      'truncatedAlerts',
    ]);
    assert.deepEqual((message['alerts'] as object[])[0], {
      status: 'firing',
      labels: { a: '1', b: '2' },
      annotations: { summary: 's' },
      startsAt: '2026-11-22T18:45:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://prometheus/graph',
      fingerprint: 'c0ffee0000000001',
    });
    assert.equal(
      (message['alerts'] as Record<string, string>[])[1]?.['endsAt'],
      '2026-11-22T20:00:00.25Z',
    );
    assert.equal(message['receiver'], 'ops\\.team');
    assert.equal(message['status'], 'firing');
    assert.equal(message['version'], '4');
    assert.equal(message['groupKey'], '{}:{job_name="nightly-backup"}');
  });

  const reasons = [
    ['first', 'first notification'],
    ['new_alerts', 'new alerts added'],
    ['some_resolved', 'some alerts resolved'],
    ['all_resolved', 'all alerts resolved'],
    ['repeat', 'repeat interval elapsed'],
  ] as const;
  for (const [reason, words] of reasons) {
    test(`the reason ${reason} in Alertmanager's words`, () => {
      assert.equal(parsed(notificationOf({ reason }))['notification_reason'], words);
    });
  }

  test('the first alerts are kept, and those left out are counted', () => {
    const message = parsed({ ...two, truncatedAlerts: 3 }, 1);
    assert.equal((message['alerts'] as object[]).length, 1);
    assert.equal(message['truncatedAlerts'], 4);
  });

  test('labels come in one order', () => {
    assert.match(renderWebhook(two, 0), /"labels":\{"a":"1","b":"2"\}/);
  });
});
