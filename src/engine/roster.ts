/**
 * Which jobs there are: brings registry and store in line with the configured jobs, at start and on reload, and makes
 * jobs from first pings. A job that is no longer wanted leaves the registry; its history stays in the store.
 */
import { type Alert, isResolved } from '../core/alert/alert.ts';
import { resolveJobAlert } from '../core/alert/job-alert.ts';
import { fingerprint } from '../core/alert/labels.ts';
import { autoJobSpec } from '../core/job/auto.ts';
import { foldPing } from '../core/job/fold.ts';
import { newState, scheduleKey } from '../core/job/fresh.ts';
import type { JobSpec, JobState, LogEntry } from '../core/job/job.ts';
import { foldPaused, foldResumed, foldRetired, isAtRest, reawait } from '../core/job/verdicts.ts';
import { type Instant, instant } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { JobRecord, Store } from '../ports/store.ts';
import type { Alerting } from './alerting.ts';
import { verdictEntry } from './judge.ts';
import type { Draft, Ledger } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import type { SettingsBox } from './settings.ts';

/** A job that no configuration names, and where it stood. */
interface Unwanted {
  readonly jobId: number;
  readonly state: JobState;
}

/** Marks a state that has to be written though nothing stands in it. */
const UNREST: JobState['outcomes'] = [{ at: instant(0), kind: 'success', runId: null }];

/** Stored states that one commit holds when many jobs change at a reload. */
const CHANGED_MAX = 5_000;

export class Roster {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #settings: SettingsBox;
  readonly #creating = new Map<string, Promise<Job | 'limit'>>();

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

  /**
   * Fills an empty registry: stored states, then the log that lies beyond them. Returns the jobs whose stored state
   * is behind: until they are written, the log that moved them must not count as folded.
   */
  async load(specs: readonly JobSpec[]): Promise<ReadonlySet<Job>> {
    const now = this.#clock.now();
    await this.#sync(specs, now);
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const gone = new Map<number, JobState>();
    const moved = new Set<Job>();
    await this.#store.jobs((chunk) => {
      for (const record of chunk) {
        const spec = this.#specOf(record, wanted);
        if (spec !== null)
          this.#registry.add({ ...record, spec, state: record.state ?? newState(spec, now) });
        else if (record.state !== null) gone.set(record.id, record.state);
      }
    });
    await this.#store.unfolded((chunk) => {
      for (const entry of chunk) {
        const job = this.#registry.byId(entry.jobId);
        const retired = gone.get(entry.jobId);
        if (job !== undefined && entry.n > job.state.head) {
          job.state = refold(job, entry);
          moved.add(job);
        } else if (retired !== undefined && entry.n > retired.head) {
          // Nobody knows its definition any more; its history must stay in reach all the same.
          const pings = entry.seq ?? retired.pings;
          gone.set(entry.jobId, { ...retired, head: entry.n, pings, outcomes: UNREST });
        }
      }
    });
    for (const job of this.#registry.all()) this.#registry.reschedule(job);
    await this.#layToRest(
      [...gone].map(([jobId, state]) => ({ jobId, state })),
      now,
    );
    return moved;
  }

  /** First all that can fail: rejects with the store's error, and then nothing has changed. */
  async match(specs: readonly JobSpec[]): Promise<void> {
    await this.#sync(specs, this.#clock.now());
  }

  /** Brings the registry in line with the stored jobs. A job keeps its object, whatever it is called. */
  async reload(specs: readonly JobSpec[], ledger: Ledger, alerting: Alerting): Promise<void> {
    await ledger.exclusive(async () => {
      const now = this.#clock.now();
      const wanted = new Map(specs.map((spec) => [spec.name, spec]));
      const seen = new Set<Job>();
      await this.#store.jobs((chunk) => {
        for (const record of chunk) {
          const spec = this.#specOf(record, wanted);
          if (spec !== null) seen.add(this.#place(record, spec, now));
        }
      });
      const gone = [...this.#registry.all()].filter((job) => !seen.has(job));
      await this.#layToRest(
        gone.map(({ id, state }) => ({ jobId: id, state })),
        now,
      );
      for (const job of gone) {
        this.#registry.remove(job);
        ledger.dirty.delete(job);
      }
    });
    await this.adapt(ledger, alerting);
    for (const job of this.#registry.all()) this.#registry.reschedule(job);
  }

  #place(record: JobRecord, spec: JobSpec, now: Instant): Job {
    const job = this.#registry.byId(record.id);
    if (job === undefined)
      return this.#registry.add({ ...record, spec, state: record.state ?? newState(spec, now) });
    job.origin = record.origin;
    if (job.spec.name === spec.name && job.uuid === record.uuid) job.spec = spec;
    else this.#registry.rename(job, { spec, uuid: record.uuid });
    return job;
  }

  /**
   * Nobody can mend the problem of a job that is no longer there: its alerts resolve, and should it come back it
   * begins anew, with its history. Done again after a crash: what is at rest already is left alone.
   */
  async #layToRest(gone: readonly Unwanted[], now: Instant): Promise<void> {
    const restless = gone.filter(({ state }) => !isAtRest(state));
    for (let from = 0; from < restless.length; from += CHANGED_MAX) {
      const some = restless.slice(from, from + CHANGED_MAX);
      const alerts: Alert[] = [];
      for (const { labels } of some.flatMap(({ state }) => state.problems)) {
        const alert = labels === null ? null : await this.#store.alert(fingerprint(labels));
        if (alert !== null && !isResolved(alert, now))
          alerts.push(resolveJobAlert({ alert, at: now, now }));
      }
      const states = some.map(({ jobId, state }) => ({ jobId, state: foldRetired(state, now) }));
      await this.#store.commit({ alerts, states });
    }
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
  create(name: string, ledger: Ledger): Promise<Job | 'limit'> {
    const known = this.#registry.byName(name);
    if (known) return Promise.resolve(known);
    const running = this.#creating.get(name);
    if (running) return running;
    const making = ledger
      .exclusive(() => this.#make(name))
      .finally(() => this.#creating.delete(name));
    this.#creating.set(name, making);
    return making;
  }

  async #make(name: string): Promise<Job | 'limit'> {
    const known = this.#registry.byName(name);
    if (known) return known;
    let made = 0;
    for (const { origin } of this.#registry.all()) if (origin === 'auto') made += 1;
    if (made >= this.#settings.current.autoCreatedJobsMax) return 'limit';
    const now = this.#clock.now();
    const uuid = this.#random.uuid();
    const id = await this.#store.addAutoJob({ name, uuid, spec: '{"kind":"daily"}' }, now);
    const spec = autoJobSpec(name);
    return this.#registry.add({ id, uuid, origin: 'auto', spec, state: newState(spec, now) });
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
