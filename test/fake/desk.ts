/**
 * A desk in memory, for tests of what stands in front of the engine. It judges nothing: it keeps each report as it
 * was handed in, counts it, and answers what it was told to answer. A test sets a job's state itself.
 */
import { autoJobSpec } from '../../src/core/job/auto.ts';
import { newState } from '../../src/core/job/fresh.ts';
import type { JobSpec, JobState, Ping } from '../../src/core/job/job.ts';
import { type Instant, instant } from '../../src/core/time.ts';
import type { Desk, JobHandle, PingAnswer } from '../../src/engine/desk.ts';

export interface FakeJob extends JobHandle {
  spec: JobSpec;
  state: JobState;
  dueAt: Instant | null;
}

export interface Reported {
  readonly job: string;
  readonly ping: Ping;
}

const uuidOf = (id: number): string => `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`;

export class FakeDesk implements Desk {
  /** All reports, oldest first. */
  readonly reported: Reported[] = [];
  answer: PingAnswer = { kind: 'accepted', traceparent: null };
  /** What `create` says instead of making a job. */
  creation: 'made' | 'limit' | 'unavailable' = 'made';
  /** Thrown by the next report, as a broken assumption would be. */
  failure: Error | null = null;
  readonly #jobs = new Map<string, FakeJob>();

  add(
    name: string,
    given: Partial<JobSpec> & { uuid?: string; state?: Partial<JobState>; dueAt?: Instant } = {},
  ): FakeJob {
    const { state, dueAt, ...fields } = given;
    const id = this.#jobs.size + 1;
    const spec = { ...autoJobSpec(name), ...fields, name };
    const job: FakeJob = {
      id,
      uuid: given.uuid ?? uuidOf(id),
      origin: 'config',
      spec,
      state: { ...newState(spec, instant(0)), ...state },
      dueAt: dueAt ?? null,
    };
    this.#jobs.set(name, job);
    return job;
  }

  retire(name: string): void {
    this.#jobs.delete(name);
  }

  jobByUuid(uuid: string): FakeJob | undefined {
    return this.#jobs.values().find((job) => job.uuid === uuid);
  }

  jobByName(name: string): FakeJob | undefined {
    return this.#jobs.get(name);
  }

  jobs(): readonly FakeJob[] {
    return [...this.#jobs.values()].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  }

  report(handle: JobHandle, ping: Ping, done: (answer: PingAnswer) => void): void {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
    const job = handle as FakeJob;
    if (this.answer.kind !== 'unavailable') {
      this.reported.push({ job: job.spec.name, ping });
      job.state = { ...job.state, pings: job.state.pings + 1 };
    }
    queueMicrotask(() => done(this.answer));
  }

  async create(name: string): Promise<JobHandle | 'limit' | 'unavailable'> {
    return this.creation === 'made' ? this.add(name) : this.creation;
  }

  async pause(job: JobHandle): Promise<void> {
    (job as FakeJob).state = { ...job.state, status: 'paused' };
  }

  async resume(job: JobHandle): Promise<void> {
    (job as FakeJob).state = { ...job.state, status: 'new' };
  }
}
