/** What of the configuration the engine works by. Swapped whole on reload; read once per activation. */
import type { Severity } from '../core/alert/alert.ts';
import type { InhibitRule, Receiver, Route, Silence, TimeInterval } from '../core/route/route.ts';
import type { Duration } from '../core/time.ts';
import type { Channel } from '../ports/channel.ts';
import type { Limits } from '../ports/store.ts';

export interface Settings {
  readonly route: Route;
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>;
  readonly silences: readonly Silence[];
  readonly inhibitRules: readonly InhibitRule[];
  readonly severityAliases: ReadonlyMap<string, Severity>;
  /** Made from the receivers, by channel id. */
  readonly channels: ReadonlyMap<string, Channel>;
  readonly externalUrl: string;
  readonly catchUp: Duration;
  readonly autoCreatedJobsMax: number;
  readonly limits: Limits;
}

/** The present settings; `current` is replaced by a reload. */
export interface SettingsBox {
  current: Settings;
}
