import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Alert, Labels, Severity } from '../../../src/core/alert/alert.ts';
import { fingerprint } from '../../../src/core/alert/labels.ts';
import { buildNotification, sortAlerts } from '../../../src/core/notify/notification.ts';
import { notifiedBy, settle, toldOf } from '../../../src/core/notify/settle.ts';
import { instant } from '../../../src/core/time.ts';
import { at, channel } from './world.ts';

const now = at(100);

const alert = (labels: Labels, more: Partial<Alert> = {}): Alert => ({
  fingerprint: fingerprint(labels),
  labels,
  annotations: {},
  startsAt: at(0),
  endsAt: null,
  updatedAt: at(0),
  generatorUrl: '',
  timeout: false,
  source: 'api',
  traceId: null,
  spanId: null,
  ...more,
});

const build = (alerts: readonly Alert[], alertsMax = 10): ReturnType<typeof buildNotification> =>
  buildNotification({
    alerts: sortAlerts(alerts),
    incident: { id: 7, groupKey: '{}:{}', groupLabels: { a: '1' }, openedAt: at(1) },
    channel: channel('hook', { locale: 'zh-CN', timezone: 'Asia/Shanghai' }),
    seq: 2,
    reason: 'first',
    told: { firing: [], resolved: [] },
    aliases: new Map<string, Severity>([['page', 'P0']]),
    externalUrl: 'https://tocsin',
    alertsMax,
    now,
  });

describe('buildNotification', () => {
  const over = { endsAt: at(50) };
  const rows: readonly {
    name: string;
    alerts: Alert[];
    status: string;
    severity: Severity;
    shown: string[];
    truncated?: number;
    common?: Labels;
  }[] = [
    {
      name: 'firing first, then resolved, each by labels',
      alerts: [alert({ n: 'c' }), alert({ n: 'a' }, over), alert({ n: 'b' })],
      status: 'firing',
      severity: 'P1',
      shown: ['firing b', 'firing c', 'resolved a'],
    },
    {
      name: 'as severe as the worst that fires, whatever has ended',
      alerts: [alert({ n: 'a', severity: 'P2' }), alert({ n: 'b', severity: 'page' }, over)],
      status: 'firing',
      severity: 'P2',
      shown: ['firing a', 'resolved b'],
    },
    {
      name: 'when all has ended, as severe as the worst of all',
      alerts: [alert({ n: 'a', severity: 'P2' }, over), alert({ n: 'b', severity: 'page' }, over)],
      status: 'resolved',
      severity: 'P0',
      shown: ['resolved a', 'resolved b'],
    },
    {
      name: 'what goes beyond the limit is counted, and common labels are of all',
      alerts: [
        alert({ n: 'a', x: '1', y: '1' }),
        alert({ n: 'b', x: '1', y: '1' }, over),
        alert({ n: 'c', x: '1', y: '2' }),
      ],
      status: 'firing',
      severity: 'P1',
      shown: ['firing a', 'firing c'],
      truncated: 1,
      common: { x: '1' },
    },
  ];
  for (const { name, alerts, status, severity, shown, truncated = 0, common } of rows) {
    test(name, () => {
      const draft = build(alerts, alerts.length - truncated);
      assert.equal(draft.status, status);
      assert.equal(draft.severity, severity);
      assert.deepEqual(
        draft.alerts.map((one) => `${one.status} ${one.labels['n']}`),
        shown,
      );
      assert.equal(draft.truncatedAlerts, truncated);
      if (common !== undefined) assert.deepEqual(draft.commonLabels, common);
      assert.deepEqual(build(alerts.toReversed(), alerts.length - truncated), draft);
    });
  }

  test('a firing alert has no end yet, also when one is foreseen', () => {
    const foreseen = alert({ n: 'a' }, { endsAt: instant(now + 1) });
    assert.deepEqual(
      build([foreseen]).alerts.map(({ endsAt }) => endsAt),
      [null],
    );
    assert.deepEqual(build([alert({ n: 'a' }, { endsAt: now })]).alerts[0]?.endsAt, now);
  });

  test('incident, channel and common annotations', () => {
    const draft = build([
      alert({ n: 'a' }, { annotations: { summary: 's', x: '1' } }),
      alert({ n: 'b' }, { annotations: { summary: 's', x: '2' } }),
    ]);
    assert.deepEqual(draft.incident, { id: 7, groupKey: '{}:{}', seq: 2, openedAt: at(1) });
    assert.deepEqual(
      [draft.locale, draft.timezone, draft.receiver],
      ['zh-CN', 'Asia/Shanghai', 'ops'],
    );
    assert.deepEqual([draft.groupLabels, draft.commonAnnotations], [{ a: '1' }, { summary: 's' }]);
    assert.equal(draft.at, now);
  });
});

describe('settle', () => {
  const channels = [channel('hook')];
  const ended = alert({ n: 'a' }, { endsAt: at(50) });
  const fp = ended.fingerprint;
  const entry = (firing: string[], resolved: string[], channelId = 'hook') => ({
    groupKey: '{}:{}',
    channelId,
    firing,
    resolved,
    at: at(60),
  });
  const base = { channels, alerts: [ended], notified: [], pending: [], now };
  const queued = { notification: { told: { firing: [], resolved: [fp] }, alerts: [] } };
  const rows: readonly {
    name: string;
    given: Partial<Parameters<typeof settle>[0]>;
    leaves: boolean;
    close: boolean;
  }[] = [
    { name: 'nobody was told: it leaves at a tick', given: {}, leaves: true, close: true },
    {
      name: 'nobody was told: between ticks it waits',
      given: { scope: 'told-only' },
      leaves: false,
      close: false,
    },
    {
      name: 'the fault was told: its end is owed',
      given: { notified: [entry([fp], [])] },
      leaves: false,
      close: false,
    },
    {
      name: 'the end was told',
      given: { scope: 'told-only', notified: [entry([], [fp])] },
      leaves: true,
      close: true,
    },
    {
      name: 'the end is on its way',
      given: { notified: [entry([], [])], pending: [queued] },
      leaves: false,
      close: false,
    },
    {
      name: 'a channel that is no more is owed nothing',
      given: { notified: [entry([fp], [], 'old')] },
      leaves: true,
      close: true,
    },
    { name: 'it fires', given: { alerts: [alert({ n: 'a' })] }, leaves: false, close: false },
    {
      name: 'another fires',
      given: { alerts: [ended, alert({ n: 'b' })] },
      leaves: true,
      close: false,
    },
    {
      name: 'nothing left, something on its way',
      given: { alerts: [], pending: [queued] },
      leaves: false,
      close: false,
    },
  ];
  for (const { name, given, leaves, close } of rows) {
    test(name, () => {
      const settled = settle({ scope: 'tick', ...base, ...given });
      assert.deepEqual(settled, { ungroup: leaves ? [fp] : [], close });
    });
  }

  test('the log keeps what was told beyond the limit of the message', () => {
    const draft = build([alert({ n: 'a' }), alert({ n: 'b' })], 1);
    const notification = { ...draft, id: 'dlv_1', told: { firing: ['1', '2'], resolved: [] } };
    const delivery = { groupKey: 'g', channelId: 'hook', notification };
    assert.deepEqual(notifiedBy(delivery, now), {
      ...entry(['1', '2'], []),
      groupKey: 'g',
      at: now,
    });
  });

  test('an older message tells what it shows', () => {
    const { told: _, ...draft } = build([alert({ n: 'b' }), ended]);
    assert.deepEqual(toldOf(draft), { firing: [alert({ n: 'b' }).fingerprint], resolved: [fp] });
  });
});
