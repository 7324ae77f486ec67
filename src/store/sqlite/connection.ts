/**
 * One SQLite connection with its prepared statements. The only file that touches node:sqlite's classes, since
 * `DatabaseSync` is being renamed. Invariant: outside of `transaction` no transaction is open.
 */
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite';
import { StoreError } from '../../ports/store.ts';

export type Value = SQLInputValue;
export type Row = Record<string, SQLOutputValue>;

export interface ConnectionOptions {
  readonly file: string;
  /**
   * Only reads, and leaves the settings of the file alone. SQLite still opens it for writing, because the last
   * connection to close tidies up the files beside it, and a read-only one would leave them to the next owner.
   */
  readonly visiting?: boolean;
  /** How long a statement waits for another process before it fails as busy. */
  readonly busyTimeoutMs: number;
  /** The file grows to this size and no further. */
  readonly maxBytes?: number;
}

const PAGE_BYTES = 4096;
/** Pages kept in memory, in KiB as SQLite wants it: negative. */
const CACHE_KIB = -16_384;

export class Connection {
  readonly file: string;
  readonly #options: ConnectionOptions;
  /** By SQL text, which is a closed set: values are always bound. */
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync;

  constructor(options: ConnectionOptions) {
    this.file = options.file;
    this.#options = options;
    this.#database = this.#open();
  }

  /** False after an error that cost the handle; `reopen` gets another. */
  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  run(sql: string, ...values: Value[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  /** For statements of many columns: `:name` takes the value of that name. */
  runNamed(sql: string, values: Readonly<Record<string, Value>>): number {
    return Number(this.#prepared(sql).run({ ...values }).changes);
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#prepared(sql).get(...values);
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** Rows one by one; leave the loop and no further row is read. */
  each(sql: string, ...values: Value[]): Iterable<Row> {
    return this.#prepared(sql).iterate(...values);
  }

  /** For statements that are not worth preparing: pragmas, and whole migrations. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Prepared, to call many times in a row. */
  statement(sql: string): Pick<StatementSync, 'run'> {
    return this.#prepared(sql);
  }

  /** All of `work` is stored when this returns, and nothing of it when it throws. */
  transaction<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /** A fresh handle: one that was opened while the disk was read-only, or failed, does not heal by itself. */
  reopen(): void {
    this.close();
    this.#database = this.#open();
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #open(): DatabaseSync {
    const { file, visiting = false, busyTimeoutMs, maxBytes } = this.#options;
    const database = new DatabaseSync(file, {
      timeout: busyTimeoutMs,
      enableForeignKeyConstraints: false,
    });
    try {
      database.exec(`PRAGMA cache_size = ${CACHE_KIB}`);
      if (!visiting) enableWal(database);
      if (maxBytes !== undefined) {
        database.exec(`PRAGMA max_page_count = ${Math.floor(maxBytes / PAGE_BYTES)}`);
      }
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #rollBack(): void {
    try {
      // SQLite has rolled back by itself after some errors (a full disk); then there is nothing left to do.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The error that led here says more than this one. Without its handle the transaction is over.
      this.close();
    }
  }
}

/**
 * FULL, since NORMAL loses acknowledged rows in a power cut. No automatic checkpoints: those run inside a
 * COMMIT and make it a hundred times slower now and then; `checkpoints.ts` does them.
 */
const enableWal = (database: DatabaseSync): void => {
  const mode = database.prepare('PRAGMA journal_mode = WAL').get();
  if (mode?.['journal_mode'] !== 'wal') {
    throw new StoreError(
      'io',
      'this file system cannot hold a store: it has no shared memory files',
    );
  }
  database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
};
