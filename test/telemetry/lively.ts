/**
 * Metrics of a Tocsin in which everything has happened at least once: what `/metrics` and `/metrics/jobs` look
 * like in earnest, for tests of their text, of the rules and of the dashboard.
 */
import { instant } from '../../src/core/time.ts';
import type { DeliveryAttempt, FinishedRun } from '../../src/ports/telemetry.ts';
import { type JobSeries, jobMetrics } from '../../src/telemetry/job-metrics.ts';
import { type Metrics, makeMetrics, type Snapshot } from '../../src/telemetry/metrics.ts';

/** The time that all of it is about; a scrape should be made at it, or the ages are odd. */
const NOW_MS = Date.UTC(2026, 10, 23, 2, 30);

export const run = (over: Partial<FinishedRun> = {}): FinishedRun => ({
  jobId: 7,
  jobName: 'nightly-backup',
  group: 'data',
  severity: 'P0',
  schedule: '30 2 * * *',
  runId: 'r-1',
  result: 'ok',
  startedAt: instant(NOW_MS - 90_000),
  endedAt: instant(NOW_MS),
  scheduledAt: instant(NOW_MS - 90_500),
  exitCode: 0,
  host: 'db-1',
  env: null,
  reason: '',
  trace: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: null,
    sampled: true,
  },
  ...over,
});

export const attempt = (over: Partial<DeliveryAttempt> = {}): DeliveryAttempt => ({
  deliveryId: 'dlv_0123456789abcdef0123',
  channelId: 'oncall/wecom/0',
  channelType: 'wecom',
  receiver: 'oncall',
  severity: 'P0',
  attempt: 1,
  faultAt: instant(NOW_MS - 12_000),
  links: [{ traceId: run().trace.traceId, spanId: run().trace.spanId }],
  ...over,
});

export const series = (over: Partial<JobSeries> = {}): JobSeries => ({
  group: 'data',
  name: 'nightly-backup',
  id: 7,
  state: 'up',
  running: 0,
  lastSuccessMs: NOW_MS,
  nextExpectedMs: NOW_MS + 86_400_000,
  lastDurationMs: 90_000,
  lastCompletionMs: NOW_MS,
  graceMs: 900_000,
  pings: 12,
  failuresInRow: 0,
  schedule: '30 2 * * *',
  timezone: 'Asia/Shanghai',
  severity: 'P0',
  ...over,
});

/** Relative to a time, so that a real Prometheus finds these jobs late and down now. */
export const fleet = (nowMs: number = NOW_MS): JobSeries[] => [
  series({ lastSuccessMs: nowMs, nextExpectedMs: nowMs + 3_600_000 }),
  series({ name: 'report', id: 8, group: 'web', state: 'late', nextExpectedMs: nowMs - 60_000 }),
  series({ name: 'sync', id: 9, state: 'down', nextExpectedMs: nowMs - 7_200_000 }),
  series({ name: 'fresh', id: 10, state: 'new', lastSuccessMs: null, lastDurationMs: null }),
  series({ name: 'old', id: 11, state: 'paused', running: 1, nextExpectedMs: null }),
];

export const snapshot = (nowMs: number = NOW_MS): Snapshot => ({
  jobs: fleet(nowMs),
  alerts: [
    { severity: 'P0', state: 'active', count: 2 },
    { severity: 'P1', state: 'suppressed', count: 1 },
  ],
  pingQueue: 3,
  notificationQueue: [{ channelType: 'wecom', count: 4 }],
  channels: [
    { id: 'oncall/wecom/0', type: 'wecom' },
    { id: 'team/email/0', type: 'email' },
  ],
  storeUp: true,
  storeBytes: 4_096_000,
});

const clock = { monotonic: () => performance.now() };

export const quietMetrics = (read: () => Snapshot | Promise<Snapshot> = snapshot): Metrics =>
  makeMetrics({ clock, build: { version: '1.2.3', revision: 'abc' }, snapshot: read });

export const livelyMetrics = (nowMs: number = NOW_MS): Metrics => {
  const metrics = quietMetrics(() => snapshot(nowMs));
  metrics.groups(['data', 'web']);
  beat(metrics, nowMs);
  return metrics;
};

/** One of everything, once more. */
export const beat = (metrics: Metrics, nowMs: number = NOW_MS): void => {
  const at = instant(nowMs);
  metrics.ping('success', 'accepted');
  metrics.ping('fail', 'unknown_job');
  metrics.commit({ entries: 3, durationMs: 1.5, ok: true });
  metrics.commit({ entries: 1, durationMs: 30, ok: false });
  for (const result of ['ok', 'failed', 'overrun', 'abandoned', 'missed'] as const) {
    metrics.run(run({ result }));
  }
  metrics.detected(120);
  metrics.alert({ source: 'job', status: 'firing' });
  metrics.held('silenced');
  metrics.attempted(attempt(), { outcome: 'sent', reason: null, at, durationMs: 80 });
  metrics.attempted(attempt({ channelId: 'team/email/0', channelType: 'email' }), {
    outcome: 'retry',
    reason: 'timeout',
    at,
    durationMs: 10_000,
  });
  const done = { channelId: 'oncall/wecom/0', channelType: 'wecom', at } as const;
  metrics.delivery({ ...done, outcome: 'sent', reason: null });
  metrics.delivery({ ...done, outcome: 'dead', reason: 'timeout' });
  metrics.delivery({ ...done, outcome: 'dead', reason: 'auth' });
  metrics.reload({ ok: true, at });
  metrics.activation({ name: 'sweep', durationMs: 0.4, at, ok: true });
  metrics.activation({ name: 'flush', durationMs: 2, at, ok: false });
  metrics.gap('stopped');
  metrics.retained('log', 50, at);
  metrics.http({ method: 'GET', route: '/ping/:uuid', code: 200, durationMs: 0.7 });
  metrics.spansDropped(2);
  metrics.exportFailed();
};

export const jobText = async (
  jobs: Iterable<JobSeries>,
  query: Partial<Parameters<typeof jobMetrics>[1]> = {},
): Promise<string> => {
  const chunks = await Array.fromAsync(
    jobMetrics(jobs, { families: 'full', jobsMax: 10_000, ...query }, clock),
  );
  return chunks.join('');
};
