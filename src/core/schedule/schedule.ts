/**
 * What a schedule is to the rest of the core: something that, given an instant, names the next one.
 * Parsing and evaluation stand beside this file; here are only the shapes that other rooms see.
 */
import type { Duration, Instant } from '../time.ts';

/** Whose daylight-saving rules count: Debian cron (`vixie`), pure wall clock (`wall`), systemd (`calendar`). */
export type Dialect = 'vixie' | 'wall' | 'calendar';

/** As written by a person. Exactly one of `cron`, `everyMs`, `calendar`. */
export type ScheduleSpec =
  | {
      readonly kind: 'cron';
      readonly expression: string;
      readonly dialect?: 'vixie' | 'wall';
      readonly timezone: string;
    }
  | { readonly kind: 'every'; readonly every: Duration }
  | { readonly kind: 'calendar'; readonly expression: string; readonly timezone: string };

/** A parsed schedule. Immutable; shared by all jobs that write the same text and zone. */
export interface Schedule {
  readonly spec: ScheduleSpec;
  readonly dialect: Dialect | 'every';
  /** The first occurrence strictly after `after`, or null when there is none before the year 2200. */
  next(after: Instant): Instant | null;
}

export type ScheduleResult =
  | { readonly kind: 'ok'; readonly schedule: Schedule }
  /** `at` is the offset in the expression text where the fault lies, when known. */
  | {
      readonly kind: 'invalid';
      readonly message: string;
      readonly expected: string;
      readonly at?: number;
    };
