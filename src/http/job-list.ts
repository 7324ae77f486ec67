/**
 * Which jobs a list shows, and in which order: for programs by name, for people what is wrong first.
 * Invariant: pages taken one after another show each job that stays as it is once.
 */
import type { Instant } from '../core/time.ts';
import type { JobHandle } from '../engine/desk.ts';
import type { RowState } from '../ui/jobs-page-model.ts';
import { stateOf } from './job-view.ts';

export const STATES = ['new', 'up', 'late', 'down', 'paused'] as const satisfies RowState[];

export interface JobFilter {
  readonly state: RowState | null;
  /** '' for all. */
  readonly group: string;
  /** Part of the name or the description, without case; '' for all. */
  readonly q: string;
}

export interface JobPage {
  readonly jobs: readonly JobHandle[];
  /** Cursor of the page after this; null for the last. */
  readonly next: string | null;
}

export interface JobQuery {
  /** Ordered by name. */
  readonly jobs: readonly JobHandle[];
  readonly filter: JobFilter;
  /** As given out before; null for the first page. */
  readonly cursor: string | null;
  readonly limit: number;
  readonly now: Instant;
}

export const makeMatch = (
  { state, group, q }: JobFilter,
  now: Instant,
): ((job: JobHandle) => boolean) => {
  const part = q.toLowerCase();
  return (job) =>
    (group === '' || job.spec.group === group) &&
    (state === null || stateOf(job, now) === state) &&
    (part === '' ||
      job.spec.name.toLowerCase().includes(part) ||
      job.spec.description.toLowerCase().includes(part));
};

/** By name. The cursor is the name of the last job shown. */
export const listByName = ({ jobs, filter, cursor, limit, now }: JobQuery): JobPage => {
  const matches = makeMatch(filter, now);
  const page: JobHandle[] = [];
  for (const job of jobs) {
    if (cursor !== null && job.spec.name <= cursor) continue;
    if (!matches(job)) continue;
    if (page.length === limit) return { jobs: page, next: page.at(-1)?.spec.name ?? null };
    page.push(job);
  }
  return { jobs: page, next: null };
};

const RANKS: Readonly<Record<RowState, number>> = { down: 0, late: 1, up: 2, new: 2, paused: 2 };
const RANK_MAX = 2;

/** Down, then late, then the rest; within each by name. The cursor is rank and name of the last job shown. */
export const listByUrgency = ({ jobs, filter, cursor, limit, now }: JobQuery): JobPage => {
  const matches = makeMatch(filter, now);
  const [fromRank, fromName] = readCursor(cursor);
  const page: JobHandle[] = [];
  for (let rank = fromRank; rank <= RANK_MAX; rank += 1) {
    for (const job of jobs) {
      if (RANKS[stateOf(job, now)] !== rank) continue;
      if (rank === fromRank && fromName !== null && job.spec.name <= fromName) continue;
      if (!matches(job)) continue;
      const last = page.at(-1);
      if (page.length === limit && last !== undefined) {
        const lastRank = RANKS[stateOf(last, now)];
        return { jobs: page, next: `${lastRank}.${last.spec.name}` };
      }
      page.push(job);
    }
  }
  return { jobs: page, next: null };
};

/** A cursor that nobody gave out starts from the beginning: the page is for people. */
const readCursor = (cursor: string | null): [rank: number, name: string | null] => {
  const found = /^([0-2])\.(.{1,256})$/.exec(cursor ?? '');
  return found === null ? [0, null] : [Number(found[1]), found[2] ?? null];
};

export const countStates = (jobs: readonly JobHandle[], now: Instant): Record<RowState, number> => {
  const counts = { new: 0, up: 0, late: 0, down: 0, paused: 0 };
  for (const job of jobs) counts[stateOf(job, now)] += 1;
  return counts;
};
