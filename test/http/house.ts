/**
 * A whole HTTP server on a free port of loopback, over a fake desk, a store of hand-made rows and a clock that
 * stands still.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config, Issue } from '../../src/config/config.ts';
import type { LogEntry } from '../../src/core/job/job.ts';
import { DAY, duration, instant, MINUTE } from '../../src/core/time.ts';
import type { HttpDeps } from '../../src/http/call.ts';
import { makeHttp } from '../../src/http/server.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeDesk, type FakeJob } from '../fake/desk.ts';
import { ReadingStore } from '../fake/reading-store.ts';

/** 2026-03-01T12:00:00Z */
export const NOW = instant(1_772_366_400_000);

export const KEYS = {
  ping: 'ping-key-0123456789abcdef',
  read: 'read-key-0123456789abcdef',
  admin: 'admin-key-0123456789abcdef',
} as const;

export const NO_KEYS: Config['keys'] = { ping: [], read: [], admin: [] };
export const ALL_KEYS: Config['keys'] = {
  ping: [KEYS.ping],
  read: [KEYS.read],
  admin: [KEYS.admin],
};

export const makeConfig = (given: Partial<Config> = {}): Config => ({
  jobs: [],
  route: {
    index: 0,
    key: '{}',
    receiver: 'nobody',
    matchers: [],
    continue: false,
    groupBy: [],
    groupWait: duration(0),
    groupInterval: MINUTE,
    repeatInterval: DAY,
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: [],
  },
  receivers: new Map([['nobody', { name: 'nobody', channels: [] }]]),
  timeIntervals: new Map(),
  silences: [],
  inhibitRules: [],
  severityAliases: new Map(),
  keys: NO_KEYS,
  server: {
    externalUrl: '',
    locale: 'en',
    timezone: 'UTC',
    pingBodyLimit: 10_000,
    autoCreatedJobsMax: 1_000,
    catchUp: duration(5 * MINUTE),
    resolveTimeout: duration(5 * MINUTE),
    retention: {
      entriesPerJob: 1_000,
      maxAge: duration(90 * DAY),
      deliveriesMaxAge: duration(90 * DAY),
    },
    metricsJobsMax: 10_000,
    trustedProxies: ['*'],
  },
  warnings: [],
  files: ['rules/jobs.yml'],
  hash: 'abc123',
  secrets: [],
  ...given,
});

/** What tests look at and change. */
export class House implements AsyncDisposable {
  readonly desk = new FakeDesk();
  readonly store = new ReadingStore();
  readonly clock = new FakeClock(NOW);
  readonly observed: { method: string; route: string; code: number }[] = [];
  readonly errors: object[] = [];
  /** Queries for the series of jobs. */
  readonly asked: object[] = [];
  readonly server: Server;
  readonly deps: HttpDeps;
  config: Config;
  /** What the next reload finds; empty for a good one. */
  faults: readonly Issue[] = [];
  issues: readonly Issue[] = [];
  storeFault: string | null = null;
  stopping = false;

  constructor(config: Config) {
    this.config = config;
    this.deps = depsOf(this);
    this.server = makeHttp(this.deps);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Appends an entry to a job's log. */
  log(job: FakeJob, entry: Partial<LogEntry>): LogEntry {
    const n = this.store.entries.size + 1;
    const whole = { ...BLANK, n, jobId: job.id, previous: job.state.head, ...entry };
    this.store.entries.set(whole.n, whole);
    job.state = { ...job.state, head: whole.n };
    return whole;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }
}

export const openHouse = async (given: Partial<Config> = {}): Promise<House> => {
  const house = new House(makeConfig(given));
  await new Promise<void>((resolve) => house.server.listen(0, '127.0.0.1', resolve));
  return house;
};

const nothing = (): void => {};

const depsOf = (house: House): HttpDeps => ({
  desk: house.desk,
  store: house.store,
  clock: house.clock,
  telemetry: {
    ping: nothing,
    log: {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (fields) => house.errors.push(fields),
    },
  },
  configuration: {
    get state() {
      const { config, issues } = house;
      return { config, issues, loadedAtMs: NOW, triedAtMs: NOW };
    },
    reload: async () => {
      house.issues = house.faults;
      if (house.faults.length === 0) return { kind: 'ok', changed: true };
      return { kind: 'invalid', issues: house.faults };
    },
  },
  metrics: {
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    render: async () => 'tocsin_up 1\n',
    http: ({ method, route, code }) => house.observed.push({ method, route, code }),
  },
  async *jobMetrics(query) {
    house.asked.push(query);
    yield 'tocsin_job_up{job_name="a"} 1\n';
    yield 'tocsin_job_up{job_name="b"} 0\n';
  },
  health: () =>
    house.storeFault === null ? { ok: true } : { ok: false, reason: house.storeFault },
  stopping: () => house.stopping,
  baseUrl: () => house.url,
  version: '0.1.0',
  startedAt: NOW,
});

const BLANK: LogEntry = {
  n: 0,
  jobId: 0,
  seq: null,
  previous: 0,
  kind: 'success',
  at: NOW,
  receivedAt: NOW,
  runId: null,
  exitCode: null,
  startedAt: null,
  overran: false,
  reason: '',
  traceId: null,
  spanId: null,
  body: null,
  host: null,
  env: null,
  metrics: null,
  remoteAddr: '127.0.0.1',
  userAgent: 'curl/8.1',
  method: 'GET',
  scheme: 'http',
};
