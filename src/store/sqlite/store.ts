/**
 * The store on SQLite as the rest of Tocsin sees it. All SQL runs in another thread, in small pieces; what
 * reads many rows asks piece by piece, so that neither thread is held up.
 */
import { statSync } from 'node:fs';
import { type Store, StoreError } from '../../ports/store.ts';
import { encodeChanges } from './commit.ts';
import { encodeWanted, toRecord } from './jobs.ts';
import type { RememberedKey } from './idempotency.ts';
import { encodeLog } from './log.ts';
import type { Argument, OperationName, Result } from './operations.ts';
import { retain } from './retention.ts';
import { Thread } from './thread.ts';
import type { SqliteOptions } from './wire.ts';

const BUSY_TIMEOUT_MS = 5_000;
/** Between two tries of `syncJobs` jobs may be added by pings, and ask for a few more uuids. */
const SYNC_TRIES_MAX = 5;
