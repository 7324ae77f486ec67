/**
 * How a reported alert becomes one of ours, and how two reports of one alert become one, as in Alertmanager.
 * Invariant: merging never makes an alert start later than either report says.
 */
import { type Duration, type Instant, plus } from '../time.ts';
import { type Alert, isResolved, type Labels } from './alert.ts';
import { fingerprint, isLabelName, labelsFrom } from './labels.ts';

/** An alert as a client wrote it. */
export interface ReportedAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** null: not given. Go's zero time counts as not given, too. */
  readonly startsAt: Instant | null;
  readonly endsAt: Instant | null;
  readonly generatorUrl: string;
}

export type IntakeResult =
  | { readonly kind: 'ok'; readonly alert: Alert }
  | { readonly kind: 'invalid'; readonly message: string };

/** Limits of one alert. Alertmanager has none; these lie far above what any client of it sends. */
export const ALERT_LIMITS = {
  labels: 256,
  annotations: 256,
  nameChars: 1_024,
  valueChars: 65_536,
} as const;

/** 0001-01-01T00:00:00Z, which Go clients send for a time that is not set. */
const GO_ZERO_MS = -62_135_596_800_000;

const given = (at: Instant | null): Instant | null => (at === null || at <= GO_ZERO_MS ? null : at);

function checkSet(set: Labels, what: string, most: number): string | null {
  const entries = Object.entries(set);
  if (entries.length > most) return `invalid ${what}: ${entries.length} entries, at most ${most}`;
  for (const [name, value] of entries) {
    if (!isLabelName(name)) return `invalid ${what}: invalid name ${JSON.stringify(name)}`;
    if (name.length > ALERT_LIMITS.nameChars) {
      return `invalid ${what}: name of ${name.length} characters, at most ${ALERT_LIMITS.nameChars}`;
    }
    const label = JSON.stringify(name);
    if (!value.isWellFormed()) return `invalid ${what}: value of ${label} is not UTF-8`;
    if (value.length > ALERT_LIMITS.valueChars) {
      return `invalid ${what}: ${label} has ${value.length} characters, at most ${ALERT_LIMITS.valueChars}`;
    }
  }
  return null;
}

/** What is wrong with an alert, in Alertmanager's words where it knows the fault; null when nothing is. */
export function checkAlert(
  alert: Pick<Alert, 'labels' | 'annotations' | 'startsAt' | 'endsAt'>,
): string | null {
  if (alert.endsAt !== null && alert.endsAt < alert.startsAt) {
    return 'start time must be before end time';
  }
  if (Object.keys(alert.labels).length === 0) return 'at least one label pair required';
  return (
    checkSet(alert.labels, 'label set', ALERT_LIMITS.labels) ??
    checkSet(alert.annotations, 'annotations', ALERT_LIMITS.annotations)
  );
}

/**
 * Fills in what a client left out: labels with an empty value are dropped, the start is the end or else now, and the
 * end is guessed from `resolveTimeout`.
 */
export function intakeAlert({
  reported,
  now,
  resolveTimeout,
}: {
  reported: ReportedAlert;
  now: Instant;
  resolveTimeout: Duration;
}): IntakeResult {
  const labels = labelsFrom(Object.entries(reported.labels).filter(([, value]) => value !== ''));
  const end = given(reported.endsAt);
  const startsAt = given(reported.startsAt) ?? end ?? now;
  const endsAt = end ?? plus(now, resolveTimeout);
  const { annotations, generatorUrl } = reported;
  const message = checkAlert({ labels, annotations, startsAt, endsAt });
  if (message !== null) return { kind: 'invalid', message };
  const alert: Alert = {
    fingerprint: fingerprint(labels),
    labels,
    annotations,
    startsAt,
    endsAt,
    updatedAt: now,
    generatorUrl,
    timeout: end === null,
    source: 'api',
    traceId: null,
    spanId: null,
  };
  return { kind: 'ok', alert };
}

/** An alert without an end outlasts every instant. */
const endOf = (alert: Alert): number => alert.endsAt ?? Number.POSITIVE_INFINITY;

const overlap = (old: Alert, next: Alert): boolean =>
  (endOf(next) > old.startsAt && endOf(next) < endOf(old)) ||
  (next.startsAt > old.startsAt && next.startsAt < endOf(old));

/**
 * What is known of an alert after one more report. Reports whose times do not overlap tell of two lives: the next
 * replaces the old. Otherwise the younger report counts, with the earliest start; an end that a client stated
 * survives an earlier end, one that was guessed does not.
 */
export function mergeAlert(old: Alert | null, next: Alert): Alert {
  if (old === null || !overlap(old, next)) return next;
  const [older, younger] = next.updatedAt < old.updatedAt ? [next, old] : [old, next];
  const now = younger.updatedAt;
  const startsAt = older.startsAt < younger.startsAt ? older.startsAt : younger.startsAt;
  const keepsEnd =
    endOf(older) > endOf(younger) &&
    (isResolved(younger, now) ? isResolved(older, now) : !older.timeout);
  return { ...younger, startsAt, endsAt: keepsEnd ? older.endsAt : younger.endsAt };
}
