/**
 * The one way in which jobs change: a draft is filled by a decision that does not wait, committed, and only then
 * becomes what memory says. Drafts follow one another; none sees what another might still undo.
 * Invariant: nothing is answered, shown or timed from a draft that is not on disk.
 */
import type { Alert } from '../core/alert/alert.ts';
import type { JobState, LogEntry } from '../core/job/job.ts';
import type { Changes, Gap, Grouped, Store, TimelineEntry } from '../ports/store.ts';
import type { Job, Registry } from './registry.ts';

export class Draft {
  readonly log: LogEntry[] = [];
  readonly alerts = new Map<string, Alert>();
  readonly grouped: Grouped[] = [];
  readonly timeline: TimelineEntry[] = [];
  readonly idempotency: { jobId: number; key: string; n: number; at: LogEntry['at'] }[] = [];
  readonly gaps: Gap[] = [];
  readonly #states = new Map<Job, JobState>();
  readonly #written = new Set<Job>();
  readonly #after: (() => void)[] = [];
  #n: number;

  constructor(n: number) {
    this.#n = n;
  }

  /** Position for the next log entry. */
  nextPosition(): number {
    this.#n += 1;
    return this.#n;
  }

  get position(): number {
    return this.#n;
  }

  state(job: Job): JobState {
    return this.#states.get(job) ?? job.state;
  }

  /** `write`: the state goes to the store in this commit; else it is left to the background. */
  put(job: Job, state: JobState, { write }: { write: boolean }): void {
    this.#states.set(job, state);
    if (write) this.#written.add(job);
  }

  /** Runs once the draft is on disk and in memory. */
  after(call: () => void): void {
    this.#after.push(call);
  }

  /** What waits for the commit; for a draft that is not the ledger's own. */
  calls(): readonly (() => void)[] {
    return this.#after;
  }

  get empty(): boolean {
    return (
      this.log.length === 0 &&
      this.#states.size === 0 &&
      this.alerts.size === 0 &&
      this.grouped.length === 0 &&
      this.gaps.length === 0
    );
  }

  changes(): Changes {
    const states = [...this.#written].map((job) => ({ jobId: job.id, state: this.state(job) }));
    return {
      ...(this.log.length > 0 && { log: this.log }),
      ...(states.length > 0 && { states }),
      ...(this.alerts.size > 0 && { alerts: [...this.alerts.values()] }),
      ...(this.grouped.length > 0 && { grouped: this.grouped }),
      ...(this.timeline.length > 0 && { timeline: this.timeline }),
      ...(this.idempotency.length > 0 && { idempotency: this.idempotency }),
      ...(this.gaps.length > 0 && { gaps: this.gaps }),
    };
  }

  /** To be called once, when the commit has succeeded. */
  settle(registry: Registry, dirty: Set<Job>): void {
    for (const [job, state] of this.#states) {
      registry.put(job, state);
      if (this.#written.has(job)) dirty.delete(job);
      else dirty.add(job);
    }
    for (const call of this.#after) call();
  }
}

export class Ledger {
  readonly #store: Store;
  readonly #registry: Registry;
  /** Jobs whose stored state is behind; `engine/persist` writes them. */
  readonly dirty = new Set<Job>();
  #n: number;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(deps: { store: Store; registry: Registry; position: number }) {
    this.#store = deps.store;
    this.#registry = deps.registry;
    this.#n = deps.position;
  }

  get position(): number {
    return this.#n;
  }

  /** Waits for the drafts before; rejects with the store's error, and then nothing has changed. */
  transact(decide: (draft: Draft) => void): Promise<void> {
    return this.exclusive(async () => {
      const draft = new Draft(this.#n);
      decide(draft);
      if (draft.empty) return;
      await this.#store.commit(draft.changes());
      this.#n = draft.position;
      draft.settle(this.#registry, this.dirty);
    });
  }

  /** Runs while no draft is open. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.catch(() => undefined);
    return run;
  }
}
