/**
 * Copies a store that may be in use into one file. Invariant: under the target name stands a whole, checked copy
 * that is on disk, or nothing; a file that is there already is never touched.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
const claimName = (copy: string, target: string): void => {
  try {
    linkSync(copy, target);
  } catch {
    refuseExisting(target);
    renameSync(copy, target);
  }
};

const refuseExisting = (target: string): void => {
  if (existsSync(target))
    throw refused(`${target} exists already, and a backup overwrites nothing`);
};

const verify = (file: string): void => {
  const copy = new Connection({ file, visiting: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
  try {
    const answer = copy.get('PRAGMA quick_check(1)')?.['quick_check'];
    if (answer !== 'ok') throw refused(`the copy is not sound: ${String(answer)}`);
    copy.get('SELECT count(*) FROM migration');
  } finally {
    copy.close();
  }
};

const copyInto = (source: string, copy: string): void => {
  const connection = new Connection({
    file: source,
    visiting: true,
    busyTimeoutMs: BUSY_TIMEOUT_MS,
  });
  try {
    connection.run('VACUUM INTO ?', copy);
  } finally {
    connection.close();
  }
};

/** Blocks its thread while it copies; for a server's own store use `Store.backup`. */
export const backupFile = (source: string, target: string): { bytes: number } => {
  const folder = dirname(resolve(target));
  let scratch: string | undefined;
  try {
    if (!existsSync(source)) throw refused(`there is no store ${source}`);
    refuseExisting(target);
    scratch = mkdtempSync(join(folder, '.tocsin-backup-'));
    const copy = join(scratch, 'copy.db');
    copyInto(source, copy);
    chmodSync(copy, 0o600);
    verify(copy);
    sync(copy, 'r+');
    claimName(copy, target);
    sync(folder, 'r');
    return { bytes: statSync(target).size };
  } catch (error) {
    throw storeError(`back up ${source}`, target, error);
  } finally {
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  }
};
