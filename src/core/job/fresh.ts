/** A job that nothing is known of yet, and the name of the schedule that its state was computed by. */

import type { Schedule } from '../schedule/schedule.ts';
import type { Instant } from '../time.ts';
import type { JobSpec, JobState } from './job.ts';
import { FRESH } from './standing.ts';

const keys = new WeakMap<Schedule, string>();

/** The same string for the same schedule: a hundred thousand jobs share a few hundred of them. */
export function scheduleKey({ schedule }: Pick<JobSpec, 'schedule'>): string {
  const known = keys.get(schedule);
  if (known !== undefined) return known;
  const key = JSON.stringify(schedule.spec);
  keys.set(schedule, key);
  return key;
}

const NONE: readonly never[] = [];

export function newState(spec: JobSpec, now: Instant): JobState {
  return {
    status: spec.paused ? 'paused' : 'new',
    since: now,
    head: 0,
    pings: 0,
    lastPingAt: null,
    lastSuccessAt: null,
    lastDurationMs: null,
    lastExitCode: null,
    expectedAt: null,
    earlyAt: null,
    failuresInRow: 0,
    successesInRow: 0,
    problems: NONE,
    runs: NONE,
    outcomes: NONE,
    base: FRESH,
    scheduleKey: scheduleKey(spec),
    pausedBy: spec.paused ? 'config' : null,
  };
}
