/** Notifications that tests and golden samples of the channels share: one night of a team in Shanghai. */
import type { Labels } from '../../src/core/alert/alert.ts';
import type { Notification, NotifiedAlert } from '../../src/core/notify/notify.ts';
import { type Instant, instant } from '../../src/core/time.ts';

/** One character as a person sees it: four people and three joiners. */
export const family = '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';

export const at = (text: string): Instant => instant(Temporal.Instant.from(text).epochMilliseconds);

export function alertOf(
  labels: Labels,
  annotations: Labels = {},
  rest: Partial<NotifiedAlert> = {},
): NotifiedAlert {
  return {
    fingerprint: 'c0ffee0000000001',
    status: rest.endsAt === undefined || rest.endsAt === null ? 'firing' : 'resolved',
    labels,
    annotations,
    startsAt: at('2026-11-22T18:45:00Z'),
    endsAt: null,
    generatorUrl: '',
    traceId: null,
    spanId: null,
    ...rest,
  };
}

export function notificationOf(rest: Partial<Notification> = {}): Notification {
  const alerts = rest.alerts ?? [missed()];
  const [first, ...others] = alerts;
  const common = Object.entries(first?.labels ?? {}).filter(([name, value]) =>
    others.every((other) => other.labels[name] === value),
  );
  return {
    id: 'dlv_0123456789abcdef0123',
    incident: {
      id: 42,
      groupKey: '{}:{job_name="nightly-backup"}',
      seq: 1,
      openedAt: at('2026-11-22T18:45:05Z'),
    },
    receiver: 'oncall',
    status: alerts.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved',
    reason: 'first',
    severity: 'P0',
    alerts,
    truncatedAlerts: 0,
    groupLabels: { job_name: 'nightly-backup' },
    commonLabels: Object.fromEntries(common),
    commonAnnotations: {},
    locale: 'en',
    timezone: 'Asia/Shanghai',
    externalUrl: 'https://tocsin.example.org',
    at: at('2026-11-22T18:45:15Z'),
    ...rest,
  };
}

const backup = {
  alertname: 'JobMissed',
  job_name: 'nightly-backup',
  group: 'data',
  severity: 'P0',
  team: 'data',
};

export const missed = (rest: Partial<NotifiedAlert> = {}): NotifiedAlert =>
  alertOf(
    backup,
    {
      summary: 'nightly-backup did not report in time',
      description: 'A report was expected at 2026-11-23 02:30:00 (Asia/Shanghai).',
      about: 'Dumps the order database to the archive.',
      due_at: '2026-11-22T18:45:00Z',
      late_by: '15m',
      last_success: '2026-11-21T18:41:12Z',
      runbook_url: 'https://wiki.example.org/runbooks/nightly-backup',
    },
    rest,
  );

const log = `2026-11-23 02:31:07 INFO  dump of orders started
2026-11-23 02:39:52 INFO  41 of 63 tables done
2026-11-23 02:40:03 WARN  disk usage of /var/backups is 98 %
2026-11-23 02:40:11 ERROR write /var/backups/orders.dump: no space left on device
pg_dump: error: could not write to output file <orders.dump>
exit status 1`;

export const failed = (rest: Partial<NotifiedAlert> = {}): NotifiedAlert =>
  alertOf(
    { ...backup, alertname: 'JobFailed', env: 'production' },
    {
      summary: 'nightly-backup failed with exit code 1',
      description: 'It failed at 2026-11-23 02:40:11 (Asia/Shanghai).',
      about: 'Dumps the order database to the archive.',
      exit_code: '1',
      log_tail: log,
      last_success: '2026-11-21T18:41:12Z',
      run_url: 'https://tocsin.example.org/jobs/nightly-backup?run=8c1d',
      runbook_url: 'https://wiki.example.org/runbooks/nightly-backup',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
    {
      fingerprint: 'c0ffee0000000002',
      startsAt: at('2026-11-22T18:40:11Z'),
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      ...rest,
    },
  );

export const diskFull = (rest: Partial<NotifiedAlert> = {}): NotifiedAlert =>
  alertOf(
    {
      alertname: 'DiskAlmostFull',
      instance: 'db1:9100',
      mountpoint: '/var/backups',
      severity: 'P1',
    },
    {
      summary: 'Disk of db1 is 98 % full',
      description: 'At the present rate it will be full in 40 minutes.\nOldest archives: 2026-10.',
      runbook_url: 'https://wiki.example.org/runbooks/disk',
    },
    {
      fingerprint: 'c0ffee0000000003',
      startsAt: at('2026-11-22T18:10:00Z'),
      generatorUrl: 'https://prometheus.example.org/graph?g0.expr=disk',
      ...rest,
    },
  );

const job = (name: string, n: number, rest: Partial<NotifiedAlert> = {}): NotifiedAlert =>
  alertOf(
    { alertname: 'JobMissed', job_name: name, group: 'reports', severity: 'P1' },
    {
      due_at: `2026-11-22T18:${25 + n}:00Z`,
      late_by: '15m',
      last_success: `2026-11-21T18:0${n}:00Z`,
    },
    { fingerprint: `c0ffee000000001${n}`, startsAt: at(`2026-11-22T18:${25 + n}:00Z`), ...rest },
  );

const gap = 'Tocsin did not listen from 2026-11-22T18:20:00Z to 2026-11-22T18:36:30Z';

/** By name: what stands under `fixtures/messages`, in both languages. */
export const samples: Readonly<Record<string, Notification>> = {
  missed: notificationOf(),
  failed: notificationOf({
    alerts: [failed()],
    at: at('2026-11-22T18:40:26Z'),
  }),
  repeat: notificationOf({
    reason: 'repeat',
    incident: {
      id: 42,
      groupKey: '{}:{job_name="nightly-backup"}',
      seq: 5,
      openedAt: at('2026-11-22T18:45:05Z'),
    },
    alerts: [missed({ annotations: { ...missed().annotations, gap } })],
    at: at('2026-11-22T19:47:00Z'),
  }),
  resolved: notificationOf({
    reason: 'all_resolved',
    alerts: [missed({ endsAt: at('2026-11-22T20:02:40Z'), status: 'resolved' })],
    at: at('2026-11-22T20:03:00Z'),
  }),
  several: notificationOf({
    severity: 'P1',
    reason: 'new_alerts',
    alerts: [
      job('report-sales', 1),
      job('report-stock', 2),
      job('report-finance', 3),
      job('report-legal', 4, { endsAt: at('2026-11-22T18:40:00Z'), status: 'resolved' }),
    ],
    truncatedAlerts: 3,
    groupLabels: { group: 'reports' },
  }),
  prometheus: notificationOf({
    severity: 'P1',
    alerts: [diskFull()],
    groupLabels: { alertname: 'DiskAlmostFull' },
  }),
};
