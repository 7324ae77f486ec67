/**
 * What metrics have to remember between two scrapes besides plain counts: which groups are known, how each
 * channel fares, how many pings came. Each part shows itself in its families when somebody looks. Invariant:
 * at most GROUPS_MAX groups and CHANNELS_MAX channels have series of their own, and those that the
 * configuration no longer names have none.
 */
import type { PingKind } from '../core/job/job.ts';
import type { ChannelType } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { PingOutcome } from '../ports/telemetry.ts';
import type { Families } from './families.ts';
import { bounded, JOB_STATES, OTHER, PING_KINDS, PING_OUTCOMES, RESULTS } from './labels.ts';

export const GROUPS_MAX = 200;
const CHANNELS_MAX = 200;

/** Pings come by tens of thousands a second: counted in plain numbers, copied when somebody looks. */
export const makePingCounts = (families: Families) => {
  const counts = new Float64Array(PING_KINDS.length * PING_OUTCOMES.length);
  const count = (kind: PingKind, outcome: PingOutcome): void => {
    const slot = PING_KINDS.indexOf(kind) * PING_OUTCOMES.length + PING_OUTCOMES.indexOf(outcome);
    counts[slot] = (counts[slot] ?? 0) + 1;
  };
  const show = (): void => {
    families.pings.reset();
    for (const [row, kind] of PING_KINDS.entries()) {
      for (const [column, outcome] of PING_OUTCOMES.entries()) {
        const value = counts[row * PING_OUTCOMES.length + column] ?? 0;
        families.pings.inc({ kind, outcome }, value);
      }
    }
  };
  return { count, show };
};

export interface JobSample {
  readonly group: string;
  readonly state: (typeof JOB_STATES)[number];
  /** Number of open runs. */
  readonly running: number;
}

export const makeGroups = (families: Families) => {
  const known = new Set<string>();
  // A counter whose first sample is 1 looks to `rate()` as if nothing had happened: all begin at 0.
  const add = (group: string): void => {
    known.add(group);
    families.runsMissed.inc({ group }, 0);
    for (const result of RESULTS) {
      families.runs.inc({ group, result }, 0);
      families.runDuration.zero({ group, result });
    }
  };
  const remove = (group: string): void => {
    known.delete(group);
    families.runsMissed.remove({ group });
    for (const result of RESULTS) {
      families.runs.remove({ group, result });
      families.runDuration.remove({ group, result });
    }
  };
  const label = (name: string): string => {
    const group = bounded(name);
    if (known.has(group)) return group;
    const admitted = known.size < GROUPS_MAX ? group : OTHER;
    if (!known.has(admitted)) add(admitted);
    return admitted;
  };
  const replace = (names: Iterable<string>): void => {
    const wanted = new Set<string>();
    for (const name of names) wanted.add(bounded(name));
    for (const group of known) if (group !== OTHER && !wanted.has(group)) remove(group);
    for (const group of wanted) label(group);
  };
  const show = (jobs: Iterable<JobSample>): void => {
    const sums = new Map<string, Record<JobSample['state'] | 'running', number>>();
    const sumsOf = (group: string) => {
      const found = sums.get(group);
      if (found !== undefined) return found;
      const made = { new: 0, up: 0, late: 0, down: 0, paused: 0, running: 0 };
      sums.set(group, made);
      return made;
    };
    for (const group of known) sumsOf(group);
    for (const job of jobs) {
      const of = sumsOf(label(job.group));
      of[job.state] += 1;
      of.running += job.running;
    }
    families.jobs.reset();
    families.runsActive.reset();
    for (const [group, of] of sums) {
      families.runsActive.set({ group }, of.running);
      for (const state of JOB_STATES) families.jobs.set({ group, state }, of[state]);
    }
  };
  return { label, replace, show };
};

/** Health of each channel by its own attempts; shown only while the configuration names the channel. */
export const makeChannels = (families: Families) => {
  const health = new Map<string, { failures: number; lastSuccessS: number }>();
  const attempted = (id: string, worked: boolean, at: Instant): void => {
    let one = health.get(id);
    if (one === undefined) {
      // Only between two scrapes can channels that are gone stand here beside the new ones.
      if (health.size >= CHANNELS_MAX * 2) return;
      one = { failures: 0, lastSuccessS: 0 };
      health.set(id, one);
    }
    one.failures = worked ? 0 : one.failures + 1;
    if (worked) one.lastSuccessS = at / 1000;
  };
  const show = (channels: Iterable<{ id: string; type: ChannelType }>): void => {
    families.channelUp.reset();
    families.channelLastSuccess.reset();
    families.channelFailures.reset();
    const live = new Set<string>();
    for (const { id, type } of channels) {
      if (live.size >= CHANNELS_MAX) break;
      live.add(id);
      const labels = { channel: id, channel_type: type };
      const { failures = 0, lastSuccessS = 0 } = health.get(id) ?? {};
      families.channelUp.set(labels, failures === 0 ? 1 : 0);
      families.channelLastSuccess.set(labels, lastSuccessS);
      families.channelFailures.set(labels, failures);
    }
    for (const id of health.keys()) if (!live.has(id)) health.delete(id);
  };
  return { attempted, show };
};
