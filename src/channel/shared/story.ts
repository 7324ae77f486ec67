/**
 * What a notification tells a person, before any channel gives it a form: which job, what is wrong, since when, what
 * to do. Invariant: pure; all text that came from outside is cleaned of control characters and bounded here, links
 * are http or https only, and nothing is escaped yet, since each form escapes in its own way.
 */
import type { Labels, Severity } from '../../core/alert/alert.ts';
import type { ProblemKind } from '../../core/job/job.ts';
import type { Notification, NotifiedAlert } from '../../core/notify/notify.ts';
import { between, type Duration, duration, type Instant, instant } from '../../core/time.ts';
import { durationMs } from './duration.ts';
import {
  clean,
  labelsLine,
  NAME_CHARS,
  problemOf,
  subjectOf,
  VALUE_CHARS,
  valueOf,
} from './subject.ts';
import { cutChars, manyLines } from './text-limits.ts';
import { type Wording, wordings } from './wording.ts';

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface Link {
  readonly text: string;
  readonly url: string;
}

/** One alert. A part that does not apply is the empty string. */
export interface AlertStory {
  readonly status: 'firing' | 'resolved';
  /** null for an alert that is not about a job. */
  readonly kind: ProblemKind | null;
  readonly name: string;
  readonly headline: string;
  readonly lead: string;
  readonly facts: readonly Fact[];
  readonly about: string;
  readonly log: string;
  readonly next: string;
  readonly gap: string;
  readonly links: readonly Link[];
}

export interface Story {
  readonly words: Wording;
  readonly severity: Severity;
  readonly status: 'firing' | 'resolved';
  readonly badge: string;
  /** `INC-42`, and with the number of the message `INC-42/3`. */
  readonly incident: string;
  readonly reference: string;
  readonly headline: string;
  readonly lead: string;
  readonly reminder: string;
  /** Labels that all alerts have, when there are several. */
  readonly common: Fact | null;
  readonly alerts: readonly AlertStory[];
  /** What to do now, when it is the same for all that is open. */
  readonly next: string;
  /** Alerts that the engine left out already. */
  readonly omitted: number;
  readonly link: Link | null;
  readonly footer: readonly string[];
}

const ABOUT_CHARS = 1_000;
const LOG_CHARS = 8_000;
const URL_CHARS = 2_000;
const NAMES_IN_LEAD = 5;
/** RFC 3339 times in a text. */
const TIMES = /\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)/g;

export function tell(notification: Notification): Story {
  const words = wordings[notification.locale];
  const teller = new Teller(notification, words);
  const alerts = notification.alerts.map((alert) => teller.alert(alert));
  const incident = `INC-${notification.incident.id}`;
  const oldest = notification.alerts
    .filter((alert) => alert.status === 'firing')
    .reduce<Instant>(
      (least, alert) => (alert.startsAt < least ? alert.startsAt : least),
      notification.at,
    );
  return {
    words,
    severity: notification.severity,
    status: notification.status,
    badge: words.badge[notification.reason],
    incident,
    reference: `${incident}/${notification.incident.seq}`,
    headline: teller.headline(alerts),
    lead: teller.lead(alerts),
    reminder:
      notification.reason === 'repeat'
        ? words.reminder(words.duration(between({ from: oldest, to: notification.at })))
        : '',
    common: teller.common(),
    alerts,
    next: same(alerts.filter((one) => one.status === 'firing').map((one) => one.next)) ?? '',
    omitted: notification.truncatedAlerts,
    link: linkTo(
      words.link.incident,
      notification.externalUrl === ''
        ? ''
        : `${notification.externalUrl}/incidents/${notification.incident.id}`,
    ),
    footer: [
      words.sentTo(clean(notification.receiver, NAME_CHARS), notification.incident.seq),
      words.zone(notification.timezone, teller.offset()),
    ],
  };
}

/** Words and clock of one notification. */
class Teller {
  readonly #notification: Notification;
  readonly #words: Wording;
  readonly #now: Temporal.ZonedDateTime;

  constructor(notification: Notification, words: Wording) {
    this.#notification = notification;
    this.#words = words;
    this.#now = this.#zoned(notification.at);
  }

  offset(): string {
    return `UTC${this.#now.offset}`;
  }

  headline(alerts: readonly AlertStory[]): string {
    const { headline } = this.#words;
    const { truncatedAlerts, reason } = this.#notification;
    const firing = alerts.filter((alert) => alert.status === 'firing');
    const resolved = alerts.length - firing.length;
    const [first] = alerts;
    const count = firing.length + (firing.length > 0 ? truncatedAlerts : 0);
    if (first === undefined) return headline.many(truncatedAlerts, {});
    if (firing.length === 0) {
      const all = resolved + truncatedAlerts;
      return all === 1 ? first.headline : headline.manyRecovered(all);
    }
    if (reason === 'some_resolved') return headline.someRecovered(resolved, count);
    if (count === 1) return first.headline;
    const kind = same(firing.map((alert) => alert.kind ?? undefined));
    const job = first.kind === null ? undefined : same(firing.map((alert) => alert.name));
    return headline.many(count, {
      ...(kind === undefined ? {} : { kind }),
      ...(job === undefined ? {} : { job }),
    });
  }

  lead(alerts: readonly AlertStory[]): string {
    const [first] = alerts;
    const { truncatedAlerts } = this.#notification;
    if (alerts.length + truncatedAlerts === 1 && first !== undefined) return first.lead;
    const open = this.#names(alerts, 'firing');
    const over = this.#names(alerts, 'resolved');
    return open !== '' && over !== '' ? this.#words.lead.mixed(open, over) : open || over;
  }

  /** Labels that need not be said of each of several alerts. */
  common(): Fact | null {
    if (!this.#several()) return null;
    const { alerts, commonLabels } = this.#notification;
    const aboutJobs = alerts.every(({ labels }) => problemOf(labels) !== null);
    const value = labelsLine(commonLabels, { besides: {}, aboutJobs });
    return value === '' ? null : { label: this.#words.label.labels, value };
  }

  #several(): boolean {
    return this.#notification.alerts.length > 1;
  }

  #names(alerts: readonly AlertStory[], status: AlertStory['status']): string {
    const names = [
      ...new Set(alerts.filter((one) => one.status === status).map((one) => one.name)),
    ];
    const rest = names.length - NAMES_IN_LEAD;
    const shown = this.#words.list(names.slice(0, NAMES_IN_LEAD));
    return rest > 0 ? `${shown} ${this.#words.more(rest)}` : shown;
  }

  alert(alert: NotifiedAlert): AlertStory {
    const kind = problemOf(alert.labels);
    const firing = alert.status === 'firing';
    const note = (name: string): string => valueOf(alert.annotations, name);
    const summary = clean(note('summary'), VALUE_CHARS);
    const name = clean(subjectOf(alert.labels), NAME_CHARS);
    const about = cutChars(manyLines(aboutOf(alert.annotations, kind)), ABOUT_CHARS);
    const { link } = this.#words;
    const runUrl = note('run_url');
    return {
      status: alert.status,
      kind,
      name,
      headline: this.#alertHeadline(alert, kind, name, summary),
      lead: firing ? this.#firingLead(alert, kind, summary) : this.#resolvedLead(alert, kind),
      facts: this.#facts(alert, kind),
      about: about === summary ? '' : about,
      log: firing ? manyLines(note('log_tail').slice(-LOG_CHARS)) : '',
      next:
        firing && kind !== null
          ? this.#words.join([this.#words.advice[kind], this.#words.closesItself])
          : '',
      gap: firing ? this.#gap(note('gap')) : '',
      links: [
        // A problem without a run, such as a missed one, has only the page of its job.
        linkTo(runUrl === alert.generatorUrl ? link.job : link.run, runUrl),
        linkTo(link.runbook, firing ? note('runbook_url') : ''),
        linkTo(link.source, kind === null ? alert.generatorUrl : ''),
      ].filter((link) => link !== null),
    };
  }

  #alertHeadline(
    alert: NotifiedAlert,
    kind: ProblemKind | null,
    name: string,
    summary: string,
  ): string {
    const { headline } = this.#words;
    if (alert.status === 'resolved')
      return headline.recovered(kind === null ? summary || name : name);
    if (kind === null) return summary || name;
    return kind === 'failed'
      ? headline.failed(name, clean(valueOf(alert.annotations, 'exit_code'), 20))
      : headline[kind](name);
  }

  #firingLead(alert: NotifiedAlert, kind: ProblemKind | null, summary: string): string {
    const { lead } = this.#words;
    const started = this.#time(alert.startsAt);
    const length = this.#length(alert.startsAt);
    switch (kind) {
      case 'missed':
        return this.#missedLead(alert);
      case 'failed':
        return lead.failed(started);
      case 'overrun':
        return lead.overrun(started, length);
      case 'slow':
        // Only the summary knows how long it took and what is usual.
        return summary || lead.slow(started);
      case null:
        return lead.since(started, length);
      default:
        return kind satisfies never;
    }
  }

  #missedLead(alert: NotifiedAlert): string {
    const { lead, duration: inWords } = this.#words;
    const due = instantOf(valueOf(alert.annotations, 'due_at'));
    if (due === null) return lead.overdue(this.#time(alert.startsAt), this.#length(alert.startsAt));
    // The annotation is of the moment of discovery; a repeat is later than that.
    const late = Math.max(
      between({ from: due, to: this.#notification.at }),
      lengthOf(valueOf(alert.annotations, 'late_by')),
    );
    return late < 1_000
      ? lead.due(this.#time(due))
      : lead.late(this.#time(due), inWords(duration(late)));
  }

  #resolvedLead(alert: NotifiedAlert, kind: ProblemKind | null): string {
    const { lead, duration: inWords } = this.#words;
    const end = alert.endsAt ?? this.#notification.at;
    const length = inWords(between({ from: alert.startsAt, to: end }));
    const say = kind === 'missed' || kind === 'failed' ? lead.wasDown : lead.lasted;
    return say(length, ...this.#range(alert.startsAt, end));
  }

  #facts(alert: NotifiedAlert, kind: ProblemKind | null): Fact[] {
    const { label } = this.#words;
    const facts: Fact[] = [];
    const add = (name: string, value: string): void => {
      if (value !== '') facts.push({ label: name, value });
    };
    if (alert.status === 'firing' && kind !== null) {
      // The other leads say the time themselves.
      if (kind === 'slow') add(label.since, this.#timeAndAge(alert.startsAt));
      const success = instantOf(valueOf(alert.annotations, 'last_success'));
      add(label.lastSuccess, success === null ? '' : this.#timeAndAge(success));
      // The headline of a failure has it.
      if (kind !== 'failed')
        add(label.exitCode, clean(valueOf(alert.annotations, 'exit_code'), 20));
    }
    add(label.environment, clean(valueOf(alert.labels, 'env'), NAME_CHARS));
    const besides = this.#several() ? this.#notification.commonLabels : {};
    add(label.labels, labelsLine(alert.labels, { besides, aboutJobs: kind !== null }));
    return facts;
  }

  #gap(text: string): string {
    if (text === '') return '';
    const [from = null, to = null, ...rest] = (text.match(TIMES) ?? []).map((one) =>
      instantOf(one),
    );
    return from !== null && to !== null && rest.length === 0
      ? this.#words.gap(...this.#range(from, to))
      : this.#words.gapNote(clean(text, VALUE_CHARS));
  }

  #zoned(at: Instant): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(
      this.#notification.timezone,
    );
  }

  #time(at: Instant): string {
    return this.#words.time(this.#zoned(at), this.#now.year);
  }

  /** The day of the end is left out when it is that of the start. */
  #range(from: Instant, to: Instant): [string, string] {
    const end = this.#zoned(to);
    const oneDay = this.#zoned(from).toPlainDate().equals(end.toPlainDate());
    return [this.#time(from), oneDay ? this.#words.clock(end) : this.#time(to)];
  }

  #length(since: Instant): string {
    return this.#words.duration(between({ from: since, to: this.#notification.at }));
  }

  #timeAndAge(at: Instant): string {
    return `${this.#time(at)} · ${this.#words.ago(this.#length(at))}`;
  }
}

/**
 * What somebody wrote about the alert. The description of a job alert says in English what our own words say in the
 * reader's language; only of a slow run it knows more, namely how long it took.
 */
function aboutOf(annotations: Labels, kind: ProblemKind | null): string {
  if (kind !== null && kind !== 'slow') return valueOf(annotations, 'about');
  return valueOf(annotations, 'description') || valueOf(annotations, 'message');
}

/** The value that all share; undefined when there is none. */
function same<T>(values: readonly T[]): T | undefined {
  return values.every((value) => value === values[0]) ? values[0] : undefined;
}

function linkTo(text: string, url: string): Link | null {
  if (url === '' || url.length > URL_CHARS || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  // `href` has no white space, quotes or controls left in it.
  return parsed.protocol === 'http:' || parsed.protocol === 'https:'
    ? { text, url: parsed.href }
    : null;
}

/** An RFC 3339 time; null when it is none. */
function instantOf(text: string): Instant | null {
  try {
    return instant(Temporal.Instant.from(text.trim()).epochMilliseconds);
  } catch {
    return null;
  }
}

/** `14m` or a number of seconds; 0 when it is neither. */
function lengthOf(text: string): Duration {
  if (/^\d+(?:\.\d+)?$/.test(text)) return duration(Number(text) * 1_000);
  return duration(durationMs(text) ?? 0);
}
