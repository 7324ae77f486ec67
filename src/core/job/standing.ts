/**
 * A job's standing as a function of its newest outcomes in the order of their own times. Reports may arrive in any
 * order; the same reports always give the same standing as long as they fall among the remembered ones.
 */
import type { Instant } from '../time.ts';
import type { Base, Outcome } from './job.ts';

/** How many outcomes a job remembers; late reports older than these only fill the log. */
export const OUTCOMES_MAX = 8;

export const FRESH: Base = { missed: false, failed: false, failuresInRow: 0, successesInRow: 0 };

export interface Standing extends Base {
  /** Outcome that opened each problem; null when it is not open, or was opened before the remembered ones. */
  readonly missedBy: Outcome | null;
  readonly failedBy: Outcome | null;
}

interface Thresholds {
  readonly failures: number;
  readonly recoveries: number;
}

function step(
  standing: Standing,
  outcome: Outcome,
  { failures, recoveries }: Thresholds,
): Standing {
  if (outcome.kind === 'success') {
    const successesInRow = standing.successesInRow + 1;
    const recovered = successesInRow >= recoveries;
    return {
      successesInRow,
      failuresInRow: 0,
      missed: standing.missed && !recovered,
      failed: standing.failed && !recovered,
      missedBy: recovered ? null : standing.missedBy,
      failedBy: recovered ? null : standing.failedBy,
    };
  }
  const failuresInRow = standing.failuresInRow + 1;
  const alerts = failuresInRow >= failures || standing.missed || standing.failed;
  const base = { failuresInRow, successesInRow: 0 };
  if (outcome.kind === 'fail') {
    // A failure shows that the job ran: it is no longer missing.
    return {
      ...base,
      missed: false,
      missedBy: null,
      failed: alerts,
      failedBy: alerts ? (standing.failed ? standing.failedBy : outcome) : null,
    };
  }
  return {
    ...base,
    missed: alerts,
    missedBy: alerts ? (standing.missed ? standing.missedBy : outcome) : null,
    failed: standing.failed,
    failedBy: standing.failedBy,
  };
}

export function standingOf(
  base: Base,
  outcomes: readonly Outcome[],
  thresholds: Thresholds,
): Standing {
  let standing: Standing = { ...base, missedBy: null, failedBy: null };
  for (const outcome of outcomes) standing = step(standing, outcome, thresholds);
  return standing;
}

/** Adds an outcome in the order of its time; the oldest beyond the limit sink into the base. */
export function remember(
  { base, outcomes }: { base: Base; outcomes: readonly Outcome[] },
  outcome: Outcome,
  thresholds: Thresholds,
): { base: Base; outcomes: readonly Outcome[] } {
  let place = outcomes.length;
  while (place > 0 && (outcomes[place - 1] as Outcome).at > outcome.at) place -= 1;
  if (place === 0 && outcomes.length >= OUTCOMES_MAX) return { base, outcomes };
  const all = [...outcomes.slice(0, place), outcome, ...outcomes.slice(place)];
  if (all.length <= OUTCOMES_MAX) return { base, outcomes: all };
  const sunk = standingOf(base, all.slice(0, 1), thresholds);
  const { missed, failed, failuresInRow, successesInRow } = sunk;
  return { base: { missed, failed, failuresInRow, successesInRow }, outcomes: all.slice(1) };
}

export const newestReport = (outcomes: readonly Outcome[]): Instant | null => {
  for (let i = outcomes.length - 1; i >= 0; i -= 1) {
    const outcome = outcomes[i] as Outcome;
    if (outcome.kind !== 'missed') return outcome.at;
  }
  return null;
};
