/**
 * A thread seen from outside: requests go in, each is answered once.
 * Invariant: no request is left without an answer, also when the thread dies.
 */
import { Worker } from 'node:worker_threads';
import { StoreError } from '../../ports/store.ts';
import { fromWire } from './fault.ts';
import { type Answer, READY_ID, type Request } from './wire.ts';

/** Requests under way at a time; more are refused as `busy`, since a longer queue only hides that. */
const PENDING_MAX = 10_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: StoreError): void;
}

export class Thread {
  /** Resolves with what the thread says when it has begun. */
  readonly ready: Promise<unknown>;
  /** Resolves when the thread is gone. */
  readonly gone: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = READY_ID;
  #alive = true;

  constructor(module: URL, { name, data }: { name: string; data: unknown }) {
    this.#worker = new Worker(module, {
      name,
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 1024 },
    });
    this.ready = this.#wait(READY_ID);
    this.#worker.on('message', (answer: Answer) => this.#settle(answer));
    let cause: Error | undefined;
    this.#worker.on('error', (error: Error) => {
      cause = error;
    });
    this.gone = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#alive = false;
        this.#fail(cause);
        resolve();
      });
    });
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  request(name: Request['name'], argument: unknown): Promise<unknown> {
    if (!this.#alive) return Promise.reject(new StoreError('closed', 'the store is closed'));
    if (this.#waiting.size >= PENDING_MAX) {
      return Promise.reject(new StoreError('busy', `${PENDING_MAX} requests wait for the store`));
    }
    this.#lastId += 1;
    const id = this.#lastId;
    try {
      this.#worker.postMessage({ id, name, argument } satisfies Request);
    } catch (cause) {
      return Promise.reject(new StoreError('refused', `${name}: no plain data`, { cause }));
    }
    return this.#wait(id);
  }

  #wait(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('error' in answer) waiting?.reject(fromWire(answer.error));
    else waiting?.resolve(answer.result);
  }

  #fail(cause: Error | undefined): void {
    const error = new StoreError('io', 'the thread of the store has stopped', { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
