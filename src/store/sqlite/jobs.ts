/** Jobs as rows: making them match the config, adding one that its first ping makes, reading them at start. */
import type { JobState } from '../../core/job/job.ts';
import type { Instant } from '../../core/time.ts';
import type { JobRecord, JobWanted } from '../../ports/store.ts';
import type { Connection } from './connection.ts';
import { refused } from './fault.ts';
import { type JobPlan, planJobs, type StoredJob } from './job-plan.ts';
import { atOrNull, number, text, textOrNull } from './row.ts';

const JOBS_IN_PIECE = 1_000;

/** A job with its state still as text: the main thread parses it, which is cheaper than to clone it. */
export interface JobRow extends Omit<JobRecord, 'state'> {
  readonly state: string | null;
  readonly spec: string | null;
}

export const toRecord = ({ state, ...job }: JobRow): JobRecord & { spec: string | null } => ({
  ...job,
  state: state === null ? null : (JSON.parse(state) as JobState),
});

/** Wanted jobs as one flat array, for the same reason as `encodeLog`. */
export const encodeWanted = (wanted: readonly JobWanted[]): (string | null)[] =>
  wanted.flatMap(({ name, was, uuid }) => [name, was ?? null, uuid ?? null]);

const decodeWanted = (flat: readonly (string | null)[]): JobWanted[] => {
  const wanted: JobWanted[] = [];
  for (let index = 0; index < flat.length; index += 3) {
    const [name = null, was = null, uuid = null] = flat.slice(index, index + 3);
    wanted.push({
      name: name ?? '',
      ...(was === null ? {} : { was }),
      ...(uuid === null ? {} : { uuid }),
    });
  }
  return wanted;
};

const readStored = (connection: Connection): StoredJob[] =>
  connection.all('SELECT id, name, uuid, origin, retired_at FROM job ORDER BY id').map((row) => ({
    id: number(row['id']),
    name: text(row['name']),
    uuid: text(row['uuid']),
    origin: text(row['origin']) as StoredJob['origin'],
    retired: row['retired_at'] !== null,
  }));

/** Writes a plan. Jobs go before others take their names, and uuids are set free before others take them. */
const carryOut = (
  connection: Connection,
  { plan, uuids, now }: { plan: JobPlan; uuids: readonly string[]; now: Instant },
): void => {
  const fresh = uuids.values();
  const next = (): string => fresh.next().value ?? '';
  for (const id of plan.retire) {
    connection.run('UPDATE job SET retired_at = ? WHERE id = ?', now, id);
  }
  for (const id of plan.displace) {
    connection.run('UPDATE job SET uuid = ? WHERE id = ?', next(), id);
  }
  const moving = plan.update.filter((job) => job.uuid !== null);
  for (const { id } of moving) {
    connection.run('UPDATE job SET uuid = ? WHERE id = ?', `moving:${id}`, id);
  }
  for (const { id, name, uuid } of plan.update) {
    connection.run(
      `UPDATE job SET name = ?, uuid = coalesce(?, uuid), origin = 'config', spec = NULL, retired_at = NULL
        WHERE id = ?`,
      name,
      uuid,
      id,
    );
  }
  for (const { name, uuid } of plan.add) {
    connection.run(
      `INSERT INTO job (name, uuid, origin, created_at) VALUES (?, ?, 'config', ?)`,
      name,
      uuid ?? next(),
      now,
    );
  }
};

/**
 * Returns how many fresh uuids are missing: then nothing was changed, and the caller asks again with as many.
 * Uuids are made by the caller, for whom chance is a port.
 */
export const syncJobs = (
  connection: Connection,
  {
    wanted,
    uuids,
    now,
  }: { wanted: readonly (string | null)[]; uuids: readonly string[]; now: Instant },
): number => {
  const plan = planJobs(readStored(connection), decodeWanted(wanted));
  if (plan.kind === 'refused') throw refused(plan.message);
  const needed = plan.displace.length + plan.add.filter((job) => job.uuid === null).length;
  if (needed > uuids.length) return needed;
  connection.transaction(() => carryOut(connection, { plan, uuids, now }));
  return 0;
};

export const addAutoJob = (
  connection: Connection,
  { job, now }: { job: { name: string; uuid: string; spec: string }; now: Instant },
): number =>
  connection.transaction(() => {
    const row = connection.get(
      `INSERT INTO job (name, uuid, origin, created_at, spec) VALUES (?, ?, 'auto', ?, ?) RETURNING id`,
      job.name,
      job.uuid,
      now,
      job.spec,
    );
    return number(row?.['id']);
  });

export const readJobs = (connection: Connection, { after }: { after: number }): readonly JobRow[] =>
  connection
    .all(
      `SELECT id, name, uuid, origin, state, retired_at, spec FROM job WHERE id > ? ORDER BY id LIMIT ?`,
      after,
      JOBS_IN_PIECE,
    )
    .map((row) => ({
      id: number(row['id']),
      name: text(row['name']),
      uuid: text(row['uuid']),
      origin: text(row['origin']) as JobRow['origin'],
      state: textOrNull(row['state']),
      retiredAt: atOrNull(row['retired_at']),
      spec: textOrNull(row['spec']),
    }));
