/**
 * The one way in which jobs change: a draft is filled by a decision that does not wait, committed, and only then
 * becomes what memory says. A batch of reports may be decided on top of one that is still on its way to disk; the
 * store refuses it if that one fails.
 * Invariant: nothing is answered, shown or timed from a draft that is not on disk.
 */
import type { Alert } from '../core/alert/alert.ts';
import type { JobState, LogEntry } from '../core/job/job.ts';
import type { Changes, Gap, Grouped, Store, TimelineEntry } from '../ports/store.ts';
import type { Job, Registry } from './registry.ts';

/** Batches of reports on their way to disk at once: one is written while the next is decided. */
const IN_FLIGHT_MAX = 2;

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
  readonly #basis: number;
  #n: number;
  /** The draft before this one, until it is in memory. */
  #before: Draft | null;
  #settled = false;

  constructor(n: number, before: Draft | null = null) {
    this.#basis = n;
    this.#n = n;
    this.#before = before;
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
    const own = this.#states.get(job);
    if (own !== undefined) return own;
    if (this.#before !== null && this.#before.#settled) this.#before = null;
    return this.#before?.state(job) ?? job.state;
  }

  /** Whether this draft, or one before it on its way to disk, holds the key. */
  holdsKey(jobId: number, key: string): boolean {
    if (this.idempotency.some((row) => row.jobId === jobId && row.key === key)) return true;
    return this.#before?.holdsKey(jobId, key) ?? false;
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
      after: this.#basis,
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
    this.#settled = true;
    this.#before = null;
    this.tell();
  }

  /** What was decided is so: those who asked to hear of it do. */
  tell(): void {
    for (const call of this.#after) call();
  }
}

export class Ledger {
  readonly #store: Store;
  readonly #registry: Registry;
  /** Jobs whose stored state is behind; `engine/persist` writes them. */
  readonly dirty = new Set<Job>();
  /** Position after the newest draft, on disk or on its way. */
  #n: number;
  /** Position after the newest draft that is on disk. */
  #settledN: number;
  #newest: Draft | null = null;
  #newestDone: Promise<void> | null = null;
  #inFlight = 0;
  /** A commit failed: nothing new begins until the others are back and the store says where its log ends. */
  #failed = false;
  readonly #onMismatch: () => void;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting: (() => void)[] = [];

  constructor(deps: {
    store: Store;
    registry: Registry;
    position: number;
    /** The log holds what its commit was reported not to have stored. */
    onMismatch: () => void;
  }) {
    this.#store = deps.store;
    this.#registry = deps.registry;
    this.#n = deps.position;
    this.#settledN = deps.position;
    this.#onMismatch = deps.onMismatch;
  }

  /** Everything up to here is on disk and in memory. */
  get position(): number {
    return this.#settledN;
  }

  /** Alone: begins when all drafts before are on disk. Rejects with the store's error, and then nothing has changed. */
  transact(decide: (draft: Draft) => void): Promise<void> {
    return this.exclusive(async () => {
      await this.#begin(decide);
    });
  }

  /**
   * For a batch of reports: begins while the one before may still be on its way to disk. The outer promise resolves
   * when it has begun and the next may be taken, the inner one when it is on disk.
   */
  pipeline(decide: (draft: Draft) => void): Promise<{ readonly done: Promise<void> }> {
    return this.#queue(async () => {
      await this.#until(() => this.#inFlight < IN_FLIGHT_MAX && !this.#failed);
      await this.#resume();
      const done = this.#begin(decide);
      // Whoever waits for it handles its failure; until then it is not an unhandled one.
      done.catch(() => undefined);
      return { done };
    });
  }

  /** Runs while no draft is open. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue(async () => {
      await this.#until(() => this.#inFlight === 0);
      await this.#resume();
      return await work();
    });
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(work);
    this.#tail = run.catch(() => undefined);
    return run;
  }

  async #until(ready: () => boolean): Promise<void> {
    while (!ready() && this.#inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }

  /** After a failure the store is asked where its log ends: a commit may have been reported as failed and be there. */
  async #resume(): Promise<void> {
    if (!this.#failed) return;
    const last = await this.#store.lastPosition();
    // What was answered 503 is there after all: memory knows nothing of it, and only a fresh start reads it all.
    if (last !== this.#settledN) this.#onMismatch();
    this.#n = last;
    this.#settledN = last;
    this.#newest = null;
    this.#failed = false;
  }

  async #begin(decide: (draft: Draft) => void): Promise<void> {
    const draft = new Draft(this.#n, this.#newest);
    const before = this.#newestDone;
    decide(draft);
    if (draft.empty) {
      // Even nothing new may rest on what is still on its way: a repeated report is answered after the first.
      await before;
      draft.tell();
      return;
    }
    this.#n = draft.position;
    this.#newest = draft;
    const done = this.#commit(draft);
    this.#newestDone = done;
    await done;
  }

  async #commit(draft: Draft): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#store.commit(draft.changes());
      this.#settledN = draft.position;
      draft.settle(this.#registry, this.dirty);
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      this.#inFlight -= 1;
      if (this.#newest === draft) {
        this.#newest = null;
        this.#newestDone = null;
      }
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    }
  }
}
