/** A job that nothing is known of yet, and the name of the schedule that its state was computed by. */
import type { Instant } from '../time.ts';
import type { JobSpec, JobState } from './job.ts';
import { FRESH } from './standing.ts';

export const scheduleKey = (spec: JobSpec): string => JSON.stringify(spec.schedule.spec);

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
    problems: [],
    runs: [],
    outcomes: [],
    base: FRESH,
    scheduleKey: scheduleKey(spec),
    pausedBy: spec.paused ? 'config' : null,
  };
}
