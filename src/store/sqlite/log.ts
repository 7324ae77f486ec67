/**
 * The log of all jobs: encoding for the hop between threads, appending, and reading a job's chain newest first.
 * Invariant: rows are only appended, and found by position alone, so that an append touches one page.
 */
import type { LogEntry } from '../../core/job/job.ts';
import { instant } from '../../core/time.ts';
import type { LogView } from '../../ports/store.ts';
import type { Connection, Row, Value } from './connection.ts';
import { readMeta } from './meta.ts';
import { list, number, numberOrNull, text, textOrNull } from './row.ts';

/** `encodeLog` writes values in this order. */
const COLUMNS = [
  'n',
  'job_id',
  'seq',
  'previous',
  'kind',
  'at',
  'received_at',
  'run_id',
  'exit_code',
  'started_at',
  'overran',
  'reason',
  'trace_id',
  'span_id',
  'host',
  'env',
  'metrics',
  'remote_addr',
  'user_agent',
  'method',
  'scheme',
  'body',
];
const WIDTH = COLUMNS.length;
const INSERT = `INSERT INTO log (${list(COLUMNS)}) VALUES (${list(COLUMNS.map(() => '?'))})`;
const VIEW = list(COLUMNS.filter((name) => name !== 'body'));

/** Steps of a chain walked in one request, and rows read ahead in one: a commit waits for no more than this. */
const STEPS_MAX = 500;
const UNFOLDED_ROWS_MAX = 1_000;
const UNFOLDED_BODY_BYTES_MAX = 1_048_576;

/**
 * A pooled Buffer is a window on a larger block, and a message carries the whole block: cut such ones out.
 */
const bodyOf = (body: Uint8Array | null): Uint8Array | null =>
  body === null || body.byteLength === body.buffer.byteLength ? body : new Uint8Array(body);

/** All entries as one flat array of column values: a third of the cost of an array of objects. */
export const encodeLog = (entries: readonly LogEntry[]): Value[] => {
  const flat: Value[] = [];
  for (const entry of entries) {
    flat.push(
      entry.n,
      entry.jobId,
      entry.seq,
      entry.previous,
      entry.kind,
      entry.at,
      entry.receivedAt,
      entry.runId,
      entry.exitCode,
      entry.startedAt,
      entry.overran ? 1 : 0,
      entry.reason,
      entry.traceId,
      entry.spanId,
      entry.host,
      entry.env,
      entry.metrics === null ? null : JSON.stringify(entry.metrics),
      entry.remoteAddr,
      entry.userAgent,
      entry.method,
      entry.scheme,
      bodyOf(entry.body),
    );
  }
  return flat;
};

export const countEncoded = (flat: readonly Value[]): number => flat.length / WIDTH;

export const insertLog = (connection: Connection, flat: readonly Value[]): void => {
  const insert = connection.statement(INSERT);
  for (let index = 0; index < flat.length; index += WIDTH) {
    insert.run(...flat.slice(index, index + WIDTH));
  }
};

const toView = (row: Row): Omit<LogView, 'bodyBytes'> => ({
  n: number(row['n']),
  jobId: number(row['job_id']),
  seq: numberOrNull(row['seq']),
  previous: number(row['previous']),
  kind: text(row['kind']) as LogEntry['kind'],
  at: instant(number(row['at'])),
  receivedAt: instant(number(row['received_at'])),
  runId: textOrNull(row['run_id']),
  exitCode: numberOrNull(row['exit_code']),
  startedAt: row['started_at'] === null ? null : instant(number(row['started_at'])),
  overran: row['overran'] === 1,
  reason: text(row['reason']),
  traceId: textOrNull(row['trace_id']),
  spanId: textOrNull(row['span_id']),
  host: textOrNull(row['host']),
  env: textOrNull(row['env']),
  metrics:
    row['metrics'] === null
      ? null
      : (JSON.parse(text(row['metrics'])) as Readonly<Record<string, number>>),
  remoteAddr: textOrNull(row['remote_addr']),
  userAgent: textOrNull(row['user_agent']),
  method: textOrNull(row['method']),
  scheme: textOrNull(row['scheme']),
});

const toEntry = (row: Row): LogEntry => ({
  ...toView(row),
  body: row['body'] instanceof Uint8Array ? row['body'] : null,
});

export const lastPosition = (connection: Connection): number =>
  number(connection.get('SELECT coalesce(max(n), 0) AS n FROM log')?.['n']);

/** A piece of a chain. `next` is where the next piece begins; 0 at the end of the chain. */
export interface ChainPiece {
  readonly entries: readonly LogView[];
  readonly next: number;
}

export const readChain = (
  connection: Connection,
  query: { from: number; kinds: readonly LogEntry['kind'][] | null; limit: number },
): ChainPiece => {
  const entries: LogView[] = [];
  let next = query.from;
  for (let step = 0; step < STEPS_MAX && next > 0 && entries.length < query.limit; step++) {
    const row = connection.get(
      `SELECT ${VIEW}, coalesce(length(body), 0) AS body_bytes FROM log WHERE n = ?`,
      next,
    );
    if (row === undefined) return { entries, next: 0 };
    if (query.kinds === null || query.kinds.includes(text(row['kind']) as LogEntry['kind'])) {
      entries.push({ ...toView(row), bodyBytes: number(row['body_bytes']) });
    }
    next = number(row['previous']);
  }
  return { entries, next };
};

/** Looks for the ping with number `seq` on a piece of the chain. */
export const findPing = (
  connection: Connection,
  query: { from: number; seq: number },
): { entry: LogEntry | null; next: number } => {
  let next = query.from;
  for (let step = 0; step < STEPS_MAX && next > 0; step++) {
    const row = connection.get('SELECT seq, previous FROM log WHERE n = ?', next);
    if (row === undefined) return { entry: null, next: 0 };
    const seq = numberOrNull(row['seq']);
    if (seq === query.seq) {
      const found = connection.get(`SELECT ${list(COLUMNS)} FROM log WHERE n = ?`, next);
      return { entry: found === undefined ? null : toEntry(found), next: 0 };
    }
    // Numbers only fall along the chain, so that a smaller one ends the search.
    if (seq !== null && seq < query.seq) return { entry: null, next: 0 };
    next = number(row['previous']);
  }
  return { entry: null, next };
};

/** Entries after `after`, or after the stored states when null. The last piece is the one with `more` false. */
export const readUnfolded = (
  connection: Connection,
  query: { after: number | null },
): { entries: readonly LogEntry[]; more: boolean } => {
  const after = query.after ?? Number(readMeta(connection, 'folded_through') ?? 0);
  const entries: LogEntry[] = [];
  let bodyBytes = 0;
  const sql = `SELECT ${list(COLUMNS)} FROM log WHERE n > ? ORDER BY n`;
  for (const row of connection.each(sql, after)) {
    const entry = toEntry(row);
    entries.push(entry);
    bodyBytes += entry.body?.byteLength ?? 0;
    if (entries.length >= UNFOLDED_ROWS_MAX || bodyBytes >= UNFOLDED_BODY_BYTES_MAX) {
      return { entries, more: true };
    }
  }
  return { entries, more: false };
};
