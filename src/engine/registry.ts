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
  readonly uuid: string;
  readonly origin: 'config' | 'auto';
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
  readonly #byUuid = new Map<string, Job>();
  readonly #byName = new Map<string, Job>();
  readonly #byIndex: (Job | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #deadlines = new Deadlines();
  #sorted: readonly Job[] | null = null;
  /** The last own outage, while it still matters. */
  catchUp: CatchUp | null = null;

  get size(): number {
    return this.#byName.size;
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
    this.#byUuid.set(job.uuid, job);
    this.#byName.set(job.spec.name, job);
    this.#sorted = null;
    this.reschedule(job);
    return job;
  }

  remove(job: Job): void {
    this.#byUuid.delete(job.uuid);
    if (this.#byName.get(job.spec.name) === job) this.#byName.delete(job.spec.name);
    this.#byIndex[job.index] = undefined;
    this.#deadlines.set(job.index, null);
    this.#free.push(job.index);
    this.#sorted = null;
  }

  clear(): void {
    for (const job of [...this.#byName.values()]) this.remove(job);
  }

  put(job: Job, state: JobState): void {
    job.state = state;
    this.reschedule(job);
  }

  reschedule(job: Job): void {
    this.#deadlines.set(job.index, deadline(job.spec, job.state, this.catchUp));
  }

  /** A due job, or undefined; it stays due until its state moves on. */
  due(now: Instant): Job | undefined {
    const index = this.#deadlines.due(now);
    return index < 0 ? undefined : this.#byIndex[index];
  }

  /** Takes a job out of the heap until `reschedule`: used to collect several due jobs in one go. */
  hold(job: Job): void {
    this.#deadlines.set(job.index, null);
  }

  earliest(): number | null {
    return this.#deadlines.earliest();
  }
}
