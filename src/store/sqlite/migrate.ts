/**
 * Brings a store's tables to the form that this version of Tocsin knows. Steps are the numbered files of
 * `migrations/`, forward only. Invariant: a step that was released is never edited; its checksum is kept.
 */
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Connection } from './connection.ts';
import { refused, storeError } from './fault.ts';
import { takeLock } from './lock.ts';

export interface Migration {
  readonly number: number;
  /** File name without `.sql`. */
  readonly name: string;
  readonly applied: boolean;
}

interface Step {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const FOLDER = new URL('./migrations/', import.meta.url);
const BUSY_TIMEOUT_MS = 5_000;

const loadSteps = (): readonly Step[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((fileName, index) => {
      const name = fileName.slice(0, -'.sql'.length);
      const number = Number.parseInt(name, 10);
      if (number !== index + 1) throw refused(`migration ${name} is out of order`);
      const sql = readFileSync(new URL(fileName, FOLDER), 'utf8');
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });

const hasTable = (connection: Connection, name: string): boolean =>
  connection.get(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`, name) !==
  undefined;

/** How many of the steps the store has. Throws when it is not ours, newer than ours, or was altered. */
const countApplied = (connection: Connection, steps: readonly Step[]): number => {
  if (!hasTable(connection, 'migration')) {
    const other = connection.get(`SELECT name FROM sqlite_schema WHERE type = 'table' LIMIT 1`);
    if (other === undefined) return 0;
    throw refused(`${connection.file} is a database of another program`);
  }
  const applied = connection.all('SELECT number, name, checksum FROM migration ORDER BY number');
  for (const [index, row] of applied.entries()) {
    const step = steps[index];
    if (step === undefined) {
      throw refused(
        `${connection.file} was written by a newer Tocsin (it has migration ${String(row['name'])}); install that version or restore a backup`,
      );
    }
    if (row['number'] !== step.number || row['checksum'] !== step.checksum) {
      throw refused(`migration ${step.name} differs from the one that ${connection.file} had`);
    }
  }
  return applied.length;
};

const applyStep = (connection: Connection, step: Step): void => {
  connection.transaction(() => {
    connection.exec(step.sql);
    connection.run(
      'INSERT INTO migration (number, name, checksum) VALUES (?, ?, ?)',
      step.number,
      step.name,
      step.checksum,
    );
  });
};

/** Applies what is missing, each step in a transaction of its own; returns the names of those applied. */
export const applyMigrations = (connection: Connection): readonly string[] => {
  const steps = loadSteps();
  const first = countApplied(connection, steps);
  connection.exec(
    'CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT',
  );
  const missing = steps.slice(first);
  for (const step of missing) {
    try {
      applyStep(connection, step);
    } catch (error) {
      throw storeError(`migration ${step.name}`, connection.file, error);
    }
  }
  return missing.map((step) => step.name);
};

/** Makes the folder of a store, for its owner alone, and sees to it that files can be made there. */
export const createFolder = (file: string): void => {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  accessSync(folder, constants.W_OK);
};

/** Makes the file, for its owner alone. Only the holder of the lock may call this. */
export const createFile = (file: string): void => {
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
  accessSync(file, constants.W_OK);
  chmodSync(file, 0o600);
};

/** Brings the store at `file` up to date, making it when there is none. No other process may use it. */
export const migrate = (file: string): readonly string[] => {
  const doing = 'migrate the store';
  try {
    createFolder(file);
    const lock = takeLock(file);
    try {
      createFile(file);
      const connection = new Connection({ file, busyTimeoutMs: BUSY_TIMEOUT_MS });
      try {
        return applyMigrations(connection);
      } finally {
        connection.close();
      }
    } finally {
      lock.release();
    }
  } catch (error) {
    throw storeError(doing, file, error);
  }
};

/** What `migrate` would do, without doing it; works beside a running server. */
export const listMigrations = (file: string): readonly Migration[] => {
  try {
    const steps = loadSteps();
    let applied = 0;
    if (existsSync(file)) {
      const connection = new Connection({ file, visiting: true, busyTimeoutMs: BUSY_TIMEOUT_MS });
      try {
        applied = countApplied(connection, steps);
      } finally {
        connection.close();
      }
    }
    return steps.map(({ number, name }, index) => ({ number, name, applied: index < applied }));
  } catch (error) {
    throw storeError('list the migrations', file, error);
  }
};
