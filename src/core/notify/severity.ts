/** Which tier an alert belongs to. Invariant: every alert has one; an unknown word never wakes a person. */
import type { Labels, Severity } from '../alert/alert.ts';
import { labelOf } from '../alert/labels.ts';

const RANK: Readonly<Record<Severity, number>> = { P0: 0, P1: 1, P2: 2 };

/** Tier of an alert that says nothing, or nothing that is known, of its severity: team chat and mail. */
export const SEVERITY_DEFAULT: Severity = 'P1';

/**
 * Reads the label `severity`: a tier's own name, or one of its aliases (keys in lower case). Case does not matter.
 */
export function severityOf(labels: Labels, aliases: ReadonlyMap<string, Severity>): Severity {
  const word = labelOf(labels, 'severity');
  const tier = word.toUpperCase();
  if (tier === 'P0' || tier === 'P1' || tier === 'P2') return tier;
  return aliases.get(word) ?? aliases.get(word.toLowerCase()) ?? SEVERITY_DEFAULT;
}

export function highestSeverity(severities: Iterable<Severity>): Severity | null {
  let highest: Severity | null = null;
  for (const one of severities) if (highest === null || RANK[one] < RANK[highest]) highest = one;
  return highest;
}
