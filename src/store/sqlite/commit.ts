/**
 * Writes everything that one decision changes, in one transaction.
 * Invariant: states never run ahead of the log, and the parts are written in an order in which an alert that
 * comes while its incident closes opens the next incident instead of being lost with the old one.
 */
import type { Changes } from '../../ports/store.ts';
import { upsertAlert } from './alerts.ts';
import type { Connection, Value } from './connection.ts';
import { upsertDelivery } from './deliveries.ts';
import { refused } from './fault.ts';
import { addGap } from './gaps.ts';
import { rememberKey } from './idempotency.ts';
import { addTimeline, group, ungroup, updateIncident, upsertNotified } from './incidents.ts';
import { countEncoded, encodeLog, insertLog, lastPosition } from './log.ts';
import { writeMeta } from './meta.ts';

type Plain = Omit<Changes, 'after' | 'log' | 'states'>;

/** Changes as they cross to the writer thread. */
export interface EncodedChanges {
  /** Where the log must end before; null: wherever. */
  readonly after: number | null;
  readonly log: readonly Value[];
  /** Job id, head and JSON of each state. */
  readonly states: readonly (number | string)[];
  /** null when there is nothing but log and states: the hot path. */
  readonly plain: Plain | null;
}

export const encodeChanges = (changes: Changes): EncodedChanges => {
  const { after = null, log = [], states = [], ...plain } = changes;
  return {
    after,
    log: encodeLog(log),
    states: states.flatMap(({ jobId, state }) => [jobId, state.head, JSON.stringify(state)]),
    plain: Object.keys(plain).length === 0 ? null : plain,
  };
};

export const describeCommit = ({ log, states, plain }: EncodedChanges): string => {
  const parts = [
    ...(log.length === 0 ? [] : [`log ${countEncoded(log)}`]),
    ...(states.length === 0 ? [] : [`states ${states.length / 3}`]),
    ...Object.entries(plain ?? {}).map(([name, value]) =>
      Array.isArray(value) ? `${name} ${value.length}` : name,
    ),
  ];
  return `commit (${parts.length === 0 ? 'empty' : parts.join(', ')})`;
};

const writeStates = (connection: Connection, states: EncodedChanges['states']): void => {
  const last = lastPosition(connection);
  for (let index = 0; index < states.length; index += 3) {
    const [jobId = 0, head = 0, json = ''] = states.slice(index, index + 3);
    if (Number(head) > last) {
      throw refused(`the state of job ${jobId} holds entry ${head}, and the log ends at ${last}`);
    }
    // A job that retention has deleted meanwhile has no row, and nothing to remember.
    connection.run('UPDATE job SET state = ? WHERE id = ?', json, jobId);
  }
};

const checkEnd = (connection: Connection, after: number): void => {
  const last = lastPosition(connection);
  if (last !== after) throw refused(`the log ends at ${last}, and this was decided on ${after}`);
};

const writePlain = (connection: Connection, plain: Plain): void => {
  // First, because what else this commit holds was decided by the clock as it is now.
  for (const one of plain.gaps ?? []) addGap(connection, one);
  for (const one of plain.idempotency ?? []) rememberKey(connection, one);
  for (const one of plain.alerts ?? []) upsertAlert(connection, one);
  for (const one of plain.ungrouped ?? []) ungroup(connection, one);
  for (const one of plain.incidents ?? []) updateIncident(connection, one);
  for (const one of plain.grouped ?? []) group(connection, one);
  for (const one of plain.deliveries ?? []) upsertDelivery(connection, one);
  for (const one of plain.notified ?? []) upsertNotified(connection, one);
  for (const one of plain.timeline ?? []) addTimeline(connection, one);
  if (plain.foldedThrough !== undefined) {
    writeMeta(connection, 'folded_through', String(plain.foldedThrough));
  }
  if (plain.aliveAt !== undefined) writeMeta(connection, 'alive_at', String(plain.aliveAt));
};

export const commit = (connection: Connection, changes: EncodedChanges): void => {
  connection.transaction(() => {
    if (changes.after !== null) checkEnd(connection, changes.after);
    insertLog(connection, changes.log);
    if (changes.states.length > 0) writeStates(connection, changes.states);
    if (changes.plain !== null) writePlain(connection, changes.plain);
  });
};
