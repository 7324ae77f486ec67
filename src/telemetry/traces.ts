/**
 * Turns what the engine reports into finished spans: a run when it has ended, an alert, an attempt to deliver.
 * The OpenTelemetry SDK stands behind `SpanSink` and is loaded only when a collector is configured. Invariant:
 * no span is open here, so none can be lost or stretched; ids that were handed out before are those exported.
 */
import type { Clock, Random } from '../ports/clock.ts';
import type { AttemptSpan, DeliveryAttempt, FinishedRun, Telemetry } from '../ports/telemetry.ts';
import type { TraceSettings } from './trace-settings.ts';

type AlertEvent = Parameters<Telemetry['alert']>[0];
type AttemptResult = Parameters<AttemptSpan['end']>[0];

interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** A span that is over. Times in milliseconds since 1970. */
export interface FinishedSpan extends SpanLink {
  readonly name: string;
  readonly kind: 'server' | 'internal' | 'client';
  /** A span elsewhere, whose context the run was started with. */
  readonly parentSpanId: string | null;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly SpanLink[];
  readonly failed: boolean;
}

export interface SpanSink {
  write(span: FinishedSpan): void;
  /** Hands over what waits, for a few seconds at most; never rejects. */
  close(): Promise<void>;
}

/** What a sink tells of its losses. */
export interface SpanLosses {
  dropped(count: number): void;
  exportFailed(error: Error | undefined): void;
  exported(): void;
}

export interface Traces {
  run(run: FinishedRun): void;
  alert(alert: AlertEvent): void;
  attempt(attempt: DeliveryAttempt): AttemptSpan;
  close(): Promise<void>;
}

/** Alert names come from outside; a span name should be short. */
const NAME_LENGTH_MAX = 128;

/** Loads the SDK, which costs some 50 MB: only with a collector. */
export const openTraces = async (
  settings: TraceSettings,
  deps: { clock: Pick<Clock, 'after'>; random: Random; losses: SpanLosses },
): Promise<Traces> => {
  const { openSpanSink } = await import('./span-sink.ts');
  return makeTraces(openSpanSink(settings, deps), deps.random);
};

export const makeTraces = (sink: SpanSink, random: Pick<Random, 'hex'>): Traces => ({
  run: (run) => {
    // Sampling is about what a run calls; a run that went wrong is told of whatever the dice said.
    if (run.trace.sampled || run.result !== 'ok') sink.write(runSpan(run));
  },
  alert: (alert) => sink.write(alertSpan(alert, freshIds(random))),
  attempt: (attempt) => {
    const ids = freshIds(random);
    return {
      traceparent: `00-${ids.traceId}-${ids.spanId}-01`,
      end: (result) => sink.write(attemptSpan(attempt, result, ids)),
    };
  },
  close: () => sink.close(),
});

const freshIds = (random: Pick<Random, 'hex'>): SpanLink => ({
  traceId: random.hex(16),
  spanId: random.hex(8),
});

/** Nothing standard exists for batch jobs: own names, and the neighbours' where they fit. */
const runSpan = (run: FinishedRun): FinishedSpan => {
  const began = run.result === 'missed' ? run.scheduledAt : run.startedAt;
  const failed = run.result !== 'ok';
  return {
    name: `run ${run.jobName}`.slice(0, NAME_LENGTH_MAX),
    kind: 'server',
    traceId: run.trace.traceId,
    spanId: run.trace.spanId,
    parentSpanId: run.trace.parentSpanId,
    startMs: Math.min(began ?? run.endedAt, run.endedAt),
    endMs: run.endedAt,
    links: [],
    failed,
    attributes: present({
      'tocsin.job.id': `${run.jobId}`,
      'tocsin.job.name': run.jobName,
      'tocsin.job.group': run.group,
      'tocsin.job.schedule': run.schedule,
      'tocsin.job.severity': run.severity,
      'tocsin.run.id': run.runId,
      'tocsin.run.result': run.result,
      'tocsin.run.reason': run.reason === '' ? null : run.reason,
      'tocsin.run.scheduled_time':
        run.scheduledAt === null ? null : new Date(run.scheduledAt).toISOString(),
      'tocsin.run.start_observed': run.startedAt !== null && run.result !== 'missed',
      'tocsin.run.env': run.env,
      'cicd.pipeline.name': run.jobName,
      'cicd.pipeline.run.id': run.runId,
      'cicd.pipeline.result': PIPELINE_RESULT[run.result],
      'faas.trigger': 'timer',
      'faas.cron': isCron(run.schedule) ? run.schedule : null,
      'process.exit.code': run.exitCode,
      'host.name': run.host,
      'error.type': failed ? errorType(run) : null,
    }),
  };
};

const PIPELINE_RESULT = {
  ok: 'success',
  failed: 'failure',
  overrun: 'timeout',
  abandoned: 'error',
  missed: 'error',
} as const satisfies Record<FinishedRun['result'], string>;

const errorType = ({ result, exitCode }: FinishedRun): string => {
  if (result === 'overrun') return 'timeout';
  if (result === 'abandoned' || result === 'missed') return result;
  if (exitCode === null) return 'reported';
  // A shell tells of death by signal n as 128 + n.
  return exitCode > 128 && exitCode <= 192 ? 'signal' : 'exit_code';
};

const isCron = (schedule: string): boolean => /^(?:@\w+|\S+(?:\s+\S+){4,5})$/.test(schedule);

const alertSpan = (alert: AlertEvent, ids: SpanLink): FinishedSpan => ({
  name: `alert ${alert.alertname}`.slice(0, NAME_LENGTH_MAX),
  kind: 'internal',
  ...ids,
  parentSpanId: null,
  startMs: alert.at,
  endMs: alert.at,
  links: alert.links,
  failed: false,
  attributes: {
    'tocsin.alert.name': alert.alertname,
    'tocsin.alert.severity': alert.severity,
    'tocsin.alert.source': alert.source,
    'tocsin.alert.status': alert.status,
  },
});

/** Linked, not a child: a delivery may come hours after the run, and a child would stretch its trace. */
const attemptSpan = (
  attempt: DeliveryAttempt,
  result: AttemptResult,
  ids: SpanLink,
): FinishedSpan => {
  const failed = result.outcome === 'retry' || result.outcome === 'failed';
  return {
    name: `deliver ${attempt.channelType}`,
    kind: 'client',
    ...ids,
    parentSpanId: null,
    startMs: result.at - Math.max(0, result.durationMs),
    endMs: result.at,
    links: attempt.links,
    failed,
    attributes: present({
      'tocsin.delivery.id': attempt.deliveryId,
      'tocsin.delivery.attempt': attempt.attempt,
      'tocsin.delivery.outcome': result.outcome,
      'tocsin.channel.id': attempt.channelId,
      'tocsin.channel.type': attempt.channelType,
      'tocsin.receiver': attempt.receiver,
      'tocsin.alert.severity': attempt.severity,
      'error.type': failed ? (result.reason ?? 'unknown') : null,
    }),
  };
};

const present = (
  all: Record<string, string | number | boolean | null>,
): Record<string, string | number | boolean> => {
  const some: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(all)) if (value !== null) some[name] = value;
  return some;
};
