/**
 * What the page of one incident shows, as plain data: the server fills it in, the page draws it.
 */
import type { Labels } from '../core/alert/alert.ts';
import type { FailureReason, NotifyReason } from '../core/notify/notify.ts';
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { DeliveryState } from '../ports/store.ts';

export interface AlertView {
  readonly isFiring: boolean;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Instant;
  /** null: firing, or it left the incident and no message said when it ended. */
  readonly endsAt: Instant | null;
  /** Job that it is about, when there is one of that name; and the run that shows the problem. */
  readonly job: string | null;
  readonly run: string | null;
  /** An http or https address; '' for none. */
  readonly source: string;
}

export interface DeliveryView {
  readonly id: string;
  readonly at: Instant;
  readonly channelId: string;
  readonly reason: NotifyReason;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** null when none is to come. */
  readonly nextAt: Instant | null;
  readonly lastResult: FailureReason | 'sent' | 'partial' | null;
  readonly lastDetail: string;
}

/** Lists are cut; the flag beside each says whether something was left out. */
export interface IncidentPage {
  readonly locale: Locale;
  readonly localeChosen: boolean;
  readonly now: Instant;
  readonly timezone: string;
  readonly id: number;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly openedAt: Instant;
  readonly closedAt: Instant | null;
  /** null once closed. */
  readonly nextLookAt: Instant | null;
  /** Firing first. */
  readonly alerts: readonly AlertView[];
  readonly firing: number;
  readonly alertsTotal: number;
  /** Newest first. */
  readonly deliveries: readonly DeliveryView[];
  readonly deliveriesCut: boolean;
  /** Newest first. */
  readonly timeline: readonly {
    readonly at: Instant;
    readonly kind: string;
    readonly detail: string;
  }[];
  readonly timelineCut: boolean;
}
