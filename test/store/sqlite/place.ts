/** A folder of its own for each SQLite store under test, and openers for child processes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '../../../src/ports/store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { StorePlace } from '../../contract/store/place.ts';

export const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'tocsin-store-'));

/** Runs `work` with a new folder, and removes it. */
export const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await makeFolder();
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Opens the store of `file` for `work`, and closes it whatever comes of that. */
export const inFile = async (
  options: Parameters<typeof openSqliteStore>[0],
  work: (store: Store) => Promise<void>,
): Promise<void> => {
  const store = await openSqliteStore(options);
  try {
    await work(store);
  } finally {
    await store.close();
  }
};

export const openFile = (file: string): Promise<Store> => openSqliteStore({ file });

export const sqlitePlace = async (): Promise<StorePlace> => {
  const folder = await makeFolder();
  const file = join(folder, 'data', 'tocsin.db');
  return {
    open: () => openFile(file),
    child: { module: import.meta.url, name: 'openFile', argument: file },
    backupTarget: () => {
      const target = join(folder, 'backup.db');
      return { file: target, open: () => openFile(target) };
    },
    destroy: () => rm(folder, { recursive: true, force: true }),
  };
};
