/** What crosses between the main thread and the threads of the store. */
import type { WireError } from './fault.ts';
import type { OperationName } from './operations.ts';

export interface SqliteOptions {
  /** The database file; its folder is made when missing. */
  readonly file: string;
  /** How long a write waits for another process that locks the file; then it fails as `busy`. */
  readonly busyTimeoutMs: number;
  /** The database file grows to this size and no further: then writes fail as `full`. */
  readonly maxBytes?: number;
}

/** `argument` is what the operation of that name takes. */
export interface Request {
  readonly id: number;
  readonly name: OperationName | 'close';
  readonly argument: unknown;
}

export type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };

/** Answers the question that nobody asked: did the thread open the store? */
export const READY_ID = 0;

/** Frames in the write-ahead log, and how many of them are in the database file; -1, -1 when it failed. */
export interface CheckpointResult {
  readonly frames: number;
  readonly done: number;
}
