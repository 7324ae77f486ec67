/**
 * Copies a store that may be in use into one file. Invariant: under the target name stands a whole, checked copy
 * that is on disk, or nothing; a file that is there already is never touched.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Connection } from './connection.ts';
import { refused, storeError } from './fault.ts';

const BUSY_TIMEOUT_MS = 5_000;

const sync = (path: string, flags: 'r' | 'r+'): void => {
  const descriptor = openSync(path, flags);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** Takes the target name unless it is taken. File systems without hard links get a check and a rename. */
const claimName = (partial: string, target: string): void => {
  try {
    linkSync(partial, target);
    rmSync(partial);
  } catch (error) {
    if (existsSync(target)) throw refused(`${target} exists already; a backup overwrites nothing`);
    if (!(error instanceof Error && 'code' in error && error.code !== 'ENOENT')) throw error;
    renameSync(partial, target);
  }
};

const verify = (file: string): void => {
  const copy = new Connection({ file, readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    const answer = copy.get('PRAGMA quick_check(1)')?.['quick_check'];
    if (answer !== 'ok') throw refused(`the copy is not sound: ${String(answer)}`);
    copy.get('SELECT count(*) FROM migration');
  } finally {
    copy.close();
  }
};

const copyInto = (source: string, partial: string): void => {
  const connection = new Connection({ file: source, readOnly: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    connection.run('VACUUM INTO ?', partial);
  } finally {
    connection.close();
  }
};

/** Blocks its thread while it copies; for a server's own store use `Store.backup`. */
export const backupFile = (source: string, target: string): { bytes: number } => {
  const partial = `${target}.partial`;
  let made = false;
  try {
    if (!existsSync(source)) throw refused(`there is no store ${source}`);
    if (existsSync(target)) throw refused(`${target} exists already; a backup overwrites nothing`);
    closeSync(openSync(partial, 'wx', 0o600));
    made = true;
    copyInto(source, partial);
    verify(partial);
    sync(partial, 'r+');
    const { size } = statSync(partial);
    claimName(partial, target);
    sync(dirname(resolve(target)), 'r');
    return { bytes: size };
  } catch (error) {
    if (made) rmSync(partial, { force: true });
    throw storeError(`back up ${source}`, target, error);
  }
};
