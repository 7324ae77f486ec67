/** The real engine over the real SQLite store, with a clock that moves when told and channels that remember. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec, Ping, PingKind } from '../../src/core/job/job.ts';
import type { Notification, SendResult } from '../../src/core/notify/notify.ts';
import type { ChannelSpec, Receiver, Route } from '../../src/core/route/route.ts';
import { duration, instant } from '../../src/core/time.ts';
import type { PingAnswer } from '../../src/engine/desk.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Settings } from '../../src/engine/settings.ts';
import type { Channel } from '../../src/ports/channel.ts';
import type { Changes, Store, StoreError } from '../../src/ports/store.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { FakeClock, fakeRandom } from '../fake/clock.ts';
import { quietTelemetry } from '../fake/telemetry.ts';

export const START_MS = Date.parse('2026-03-02T00:00:00Z');

/** Below what `engine/watch` calls a gap. */
const STRIDE_MS = 4_500;

export interface Sent {
  /** Seconds since the start. */
  readonly t: number;
  readonly channel: string;
  readonly status: string;
  readonly reason: string;
  readonly alerts: readonly string[];
  readonly id: string;
}

export interface HarnessOptions {
  readonly jobs?: readonly JobSpec[];
  readonly settings?: Partial<Settings>;
  /** Receivers and how many channels each has; the first is the root's. */
  readonly receivers?: Readonly<Record<string, number>>;
  readonly groupWaitMs?: number;
}

const channelSpec = (receiver: string, index: number): ChannelSpec => ({
  type: 'webhook',
  id: `${receiver}/webhook/${index}`,
  receiver,
  index,
  sendResolved: true,
  locale: 'en',
  timezone: 'UTC',
  config: { index },
});

export class Harness {
  readonly clock = new FakeClock(START_MS);
  readonly sent: Sent[] = [];
  /** What channels answer, by channel id; absent: sent. */
  readonly answers = new Map<string, (n: Notification) => SendResult | Promise<SendResult>>();
  readonly telemetry = quietTelemetry();
  /** While set, every write fails with it. */
  fault: StoreError | null = null;
  /** While set, every write is done and all the same reported as failed with it. */
  lateFault: StoreError | null = null;
  /** Hears of every commit that is on disk. */
  committed: (changes: Changes) => void = () => undefined;
  readonly #folder: string;
  readonly #options: HarnessOptions;
  #store: Store | null = null;
  #engine: Engine | null = null;
  /** Of the running engine; one that was killed hears nothing more. */
  #life = { over: false };
  #busy = 0;
  #starts = 0;

  private constructor(folder: string, options: HarnessOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  static async open(options: HarnessOptions = {}): Promise<Harness> {
    const harness = new Harness(await mkdtemp(join(tmpdir(), 'tocsin-engine-')), options);
    await harness.start();
    return harness;
  }

  get engine(): Engine {
    if (this.#engine === null) throw new Error('the engine is stopped');
    return this.#engine;
  }

  get store(): Store {
    if (this.#store === null) throw new Error('the store is closed');
    return this.#store;
  }

  async start(jobs: readonly JobSpec[] = this.#options.jobs ?? []): Promise<void> {
    this.#starts += 1;
    const store = await openSqliteStore({ file: join(this.#folder, 'tocsin.db') });
    this.#life = { over: false };
    this.#store = this.#counting(store, this.#life);
    this.#engine = await Engine.start({
      clock: this.clock,
      random: fakeRandom(this.#starts),
      store: this.#store,
      telemetry: this.telemetry,
      settings: this.settings(),
      jobs,
    });
    await this.settle();
  }

  /** `kill -9`, as far as one process can: nothing is flushed, the store is just let go of. */
  async crash(): Promise<void> {
    await this.settle();
    this.#engine = null;
    const store = this.#store;
    this.#store = null;
    this.clock.forget();
    await store?.close();
  }

  /** `kill -9` in the middle of things: what is on its way to disk arrives there, and nobody hears of it. */
  async kill(): Promise<void> {
    this.#life.over = true;
    await this.crash();
  }

  async stop(): Promise<void> {
    const stop = { isOver: false };
    const stopping = this.engine.stop().finally(() => {
      stop.isOver = true;
    });
    await this.settle();
    // A message that is still on its way gets some time.
    while (!stop.isOver) await this.pass(1);
    await stopping;
    this.#engine = null;
    await this.store.close();
    this.#store = null;
    this.clock.forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#engine !== null) await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  settings(over: Partial<Settings> = this.#options.settings ?? {}): Settings {
    const counts = Object.entries(this.#options.receivers ?? { ops: 1 });
    const receivers = new Map<string, Receiver>();
    const channels = new Map<string, Channel>();
    for (const [name, count] of counts) {
      const specs = Array.from({ length: count }, (_, index) => channelSpec(name, index));
      receivers.set(name, { name, channels: specs });
      for (const spec of specs) channels.set(spec.id, this.#channel(spec.id));
    }
    const route: Route = {
      index: 0,
      key: '{}',
      receiver: counts[0]?.[0] ?? 'ops',
      matchers: [],
      continue: false,
      groupBy: ['job_name'],
      groupWait: duration(this.#options.groupWaitMs ?? 1_000),
      groupInterval: duration(5_000),
      repeatInterval: duration(3_600_000),
      muteTimeIntervals: [],
      activeTimeIntervals: [],
      routes: [],
    };
    return {
      route,
      receivers,
      channels,
      timeIntervals: new Map(),
      silences: [],
      inhibitRules: [],
      severityAliases: new Map(),
      externalUrl: 'http://tocsin.test',
      catchUp: duration(300_000),
      autoCreatedJobsMax: 3,
      limits: {
        entriesPerJob: 1_000,
        maxAge: duration(90 * 86_400_000),
        deliveriesMaxAge: duration(90 * 86_400_000),
        idempotencyMaxAge: duration(7 * 86_400_000),
        idempotencyMaxKeys: 100_000,
      },
      ...over,
    };
  }

  /** Seconds since the start. */
  get t(): number {
    return (this.clock.now() - START_MS) / 1_000;
  }

  async ping(
    name: string,
    kind: Exclude<PingKind, 'ign'> = 'success',
    over: Partial<Ping> = {},
  ): Promise<PingAnswer> {
    const job = this.engine.jobByName(name);
    if (job === undefined) throw new Error(`no job ${name}`);
    return await new Promise((resolve) => {
      this.engine.report(job, { ...this.pingOf(kind), ...over }, resolve);
    });
  }

  /** Lets `seconds` pass, timer by timer. */
  async pass(seconds: number): Promise<void> {
    let left = seconds * 1_000;
    for (;;) {
      const { fired, movedMs } = this.clock.tick(left);
      left -= movedMs;
      await this.settle();
      if (!fired) return;
    }
  }

  /**
   * Lets much time pass in few steps, each short enough not to be taken for an own outage. Timers fire late, as on a
   * busy machine.
   */
  async stride(seconds: number): Promise<void> {
    let left = seconds * 1_000;
    while (left > 0) {
      const step = Math.min(left, STRIDE_MS);
      left -= step;
      this.clock.stall(step);
      while (this.clock.tick(0).fired) {
        while (this.clock.tick(0).fired);
        await this.settle();
      }
    }
  }

  /** Waits until nothing is on its way to the store or back. */
  async settle(): Promise<void> {
    let calm = 0;
    while (calm < 4) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      calm = this.#busy === 0 ? calm + 1 : 0;
    }
  }

  async state(name: string): Promise<{ status: string; problems: string[]; pings: number }> {
    await this.settle();
    const { state } = this.engine.jobByName(name) ?? { state: null };
    if (state === null) throw new Error(`no job ${name}`);
    const problems = state.problems.map((problem) => problem.kind);
    return { status: state.status, problems, pings: state.pings };
  }

  pingOf(kind: Exclude<PingKind, 'ign'>): Ping {
    return {
      kind,
      at: null,
      receivedAt: this.clock.now(),
      runId: null,
      exitCode: null,
      body: null,
      host: null,
      env: null,
      metrics: null,
      idempotencyKey: null,
      traceparent: null,
      remoteAddr: '127.0.0.1',
      userAgent: null,
      method: 'GET',
      scheme: 'http',
    };
  }

  #channel(id: string): Channel {
    return {
      send: async (n) => {
        this.sent.push({
          t: this.t,
          channel: id,
          status: n.status,
          reason: n.reason,
          alerts: n.alerts.map(
            (alert) =>
              `${alert.status} ${alert.labels['alertname']} ${alert.labels['job_name'] ?? ''}`,
          ),
          id: n.id,
        });
        return (await this.answers.get(id)?.(n)) ?? { kind: 'sent' };
      },
    };
  }

  /** Counts calls on their way, so that `settle` knows when all is calm. */
  #counting(store: Store, life: { readonly over: boolean }): Store {
    const never = new Promise<never>(() => undefined);
    const call = async (name: string, run: () => unknown, args: unknown[]): Promise<unknown> => {
      this.#busy += 1;
      try {
        const result = await run();
        if (name === 'commit') {
          this.committed(args[0] as Changes);
          if (this.lateFault !== null) throw this.lateFault;
        }
        return result;
      } finally {
        this.#busy -= 1;
      }
    };
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const run = (): unknown => Reflect.apply(member, target, args);
          if (name === 'close') return run();
          if (life.over) return never;
          const writes = name === 'commit' || name === 'probe';
          if (writes && this.fault !== null) return Promise.reject(this.fault);
          const done = call(String(name), run, args);
          return done.then(
            (result) => (life.over ? never : result),
            (error: unknown) => {
              if (life.over) return never;
              throw error;
            },
          );
        };
      },
    });
  }
}

export const at = (seconds: number) => instant(START_MS + seconds * 1_000);
