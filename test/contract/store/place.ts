/** What a store brings to be tested: a place where its data lies, and how to open it, here and in a child process. */
import assert from 'node:assert/strict';
import { type Store, StoreError, type StoreFault } from '../../../src/ports/store.ts';

export interface StorePlace {
  /** Opens the data of this place, again after a close or a crash. */
  open(): Promise<Store>;
  /** An exported function `(argument: string) => Promise<Store>` that opens the same data in a child process. */
  readonly child: { readonly module: string; readonly name: string; readonly argument: string };
  /** A file that does not exist yet, for a backup, and a way to open what is in it. */
  backupTarget(): { file: string; open(): Promise<Store> };
  destroy(): Promise<void>;
}

/** One behaviour that every store has. */
export interface StoreCase {
  readonly name: string;
  run(place: StorePlace): Promise<void>;
}

export const using = async (
  place: StorePlace,
  work: (store: Store) => Promise<void>,
): Promise<void> => {
  const store = await place.open();
  try {
    await work(store);
  } finally {
    await store.close();
  }
};

/** A case that needs one open store and nothing else. */
export const inStore = (name: string, work: (store: Store) => Promise<void>): StoreCase => ({
  name,
  run: (place) => using(place, work),
});

export const faultIs = (fault: StoreFault, says = /./): ((error: unknown) => boolean) => {
  return (error) => {
    assert.ok(error instanceof StoreError, `expected a StoreError, got ${String(error)}`);
    assert.equal(error.fault, fault, error.message);
    assert.match(error.message, says);
    return true;
  };
};

export const jobsOf = async (store: Store) => {
  const all: Parameters<Parameters<Store['jobs']>[0]>[0][number][] = [];
  await store.jobs((chunk) => all.push(...chunk));
  return all;
};

export const unfoldedOf = async (store: Store) => {
  const all: Parameters<Parameters<Store['unfolded']>[0]>[0][number][] = [];
  await store.unfolded((chunk) => all.push(...chunk));
  return all;
};
