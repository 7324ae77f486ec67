/**
 * What the list of jobs shows, as plain data: the server fills it in, the page draws it.
 */
import type { ProblemKind } from '../core/job/job.ts';
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';

export type RowState = 'down' | 'late' | 'up' | 'new' | 'paused';
export type GapKind = 'stopped' | 'suspended' | 'clock_forward' | 'clock_back';

/** A time in which Tocsin itself did not listen, or a step of its clock. */
export interface OwnGap {
  readonly from: Instant;
  readonly to: Instant;
  readonly kind: GapKind;
}

export interface JobRow {
  readonly name: string;
  readonly description: string;
  /** An http or https address; '' for none. */
  readonly runbook: string;
  readonly group: string;
  readonly severity: string;
  readonly state: RowState;
  /** Start of the newest open run. */
  readonly runningSince: Instant | null;
  readonly problems: readonly {
    readonly kind: ProblemKind;
    readonly since: Instant;
    readonly reason: string;
    readonly exitCode: number | null;
    readonly runId: string | null;
  }[];
  /** In words of the page's language. */
  readonly scheduleText: string;
  /** As configured. */
  readonly schedule: string;
  readonly timezone: string;
  readonly nextAt: Instant | null;
  readonly dueAt: Instant | null;
  readonly lastPingAt: Instant | null;
  readonly lastDurationMs: number | null;
}

export interface JobsFilter {
  readonly state: RowState | null;
  readonly group: string;
  readonly q: string;
}

export interface JobsPage {
  readonly locale: Locale;
  /** Set when the address names the language; links keep it. */
  readonly localeChosen: boolean;
  readonly now: Instant;
  /** Zone in which times are shown. */
  readonly timezone: string;
  readonly rows: readonly JobRow[];
  /** Of all jobs, whatever the filter. */
  readonly counts: Readonly<Record<RowState, number>>;
  readonly filter: JobsFilter;
  readonly refresh: boolean;
  /** Where this page starts; null for the first. */
  readonly cursor: string | null;
  /** Where the next one does; null for the last. */
  readonly next: string | null;
  readonly storeFault: string | null;
  /** Faults of the configuration on disk, as printed by `tocsin check`; the first few, and how many in all. */
  readonly configIssues: readonly string[];
  readonly configIssuesTotal: number;
  /** A recent time in which Tocsin did not listen. */
  readonly gap: OwnGap | null;
}
