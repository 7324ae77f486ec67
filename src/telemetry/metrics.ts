/**
 * Counts what the engine reports and renders it for Prometheus from a registry of its own. Invariant: the number
 * of series is bounded whatever arrives (`labels.ts`, `metric-state.ts`). Series of single jobs are not here but
 * in `job-metrics.ts`.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Severity } from '../core/alert/alert.ts';
import type { ChannelType } from '../core/route/route.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptSpan, DeliveryAttempt, Telemetry } from '../ports/telemetry.ts';
import { type Families, makeFamilies } from './families.ts';
import {
  ALERT_STATES,
  CHANNEL_TYPES,
  cap,
  isOneOf,
  isStatus,
  LASTING,
  METHODS,
  OTHER,
  PASSING,
  SEVERITIES,
  SUPPRESSING,
} from './labels.ts';
import { type JobSample, makeChannels, makeGroups, makePingCounts } from './metric-state.ts';

const ROUTES_MAX = 200;
const NAMES_MAX = 32;

/** The state of this moment, as composition reads it for one scrape. */
export interface Snapshot {
  /** Every live job once. */
  readonly jobs: Iterable<JobSample>;
  readonly alerts: Iterable<{
    severity: Severity;
    state: (typeof ALERT_STATES)[number];
    count: number;
  }>;
  /** Pings that wait to be committed. */
  readonly pingQueue: number;
  /** Deliveries in the outbox that are not finished. */
  readonly notificationQueue: Iterable<{ channelType: ChannelType; count: number }>;
  /** The channels of the running configuration. */
  readonly channels: Iterable<{ id: string; type: ChannelType }>;
  readonly storeUp: boolean;
  readonly storeBytes: number;
}

export interface MetricsOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly build: { readonly version: string; readonly revision: string };
  /** Read once per scrape; while it rejects, the gauges of current state are absent. */
  readonly snapshot: () => Snapshot | Promise<Snapshot>;
}

export interface Metrics extends Omit<Telemetry, 'log' | 'attempt' | 'alert'> {
  alert(alert: Pick<Parameters<Telemetry['alert']>[0], 'source' | 'status'>): void;
  attempted(
    attempt: Pick<DeliveryAttempt, 'channelId' | 'channelType' | 'severity' | 'faultAt'>,
    result: Parameters<AttemptSpan['end']>[0],
  ): void;
  /** `route` is a template such as `/ping/:uuid`, never the path of a request. */
  http(request: { method: string; route: string; code: number; durationMs: number }): void;
  spansDropped(count: number): void;
  exportFailed(): void;
  /** The groups of the running configuration: they start at 0, and those that are gone vanish. */
  groups(names: Iterable<string>): void;
  readonly contentType: string;
  /** Prometheus's text format 0.0.4. One rendering at a time: scrapes that meet share it. */
  render(): Promise<string>;
}

export const makeMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry();
  const families = makeFamilies(registry);
  collectDefaultMetrics({ register: registry });
  initialise(families, options.build);
  const groups = makeGroups(families);
  const pings = makePingCounts(families);
  const channels = makeChannels(families);

  const renderNow = async (): Promise<string> => {
    const startedAt = options.clock.monotonic();
    try {
      const snapshot = await options.snapshot();
      groups.show(snapshot.jobs);
      channels.show(snapshot.channels);
      showState(families, snapshot);
    } catch {
      forgetState(families);
      families.snapshotErrors.inc();
    }
    pings.show();
    const text = await registry.metrics();
    families.renderDuration.observe((options.clock.monotonic() - startedAt) / 1000);
    return text;
  };
  let rendering: Promise<string> | null = null;
  const render = (): Promise<string> => {
    rendering ??= renderNow().finally(() => {
      rendering = null;
    });
    return rendering;
  };

  return {
    ping: pings.count,
    ...countJobs(families, groups),
    ...countAlerts(families, channels),
    ...countSelf(families),
    groups: groups.replace,
    contentType: registry.contentType,
    render,
  };
};

const countJobs = (families: Families, groups: ReturnType<typeof makeGroups>) =>
  ({
    commit: ({ durationMs, ok }) => {
      families.commitDuration.observe(durationMs / 1000);
      if (!ok) families.dbErrors.inc({ operation: 'commit' });
    },
    run: (run) => {
      const group = groups.label(run.group);
      if (run.result === 'missed') {
        families.runsMissed.inc({ group });
        return;
      }
      families.runs.inc({ group, result: run.result });
      if (run.startedAt === null) return;
      const seconds = Math.max(0, run.endedAt - run.startedAt) / 1000;
      families.runDuration.observe({ group, result: run.result }, seconds);
    },
    detected: (delayMs) => families.detectionDelay.observe(Math.max(0, delayMs) / 1000),
  }) satisfies Partial<Metrics>;

const countAlerts = (families: Families, channels: ReturnType<typeof makeChannels>) =>
  ({
    alert: ({ source, status }) => families.alertsReceived.inc({ source, status }),
    held: (reason) => {
      if (isOneOf(SUPPRESSING, reason)) families.suppressed.inc({ reason });
    },
    attempted: (attempt, result) => {
      const labels = { channel_type: attempt.channelType };
      const worked = result.outcome === 'sent' || result.outcome === 'partial';
      families.requests.inc(labels);
      families.requestDuration.observe(labels, result.durationMs / 1000);
      channels.attempted(attempt.channelId, worked, result.at);
      if (!worked) {
        families.requestsFailed.inc(labels);
      } else if (attempt.faultAt !== null) {
        const seconds = Math.max(0, result.at - attempt.faultAt) / 1000;
        families.deliveryDelay.observe({ ...labels, severity: attempt.severity }, seconds);
      }
    },
    delivery: ({ channelType, outcome, reason }) => {
      families.notifications.inc({ channel_type: channelType });
      if (outcome !== 'dead') return;
      const labels = { channel_type: channelType, reason: reason ?? 'unknown' };
      families.notificationsFailed.inc(labels);
      if (isOneOf(PASSING, labels.reason)) families.notificationsDropped.inc(labels);
    },
  }) satisfies Partial<Metrics>;

const countSelf = (families: Families) => {
  const routes = cap(ROUTES_MAX);
  const tables = cap(NAMES_MAX);
  const reconcilers = cap(NAMES_MAX);
  return {
    reload: ({ ok, at }) => {
      families.reloadOk.set(ok ? 1 : 0);
      if (ok) families.reloadSuccess.set(at / 1000);
    },
    activation: ({ name, durationMs, at, ok }) => {
      families.activations.inc({ name: reconcilers(name), result: ok ? 'ok' : 'failed' });
      if (name !== 'sweep') return;
      families.tickDuration.observe(durationMs / 1000);
      if (ok) families.lastTick.set(at / 1000);
    },
    gap: () => families.catchups.inc(),
    retained: (name, rows, at) => {
      const table = tables(name);
      families.retentionRows.inc({ table }, rows);
      families.retentionSuccess.set({ table }, at / 1000);
    },
    http: ({ method, route, code, durationMs }) => {
      const labels = { method: isOneOf(METHODS, method) ? method : OTHER, route: routes(route) };
      families.httpRequests.inc({ ...labels, code: isStatus(code) ? code : OTHER });
      families.httpDuration.observe(labels, durationMs / 1000);
    },
    spansDropped: (count) => families.spansDropped.inc({ signal: 'traces' }, count),
    exportFailed: () => families.exportFailures.inc({ signal: 'traces' }),
  } satisfies Partial<Metrics>;
};

/** Every combination of closed labels begins at 0: a first sample of 1 looks to `rate()` like nothing. */
const initialise = (families: Families, build: MetricsOptions['build']): void => {
  families.buildInfo.set({ ...build, node_version: process.versions.node }, 1);
  for (const source of ['job', 'tocsin', 'api']) {
    for (const status of ['firing', 'resolved']) families.alertsReceived.inc({ source, status }, 0);
  }
  for (const reason of SUPPRESSING) families.suppressed.inc({ reason }, 0);
  for (const channel_type of CHANNEL_TYPES) {
    const labels = { channel_type };
    for (const counter of [families.notifications, families.requests, families.requestsFailed]) {
      counter.inc(labels, 0);
    }
    families.requestDuration.zero(labels);
    for (const severity of SEVERITIES) families.deliveryDelay.zero({ channel_type, severity });
    for (const reason of [...PASSING, ...LASTING]) {
      families.notificationsFailed.inc({ channel_type, reason }, 0);
    }
    for (const reason of PASSING) families.notificationsDropped.inc({ channel_type, reason }, 0);
  }
  families.dbErrors.inc({ operation: 'commit' }, 0);
  families.spansDropped.inc({ signal: 'traces' }, 0);
  families.exportFailures.inc({ signal: 'traces' }, 0);
};

const showState = (families: Families, snapshot: Snapshot): void => {
  families.alerts.reset();
  for (const severity of SEVERITIES) {
    for (const state of ALERT_STATES) families.alerts.set({ severity, state }, 0);
  }
  for (const { severity, state, count } of snapshot.alerts) {
    families.alerts.inc({ severity, state }, count);
  }
  families.notificationQueue.reset();
  for (const channel_type of CHANNEL_TYPES) families.notificationQueue.set({ channel_type }, 0);
  for (const { channelType, count } of snapshot.notificationQueue) {
    families.notificationQueue.inc({ channel_type: channelType }, count);
  }
  families.pingQueue.set(snapshot.pingQueue);
  families.storeUp.set(snapshot.storeUp ? 1 : 0);
  families.dbSize.set(snapshot.storeBytes);
};

/** What is not known is left out: a gauge that stands still would look like calm. */
const forgetState = (families: Families): void => {
  for (const gauge of [
    families.jobs,
    families.runsActive,
    families.alerts,
    families.notificationQueue,
    families.channelUp,
    families.channelLastSuccess,
    families.channelFailures,
  ]) {
    gauge.reset();
  }
  for (const gauge of [families.pingQueue, families.storeUp, families.dbSize]) gauge.remove();
};
