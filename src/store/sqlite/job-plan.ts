/**
 * Decides how the stored jobs become those that are wanted: which is which, what changes, who is new. Pure.
 * Invariant: a stored job goes to one wanted job at most, and in the end no two jobs share a uuid.
 *
 * A wanted job is found by its name, then by its earlier name (`was`), then by its uuid (whoever kept the ping
 * URL kept the job), then among the retired jobs by name. The first three may take over a job made by its
 * first ping.
 */
import type { JobWanted } from '../../ports/store.ts';

export interface StoredJob {
  readonly id: number;
  readonly name: string;
  readonly uuid: string;
  readonly origin: 'config' | 'auto';
  readonly retired: boolean;
}

export interface JobPlan {
  readonly kind: 'plan';
  readonly retire: readonly number[];
  /** Existing jobs that change; `uuid` null: keeps its own. */
  readonly update: readonly { id: number; name: string; uuid: string | null }[];
  /** Retired jobs whose uuid goes to another; each gets a fresh one. */
  readonly displace: readonly number[];
  /** `uuid` null: a fresh one. */
  readonly add: readonly { name: string; uuid: string | null }[];
}

export type JobPlanResult = JobPlan | { readonly kind: 'refused'; readonly message: string };

const refuse = (message: string): JobPlanResult => ({ kind: 'refused', message });

const twice = (values: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  return values.find((value) => seen.size === seen.add(value).size);
};

const contradiction = (wanted: readonly JobWanted[]): string | null => {
  const names = wanted.map((job) => job.name);
  const earlier = wanted.flatMap((job) => (job.was === undefined ? [] : [job.was]));
  const name = twice(names);
  if (name !== undefined) return `two jobs are named ${name}`;
  const was = twice(earlier);
  if (was !== undefined) return `two jobs say that they were ${was}`;
  const known = new Set(names);
  const still = earlier.find((one) => known.has(one));
  if (still !== undefined) return `a job says that it was ${still}, which is still a job`;
  const uuid = twice(wanted.flatMap((job) => (job.uuid === undefined ? [] : [job.uuid])));
  return uuid === undefined ? null : `two jobs have the uuid ${uuid}`;
};

/** Gives each wanted job the stored one that it continues. */
const match = (
  stored: readonly StoredJob[],
  wanted: readonly JobWanted[],
): ReadonlyMap<JobWanted, StoredJob> => {
  const live = new Map<string, StoredJob>();
  const retired = new Map<string, StoredJob>();
  const byUuid = new Map<string, StoredJob>();
  for (const job of stored) {
    (job.retired ? retired : live).set(job.name, job);
    byUuid.set(job.uuid, job);
  }
  const matched = new Map<JobWanted, StoredJob>();
  const taken = new Set<number>();
  const ways: ((job: JobWanted) => StoredJob | undefined)[] = [
    (job) => live.get(job.name),
    (job) => (job.was === undefined ? undefined : (live.get(job.was) ?? retired.get(job.was))),
    (job) => (job.uuid === undefined ? undefined : byUuid.get(job.uuid)),
    (job) => retired.get(job.name),
  ];
  for (const way of ways) {
    for (const job of wanted) {
      if (matched.has(job)) continue;
      const found = way(job);
      if (found === undefined || taken.has(found.id)) continue;
      matched.set(job, found);
      taken.add(found.id);
    }
  }
  return matched;
};

/** `stored` in order of id, so that of several retired jobs of one name the newest comes back. */
export const planJobs = (
  stored: readonly StoredJob[],
  wanted: readonly JobWanted[],
): JobPlanResult => {
  const wrong = contradiction(wanted);
  if (wrong !== null) return refuse(wrong);
  const matched = match(stored, wanted);
  const update: { id: number; name: string; uuid: string | null }[] = [];
  const add: { name: string; uuid: string | null }[] = [];
  /** Whose uuid is asked for by a job that does not have it yet. */
  const moving = new Map<string, string>();
  const changing = new Set<number>();
  for (const job of wanted) {
    const found = matched.get(job);
    const uuid = job.uuid === undefined || job.uuid === found?.uuid ? null : job.uuid;
    if (uuid !== null) moving.set(uuid, job.name);
    if (found === undefined) add.push({ name: job.name, uuid });
    else if (uuid !== null || found.retired || found.origin === 'auto' || found.name !== job.name) {
      update.push({ id: found.id, name: job.name, uuid });
      if (uuid !== null) changing.add(found.id);
    }
  }
  const kept = new Set([...matched.values()].map((job) => job.id));
  const retire: number[] = [];
  const displace: number[] = [];
  for (const job of stored) {
    const stays = kept.has(job.id) || (job.origin === 'auto' && !job.retired);
    if (!stays && !job.retired) retire.push(job.id);
    const heir = changing.has(job.id) ? undefined : moving.get(job.uuid);
    if (heir === undefined) continue;
    if (stays) return refuse(`job ${heir} wants the uuid ${job.uuid} of job ${job.name}`);
    displace.push(job.id);
  }
  return { kind: 'plan', retire, update, displace, add };
};
