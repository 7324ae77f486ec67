/**
 * The running engine: all reconcilers over one store, and the desk that the outside talks to. Nothing is judged
 * before stored states, log and own outage are known; nothing is lost when it stops at any point.
 */
import type { JobSpec, Ping } from '../core/job/job.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { type Store, StoreError } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { Alerting } from './alerting.ts';
import { isDeadLetter } from './dead-letter.ts';
import { Deliver } from './deliver.ts';
import type { Desk, JobHandle, PingAnswer } from './desk.ts';
import { Driver, type ReconcilerStatus } from './driver.ts';
import { Flush } from './flush.ts';
import { Health, type StoreHealth } from './health.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { Ingest } from './ingest.ts';
import { Judge } from './judge.ts';
import { Ledger } from './ledger.ts';
import { Persist } from './persist.ts';
import { type Job, Registry } from './registry.ts';
import { Retain } from './retain.ts';
import { pause, Roster, resume } from './roster.ts';
import { RunReports } from './runs.ts';
import type { Settings, SettingsBox } from './settings.ts';
import { Sweep } from './sweep.ts';
import { Watch } from './watch.ts';

/** Beats of the reconcilers; each also runs at its next known due time and when woken. */
const BEAT_MS = {
  sweep: 250,
  flush: 1_000,
  deliver: 1_000,
  persist: 2_000,
  retain: 60_000,
  health: 1_000,
  watch: 1_000,
};
const RECONCILER_FAILED = 'a reconciler failed; it runs again at its next beat';
/** Newest gaps of earlier lives, which may still run into this one. */
const GAPS_READ = 50;
/** Running sends get this long when the process stops. */
const DELIVER_GRACE_MS = 5_000;

export interface EngineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Store;
  readonly telemetry: Telemetry;
  readonly settings: Settings;
  readonly jobs: readonly JobSpec[];
}

export class Engine implements Desk {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #settings: SettingsBox;
  readonly #registry: Registry;
  readonly #ledger: Ledger;
  readonly #alerting: Alerting;
  readonly #ingest: Ingest;
  readonly #roster: Roster;
  readonly #deliver: Deliver;
  readonly #persist: Persist;
  readonly #health: Health;
  readonly #driver: Driver;

  private constructor(parts: {
    clock: Clock;
    store: Store;
    settings: SettingsBox;
    registry: Registry;
    ledger: Ledger;
    alerting: Alerting;
    ingest: Ingest;
    roster: Roster;
    deliver: Deliver;
    persist: Persist;
    health: Health;
    driver: Driver;
  }) {
    this.#clock = parts.clock;
    this.#store = parts.store;
    this.#settings = parts.settings;
    this.#registry = parts.registry;
    this.#ledger = parts.ledger;
    this.#alerting = parts.alerting;
    this.#ingest = parts.ingest;
    this.#roster = parts.roster;
    this.#deliver = parts.deliver;
    this.#persist = parts.persist;
    this.#health = parts.health;
    this.#driver = parts.driver;
  }

  /** Loads everything and starts judging. Rejects with the store's error when that cannot be. */
  static async start(deps: EngineDeps): Promise<Engine> {
    const { clock, random, store, telemetry } = deps;
    const settings: SettingsBox = { current: deps.settings };
    const base = { clock, random, store, telemetry, settings };
    const registry = new Registry();
    const watching: { watch?: Watch } = {};
    const health = new Health({
      clock,
      store,
      log: telemetry.log,
      onRecovered: (since) => watching.watch?.refused(since),
    });
    const onError = (error: unknown) => {
      if (error instanceof StoreError) health.failed(error);
      else telemetry.log.error({ err: error }, RECONCILER_FAILED);
    };
    const driver = new Driver({ clock, telemetry, onError });
    const alerting = new Alerting({
      settings,
      telemetry,
      wakeFlush: (at) => driver.wake('flush', at),
    });
    const runs = new RunReports({ telemetry, random });
    const judge = new Judge({ registry, alerting, telemetry, runs });
    const watch = new Watch({ clock, registry, judge, settings, telemetry });
    watching.watch = watch;
    const roster = new Roster({ ...base, registry });
    const moved = await roster.load(deps.jobs);
    const position = await store.lastPosition();
    const onMismatch = () => health.outOfStep();
    const ledger = new Ledger({ store, registry, position, onMismatch });
    for (const job of moved) ledger.dirty.add(job);
    await beginListening({ clock, store, ledger, watch });
    await roster.adapt(ledger, alerting);
    const { idempotencyMaxAge } = deps.settings.limits;
    const keys = new IdempotencyKeys(await store.idempotencyKeys(), idempotencyMaxAge);
    const ingest = new Ingest({
      ...base,
      ledger,
      registry,
      judge,
      watch,
      alerting,
      runs,
      keys,
      onFault: (error) => health.failed(error),
      onWritten: () => health.worked(),
      isWritten: () => health.state.ok,
    });
    const owner = `${clock.now()}-${random.hex(4)}`;
    const deliver = new Deliver({
      ...base,
      alerting,
      owner,
      wake: (at) => driver.wake('deliver', at),
      wakeFlush: () => driver.wake('flush'),
    });
    await deliver.restore();
    await regroup({ store, ledger, alerting, clock, settings });
    const sweep = new Sweep({ clock, ledger, registry, judge, watch, health });
    const wakeDeliver = () => driver.wake('deliver');
    const flush = new Flush({ ...base, wakeDeliver });
    const persist = new Persist({ clock, store, ledger });
    const retain = new Retain({ ...base, registry });
    addLoops(driver, { sweep, flush, deliver, persist, retain, health, watch });
    driver.start();
    const acting = { registry, ledger, alerting, ingest, roster, deliver, persist };
    return new Engine({ ...base, ...acting, health, driver });
  }

  jobByUuid(uuid: string): JobHandle | undefined {
    return this.#registry.byUuid(uuid);
  }

  jobByName(name: string): JobHandle | undefined {
    return this.#registry.byName(name);
  }

  jobs(): readonly JobHandle[] {
    return this.#registry.sorted();
  }

  report(job: JobHandle, ping: Ping, done: (answer: PingAnswer) => void): void {
    this.#ingest.report(job, ping, done);
  }

  async create(name: string): Promise<JobHandle | 'limit' | 'unavailable'> {
    try {
      return await this.#roster.create(name, this.#ledger);
    } catch (error) {
      this.#health.failed(error);
      return 'unavailable';
    }
  }

  async pause(job: JobHandle): Promise<void> {
    await this.#ledger.transact((draft) => {
      if (draft.state(job as Job).status !== 'paused')
        pause(draft, job as Job, this.#clock.now(), 'person', this.#alerting);
    });
  }

  async resume(job: JobHandle): Promise<void> {
    await this.#ledger.transact((draft) => {
      const { status, pausedBy } = draft.state(job as Job);
      if (status === 'paused' && pausedBy === 'person')
        resume(draft, job as Job, this.#clock.now());
    });
  }

  /**
   * Swaps in a configuration that was built whole. Rejects with the store's error when it refuses the jobs, and then
   * the old configuration goes on. Running sends end with the channels they began with.
   */
  async reload(jobs: readonly JobSpec[], settings: Settings): Promise<void> {
    await this.#ledger.exclusive(() => this.#roster.match(jobs));
    this.#settings.current = settings;
    await this.#roster.reload(jobs, this.#ledger, this.#alerting);
    await regroup(this.#parts());
    this.#driver.wake('flush');
  }

  #parts(): Regrouping {
    return {
      store: this.#store,
      ledger: this.#ledger,
      alerting: this.#alerting,
      clock: this.#clock,
      settings: this.#settings,
    };
  }

  get health(): StoreHealth {
    return this.#health.state;
  }

  /** Resolves when the store is gone for good. */
  get broken(): Promise<void> {
    return this.#health.broken;
  }

  get queues(): { pings: number; inFlight: number } {
    return { pings: this.#ingest.queueLength, inFlight: this.#deliver.inFlight };
  }

  status(): ReconcilerStatus[] {
    return this.#driver.status();
  }

  /** Reports must have stopped coming. Finishes what runs, and notes that Tocsin listened until now. */
  async stop(): Promise<void> {
    await this.#ingest.drained();
    await this.#deliver.close(DELIVER_GRACE_MS);
    await this.#driver.stop();
    await this.#persist.activate().catch((error: unknown) => this.#health.failed(error));
  }
}

/** What was not heard while nobody listened is known before anything is judged. */
async function beginListening(deps: {
  clock: Clock;
  store: Store;
  ledger: Ledger;
  watch: Watch;
}): Promise<void> {
  const { clock, store, ledger, watch } = deps;
  const aliveAt = await store.aliveAt();
  const recorded = await store.gaps(GAPS_READ);
  await ledger.transact((draft) => watch.started(draft, aliveAt, recorded));
  // A store that is killed within its first seconds must know that it had begun to listen.
  await store.commit({ aliveAt: clock.now() });
}

interface Loops {
  readonly sweep: Sweep;
  readonly flush: Flush;
  readonly deliver: Deliver;
  readonly persist: Persist;
  readonly retain: Retain;
  readonly health: Health;
  readonly watch: Watch;
}

function addLoops(
  driver: Driver,
  { sweep, flush, deliver, persist, retain, health, watch }: Loops,
): void {
  const timed = { sweep, flush };
  for (const [name, loop] of Object.entries(timed))
    driver.add({
      name,
      everyMs: BEAT_MS[name as keyof typeof timed],
      activate: () => loop.activate(),
      nextAt: () => loop.nextAt(),
    });
  driver.add({
    name: 'watch',
    everyMs: BEAT_MS.watch,
    activate: async () => {
      watch.observe();
      return 0;
    },
  });
  const steady = { deliver, persist, retain, health };
  for (const [name, loop] of Object.entries(steady))
    driver.add({
      name,
      everyMs: BEAT_MS[name as keyof typeof steady],
      activate: () => loop.activate(),
    });
}

/** Firing alerts that are put into groups anew at once. */
const REGROUP_MAX = 100_000;

interface Regrouping {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly alerting: Alerting;
  readonly clock: Clock;
  readonly settings: SettingsBox;
}

/**
 * Routes may have changed: every firing alert goes into the groups that it belongs to now. The alert about a channel
 * that is no longer configured resolves, because nothing will ever be sent there again.
 */
async function regroup({ store, ledger, alerting, clock, settings }: Regrouping): Promise<void> {
  const now = clock.now();
  const firing = await store.alerts({ now, firing: true, limit: REGROUP_MAX });
  await ledger.transact((draft) => {
    for (const alert of firing) {
      const channel = isDeadLetter(alert) ? alert.labels['channel'] : undefined;
      if (channel !== undefined && !settings.current.channels.has(channel))
        draft.alerts.set(alert.fingerprint, { ...alert, endsAt: now, updatedAt: now });
      else alerting.group(draft, alert, now);
    }
  });
}
