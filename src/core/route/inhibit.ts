/**
 * Inhibition: a firing alert that keeps others quiet. Sources count even if they are silenced or inhibited themselves.
 * Invariant: no alert inhibits itself, and no two alerts inhibit each other through one rule.
 */
import { type Alert, isResolved, type Labels } from '../alert/alert.ts';
import { labelOf } from '../alert/labels.ts';
import { matchesAll } from '../alert/matcher.ts';
import type { Instant } from '../time.ts';
import type { InhibitRule } from './route.ts';

/** Of the sources of one rule that agree in all `equal` labels, the lowest fingerprints. */
interface Sources {
  readonly any: string;
  /** One that does not match the target side; null when there is none. */
  readonly sourceOnly: string | null;
}

export type InhibitIndex = readonly {
  readonly rule: InhibitRule;
  readonly sources: ReadonlyMap<string, Sources>;
}[];

export interface Inhibition {
  readonly rule: InhibitRule;
  /** Fingerprint of the alert that inhibits. */
  readonly source: string;
}

/** Lengths keep `a`,`bc` apart from `ab`,`c`. A missing label is the empty value. */
const equalKey = ({ equal }: InhibitRule, labels: Labels): string =>
  equal
    .map((name) => {
      const value = labelOf(labels, name);
      return `${value.length}:${value}`;
    })
    .join('');

const lower = (one: string | null, other: string | null): string | null =>
  one === null || (other !== null && other < one) ? other : one;

/** Made once per tick of all alerts, whatever their group; those resolved by `now` do not count. */
export function indexInhibitions(
  rules: readonly InhibitRule[],
  alerts: readonly Pick<Alert, 'fingerprint' | 'labels' | 'endsAt'>[],
  now: Instant,
): InhibitIndex {
  const firing = rules.length === 0 ? [] : alerts.filter((alert) => !isResolved(alert, now));
  return rules.map((rule) => {
    const sources = new Map<string, Sources>();
    for (const { fingerprint, labels } of firing) {
      if (!matchesAll(rule.sourceMatchers, labels)) continue;
      const key = equalKey(rule, labels);
      const known = sources.get(key);
      const sourceOnly = matchesAll(rule.targetMatchers, labels) ? null : fingerprint;
      sources.set(key, {
        any: lower(known?.any ?? null, fingerprint) ?? fingerprint,
        sourceOnly: lower(known?.sourceOnly ?? null, sourceOnly),
      });
    }
    return { rule, sources };
  });
}

/** The first rule that keeps the alert quiet, and by which source; null when none does. */
export function inhibitedBy(index: InhibitIndex, labels: Labels): Inhibition | null {
  for (const { rule, sources } of index) {
    if (sources.size === 0 || !matchesAll(rule.targetMatchers, labels)) continue;
    const found = sources.get(equalKey(rule, labels));
    if (found === undefined) continue;
    const bothSides = matchesAll(rule.sourceMatchers, labels);
    const source = bothSides ? found.sourceOnly : found.any;
    if (source !== null) return { rule, source };
  }
  return null;
}
