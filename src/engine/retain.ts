/** Deletes what the stated limits no longer keep: by age everywhere, by number in the log of each job. */
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

export class Retain {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #registry: Registry;
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;
  /** Sequence number of each job's newest ping when its log was last trimmed. */
  readonly #trimmedAt = new Map<number, number>();

  constructor(deps: {
    clock: Clock;
    store: Store;
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
    const long = this.#long(limits.entriesPerJob);
    let deleted = 0;
    for (let piece = 0; piece < PIECES_MAX; piece += 1) {
      const heads = long.splice(0, HEADS_MAX);
      const now = this.#clock.now();
      const done = await this.#store.retain({ now, limits, heads });
      for (const [table, rows] of Object.entries(done.deleted)) {
        deleted += rows;
        if (rows > 0) this.#telemetry.retained(table, rows, now);
      }
      if (!done.more && long.length === 0) break;
    }
    return deleted;
  }

  #long(entriesPerJob: number): { jobId: number; head: number }[] {
    const long: { jobId: number; head: number }[] = [];
    const slack = Math.max(10, Math.floor(entriesPerJob * SLACK));
    for (const job of this.#registry.all()) {
      const { pings, head } = job.state;
      if (pings <= entriesPerJob) continue;
      if (pings - (this.#trimmedAt.get(job.id) ?? 0) < slack) continue;
      this.#trimmedAt.set(job.id, pings);
      long.push({ jobId: job.id, head });
    }
    return long;
  }
}
