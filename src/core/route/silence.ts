/**
 * Silences: when each is in force, and which of them meet an alert. A recurring silence is the union of its windows
 * `[start, start + duration)`, where each start is an occurrence of its schedule in its zone; so a window keeps its
 * length when clocks change, and windows may overlap. Invariant: the end of a window is not silent.
 */
import type { Labels } from '../alert/alert.ts';
import { labelOf } from '../alert/labels.ts';
import { matchesAll } from '../alert/matcher.ts';
import { earliest, type Instant, minus, plus } from '../time.ts';
import type { Silence } from './route.ts';

/** The present or next window; nulls: it never ends, or there is no further one. */
export type SilenceState =
  | {
      readonly state: 'active' | 'pending';
      readonly startsAt: Instant;
      readonly endsAt: Instant | null;
    }
  | {
      readonly state: 'expired';
      readonly startsAt: Instant | null;
      readonly endsAt: Instant | null;
    };

/** Windows that overlap are followed this far; beyond it a silence counts as endless. */
const CHAIN_MAX = 1_000;

/**
 * The earliest window that has not ended. With a schedule, the first start after `now - duration` is the only one that
 * has to be computed.
 */
function windowAt({ when }: Silence, now: Instant): { startsAt: Instant; endsAt: Instant } | null {
  if (when.kind === 'once') return now < when.endsAt ? when : null;
  const startsAt = when.schedule.next(minus(now, when.duration));
  return startsAt === null ? null : { startsAt, endsAt: plus(startsAt, when.duration) };
}

/** End of a window and of all that overlap it or follow it without a pause. */
function chainEnd(
  silence: Silence,
  window: { startsAt: Instant; endsAt: Instant },
): Instant | null {
  const { when } = silence;
  if (when.kind === 'once') return window.endsAt;
  let { startsAt, endsAt } = window;
  for (let i = 0; i < CHAIN_MAX; i += 1) {
    const next = when.schedule.next(startsAt);
    if (next === null || next > endsAt) return endsAt;
    startsAt = next;
    endsAt = plus(next, when.duration);
  }
  return null;
}

export function silenceState(silence: Silence, now: Instant): SilenceState {
  const window = windowAt(silence, now);
  if (window === null) {
    const { when } = silence;
    return when.kind === 'once'
      ? { state: 'expired', startsAt: when.startsAt, endsAt: when.endsAt }
      : { state: 'expired', startsAt: null, endsAt: null };
  }
  const { startsAt } = window;
  const endsAt = chainEnd(silence, window);
  return { state: startsAt <= now ? 'active' : 'pending', startsAt, endsAt };
}

export function isSilenceActive(silence: Silence, now: Instant): boolean {
  const window = windowAt(silence, now);
  return window !== null && window.startsAt <= now;
}

/**
 * The silences in force over a stretch of time, ready for many alerts. It says the same at every instant from `from`
 * up to and without `until`, so that a caller may keep it that long; `until` null: for ever.
 */
export interface SilenceIndex {
  readonly from: Instant;
  readonly until: Instant | null;
  /** Label -> value -> silences that ask for exactly that. */
  readonly byLabel: ReadonlyMap<string, ReadonlyMap<string, readonly Placed[]>>;
  /** Those that no single value can be looked up for. */
  readonly others: readonly Placed[];
}

interface Placed {
  readonly place: number;
  readonly silence: Silence;
}

export function indexSilences(silences: readonly Silence[], now: Instant): SilenceIndex {
  const byLabel = new Map<string, Map<string, Placed[]>>();
  const others: Placed[] = [];
  let until: Instant | null = null;
  for (const [place, silence] of silences.entries()) {
    const window = windowAt(silence, now);
    if (window === null) continue;
    const active = window.startsAt <= now;
    until = earliest(until, active ? window.endsAt : window.startsAt);
    if (!active) continue;
    const exact = silence.matchers.find(({ op, value }) => op === '=' && value !== '');
    if (exact === undefined) {
      others.push({ place, silence });
      continue;
    }
    const byValue = byLabel.get(exact.name) ?? new Map<string, Placed[]>();
    byLabel.set(exact.name, byValue);
    const same = byValue.get(exact.value) ?? [];
    byValue.set(exact.value, same);
    same.push({ place, silence });
  }
  return { from: now, until, byLabel, others };
}

/** Silences that meet the labels, in the order of the configuration. One without matchers meets nothing. */
export function silencedBy(index: SilenceIndex, labels: Labels): readonly Silence[] {
  const found: Placed[] = [];
  const keep = (candidates: readonly Placed[]): void => {
    for (const one of candidates) {
      const { matchers } = one.silence;
      if (matchers.length > 0 && matchesAll(matchers, labels)) found.push(one);
    }
  };
  for (const [name, byValue] of index.byLabel) {
    const candidates = byValue.get(labelOf(labels, name));
    if (candidates !== undefined) keep(candidates);
  }
  keep(index.others);
  return found.sort((one, other) => one.place - other.place).map(({ silence }) => silence);
}

/** For one alert. For many, make the index once. */
export const activeSilences = (
  silences: readonly Silence[],
  labels: Labels,
  now: Instant,
): readonly Silence[] => silencedBy(indexSilences(silences, now), labels);
