/**
 * Configuration while running: build everything that can fail, only then swap. A configuration that fails changes
 * nothing; why it failed is kept for the log, the answer, the metrics and the page.
 */
import type { Config, Issue } from '../config/config.ts';
import { formatIssue } from '../config/issue.ts';
import { loadConfig } from '../config/load.ts';
import type { Instant } from '../core/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { Settings } from '../engine/settings.ts';
import type { Clock } from '../ports/clock.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { closeChannels } from './settings.ts';

/** Faults that one try writes to the log; all of them are in the answer. */
const ISSUES_LOGGED_MAX = 20;

export interface ReloadState {
  readonly config: Config;
  readonly loadedAtMs: number;
  /** Faults of the newest try; empty when that one is running. */
  readonly issues: readonly Issue[];
  readonly triedAtMs: number;
}

export type ReloadResult =
  | { readonly kind: 'ok'; readonly changed: boolean }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

export class Reloader {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #engine: Engine;
  readonly #build: (config: Config) => Settings;
  readonly #prepare: (config: Config) => Config;
  readonly #onSwap: (config: Config) => void;
  #settings: Settings;
  #state: ReloadState;
  #running: Promise<ReloadResult> | null = null;
  #again: Promise<ReloadResult> | null = null;

  constructor(deps: {
    folder: string;
    env: Readonly<Record<string, string | undefined>>;
    clock: Clock;
    telemetry: Telemetry;
    engine: Engine;
    config: Config;
    settings: Settings;
    build: (config: Config) => Settings;
    /** Applied to what was loaded, before anything is built from it. */
    prepare: (config: Config) => Config;
    onSwap: (config: Config) => void;
  }) {
    this.#folder = deps.folder;
    this.#env = deps.env;
    this.#clock = deps.clock;
    this.#telemetry = deps.telemetry;
    this.#engine = deps.engine;
    this.#build = deps.build;
    this.#prepare = deps.prepare;
    this.#onSwap = deps.onSwap;
    this.#settings = deps.settings;
    const now = deps.clock.now();
    this.#state = { config: deps.config, loadedAtMs: now, issues: [], triedAtMs: now };
  }

  get state(): ReloadState {
    return this.#state;
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** One at a time; who asks while one runs gets the one after it, which sees the newest files. */
  reload(): Promise<ReloadResult> {
    if (this.#running === null) {
      this.#running = this.#reload().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    this.#again ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#again = null;
        return this.reload();
      });
    return this.#again;
  }

  async #reload(): Promise<ReloadResult> {
    const loaded = await loadConfig(this.#folder, { env: this.#env });
    const now = this.#clock.now();
    if (loaded.kind === 'invalid') return this.#refuse(loaded.issues, now);
    const config = this.#prepare(loaded.config);
    const changed = config.hash !== this.#state.config.hash;
    if (changed) {
      const before = this.#settings;
      const settings = this.#build(config);
      try {
        await this.#engine.reload(config.jobs, settings);
      } catch (error) {
        await closeChannels(settings);
        return this.#refuse([storeIssue(this.#folder, error)], now);
      }
      this.#settings = settings;
      this.#onSwap(config);
      await closeChannels(before);
    }
    this.#state = {
      config,
      loadedAtMs: changed ? now : this.#state.loadedAtMs,
      issues: [],
      triedAtMs: now,
    };
    this.#telemetry.reload({ ok: true, at: now });
    this.#telemetry.log.info(
      { files: config.files.length, jobs: config.jobs.length, changed },
      changed ? 'the configuration was loaded' : 'the configuration is unchanged',
    );
    return { kind: 'ok', changed };
  }

  #refuse(issues: readonly Issue[], now: Instant): ReloadResult {
    this.#state = { ...this.#state, issues, triedAtMs: now };
    this.#telemetry.reload({ ok: false, at: now });
    for (const issue of issues.slice(0, ISSUES_LOGGED_MAX))
      this.#telemetry.log.error({ issue: formatIssue(issue) }, 'the configuration has a fault');
    this.#telemetry.log.error(
      { issues: issues.length },
      'the new configuration was refused; the old one goes on',
    );
    return { kind: 'invalid', issues };
  }
}

/** What only the store knows: a uuid that another job's history holds, a disk that is full. */
const storeIssue = (file: string, error: unknown): Issue => ({
  file,
  line: 1,
  column: 1,
  path: 'jobs',
  message: `the store refuses these jobs: ${error instanceof Error ? error.message : String(error)}`,
  expected: '',
});
