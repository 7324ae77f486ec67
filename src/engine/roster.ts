/**
 * Which jobs there are: brings registry and store in line with the configured jobs, at start and on reload, and makes
 * jobs from first pings. A job that is no longer wanted leaves the registry; its history stays in the store.
 */
import { autoJobSpec } from '../core/job/auto.ts';
import { foldPing } from '../core/job/fold.ts';
import { newState, scheduleKey } from '../core/job/fresh.ts';
import type { JobSpec, JobState, LogEntry } from '../core/job/job.ts';
import { foldPaused, foldResumed, reawait } from '../core/job/verdicts.ts';
import type { Instant } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { JobRecord, Store } from '../ports/store.ts';
import type { Alerting } from './alerting.ts';
import { verdictEntry } from './judge.ts';
import type { Draft, Ledger } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import type { SettingsBox } from './settings.ts';

/** Stored states that one commit holds when many jobs change at a reload. */
const CHANGED_MAX = 5_000;

export class Roster {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #settings: SettingsBox;
  readonly #creating = new Map<string, Promise<Job | 'limit'>>();
  #autoJobs = 0;

  constructor(deps: {
    clock: Clock;
    random: Random;
    store: Store;
    registry: Registry;
    settings: SettingsBox;
  }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#store = deps.store;
    this.#registry = deps.registry;
    this.#settings = deps.settings;
  }

  /** Fills an empty registry: stored states, then the log that lies beyond them. */
  async load(specs: readonly JobSpec[]): Promise<void> {
    const now = this.#clock.now();
    await this.#sync(specs, now);
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const byId = new Map<number, Job>();
    await this.#store.jobs((chunk) => {
      for (const record of chunk) {
        const spec = this.#specOf(record, wanted);
        if (spec === null) continue;
        const state = record.state ?? newState(spec, now);
        const job = this.#registry.add({ ...record, spec, state });
        if (record.origin === 'auto') this.#autoJobs += 1;
        byId.set(record.id, job);
      }
    });
    await this.#store.unfolded((chunk) => {
      for (const entry of chunk) {
        const job = byId.get(entry.jobId);
        if (job !== undefined && entry.n > job.state.head) job.state = refold(job, entry);
      }
    });
    for (const job of byId.values()) this.#registry.reschedule(job);
  }

  /** Within `ledger.exclusive`-like order: jobs keep their objects, so that pings in flight still find them. */
  async reload(specs: readonly JobSpec[], ledger: Ledger, alerting: Alerting): Promise<void> {
    const now = this.#clock.now();
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const known = new Map<number, Job>();
    for (const job of this.#registry.all()) known.set(job.id, job);
    const gone = new Set(known.keys());
    await ledger.exclusive(async () => {
      await this.#sync(specs, now);
      await this.#store.jobs((chunk) => {
        for (const record of chunk) {
          const spec = this.#specOf(record, wanted);
          if (spec === null) continue;
          gone.delete(record.id);
          const job = known.get(record.id);
          const renamed =
            job !== undefined && (job.spec.name !== spec.name || job.uuid !== record.uuid);
          if (job === undefined || renamed) {
            if (job) this.#registry.remove(job);
            const state = job?.state ?? record.state ?? newState(spec, now);
            this.#registry.add({ ...record, spec, state });
          } else job.spec = spec;
        }
      });
    });
    for (const id of gone) this.#registry.remove(known.get(id) as Job);
    await this.adapt(ledger, alerting);
    await ledger.transact((draft) => {
      for (const id of gone) {
        const job = known.get(id) as Job;
        const state = draft.state(job);
        // Nobody can mend the problem of a job that is no longer there: its alerts resolve.
        const folded = foldPaused(state, { n: state.head, at: now, by: 'config' });
        if (state.problems.length > 0) {
          alerting.follow(draft, job, folded, now);
          draft.put(job, { ...state, problems: [], status: 'new' }, { write: true });
        }
      }
    });
    for (const job of this.#registry.all()) this.#registry.reschedule(job);
  }

  /** Brings the states of jobs in line with definitions that were edited. */
  async adapt(ledger: Ledger, alerting: Alerting): Promise<void> {
    const now = this.#clock.now();
    const changed = [...this.#registry.all()].filter(needsChange);
    for (let from = 0; from < changed.length; from += CHANGED_MAX)
      await ledger.transact((draft) => {
        for (const job of changed.slice(from, from + CHANGED_MAX)) adapt(draft, job, now, alerting);
      });
  }

  /** Several first pings at once make one job. */
  create(name: string): Promise<Job | 'limit'> {
    const known = this.#registry.byName(name);
    if (known) return Promise.resolve(known);
    const running = this.#creating.get(name);
    if (running) return running;
    const making = this.#make(name).finally(() => this.#creating.delete(name));
    this.#creating.set(name, making);
    return making;
  }

  async #make(name: string): Promise<Job | 'limit'> {
    if (this.#autoJobs >= this.#settings.current.autoCreatedJobsMax) return 'limit';
    const now = this.#clock.now();
    const uuid = this.#random.uuid();
    this.#autoJobs += 1;
    try {
      const id = await this.#store.addAutoJob({ name, uuid, spec: '{"kind":"daily"}' }, now);
      const spec = autoJobSpec(name);
      return (
        this.#registry.byName(name) ??
        this.#registry.add({ id, uuid, origin: 'auto', spec, state: newState(spec, now) })
      );
    } catch (error) {
      this.#autoJobs -= 1;
      throw error;
    }
  }

  async #sync(specs: readonly JobSpec[], now: Instant): Promise<void> {
    const wanted = specs.map(({ name, was, uuid }) => ({
      name,
      ...(was !== undefined && { was }),
      ...(uuid !== undefined && { uuid }),
    }));
    await this.#store.syncJobs(wanted, now, () => this.#random.uuid());
  }

  #specOf(record: JobRecord, wanted: ReadonlyMap<string, JobSpec>): JobSpec | null {
    if (record.retiredAt !== null) return null;
    return wanted.get(record.name) ?? (record.origin === 'auto' ? autoJobSpec(record.name) : null);
  }
}

/** What a quiet ping did to a state, done again from its log entry. */
function refold(job: Job, entry: LogEntry): JobState {
  if (entry.seq === null) return { ...job.state, head: entry.n };
  const { state } = foldPing(job.spec, job.state, {
    n: entry.n,
    kind: entry.kind as 'start',
    at: entry.at,
    receivedAt: entry.receivedAt,
    runId: entry.runId,
    exitCode: entry.exitCode,
    env: entry.env,
    host: entry.host,
    traceId: entry.traceId,
    spanId: entry.spanId,
    // A start that came with a context of its own was stored with its state, and is not folded again.
    parentSpanId: null,
    sampled: true,
  });
  return state;
}

const needsChange = (job: Job): boolean =>
  job.state.scheduleKey !== scheduleKey(job.spec) ||
  job.spec.paused !== (job.state.pausedBy === 'config');

/** Brings the state of a job in line with an edited definition. */
function adapt(draft: Draft, job: Job, now: Instant, alerting: Alerting): void {
  let state = draft.state(job);
  if (state.scheduleKey !== scheduleKey(job.spec)) state = reawait(job.spec, state, now);
  draft.put(job, state, { write: true });
  if (job.spec.paused && state.pausedBy !== 'config') pause(draft, job, now, 'config', alerting);
  else if (!job.spec.paused && state.pausedBy === 'config') resume(draft, job, now);
}

export function pause(
  draft: Draft,
  job: Job,
  now: Instant,
  by: 'config' | 'person',
  alerting: Alerting,
): void {
  const before = draft.state(job);
  const n = draft.nextPosition();
  const folded = foldPaused(before, { n, at: now, by });
  const reason = by === 'config' ? 'paused in the configuration' : 'paused by a person';
  draft.log.push(
    verdictEntry({
      n,
      job,
      previous: before.head,
      kind: 'paused',
      at: now,
      now,
      run: null,
      reason,
    }),
  );
  draft.put(job, alerting.follow(draft, job, folded, now), { write: true });
}

export function resume(draft: Draft, job: Job, now: Instant): void {
  const before = draft.state(job);
  const n = draft.nextPosition();
  const { state } = foldResumed(before, { n, at: now });
  draft.log.push(
    verdictEntry({ n, job, previous: before.head, kind: 'resumed', at: now, now, run: null }),
  );
  draft.put(job, state, { write: true });
}
