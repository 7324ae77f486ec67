/**
 * A job as configured, its state as folded from its log, and the entries of that log.
 * Invariant: a job's state is a function of its definition and its log; everything else is a cache.
 */
import type { Labels, Severity } from '../alert/alert.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Duration, Instant } from '../time.ts';

/** What a person configured. `name` is the slug of its ping URL and unique. */
export interface JobSpec {
  readonly name: string;
  /** Earlier name whose history this job takes over. */
  readonly was?: string;
  /** A fixed ping secret; made once and kept by the store when absent. */
  readonly uuid?: string;
  readonly schedule: Schedule;
  readonly timezone: string;
  readonly grace: Duration;
  /** null: unset, so that grace covers start to finish, as in Healthchecks. */
  readonly maxRuntime: Duration | null;
  readonly severity: Severity;
  readonly group: string;
  readonly labels: Labels;
  /** Failures in a row before it alerts, successes in a row before it recovers; at least 1. */
  readonly failures: number;
  readonly recoveries: number;
  readonly description: string;
  readonly runbook: string;
  readonly paused: boolean;
  /** Which pings count, in Healthchecks' words; absent means all. */
  readonly filter?: PingFilter;
  /** Share of runs whose children are sampled, 0 to 1. */
  readonly traceSampleRatio?: number;
}

/** Healthchecks' request filters (`methods`, `*_kw`, `filter_*`, `manual_resume`). */
export interface PingFilter {
  readonly postOnly: boolean;
  readonly filterBody: boolean;
  readonly successKeywords: readonly string[];
  readonly failureKeywords: readonly string[];
  readonly startKeywords: readonly string[];
  readonly defaultFail: boolean;
  readonly manualResume: boolean;
}

export type PingKind = 'start' | 'success' | 'fail' | 'log' | 'ign';
/** What the engine itself writes into a job's log. */
export type VerdictKind = 'missed' | 'overrun' | 'abandoned' | 'paused' | 'resumed';

/** One report, as a protocol understood it; not yet judged. */
export interface Ping {
  readonly kind: Exclude<PingKind, 'ign'>;
  /** The client's own time of the report (`?at=`), already bounded to `receivedAt`; else null: now. */
  readonly at: Instant | null;
  readonly receivedAt: Instant;
  readonly runId: string | null;
  readonly exitCode: number | null;
  readonly body: Uint8Array | null;
  readonly host: string | null;
  readonly env: string | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly idempotencyKey: string | null;
  readonly traceparent: string | null;
  readonly remoteAddr: string | null;
  readonly userAgent: string | null;
  readonly method: string;
  readonly scheme: string;
}

/** One row of a job's log: a ping or a verdict. Append only. */
export interface LogEntry {
  /** Position in the log of all jobs; increases, has no meaning to people. */
  readonly n: number;
  readonly jobId: number;
  /** 1, 2, 3 … over the pings of this job; null for a verdict. */
  readonly seq: number | null;
  /** Position of this job's previous entry; 0 for the first. The job's log is a chain through these. */
  readonly previous: number;
  readonly kind: PingKind | VerdictKind;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly runId: string | null;
  readonly exitCode: number | null;
  /** Start of the run that this entry ends, when it ends one whose start was reported. */
  readonly startedAt: Instant | null;
  /** True when the run that this entry ends went past its max runtime. */
  readonly overran: boolean;
  /** Why the entry was judged as it was; '' for a plain one. */
  readonly reason: string;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly body: Uint8Array | null;
  readonly host: string | null;
  readonly env: string | null;
  readonly metrics: Readonly<Record<string, number>> | null;
  readonly remoteAddr: string | null;
  readonly userAgent: string | null;
  readonly method: string | null;
  readonly scheme: string | null;
}

export type ProblemKind = 'missed' | 'failed' | 'overrun' | 'slow';

export interface Problem {
  readonly kind: ProblemKind;
  /** The instant of the fault, not of its discovery. */
  readonly since: Instant;
  readonly reason: string;
  readonly exitCode: number | null;
  /** Run that shows the problem, when one does. */
  readonly runId: string | null;
  readonly traceId: string | null;
  /** Span of that run, for links; null with `traceId`. */
  readonly spanId: string | null;
  /** Labels of its alert as raised, so that a later edit of the job still resolves that same alert. */
  readonly labels: Labels | null;
}

/** A run that has started and not ended. */
export interface OpenRun {
  readonly runId: string | null;
  readonly startedAt: Instant;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly sampled: boolean;
  readonly overran: boolean;
  readonly env: string | null;
  readonly host: string | null;
}

/** How a slot or a report counted, ordered by `at`; the job's standing is a function of the newest few. */
export interface Outcome {
  readonly at: Instant;
  readonly kind: 'success' | 'fail' | 'missed';
  readonly runId: string | null;
}

/** Standing before the oldest remembered outcome. */
export interface Base {
  readonly missed: boolean;
  readonly failed: boolean;
  readonly failuresInRow: number;
  readonly successesInRow: number;
}

export type JobStatus = 'new' | 'up' | 'down' | 'paused';

/** The fold over a job's log. Plain data: stored as JSON. */
export interface JobState {
  readonly status: JobStatus;
  readonly since: Instant;
  /** Position of the newest log entry folded in; 0 for none. */
  readonly head: number;
  /** Number of pings ever received. */
  readonly pings: number;
  readonly lastPingAt: Instant | null;
  readonly lastSuccessAt: Instant | null;
  readonly lastDurationMs: number | null;
  readonly lastExitCode: number | null;
  /** The scheduled instant that is awaited; null when nothing is. */
  readonly expectedAt: Instant | null;
  /** A success that came just before `expectedAt` though the slot before was satisfied; may count for it. */
  readonly earlyAt: Instant | null;
  readonly failuresInRow: number;
  readonly successesInRow: number;
  readonly problems: readonly Problem[];
  readonly runs: readonly OpenRun[];
  readonly outcomes: readonly Outcome[];
  readonly base: Base;
  /** Text of the schedule that `expectedAt` was computed by; another text means: compute it anew. */
  readonly scheduleKey: string;
  readonly pausedBy: 'config' | 'person' | null;
}
