/**
 * The thread that owns the store: its lock, the one connection that writes, and the order of all requests.
 * Invariant: commits run in the order in which they came; between two of them at most one other request runs,
 * and after eight in a row one that waits gets its turn.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { StoreFault } from '../../ports/store.ts';
import { Checkpoints, runCheckpoint } from './checkpoints.ts';
import { Connection } from './connection.ts';
import { storeError, toWire } from './fault.ts';
import { type Lock, takeLock } from './lock.ts';
import { applyMigrations, createFile, createFolder } from './migrate.ts';
import { describe, type OperationName, operations } from './operations.ts';
import { type Answer, READY_ID, type Request, type SqliteOptions } from './wire.ts';

const COMMITS_IN_A_ROW = 8;
/** After these the handle may be of no more use, though the disk has healed: a new one is opened. */
const FAULTS_OF_HANDLE: ReadonlySet<StoreFault> = new Set(['io', 'readonly', 'corrupt']);

class Writer {
  readonly #port: MessagePort;
  readonly #lock: Lock;
  readonly #connection: Connection;
  readonly #checkpoints: Checkpoints;
  readonly #commits: Request[] = [];
  readonly #others: Request[] = [];
  #closing: Request | null = null;
  #commitsInARow = 0;
  #scheduled = false;
  #suspect = false;

  constructor(port: MessagePort, options: SqliteOptions) {
    this.#port = port;
    createFolder(options.file);
    this.#lock = takeLock(options.file);
    try {
      createFile(options.file);
      this.#connection = new Connection(options);
      applyMigrations(this.#connection);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#checkpoints = new Checkpoints(this.#connection, options);
  }

  receive(request: Request): void {
    if (request.name === 'close') this.#closing = request;
    else if (request.name === 'commit') this.#commits.push(request);
    else this.#others.push(request);
    this.#schedule();
  }

  /** One request for each turn of the event loop, so that commits which came meanwhile are seen first. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#step();
    });
  }

  #step(): void {
    const request = this.#next();
    if (request !== undefined) {
      this.#perform(request, request.name as OperationName);
      this.#schedule();
    } else if (this.#closing !== null) {
      void this.#close(this.#closing);
    }
  }

  #next(): Request | undefined {
    if (this.#commitsInARow >= COMMITS_IN_A_ROW || this.#commits.length === 0) {
      this.#commitsInARow = 0;
      const other = this.#others.shift();
      if (other !== undefined) return other;
    }
    this.#commitsInARow += 1;
    return this.#commits.shift();
  }

  #perform(request: Request, name: OperationName): void {
    this.#answer(this.#attempt(request, name));
    this.#checkpoints.written({ large: name === 'syncJobs' });
  }

  #attempt({ id, argument }: Request, name: OperationName): Answer {
    try {
      if (this.#suspect || !this.#connection.isOpen) {
        this.#connection.reopen();
        this.#suspect = false;
      }
      const operation: (connection: Connection, argument: never) => unknown = operations[name];
      return { id, result: operation(this.#connection, argument as never) };
    } catch (thrown) {
      const error = storeError(describe(name, argument), this.#connection.file, thrown);
      if (FAULTS_OF_HANDLE.has(error.fault)) this.#suspect = true;
      return { id, error: toWire(error) };
    }
  }

  #answer(answer: Answer): void {
    this.#port.postMessage(answer);
  }

  /** Leaves the store as one file, so that a copy of it is whole. */
  async #close({ id }: Request): Promise<void> {
    await this.#checkpoints.close();
    try {
      runCheckpoint(this.#connection, 'TRUNCATE');
    } catch {
      // What is in the write-ahead log is on disk, and the next start reads it there.
    }
    try {
      this.#connection.close();
    } finally {
      this.#lock.release();
      this.#answer({ id, result: undefined });
      this.#port.close();
    }
  }
}

const start = (port: MessagePort, options: SqliteOptions): void => {
  try {
    const writer = new Writer(port, options);
    port.on('message', (request: Request) => writer.receive(request));
    port.postMessage({ id: READY_ID, result: undefined } satisfies Answer);
  } catch (thrown) {
    const error = toWire(storeError('open the store', options.file, thrown));
    port.postMessage({ id: READY_ID, error } satisfies Answer);
  }
};

if (parentPort !== null) start(parentPort, workerData as SqliteOptions);
