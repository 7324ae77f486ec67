/**
 * What the outside may ask of the running engine: find a job, hand in a report, look at jobs.
 * `engine/registry` and `engine/ingest` implement it; `http` and `protocol` know only this.
 */
import type { JobSpec, JobState, Ping } from '../core/job/job.ts';
import type { Instant } from '../core/time.ts';

/** A live job. The object stays the same while the job lives; its fields move. */
export interface JobHandle {
  readonly id: number;
  readonly uuid: string;
  readonly origin: 'config' | 'auto';
  readonly spec: JobSpec;
  readonly state: JobState;
  /** When silence becomes a fault; null when nothing is awaited. */
  readonly dueAt: Instant | null;
}

export type PingAnswer =
  | {
      readonly kind: 'accepted' | 'ignored' | 'duplicate';
      /** For a start: the run's own context, to hand on to children. */
      readonly traceparent: string | null;
    }
  /** The job was removed while the report was on its way; nothing was stored. */
  | { readonly kind: 'gone' }
  /** Nothing was stored; the client should come again after `retryAfterS` seconds. */
  | { readonly kind: 'unavailable'; readonly retryAfterS: number; readonly reason: string };

export interface Desk {
  jobByUuid(uuid: string): JobHandle | undefined;
  jobByName(name: string): JobHandle | undefined;
  /** All live jobs by name. */
  jobs(): readonly JobHandle[];
  /** Answers after the report is on disk. `done` is called once, later. */
  report(job: JobHandle, ping: Ping, done: (answer: PingAnswer) => void): void;
  /** Makes a job from its first ping: every 1d, grace 1h. `limit`: no more may be made. */
  create(name: string): Promise<JobHandle | 'limit' | 'unavailable'>;
  pause(job: JobHandle): Promise<void>;
  resume(job: JobHandle): Promise<void>;
}
