/**
 * What the page of one job shows, as plain data: the server fills it in, the page draws it.
 */
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { EntryKind } from './english.ts';
import type { JobRow, OwnGap } from './jobs-page-model.ts';

export interface HistoryLine {
  readonly at: Instant;
  readonly kind: EntryKind;
  readonly runId: string | null;
  readonly exitCode: number | null;
  /** From the start of its run; null when that was not reported. */
  readonly durationMs: number | null;
  /** The run that it ends went past its max runtime. */
  readonly overran: boolean;
  readonly reason: string;
  /** Where it ran and in which environment; '' when not said. */
  readonly from: string;
  readonly bodyBytes: number;
  /** Address of its log text; null for none. */
  readonly bodyUrl: string | null;
}

export interface JobSettings {
  readonly graceMs: number;
  /** null: a run may take its grace. */
  readonly maxRuntimeMs: number | null;
  readonly failures: number;
  readonly recoveries: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface JobPage {
  readonly locale: Locale;
  readonly localeChosen: boolean;
  readonly now: Instant;
  readonly timezone: string;
  readonly row: JobRow;
  readonly lastSuccessAt: Instant | null;
  /** Number ever received. */
  readonly pings: number;
  readonly failuresInRow: number;
  readonly pausedBy: 'config' | 'person' | null;
  /** Newest first. */
  readonly openRuns: readonly {
    readonly runId: string | null;
    readonly startedAt: Instant;
    readonly overran: boolean;
    readonly from: string;
  }[];
  /** Empty also for an interval that is counted from a report which is still to come. */
  readonly nextTimes: readonly Instant[];
  /** What the next change of the clocks does to the schedule; '' for nothing. */
  readonly daylight: string;
  readonly settings: JobSettings;
  /** null for those who may not report. */
  readonly pingUrl: string | null;
  /** Newest first; null while the store cannot be read. */
  readonly history: readonly HistoryLine[] | null;
  /** Times within the shown history in which Tocsin did not listen, newest first. */
  readonly gaps: readonly OwnGap[];
  /** Run to point out: the one that an alert is about. */
  readonly run: string | null;
  readonly cursor: string | null;
  readonly next: string | null;
}
