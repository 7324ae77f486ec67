/**
 * Sees to it that one process at a time owns a store. The lock is an exclusive transaction on an empty SQLite
 * file beside the store, so that the operating system frees it when the process dies, however it dies, and
 * so that other processes may still read the store itself.
 */
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../ports/store.ts';
import { storeError } from './fault.ts';

export interface Lock {
  release(): void;
}

export const takeLock = (file: string): Lock => {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(`${file}.lock`, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    if (database?.isOpen) database.close();
    const error = storeError('lock the store', `${file}.lock`, thrown);
    if (error.fault !== 'busy') throw error;
    throw new StoreError(
      'busy',
      `another Tocsin process uses the store ${file}; stop it first, or use another data folder`,
      { cause: thrown },
    );
  }
  const held = database;
  return { release: () => held.close() };
};
