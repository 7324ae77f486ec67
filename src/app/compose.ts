/**
 * All wiring, in one straight line: what is opened last is closed first, and anything that fails on the way closes
 * what was opened before it.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ChannelDeps } from '../channel/shared/deps.ts';
import type { Config } from '../config/config.ts';
import { formatIssue } from '../config/issue.ts';
import { loadConfig } from '../config/load.ts';
import { Engine, type EngineDeps } from '../engine/engine.ts';
import type { HttpDeps } from '../http/call.ts';
import { makeHttp } from '../http/server.ts';
import { type Store, StoreError } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { openSqliteStore } from '../store/sqlite/store.ts';
import { jobMetrics } from '../telemetry/job-metrics.ts';
import { makeLog } from '../telemetry/log.ts';
import { type Metrics, makeMetrics } from '../telemetry/metrics.ts';
import { makeSpanLosses, makeTelemetry } from '../telemetry/telemetry.ts';
import { traceSettings } from '../telemetry/trace-settings.ts';
import { openTraces } from '../telemetry/traces.ts';
import { Cleanup } from './cleanup.ts';
import { watchFolder } from './folder-watch.ts';
import { releaseLoadMemory } from './memory.ts';
import { isLoopback, type Options } from './options.ts';
import { Reloader } from './reload.ts';
import { jobSeries, snapshotOf } from './samples.ts';
import { buildSettings, closeChannels } from './settings.ts';
import { systemClock as clock, systemRandom as random } from './system.ts';
import { REVISION, VERSION } from './version.ts';

export interface App {
  /** `http://127.0.0.1:8686` */
  readonly address: string;
  /** A ping URL that works, for the line to try. */
  readonly exampleUrl: string;
  reload(): Promise<unknown>;
  /** Notes why the process ends. */
  crashed(error: unknown): void;
  /** Resolves when the store is gone for good: only a new process can help. */
  readonly broken: Promise<void>;
  stop(): Promise<void>;
}

/** A reason not to start, in words for the person who started it. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}

const CRASHED = 'an error reached nobody; the process ends and should be started again';

/** Idle connections are cut this long after the last request when the process stops. */
const CLOSE_GRACE_MS = 2_000;

export async function startApp(options: Options): Promise<App> {
  const cleanup = new Cleanup(clock);
  const log = makeLog({ level: options.logLevel, clock });
  try {
    return await compose(options, cleanup, log);
  } catch (error) {
    await cleanup.run(log);
    throw error;
  }
}

async function compose(
  options: Options,
  cleanup: Cleanup,
  log: ReturnType<typeof makeLog>,
): Promise<App> {
  const loaded = await readConfig(options);
  refuseOpenListening(options, loaded);

  const store = await openStore(options);
  cleanup.add('store', () => store.close());
  const generatedKey = await store.secret('ping_key', () => random.hex(11));
  const prepare = (config: Config) => withPingKey(config, generatedKey);
  const config = prepare(loaded);
  const secretsOf = (of: Config) => [...of.secrets, generatedKey];
  log.redact(secretsOf(config));

  let address = '';
  let engine: Engine | null = null;
  let reloader: Reloader | null = null;
  const metrics = makeMetrics({
    clock,
    build: { version: VERSION, revision: REVISION(options.env) },
    snapshot: () => snapshotOf({ engine, store, config: reloader?.state.config ?? config, clock }),
  });
  metrics.groups(groupsOf(config));
  const telemetry = await openTelemetry({ options, cleanup, log, metrics });

  const baseUrl = () => address || addressOf(options, options.listen.port);
  const channelDeps: ChannelDeps = { random, log, version: VERSION, allowPrivateTargets: true };
  const build = (of: Config) => buildSettings(of, channelDeps, baseUrl);

  const settings = build(config);
  engine = await startEngine({ clock, random, store, telemetry, settings, jobs: config.jobs });
  const running = engine;
  telemetry.reload({ ok: true, at: clock.now() });
  let stopping = false;
  const present = { clock, telemetry, engine, config, settings, env: options.env };
  reloader = new Reloader({
    ...present,
    folder: options.config,
    build,
    prepare,
    onSwap: (of) => {
      log.redact(secretsOf(of));
      metrics.groups(groupsOf(of));
    },
  });
  const reloading = reloader;
  cleanup.add('channels', () => closeChannels(reloading.settings));
  cleanup.add('engine', () => running.stop());

  const asked = { store, telemetry, metrics, baseUrl, stopping: () => stopping };
  const server = makeHttp(httpDeps({ ...asked, engine: running, reloader: reloading }));
  const bound = await listen(server, options.listen);
  address = addressOf(options, bound.port);
  cleanup.add('http', () => closeServer(server));
  const unwatch = await watchFolder(options.config, clock, () => void reloading.reload());
  cleanup.add('folder watch', unwatch);
  releaseLoadMemory(config.jobs.length);
  log.info(
    { address, jobs: config.jobs.length, config: options.config, store: options.storeFile },
    'Tocsin listens',
  );
  return {
    address,
    exampleUrl: exampleUrl(address, config),
    reload: () => reloading.reload(),
    crashed: (error) => log.error({ err: error }, CRASHED),
    broken: running.broken,
    stop: () => {
      stopping = true;
      return cleanup.run(log);
    },
  };
}

/** A fresh install has a ping key of its own, so that the line to try works; a configured one replaces it. */
const withPingKey = (config: Config, key: string): Config =>
  config.keys.ping.length > 0 ? config : { ...config, keys: { ...config.keys, ping: [key] } };

/** As a program on this machine reaches it. */
function addressOf({ listen }: Options, port: number): string {
  const { host } = listen;
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}`;
}

async function readConfig(options: Options): Promise<Config> {
  const loaded = await loadConfig(options.config, { env: options.env });
  if (loaded.kind === 'ok') return loaded.config;
  throw new StartError(
    `The configuration has faults:\n${loaded.issues.map((issue) => `  ${formatIssue(issue)}`).join('\n')}`,
  );
}

function refuseOpenListening({ listen }: Options, { keys }: Config): void {
  if (isLoopback(listen.host) || keys.read.length > 0 || keys.admin.length > 0) return;
  throw new StartError(
    `Tocsin does not listen on ${listen.host} without a key, because everybody who can reach it could read and ` +
      'change everything. Set TOCSIN_ADMIN_KEY (or keys: in the YAML), or listen on 127.0.0.1.',
  );
}

async function openStore(options: Options): Promise<Store> {
  try {
    return await openSqliteStore({ file: options.storeFile });
  } catch (error) {
    const why = error instanceof StoreError ? error.message : String(error);
    throw new StartError(`The store ${options.storeFile} cannot be opened: ${why}`, {
      cause: error,
    });
  }
}

function httpDeps(parts: {
  engine: Engine;
  store: Store;
  telemetry: Telemetry;
  metrics: Metrics;
  reloader: Reloader;
  baseUrl: () => string;
  stopping: () => boolean;
}): HttpDeps {
  const { engine, store, telemetry, metrics, reloader, baseUrl, stopping } = parts;
  return {
    desk: engine,
    store,
    clock,
    telemetry,
    configuration: reloader,
    metrics,
    jobMetrics: (query) => {
      const jobsMax = reloader.state.config.server.metricsJobsMax;
      return jobMetrics(jobSeries(engine, clock.now()), { ...query, jobsMax }, clock);
    },
    health: () => engine.health,
    stopping,
    baseUrl: () => reloader.state.config.server.externalUrl || baseUrl(),
    version: VERSION,
    startedAt: clock.now(),
  };
}

async function startEngine(deps: EngineDeps): Promise<Engine> {
  try {
    return await Engine.start(deps);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StartError(`The store refuses to start: ${error.message}`, { cause: error });
  }
}

async function openTelemetry({
  options,
  cleanup,
  log,
  metrics,
}: {
  options: Options;
  cleanup: Cleanup;
  log: ReturnType<typeof makeLog>;
  metrics: Metrics;
}): Promise<Telemetry> {
  const wanted = traceSettings(options.env, { version: VERSION, instanceId: random.uuid() });
  if (wanted.kind === 'invalid') throw new StartError(wanted.message);
  if (wanted.kind === 'off') return makeTelemetry({ log, metrics, traces: null });
  const losses = makeSpanLosses({ log, metrics });
  const traces = await openTraces(wanted.settings, { clock, random, losses });
  cleanup.add('traces', () => traces.close());
  return makeTelemetry({ log, metrics, traces });
}

const groupsOf = (config: Config): Set<string> => new Set(config.jobs.map((job) => job.group));

function exampleUrl(address: string, config: Config): string {
  const key = config.keys.ping[0] ?? '';
  const job = config.jobs[0];
  // Without jobs the line makes one, so that it works in any case.
  return job === undefined
    ? `${address}/ping/${key}/my-first-job?create=1`
    : `${address}/ping/${key}/${job.name}`;
}

function listen(server: Server, { host, port }: Options['listen']): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? 'another program listens there; stop it, or choose another with --listen HOST:PORT'
          : error.message;
      reject(new StartError(`Tocsin cannot listen on ${host}:${port}: ${why}`, { cause: error }));
    };
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve(server.address() as AddressInfo);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(CLOSE_GRACE_MS, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
