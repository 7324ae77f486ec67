/** The state of this moment as metrics want it. */
import type { Config } from '../config/config.ts';
import { shownState } from '../core/job/deadline.ts';
import type { Instant } from '../core/time.ts';
import type { Desk, JobHandle } from '../engine/desk.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { JobSeries } from '../telemetry/job-metrics.ts';
import type { Snapshot } from '../telemetry/metrics.ts';

function seriesOf(job: JobHandle, now: Instant): JobSeries {
  const { spec, state } = job;
  const { spec: schedule } = spec.schedule;
  return {
    group: spec.group,
    name: spec.name,
    id: job.id,
    state: shownState(spec, state, now),
    running: state.runs.length,
    lastSuccessMs: state.lastSuccessAt,
    nextExpectedMs: state.expectedAt,
    lastDurationMs: state.lastDurationMs,
    lastCompletionMs: state.lastPingAt,
    graceMs: spec.grace,
    pings: state.pings,
    failuresInRow: state.failuresInRow,
    schedule: schedule.kind === 'every' ? `every ${schedule.every / 1_000}s` : schedule.expression,
    timezone: spec.timezone,
    severity: spec.severity,
  };
}

export function* jobSeries(desk: Pick<Desk, 'jobs'>, now: Instant): Iterable<JobSeries> {
  for (const job of desk.jobs()) yield seriesOf(job, now);
}

export async function snapshotOf({
  engine,
  store,
  config,
  clock,
}: {
  engine: Engine | null;
  store: Store;
  config: Config;
  clock: Pick<Clock, 'now'>;
}): Promise<Snapshot> {
  const now = clock.now();
  const counts = await store.counts(now);
  return {
    jobs: engine === null ? [] : jobSeries(engine, now),
    alerts: counts.firing.map(({ severity, count }) => ({ severity, state: 'active', count })),
    pingQueue: engine?.queues.pings ?? 0,
    notificationQueue: counts.pending,
    channels: [...config.receivers.values()].flatMap(({ channels }) => channels),
    storeUp: engine?.health.ok ?? true,
    storeBytes: await store.sizeBytes(),
  };
}
