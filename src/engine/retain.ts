/**
 * Deletes what the stated limits no longer keep: by age everywhere, by number in the log of each job.
 * Invariant: a job whose log was found too long waits in line until the store says that it is short again.
 */
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Registry } from './registry.ts';
import type { SettingsBox } from './settings.ts';

/** Pieces in one activation; the next activation goes on. */
const PIECES_MAX = 50;
/** Jobs trimmed in one piece. */
const HEADS_MAX = 100;
/** A log is trimmed once it has grown by this share of its limit. */
const SLACK = 0.1;
/** …and by so many entries at least. */
const SLACK_MIN = 10;

export class Retain {
  readonly #clock: Clock;
  readonly #store: Pick<Store, 'retain'>;
  readonly #registry: Registry;
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;
  /** Pings of each job when its log was last within the limit, by job id. */
  readonly #trimmedAt = new Map<number, number>();
  /** Ids of jobs whose log is too long; those that have waited longest come first. */
  readonly #waiting = new Set<number>();
  #entriesPerJob = 0;

  constructor(deps: {
    clock: Clock;
    store: Pick<Store, 'retain'>;
    registry: Registry;
    settings: SettingsBox;
    telemetry: Telemetry;
  }) {
    this.#clock = deps.clock;
    this.#store = deps.store;
    this.#registry = deps.registry;
    this.#settings = deps.settings;
    this.#telemetry = deps.telemetry;
  }

  async activate(): Promise<number> {
    const { limits } = this.#settings.current;
    this.#lineUp(limits.entriesPerJob);
    let todo = [...this.#waiting];
    let deleted = 0;
    for (let piece = 0; piece < PIECES_MAX; piece += 1) {
      const jobs = todo.slice(0, HEADS_MAX).flatMap((id) => this.#registry.byId(id) ?? []);
      const heads = jobs.map(({ id, state }) => ({ jobId: id, head: state.head }));
      // Pings that arrive while the store works are not among those that it has seen.
      const pings = new Map(jobs.map(({ id, state }) => [id, state.pings]));
      const now = this.#clock.now();
      const done = await this.#store.retain({ now, limits, heads });
      for (const [table, rows] of Object.entries(done.deleted)) {
        deleted += rows;
        if (rows > 0) this.#telemetry.retained(table, rows, now);
      }
      for (const id of done.finished) {
        this.#trimmedAt.set(id, pings.get(id) ?? 0);
        this.#waiting.delete(id);
      }
      // What the store had room for and could not finish is not folded yet: that waits for the next activation.
      todo = done.more ? todo.filter((id) => this.#waiting.has(id)) : todo.slice(HEADS_MAX);
      if (!done.more && todo.length === 0) break;
    }
    return deleted;
  }

  #lineUp(entriesPerJob: number): void {
    // Under another limit, what was short enough may be too long.
    if (entriesPerJob !== this.#entriesPerJob) this.#trimmedAt.clear();
    this.#entriesPerJob = entriesPerJob;
    const isGone = (id: number): boolean => this.#registry.byId(id) === undefined;
    for (const id of this.#trimmedAt.keys()) if (isGone(id)) this.#trimmedAt.delete(id);
    for (const id of this.#waiting) if (isGone(id)) this.#waiting.delete(id);
    const slack = Math.max(SLACK_MIN, Math.floor(entriesPerJob * SLACK));
    for (const { id, state } of this.#registry.all()) {
      if (state.pings <= entriesPerJob) continue;
      if (state.pings - (this.#trimmedAt.get(id) ?? 0) >= slack) this.#waiting.add(id);
    }
  }
}
