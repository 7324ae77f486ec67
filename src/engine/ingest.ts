/**
 * Reports become log entries, job states and alerts: one transaction per batch, and the answer after it.
 * A batch is what arrived while the one before was on its way to disk, so that there is no added wait at low load
 * and one fsync for many at high load.
 */
import { judgedKind } from '../core/job/filter.ts';
import { foldPing, type PingEvent } from '../core/job/fold.ts';
import type { JobState, LogEntry, OpenRun, Ping } from '../core/job/job.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { StoreError } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Alerting } from './alerting.ts';
import type { JobHandle, PingAnswer } from './desk.ts';
import type { IdempotencyKeys } from './idempotency.ts';
import type { Judge } from './judge.ts';
import type { Draft, Ledger } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import type { RunReports } from './runs.ts';
import type { Watch } from './watch.ts';

/** Reports in one transaction. */
const BATCH_MAX = 1_024;
/** Reports that may wait; beyond them the answer is 503. */
const QUEUE_MAX = 50_000;
/** Body bytes that may wait. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const RETRY_AFTER_S = 5;

interface Waiting {
  readonly job: Job;
  readonly ping: Ping;
  readonly done: (answer: PingAnswer) => void;
}

interface Context {
  readonly traceId: string;
  readonly parentSpanId: string;
  readonly sampled: boolean;
}

/** `traceparent` was checked when it came in: version-traceid-spanid-flags. */
function contextOf(traceparent: string | null): Context | null {
  if (traceparent === null) return null;
  return {
    traceId: traceparent.slice(3, 35),
    parentSpanId: traceparent.slice(36, 52),
    sampled: (Number.parseInt(traceparent.slice(53, 55), 16) & 1) === 1,
  };
}

export class Ingest {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #registry: Registry;
  readonly #judge: Judge;
  readonly #watch: Watch;
  readonly #alerting: Alerting;
  readonly #runs: RunReports;
  readonly #keys: IdempotencyKeys;
  readonly #telemetry: Telemetry;
  readonly #onFault: (error: StoreError) => void;
  readonly #onWritten: () => void;
  readonly #isWritten: () => boolean;
  #queue: Waiting[] = [];
  #queueBytes = 0;
  #busy = false;
  #draining: Promise<void> = Promise.resolve();

  constructor(deps: {
    clock: Clock;
    random: Random;
    ledger: Ledger;
    registry: Registry;
    judge: Judge;
    watch: Watch;
    alerting: Alerting;
    runs: RunReports;
    keys: IdempotencyKeys;
    telemetry: Telemetry;
    onFault: (error: StoreError) => void;
    onWritten: () => void;
    /** Whether the store took the newest write. */
    isWritten: () => boolean;
  }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#ledger = deps.ledger;
    this.#registry = deps.registry;
    this.#judge = deps.judge;
    this.#watch = deps.watch;
    this.#alerting = deps.alerting;
    this.#runs = deps.runs;
    this.#keys = deps.keys;
    this.#telemetry = deps.telemetry;
    this.#onFault = deps.onFault;
    this.#onWritten = deps.onWritten;
    this.#isWritten = deps.isWritten;
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  /** Answers after the report is on disk; `done` is called once, later. */
  report(job: JobHandle, ping: Ping, done: (answer: PingAnswer) => void): void {
    const bytes = ping.body?.byteLength ?? 0;
    if (this.#queue.length >= QUEUE_MAX || this.#queueBytes + bytes > QUEUE_BYTES_MAX) {
      this.#telemetry.ping(ping.kind, 'unavailable');
      done({ kind: 'unavailable', retryAfterS: RETRY_AFTER_S, reason: 'too many reports wait' });
      return;
    }
    this.#queue.push({ job: job as Job, ping, done });
    this.#queueBytes += bytes;
    if (this.#busy) return;
    this.#busy = true;
    // The rest of this turn of the event loop joins the batch.
    this.#draining = new Promise((resolve) => {
      this.#clock.soon(() => void this.#drain().then(resolve));
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#busy) await this.#draining;
    await this.#ledger.exclusive(async () => undefined);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#write();
    this.#busy = false;
  }

  /** Returns when the next batch may begin; what arrives until then joins it. */
  async #write(): Promise<void> {
    const began = this.#clock.monotonic();
    let batch: readonly Waiting[] = [];
    const answers: PingAnswer[] = [];
    try {
      const { done } = await this.#ledger.pipeline((draft) => {
        batch = this.#dequeue();
        this.#watch.look(draft);
        for (const waiting of batch) answers.push(this.#take(draft, waiting));
      });
      void done.then(
        () => this.#answer(batch, answers, began),
        (error: unknown) => this.#refuse(batch, began, error),
      );
    } catch (error) {
      this.#refuse(batch.length > 0 ? batch : this.#dequeue(), began, error);
    }
  }

  #dequeue(): readonly Waiting[] {
    const all = this.#queue.length <= BATCH_MAX;
    const batch = all ? this.#queue : this.#queue.slice(0, BATCH_MAX);
    this.#queue = all ? [] : this.#queue.slice(BATCH_MAX);
    for (const { ping } of batch) this.#queueBytes -= ping.body?.byteLength ?? 0;
    return batch;
  }

  #answer(batch: readonly Waiting[], answers: readonly PingAnswer[], began: number): void {
    const durationMs = this.#clock.monotonic() - began;
    this.#telemetry.commit({ entries: batch.length, durationMs, ok: true });
    this.#onWritten();
    for (let i = 0; i < batch.length; i += 1)
      this.#tell(batch[i] as Waiting, answers[i] as PingAnswer);
  }

  /** One that cannot be answered must not keep the others from their answers. */
  #tell({ done }: Waiting, answer: PingAnswer): void {
    try {
      done(answer);
    } catch (error) {
      this.#telemetry.log.error({ err: error }, 'a report that is on disk could not be answered');
    }
  }

  #refuse(batch: readonly Waiting[], began: number, error: unknown): void {
    const durationMs = this.#clock.monotonic() - began;
    this.#telemetry.commit({ entries: batch.length, durationMs, ok: false });
    const fault =
      error instanceof StoreError
        ? error
        : new StoreError('io', 'taking in reports failed', { cause: error });
    this.#onFault(fault);
    for (const waiting of batch) {
      this.#telemetry.ping(waiting.ping.kind, 'unavailable');
      const reason = fault.fault;
      this.#tell(waiting, { kind: 'unavailable', retryAfterS: RETRY_AFTER_S, reason });
    }
  }

  #take(draft: Draft, { job, ping }: Waiting): PingAnswer {
    // A reload may have removed the job while the request was on its way.
    if (this.#registry.byId(job.id) !== job) {
      this.#telemetry.ping(ping.kind, 'unknown_job');
      return { kind: 'gone' };
    }
    const now = ping.receivedAt;
    const key = ping.idempotencyKey;
    if (key !== null && this.#keys.known(draft, { jobId: job.id, key, now })) {
      draft.after(() => this.#telemetry.ping(ping.kind, 'duplicate'));
      const open = ping.kind === 'start' ? openRun(draft.state(job), ping.runId) : null;
      return { kind: 'duplicate', traceparent: traceparentOf(open) };
    }
    const asOf = ping.at !== null && ping.at < now ? ping.at : now;
    // While reports are refused, silence proves nothing.
    if (this.#isWritten()) this.#judge.bringUpTo(draft, job, { asOf, now });
    const before = draft.state(job);
    const kind = judgedKind({
      ping,
      filter: job.spec.filter,
      state: before,
      pausedByConfig: job.spec.paused,
    });
    const event = this.#eventOf(job, ping, { n: draft.nextPosition(), kind, at: asOf });
    const folded = foldPing(job.spec, before, event);
    const end = folded.ended[0];
    draft.log.push(
      pingEntry({ job, ping, event, previous: before.head, seq: folded.state.pings, folded, end }),
    );
    if (key !== null) this.#keys.add(draft, { jobId: job.id, key, n: event.n, at: now });
    const changed =
      folded.opened.length > 0 ||
      folded.closed.length > 0 ||
      folded.updated.length > 0 ||
      folded.state.status !== before.status ||
      folded.state.failuresInRow !== before.failuresInRow ||
      // The parent of a run stands only in the state, so that the state has to be there.
      event.parentSpanId !== null;
    const state = changed
      ? this.#alerting.follow(draft, job, folded, now, {
          body: ping.body,
          env: ping.env,
          gap: null,
        })
      : folded.state;
    draft.put(job, state, { write: changed });
    if (folded.ended.length > 0)
      this.#runs.ended(draft, job, folded.ended, {
        exitCode: ping.exitCode,
        reason: folded.reason,
        runId: ping.runId,
        traceId: event.traceId,
        spanId: event.spanId,
        parentSpanId: event.parentSpanId,
        host: ping.host,
        env: ping.env,
      });
    const ignored = kind === 'ign';
    draft.after(() => this.#telemetry.ping(kind, ignored ? 'ignored' : 'accepted'));
    // Also a start that opens no run is answered with a context, so that scripts need not ask whether.
    const begun = kind === 'start' ? (folded.started ?? contextFor(event)) : null;
    return { kind: ignored ? 'ignored' : 'accepted', traceparent: traceparentOf(begun) };
  }

  #eventOf(job: Job, ping: Ping, { n, kind, at }: Pick<PingEvent, 'n' | 'kind' | 'at'>): PingEvent {
    const context = contextOf(ping.traceparent);
    const begins = kind === 'start';
    return {
      n,
      kind,
      at,
      receivedAt: ping.receivedAt,
      runId: ping.runId,
      exitCode: ping.exitCode,
      env: ping.env,
      host: ping.host,
      traceId: context?.traceId ?? (begins ? this.#random.hex(16) : null),
      spanId: begins || context !== null ? this.#random.hex(8) : null,
      parentSpanId: context?.parentSpanId ?? null,
      sampled: context?.sampled ?? this.#sampled(job),
    };
  }

  #sampled(job: Job): boolean {
    const ratio = job.spec.traceSampleRatio ?? 1;
    return ratio >= 1 || this.#random.uniform() < ratio;
  }
}

const openRun = (state: JobState, runId: string | null): OpenRun | null =>
  state.runs.findLast((run) => runId === null || run.runId === runId) ?? null;

const contextFor = ({ traceId, spanId, sampled }: PingEvent) =>
  traceId === null || spanId === null ? null : { traceId, spanId, sampled };

const traceparentOf = (
  run: { traceId: string; spanId: string; sampled: boolean } | null,
): string | null =>
  run === null ? null : `00-${run.traceId}-${run.spanId}-${run.sampled ? '01' : '00'}`;

function pingEntry({
  job,
  ping,
  event,
  previous,
  seq,
  folded,
  end,
}: {
  job: Job;
  ping: Ping;
  event: PingEvent;
  previous: number;
  seq: number;
  folded: ReturnType<typeof foldPing>;
  end: ReturnType<typeof foldPing>['ended'][number] | undefined;
}): LogEntry {
  const closes = (event.kind === 'success' || event.kind === 'fail') && !folded.duplicate;
  return {
    n: event.n,
    jobId: job.id,
    seq,
    previous,
    kind: event.kind,
    at: event.at,
    receivedAt: event.receivedAt,
    runId: event.runId,
    exitCode: event.exitCode,
    startedAt: closes ? (end?.startedAt ?? null) : null,
    overran: closes && end?.run?.overran === true,
    reason: folded.reason,
    traceId: (closes ? end?.run?.traceId : folded.started?.traceId) || event.traceId,
    spanId: (closes ? end?.run?.spanId : folded.started?.spanId) || event.spanId,
    body: ping.body,
    host: ping.host,
    env: ping.env,
    metrics: ping.metrics,
    remoteAddr: ping.remoteAddr,
    userAgent: ping.userAgent,
    method: ping.method,
    scheme: ping.scheme,
  };
}
