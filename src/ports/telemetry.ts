/** What the engine reports of itself. Implementations never throw and never wait. */
import type { Severity } from '../core/alert/alert.ts';
import type { PingKind } from '../core/job/job.ts';
import type { FailureReason, HoldReason } from '../core/notify/notify.ts';
import type { ChannelType } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** Somebody must act now; a healthy system writes none. */
  error(fields: object, message: string): void;
}

export type PingOutcome =
  | 'accepted'
  | 'duplicate'
  | 'ignored'
  | 'unknown_job'
  | 'invalid'
  | 'unavailable';

/** A run that ended, or was given up. */
export interface FinishedRun {
  readonly jobId: number;
  readonly jobName: string;
  readonly group: string;
  readonly severity: Severity;
  readonly schedule: string;
  readonly runId: string | null;
  readonly result: 'ok' | 'failed' | 'overrun' | 'abandoned' | 'missed';
  /** null when no start was reported. */
  readonly startedAt: Instant | null;
  readonly endedAt: Instant;
  readonly scheduledAt: Instant | null;
  readonly exitCode: number | null;
  readonly host: string | null;
  readonly env: string | null;
  readonly reason: string;
  readonly trace: {
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId: string | null;
    readonly sampled: boolean;
  };
}

export interface DeliveryAttempt {
  readonly deliveryId: string;
  readonly channelId: string;
  readonly channelType: ChannelType;
  readonly receiver: string;
  readonly severity: Severity;
  readonly attempt: number;
  /** Instant of the oldest fault that the message tells of. */
  readonly faultAt: Instant | null;
  /** Runs or checks that the alerts come from; the span is linked to them. */
  readonly links: readonly { traceId: string; spanId: string }[];
}

export interface AttemptSpan {
  /** W3C traceparent to hand on; undefined when traces are off. */
  readonly traceparent: string | undefined;
  end(result: {
    outcome: 'sent' | 'partial' | 'retry' | 'failed';
    reason: FailureReason | null;
    at: Instant;
    durationMs: number;
  }): void;
}

export interface Telemetry {
  readonly log: Log;
  ping(kind: PingKind, outcome: PingOutcome): void;
  commit(result: { entries: number; durationMs: number; ok: boolean }): void;
  run(run: FinishedRun): void;
  /** Fault passed until it was judged. */
  detected(delayMs: number): void;
  alert(alert: {
    source: 'job' | 'tocsin' | 'api';
    status: 'firing' | 'resolved';
    alertname: string;
    severity: string;
    at: Instant;
    links: readonly { traceId: string; spanId: string }[];
  }): void;
  held(reason: HoldReason): void;
  attempt(attempt: DeliveryAttempt): AttemptSpan;
  delivery(result: {
    channelType: ChannelType;
    channelId: string;
    outcome: 'sent' | 'partial' | 'dead';
    reason: FailureReason | null;
    at: Instant;
  }): void;
  reload(result: { ok: boolean; at: Instant }): void;
  /** One activation of a reconciler. */
  activation(result: { name: string; durationMs: number; at: Instant; ok: boolean }): void;
  /** Sweeps that ran late: a stop, a suspend, a stepped clock. */
  gap(kind: string): void;
  retained(table: string, rows: number, at: Instant): void;
}
