/**
 * The routing tree, receivers, silences and intervals as compiled from YAML, with Alertmanager's meaning.
 */
import type { Labels, Matcher } from '../alert/alert.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Duration, Instant } from '../time.ts';

/** One node; inherited values are filled in. The root matches everything. */
export interface Route {
  /** Depth-first number, root 0. */
  readonly index: number;
  /** Alertmanager's route key: `{}/{a="b"}/…`; part of every group key. */
  readonly key: string;
  readonly receiver: string;
  readonly matchers: readonly Matcher[];
  readonly continue: boolean;
  /** 'all' stands for `['...']`. */
  readonly groupBy: readonly string[] | 'all';
  readonly groupWait: Duration;
  readonly groupInterval: Duration;
  readonly repeatInterval: Duration;
  /** Not inherited. Names of time intervals. */
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly routes: readonly Route[];
}

export type ChannelType = 'email' | 'wecom' | 'sentry' | 'webhook';
export type Locale = 'en' | 'zh-CN';

/** One target of a receiver. `config` has the shape that `src/channel/<type>/config.ts` exports. */
export interface ChannelSpec {
  readonly type: ChannelType;
  /** `receiver/type/index`, Alertmanager's key of the notification log; has no secret in it. */
  readonly id: string;
  readonly receiver: string;
  readonly index: number;
  readonly sendResolved: boolean;
  readonly locale: Locale;
  readonly timezone: string;
  readonly config: unknown;
}

export interface Receiver {
  readonly name: string;
  readonly channels: readonly ChannelSpec[];
}

export interface TimeInterval {
  readonly name: string;
  /** Ored. */
  readonly intervals: readonly TimeIntervalEntry[];
}
/** All given fields hold (and); the ranges of one field are ored. Ends are inclusive, but for `times`. */
export interface TimeIntervalEntry {
  readonly times?: readonly { readonly startMinute: number; readonly endMinute: number }[];
  readonly weekdays?: readonly { readonly begin: number; readonly end: number }[];
  readonly daysOfMonth?: readonly { readonly begin: number; readonly end: number }[];
  readonly months?: readonly { readonly begin: number; readonly end: number }[];
  readonly years?: readonly { readonly begin: number; readonly end: number }[];
  readonly location: string;
}

/** A silence from YAML: once (`startsAt`, `endsAt`) or recurring (`schedule`, `duration`). */
export interface Silence {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly when:
    | { readonly kind: 'once'; readonly startsAt: Instant; readonly endsAt: Instant }
    | { readonly kind: 'recurring'; readonly schedule: Schedule; readonly duration: Duration };
  readonly comment: string;
  readonly createdBy: string;
  /** Where it was written, `file:line`. */
  readonly origin: string;
}

export interface InhibitRule {
  readonly name: string;
  readonly sourceMatchers: readonly Matcher[];
  readonly targetMatchers: readonly Matcher[];
  readonly equal: readonly string[];
}

/** Where an alert goes: one group at one route. */
export interface RoutedGroup {
  readonly groupKey: string;
  readonly routeKey: string;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly groupWait: Duration;
}
