/** The job that a first ping makes (`create=1`): Healthchecks' defaults, once a day with an hour of grace, in UTC. */
import { parseSchedule } from '../schedule/parse.ts';
import { DAY, HOUR } from '../time.ts';
import type { JobSpec } from './job.ts';

export function autoJobSpec(name: string): JobSpec {
  const parsed = parseSchedule({ kind: 'every', every: DAY });
  if (parsed.kind !== 'ok') throw new Error('a schedule of once a day must parse');
  return {
    name,
    schedule: parsed.schedule,
    timezone: 'UTC',
    grace: HOUR,
    maxRuntime: null,
    severity: 'P1',
    group: 'default',
    labels: {},
    failures: 1,
    recoveries: 1,
    description: '',
    runbook: '',
    paused: false,
  };
}
