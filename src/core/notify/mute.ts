/** Whether an alert may be told at all, and if not, why. The order of the reasons is Alertmanager's. */
import type { Labels } from '../alert/alert.ts';
import { type InhibitIndex, inhibitedBy } from '../route/inhibit.ts';
import { mutedBy } from '../route/interval.ts';
import type { Route, TimeInterval } from '../route/route.ts';
import { type SilenceIndex, silencedBy } from '../route/silence.ts';
import type { Instant } from '../time.ts';
import type { HoldReason } from './notify.ts';

export type MuteReason = Extract<
  HoldReason,
  'silenced' | 'inhibited' | 'mute_time_interval' | 'outside_active_time_interval'
>;

export interface Mute {
  readonly reason: MuteReason;
  /** Names of the silences or intervals, or the fingerprint of the alert that inhibits. */
  readonly by: readonly string[];
}

/** What may keep alerts quiet. The indexes serve all incidents of one tick. */
export interface Muting {
  readonly intervals: ReadonlyMap<string, TimeInterval>;
  readonly silences: SilenceIndex;
  readonly inhibitions: InhibitIndex;
}

/** A judge for the alerts of one route at one instant. */
export function muter(
  route: Pick<Route, 'muteTimeIntervals' | 'activeTimeIntervals'>,
  { intervals, silences, inhibitions }: Muting,
  now: Instant,
): (labels: Labels) => Mute | null {
  const time = mutedBy(route, intervals, now);
  return (labels) => {
    const inhibition = inhibitedBy(inhibitions, labels);
    if (inhibition !== null) return { reason: 'inhibited', by: [inhibition.source] };
    if (time.muted) return { reason: time.reason, by: time.names };
    const met = silencedBy(silences, labels);
    if (met.length === 0) return null;
    return { reason: 'silenced', by: met.map(({ name }) => name) };
  };
}
