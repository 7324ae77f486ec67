import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { instant } from '../../../src/core/time.ts';
import { encodeChanges } from '../../../src/store/sqlite/commit.ts';
import { Connection, type Row, type Value } from '../../../src/store/sqlite/connection.ts';
import { migrate } from '../../../src/store/sqlite/migrate.ts';
import {
  type Argument,
  type OperationName,
  operations,
} from '../../../src/store/sqlite/operations.ts';
import {
  after,
  alertOf,
  deliveryOf,
  entriesOf,
  groupedOf,
  limitsOf,
  START,
  stateOf,
} from '../../contract/store/samples.ts';
import { inFolder } from './place.ts';

/** Writes down how SQLite goes about each statement that it is given. */
class ExplainingConnection extends Connection {
  readonly steps: string[] = [];

  override run(sql: string, ...values: Value[]): number {
    this.#explain(sql, values);
    return super.run(sql, ...values);
  }

  override get(sql: string, ...values: Value[]): Row | undefined {
    this.#explain(sql, values);
    return super.get(sql, ...values);
  }

  override all(sql: string, ...values: Value[]): Row[] {
    this.#explain(sql, values);
    return super.all(sql, ...values);
  }

  override each(sql: string, ...values: Value[]): Iterable<Row> {
    this.#explain(sql, values);
    return super.each(sql, ...values);
  }

  #explain(sql: string, values: readonly Value[]): void {
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql)) return;
    for (const row of super.all(`EXPLAIN QUERY PLAN ${sql}`, ...values)) {
      this.steps.push(String(row['detail']));
    }
  }
}

const claim = { now: START, owner: 'one', leaseUntil: after(1), limit: 5, except: [] };
const page = { state: null, incidentId: null, before: null, limit: 5 };
const aged = { now: START, limits: limitsOf() };
const changes = encodeChanges({
  log: entriesOf(3),
  states: [{ jobId: 1, state: stateOf(1) }],
  idempotency: [{ jobId: 1, key: 'k', n: 1, at: START }],
  alerts: [alertOf('f')],
  grouped: [groupedOf('f')],
  ungrouped: [{ incidentId: 1, fingerprint: 'g' }],
  deliveries: [deliveryOf('dlv_1')],
  timeline: [{ incidentId: 1, at: START, kind: 'k', detail: '' }],
  aliveAt: START,
});

/** Each operation with the arguments that change how it asks. */
const questions: { readonly [Name in OperationName]: readonly Argument<Name>[] } = {
  commit: [changes],
  lastPosition: [undefined],
  readIncident: [1],
  readAliveAt: [undefined],
  readSecret: ['s'],
  keepSecret: [{ name: 's', value: 'v' }],
  // Reads all jobs, once for each new config: that is its task.
  syncJobs: [],
  addAutoJob: [{ job: { name: 'a', uuid: 'u', spec: '' }, now: START }],
  readJobs: [{ after: 0 }],
  readUnfolded: [{ after: null }],
  readKeys: [{ after: 0 }],
  readChain: [{ from: 3, kinds: null, limit: 5 }],
  findPing: [{ from: 3, seq: 1 }],
  readDueIncidents: [{ now: instant(Number.MAX_SAFE_INTEGER), limit: 5 }],
  claimDeliveries: [claim],
  releaseLeases: ['two'],
  readNextDelivery: [undefined],
  readNextFlush: [undefined],
  readAlert: ['f'],
  readAlerts: [true, false, null].map((firing) => ({ now: START, firing, limit: 5, offset: 0 })),
  readIncidents: [true, false, null].map((open) => ({ open, limit: 5, before: null })),
  readTimeline: [{ incidentId: 1, limit: 5 }],
  readDeliveries: [
    page,
    { ...page, state: 'dead' },
    { ...page, incidentId: 1 },
    { ...page, state: 'dead', incidentId: 1 },
    { ...page, state: 'sent', before: { createdAt: START, id: 'dlv_1' } },
  ],
  readDelivery: ['dlv_1'],
  readSends: [START],
  readGaps: [5],
  readCounts: [START],
  dropOld: [
    'log',
    'idempotency',
    'delivery',
    'timeline',
    'incident',
    'alert',
    'notified',
    'gap',
    'job',
  ].map((table) => ({ ...aged, table })),
  walkChain: [{ from: 3, steps: 2 }],
  trimChain: [{ last: 3 }],
  probe: [undefined],
};

/** A scan that stops at a limit, or goes over something small. */
const harmless: readonly RegExp[] = [
  // Tables in the order of their writing, read from one end as far as a limit says.
  /^SCAN (log|idempotency|timeline|gap)$/,
  // Alerts and deliveries in the order of a list, as far as its limit says.
  /^SCAN alert USING INDEX alert_starts$/,
  /^SCAN delivery USING INDEX delivery_created$/,
  // Waiting deliveries alone, in the order of claiming.
  /^SCAN delivery USING COVERING INDEX delivery_claim$/,
  /^SCAN delivery USING COVERING INDEX delivery_lease$/,
  /^SCAN json_each/,
  /^SCAN CONSTANT ROW$/,
  // The results of subqueries.
  /^SCAN \((sub)?query-?\d+\)$/,
];

test('no question goes through a table that grows without end', () =>
  inFolder(async (folder) => {
    const file = join(folder, 't.db');
    migrate(file);
    const connection = new ExplainingConnection({ file, busyTimeoutMs: 0 });
    const scans = new Set<string>();
    for (const [name, given] of Object.entries(questions)) {
      for (const argument of given) {
        const operation: (connection: Connection, argument: never) => unknown =
          operations[name as OperationName];
        operation(connection, argument as never);
        for (const step of connection.steps.splice(0)) {
          const scan = step.startsWith('SCAN') && !harmless.some((one) => one.test(step));
          if (scan) scans.add(`${name}: ${step}`);
        }
      }
    }
    connection.close();
    assert.deepEqual([...scans], []);
  }));
