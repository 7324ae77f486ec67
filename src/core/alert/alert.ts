/**
 * Alerts as in Alertmanager: a label set with a life. Job problems are alerts; so are Prometheus's.
 * Invariant: identity is the label set alone; annotations and times are payload.
 */
import type { Instant } from '../time.ts';

/** Label names and values. Built only by own properties, so that a label named `__proto__` stays a label. */
export type Labels = Readonly<Record<string, string>>;

export type Severity = 'P0' | 'P1' | 'P2';

export interface Alert {
  /** FNV-1a 64 over the sorted labels, 16 hex digits, as Alertmanager computes it. */
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: Instant;
  /** null: firing until told otherwise (job alerts). */
  readonly endsAt: Instant | null;
  readonly updatedAt: Instant;
  readonly generatorUrl: string;
  /** endsAt was guessed from resolve_timeout. */
  readonly timeout: boolean;
  readonly source: 'job' | 'tocsin' | 'api';
  /** The run or check that raised it, for traces. */
  readonly traceId: string | null;
  readonly spanId: string | null;
}

export const isResolved = (alert: Pick<Alert, 'endsAt'>, now: Instant): boolean =>
  alert.endsAt !== null && alert.endsAt <= now;

/** Matcher of a label. An absent label is the empty string. Regular expressions are RE2, anchored. */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  /** Tests one label value; compiled once. */
  test(value: string): boolean;
}
