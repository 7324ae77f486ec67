/**
 * The live jobs in memory: found by uuid, by name, by deadline. A cache of the store: rebuilt at start, changed only
 * after a commit. Invariant: a job's deadline in the heap is that of its state.
 */
import { type CatchUp, deadline, slotDue } from '../core/job/deadline.ts';
import type { JobSpec, JobState } from '../core/job/job.ts';
import type { Instant } from '../core/time.ts';
import { Deadlines } from './deadlines.ts';
import type { JobHandle } from './desk.ts';

export class Job implements JobHandle {
  readonly id: number;
  uuid: string;
  origin: 'config' | 'auto';
  spec: JobSpec;
  state: JobState;
  /** Place in the registry; reused after removal. */
  readonly index: number;

  constructor(given: {
    id: number;
    uuid: string;
    origin: 'config' | 'auto';
    spec: JobSpec;
    state: JobState;
    index: number;
  }) {
    this.id = given.id;
    this.uuid = given.uuid;
    this.origin = given.origin;
    this.spec = given.spec;
    this.state = given.state;
    this.index = given.index;
  }

  get dueAt(): Instant | null {
    return slotDue(this.spec, this.state);
  }
}

export class Registry {
  /** Ids are small and dense. */
  readonly #byId: (Job | undefined)[] = [];
  readonly #byUuid = new Map<string, Job>();
  readonly #byName = new Map<string, Job>();
  readonly #byIndex: (Job | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #deadlines = new Deadlines();
  #sorted: readonly Job[] | null = null;
  /** The newest own outage; it matters to slots and runs that began before it ended. */
  catchUp: CatchUp | null = null;

  get size(): number {
    return this.#byName.size;
  }

  byId(id: number): Job | undefined {
    return this.#byId[id];
  }

  byUuid(uuid: string): Job | undefined {
    return this.#byUuid.get(uuid);
  }

  byName(name: string): Job | undefined {
    return this.#byName.get(name);
  }

  /** All jobs in no order; cheap. */
  all(): Iterable<Job> {
    return this.#byName.values();
  }

  sorted(): readonly Job[] {
    this.#sorted ??= [...this.#byName.values()].sort((a, b) =>
      a.spec.name < b.spec.name ? -1 : a.spec.name > b.spec.name ? 1 : 0,
    );
    return this.#sorted;
  }

  add(given: {
    id: number;
    uuid: string;
    origin: 'config' | 'auto';
    spec: JobSpec;
    state: JobState;
  }): Job {
    const index = this.#free.pop() ?? this.#byIndex.length;
    const job = new Job({ ...given, index });
    this.#byIndex[index] = job;
    this.#byId[job.id] = job;
    this.#byUuid.set(job.uuid, job);
    this.#byName.set(job.spec.name, job);
    this.#sorted = null;
    this.reschedule(job);
    return job;
  }

  /** The same object under another name or uuid, so that reports on their way still find it. */
  rename(job: Job, { spec, uuid }: { spec: JobSpec; uuid: string }): void {
    this.#forget(job);
    job.spec = spec;
    job.uuid = uuid;
    this.#byUuid.set(uuid, job);
    this.#byName.set(spec.name, job);
  }

  remove(job: Job): void {
    if (!this.#isLive(job)) return;
    this.#forget(job);
    this.#byIndex[job.index] = undefined;
    this.#byId[job.id] = undefined;
    this.#deadlines.set(job.index, null);
    this.#free.push(job.index);
  }

  put(job: Job, state: JobState): void {
    job.state = state;
    this.reschedule(job);
  }

  /** A job that was removed meanwhile has no deadline. */
  reschedule(job: Job): void {
    if (!this.#isLive(job)) return;
    this.#deadlines.set(job.index, deadline(job.spec, job.state, this.catchUp));
  }

  /** Another job may have taken over the name or the uuid by now: only what is still this one's goes. */
  #forget(job: Job): void {
    if (this.#byUuid.get(job.uuid) === job) this.#byUuid.delete(job.uuid);
    if (this.#byName.get(job.spec.name) === job) this.#byName.delete(job.spec.name);
    this.#sorted = null;
  }

  #isLive(job: Job): boolean {
    return this.#byIndex[job.index] === job;
  }

  /** A due job, or undefined; it stays due until its state moves on. */
  due(now: Instant): Job | undefined {
    for (let index = this.#deadlines.due(now); index >= 0; index = this.#deadlines.due(now)) {
      const job = this.#byIndex[index];
      if (job !== undefined) return job;
      this.#deadlines.set(index, null);
    }
    return undefined;
  }

  /** Takes a job out of the heap until `reschedule`: used to collect several due jobs in one go. */
  hold(job: Job): void {
    this.#deadlines.set(job.index, null);
  }

  earliest(): number | null {
    return this.#deadlines.earliest();
  }
}
