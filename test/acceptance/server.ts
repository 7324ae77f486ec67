/**
 * A real Tocsin process for tests that need one: started from the production entry point on a free port of
 * loopback, stopped, killed and started again on the same data. Nothing here sleeps for a guessed time; it
 * polls for what should happen, until a deadline.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

const entryPoint = path.resolve(import.meta.dirname, '../../src/main.ts');
const POLL_MS = 15;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const LOG_BYTES_MAX = 2_000_000;

/** A config folder and a data folder, removed when the test is over. */
export interface Place extends Disposable {
  readonly folder: string;
  readonly config: string;
  readonly data: string;
  /** Writes one YAML file into the config folder. */
  write(text: string, file?: string): void;
}

export function makePlace(yaml: string, options: { data?: string } = {}): Place {
  const folder = mkdtempSync(path.join(tmpdir(), 'tocsin-'));
  const place: Place = {
    folder,
    config: path.join(folder, 'config'),
    data: options.data ?? path.join(folder, 'data'),
    write: (text, file = 'tocsin.yml') => writeFileSync(path.join(place.config, file), text),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  mkdirSync(place.config);
  mkdirSync(place.data, { recursive: true });
  place.write(yaml);
  return place;
}

export interface Server extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From the start of the process until it was ready. */
  readonly startMs: number;
  /** What the process printed so far, the newest part. */
  logs(): string;
  /** SIGTERM; resolves with the exit code when the process is gone. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
  readonly exited: boolean;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Programs before `node`, such as `taskset -c 0`. */
  readonly prefix?: readonly string[];
  /** `host:port`; a free port of loopback when absent. */
  readonly listen?: string;
  /** kill -9 so long after the process was started, ready or not. */
  readonly killAfterMs?: number;
}

/** Resolves once `/-/ready` answers 200. Rejects with what the process printed when it never does. */
export async function startServer(place: Place, options: StartOptions = {}): Promise<Server> {
  const [program = process.execPath, ...args] = [
    ...(options.prefix ?? []),
    process.execPath,
    entryPoint,
    'serve',
    '--config',
    place.config,
    '--data',
    place.data,
    '--listen',
    options.listen ?? '127.0.0.1:0',
    ...(options.args ?? []),
  ];
  const startedAt = performance.now();
  const child = spawn(program, args, {
    cwd: place.folder,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-LOG_BYTES_MAX);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isGone()) child.kill(signal);
    await gone;
  };
  if (options.killAfterMs !== undefined)
    void pause(options.killAfterMs).then(() => kill('SIGKILL'));

  try {
    const url = await until('the server to be ready', START_TIMEOUT_MS, async () => {
      if (isGone()) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}`);
      const found = /Tocsin listens on (http:\/\/[^\s"]+)/.exec(printed)?.[1];
      return found !== undefined && (await isReady(found)) ? found : undefined;
    });
    return {
      url,
      port: Number(new URL(url).port),
      pid: child.pid ?? 0,
      startMs: performance.now() - startedAt,
      logs: () => printed,
      kill: () => kill('SIGKILL'),
      stop: () => stop(child, gone, () => printed),
      get exited() {
        return isGone();
      },
      [Symbol.asyncDispose]: () => kill('SIGKILL'),
    };
  } catch (cause) {
    await kill('SIGKILL');
    throw new Error(`starting a server failed; it printed:\n${printed}`, { cause });
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/-/ready`);
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

async function stop(
  child: ChildProcess,
  gone: Promise<void>,
  logs: () => string,
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  const late = new AbortController();
  const timeout = pause(STOP_TIMEOUT_MS, late.signal).then(() => {
    if (late.signal.aborted) return;
    child.kill('SIGKILL');
    throw new Error(`the server did not stop on SIGTERM; it printed:\n${logs()}`);
  });
  await Promise.race([gone, timeout]);
  late.abort();
  return child.exitCode;
}

/** The first answer of `probe` that is not undefined or false; rejects when the deadline passes first. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (performance.now() >= deadline) {
      throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    }
    await pause(POLL_MS);
  }
}

/** Real time that passes: for polling, and for faults that must strike at a random moment. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** GET as JSON; rejects on any other status than 200. */
export async function getJson<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(url, { headers });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}
