/**
 * Turns what SQLite and the file system throw into a StoreError that says what was being done.
 * Invariant: each error that leaves this folder is a StoreError; its cause holds the words of the one beneath.
 */
import { StoreError, type StoreFault } from '../../ports/store.ts';

/** A StoreError as it crosses from the writer thread, since structured clone keeps no classes. */
export interface WireError {
  readonly fault: StoreFault;
  readonly message: string;
  readonly cause: string;
}

/** Primary result codes, https://www.sqlite.org/rescode.html. */
const FAULTS: Readonly<Record<number, StoreFault>> = {
  3: 'readonly', // PERM
  5: 'busy', // BUSY
  6: 'busy', // LOCKED
  7: 'io', // NOMEM
  8: 'readonly', // READONLY
  10: 'io', // IOERR
  11: 'corrupt', // CORRUPT
  13: 'full', // FULL
  14: 'io', // CANTOPEN
  26: 'corrupt', // NOTADB
};

/** IOERR_SHMSIZE: the file of shared memory cannot grow, which is what a full disk looks like from there. */
const SHMSIZE = 4874;

const FILE_FAULTS: Readonly<Record<string, StoreFault>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EROFS: 'readonly',
  EACCES: 'readonly',
  EPERM: 'readonly',
};

const MEANING: Readonly<Record<StoreFault, string>> = {
  full: 'the disk, or the size limit of the store, is full',
  readonly: 'the file cannot be written',
  busy: 'another process holds the file',
  corrupt: 'the file is damaged or is no store of Tocsin',
  io: 'the disk or the file system failed',
  closed: 'the store is closed',
  refused: 'the store refuses it',
};

const faultOf = (error: Error): StoreFault => {
  if ('errcode' in error && typeof error.errcode === 'number') {
    if (error.errcode === SHMSIZE) return 'full';
    return FAULTS[error.errcode & 0xff] ?? 'refused';
  }
  if ('code' in error && typeof error.code === 'string' && 'syscall' in error) {
    return FILE_FAULTS[error.code] ?? 'io';
  }
  return 'refused';
};

/** `doing` reads well before a colon: `commit of 3 log entries`. */
export const storeError = (doing: string, file: string, thrown: unknown): StoreError => {
  if (thrown instanceof StoreError) return thrown;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const fault = faultOf(error);
  return new StoreError(fault, `${doing}: ${MEANING[fault]} (${file})`, { cause: error });
};

export const refused = (message: string): StoreError => new StoreError('refused', message);

export const toWire = (error: StoreError): WireError => ({
  fault: error.fault,
  message: error.message,
  cause: error.cause instanceof Error ? error.cause.message : '',
});

export const fromWire = (wire: WireError): StoreError =>
  wire.cause === ''
    ? new StoreError(wire.fault, wire.message)
    : new StoreError(wire.fault, wire.message, { cause: new Error(wire.cause) });
