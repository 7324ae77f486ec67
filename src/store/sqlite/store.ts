/**
 * The store on SQLite as the rest of Tocsin sees it. All SQL runs in another thread, in small pieces; what
 * reads many rows asks piece by piece, so that neither thread is held up.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LogEntry } from '../../core/job/job.ts';
import type { Instant } from '../../core/time.ts';
import {
  type Changes,
  type JobWanted,
  type LogView,
  type Store,
  StoreError,
} from '../../ports/store.ts';
import { encodeChanges } from './commit.ts';
import { storeError } from './fault.ts';
import type { RememberedKey } from './idempotency.ts';
import { encodeWanted, toRecord } from './jobs.ts';
import type { Argument, OperationName, Result } from './operations.ts';
import { retain } from './retention.ts';
import { Thread } from './thread.ts';
import type { SqliteOptions } from './wire.ts';

const BUSY_TIMEOUT_MS = 5_000;
/** While `syncJobs` fetches uuids, pings may add jobs, so that a few more are needed. */
const SYNC_TRIES_MAX = 5;

export interface OpenOptions {
  /** The database file; it and its folder are made when missing, readable by their owner alone. */
  readonly file: string;
  /** How long a write waits for another process that locks the file, before it fails as `busy`. */
  readonly busyTimeoutMs?: number;
  /** The database file grows to this size and no further: then writes fail as `full`. */
  readonly maxBytes?: number;
}

/** Rejects with a StoreError: `busy` when another process owns the file, `refused` when a newer Tocsin wrote it. */
export const openSqliteStore = async (options: OpenOptions): Promise<Store> => {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS, maxBytes } = options;
  const file = resolve(options.file);
  const data: SqliteOptions = {
    file,
    busyTimeoutMs,
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
  const writer = new Thread(new URL('./writer-thread.ts', import.meta.url), {
    name: 'tocsin-store',
    data,
  });
  try {
    await writer.ready;
  } catch (error) {
    await writer.gone;
    throw error;
  }
  return new SqliteStore(file, writer);
};

class SqliteStore implements Store {
  readonly #file: string;
  readonly #writer: Thread;
  readonly #backups = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor(file: string, writer: Thread) {
    this.#file = file;
    this.#writer = writer;
  }

  async commit(changes: Changes): Promise<void> {
    await this.#ask('commit', encodeChanges(changes));
  }

  lastPosition(): Promise<number> {
    return this.#ask('lastPosition', undefined);
  }

  aliveAt(): Promise<Instant | null> {
    return this.#ask('readAliveAt', undefined);
  }

  async secret(name: string, make: () => string): Promise<string> {
    return (
      (await this.#ask('readSecret', name)) ??
      (await this.#ask('keepSecret', { name, value: make() }))
    );
  }

  async syncJobs(wanted: readonly JobWanted[], now: Instant, uuid: () => string): Promise<void> {
    const uuids: string[] = [];
    const flat = encodeWanted(wanted);
    for (let attempt = 0; attempt < SYNC_TRIES_MAX; attempt++) {
      const needed = await this.#ask('syncJobs', { wanted: flat, uuids, now });
      if (needed === 0) return;
      while (uuids.length < needed) uuids.push(uuid());
    }
    throw new StoreError('busy', 'match the jobs with the config: jobs keep being added meanwhile');
  }

  addAutoJob(job: { name: string; uuid: string; spec: string }, now: Instant): Promise<number> {
    return this.#ask('addAutoJob', { job, now });
  }

  async jobs(each: Parameters<Store['jobs']>[0]): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const rows: Result<'readJobs'> = await this.#ask('readJobs', { after });
      if (rows.length > 0) each(rows.map(toRecord));
      after = rows.at(-1)?.id;
    }
  }

  async unfolded(each: Parameters<Store['unfolded']>[0]): Promise<void> {
    let after: number | null = null;
    for (let more = true; more; ) {
      const piece: Result<'readUnfolded'> = await this.#ask('readUnfolded', { after });
      if (piece.entries.length > 0) each(piece.entries);
      after = piece.entries.at(-1)?.n ?? after;
      more = piece.more;
    }
  }

  async idempotencyKeys(): Promise<readonly RememberedKey[]> {
    const keys: RememberedKey[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const piece: Result<'readKeys'> = await this.#ask('readKeys', { after });
      for (const key of piece.keys) keys.push(key);
      after = piece.next;
    }
    return keys;
  }

  async log(query: Parameters<Store['log']>[0]): Promise<readonly LogView[]> {
    const { head, kinds = null, limit } = query;
    const entries: LogView[] = [];
    for (let from = head; from > 0 && entries.length < limit; ) {
      const left = limit - entries.length;
      const piece = await this.#ask('readChain', { from, kinds, limit: left });
      entries.push(...piece.entries);
      from = piece.next;
    }
    return entries;
  }

  async ping({ head, seq }: Parameters<Store['ping']>[0]): Promise<LogEntry | null> {
    for (let from = head; from > 0; ) {
      const { entry, next } = await this.#ask('findPing', { from, seq });
      if (entry !== null) return entry;
      from = next;
    }
    return null;
  }

  dueIncidents(now: Instant, limit: number): ReturnType<Store['dueIncidents']> {
    return this.#ask('readDueIncidents', { now, limit });
  }

  claimDeliveries(query: Parameters<Store['claimDeliveries']>[0]) {
    return this.#ask('claimDeliveries', query);
  }

  releaseLeases(owner: string): Promise<number> {
    return this.#ask('releaseLeases', owner);
  }

  async nextDue(): ReturnType<Store['nextDue']> {
    const [flushAt, deliveryAt] = await Promise.all([
      this.#ask('readNextFlush', undefined),
      this.#ask('readNextDelivery', undefined),
    ]);
    return { flushAt, deliveryAt };
  }

  alert(fingerprint: string): ReturnType<Store['alert']> {
    return this.#ask('readAlert', fingerprint);
  }

  alerts(query: Parameters<Store['alerts']>[0]): ReturnType<Store['alerts']> {
    const { now, firing = null, limit, offset = 0 } = query;
    return this.#ask('readAlerts', { now, firing, limit, offset });
  }

  incidents(query: Parameters<Store['incidents']>[0]): ReturnType<Store['incidents']> {
    const { open = null, limit, before = null } = query;
    return this.#ask('readIncidents', { open, limit, before });
  }

  timeline(incidentId: number, limit: number): ReturnType<Store['timeline']> {
    return this.#ask('readTimeline', { incidentId, limit });
  }

  deliveries(query: Parameters<Store['deliveries']>[0]): ReturnType<Store['deliveries']> {
    const { state = null, incidentId = null, before = null, limit } = query;
    return this.#ask('readDeliveries', { state, incidentId, before, limit });
  }

  delivery(id: string): ReturnType<Store['delivery']> {
    return this.#ask('readDelivery', id);
  }

  attemptsSince(since: Instant): ReturnType<Store['attemptsSince']> {
    return this.#ask('readSends', since);
  }

  gaps(limit: number): ReturnType<Store['gaps']> {
    return this.#ask('readGaps', limit);
  }

  incident(id: number): ReturnType<Store['incident']> {
    return this.#ask('readIncident', id);
  }

  counts(now: Instant): ReturnType<Store['counts']> {
    return this.#ask('readCounts', now);
  }

  retain(query: Parameters<Store['retain']>[0]): ReturnType<Store['retain']> {
    return retain(
      {
        dropOld: (piece) => this.#ask('dropOld', piece),
        walkChain: (piece) => this.#ask('walkChain', piece),
        trimChain: (piece) => this.#ask('trimChain', piece),
      },
      query,
    );
  }

  async backup(file: string): Promise<{ bytes: number }> {
    if (this.#closed !== null) throw new StoreError('closed', 'the store is closed');
    const thread = new Thread(new URL('./backup-thread.ts', import.meta.url), {
      name: 'tocsin-backup',
      data: { source: this.#file, target: resolve(file) },
    });
    this.#backups.add(thread.gone);
    try {
      return (await thread.ready) as { bytes: number };
    } finally {
      await thread.gone;
      this.#backups.delete(thread.gone);
    }
  }

  async probe(): Promise<void> {
    await this.#ask('probe', undefined);
  }

  /** The file and its write-ahead log. */
  async sizeBytes(): Promise<number> {
    try {
      const log = statSync(`${this.#file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      return statSync(this.#file).size + log;
    } catch (error) {
      throw storeError('measure the store', this.#file, error);
    }
  }

  /** Commits and reads that were asked for before are carried out first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.all(this.#backups);
    if (this.#writer.isAlive) await this.#writer.request('close', undefined);
    await this.#writer.gone;
  }

  async #ask<Name extends OperationName>(
    name: Name,
    argument: Argument<Name>,
  ): Promise<Result<Name>> {
    if (this.#closed !== null) throw new StoreError('closed', 'the store is closed');
    return (await this.#writer.request(name, argument)) as Result<Name>;
  }
}
