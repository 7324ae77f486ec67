/**
 * Moves what commits wrote from the write-ahead log into the database file, outside of commits.
 *
 * A second thread does the bulk with its own connection (PASSIVE: it waits for nobody). Under constant writing
 * it never catches up wholly, so that the log would grow for ever; the writer then copies the last few frames
 * itself, which is brief, and begins the log anew (RESTART). It keeps the file, because to overwrite is
 * half as dear as to append; only a file beyond the limit is cut (TRUNCATE).
 */
import { statSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Connection } from './connection.ts';
import { number } from './row.ts';
import type { CheckpointResult } from './wire.ts';

/** How often the writer looks at the log: after each so many commits. */
const COMMITS_PER_LOOK = 16;
/** Frames are pages of 4 KiB. So many that are not in the file yet wake the second thread: 4 MiB. */
const FRAMES_FOR_CHECKPOINT = 1_000;
/** So many frames in the log let the writer begin it anew: 8 MiB. */
const FRAMES_FOR_RESTART = 2_000;
const WAL_BYTES_MAX = 64 * 1024 * 1024;

type Mode = 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE';

export const runCheckpoint = (connection: Connection, mode: Mode): CheckpointResult => {
  const row = connection.get(`PRAGMA wal_checkpoint(${mode})`);
  return { frames: number(row?.['log']), done: number(row?.['checkpointed']) };
};

export class Checkpoints {
  readonly #connection: Connection;
  readonly #busyTimeoutMs: number;
  #thread: Worker | null = null;
  #running = false;
  #commits = 0;

  constructor(connection: Connection, { busyTimeoutMs }: { busyTimeoutMs: number }) {
    this.#connection = connection;
    this.#busyTimeoutMs = busyTimeoutMs;
  }

  /** To be told of each write, after it is answered. A checkpoint that fails loses nothing and is tried again. */
  written({ large }: { large: boolean }): void {
    this.#commits += 1;
    if (!large && this.#commits < COMMITS_PER_LOOK) return;
    this.#commits = 0;
    try {
      this.#look();
    } catch {
      // The next commit that fails for the same reason says so to someone who can act.
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = null;
  }

  #look(): void {
    const { frames, done } = runCheckpoint(this.#connection, 'NOOP');
    if (this.#walBytes() > WAL_BYTES_MAX && frames > FRAMES_FOR_RESTART) this.#finish('TRUNCATE');
    else if (!this.#running && frames - done >= FRAMES_FOR_CHECKPOINT) this.#start();
  }

  #start(): void {
    this.#running = true;
    this.#thread ??= this.#spawn();
    this.#thread.postMessage('checkpoint');
  }

  #spawn(): Worker {
    const thread = new Worker(new URL('./checkpoint-thread.ts', import.meta.url), {
      workerData: { file: this.#connection.file },
      name: 'tocsin-checkpoint',
    });
    thread.on('message', ({ frames }: CheckpointResult) => {
      this.#running = false;
      if (frames >= FRAMES_FOR_RESTART) this.#finish('RESTART');
    });
    thread.on('error', () => {
      this.#running = false;
      this.#thread = null;
    });
    return thread;
  }

  /** Without waiting for readers: when a backup holds the log, the next look tries again. */
  #finish(mode: 'RESTART' | 'TRUNCATE'): void {
    const connection = this.#connection;
    if (!connection.isOpen) return;
    connection.exec('PRAGMA busy_timeout = 0');
    try {
      runCheckpoint(connection, mode);
    } catch {
      // As in `written`.
    }
    connection.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`);
  }

  #walBytes(): number {
    return statSync(`${this.#connection.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}
