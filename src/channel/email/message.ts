/**
 * Notification -> mail. Invariants: the subject, the thread headers and the Message-ID are functions of the incident
 * and the notification alone, so that all attempts are one mail and all mails of an incident one thread; no header
 * value has a line break; the HTML stays below the 102 KB at which Gmail cuts.
 */
import { createHash } from 'node:crypto';
import type { Notification } from '../../core/notify/notify.ts';
import { type Story, tell } from '../shared/story.ts';
import { problemOf, subjectOf, valueOf } from '../shared/subject.ts';
import { byteLength, cutBytes, cutChars, oneLine, tailBytes } from '../shared/text-limits.ts';
import { type PageLimits, renderPage } from './page.ts';

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With angle brackets, as all three ids. */
  readonly messageId: string;
  readonly threadId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Gmail hides what comes after 102 KB; some is left for what servers add. */
const HTML_BYTES_MAX = 96 * 1024;
const SUBJECT_CHARS = 150;

/** From generous to spare; the last one fits whatever the notification holds. */
const stages: readonly PageLimits[] = [
  { alerts: 20, logBytes: 4_000, aboutBytes: 2_000 },
  { alerts: 20, logBytes: 1_000, aboutBytes: 500 },
  { alerts: 10, logBytes: 500, aboutBytes: 300 },
  { alerts: 4, logBytes: 300, aboutBytes: 200 },
];

/** `host`: the domain of the sender, which makes ids unique in the world. */
export function renderMail(notification: Notification, host: string): Mail {
  const story = tell(notification);
  const subject = subjectLine(notification, story);
  const thread = threadOf(notification);
  const { page, limits } = fittingPage(story);
  return {
    subject,
    html: page,
    text: renderText(story, limits),
    // The notification's id alone would do; the incident makes it readable in a mail log.
    messageId: `<${story.incident.toLowerCase()}.${hash(notification.id).slice(0, 20)}@${host}>`,
    threadId: `<${story.incident.toLowerCase()}.${thread.toString('hex').slice(0, 16)}@${host}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      Precedence: 'list',
      'List-Id': `Tocsin <alerts.${host}>`,
      'Thread-Topic': subject,
      'Thread-Index': threadIndex(notification, thread),
      'X-Tocsin-Incident': story.incident,
      'X-Tocsin-Tier': story.severity,
      'X-Tocsin-State': notification.status,
    },
  };
}

/**
 * The same for every mail of an incident, because Gmail starts a new thread when the subject changes: it names what
 * the group has in common for good, its group labels, and leaves the state to the body.
 */
function subjectLine(notification: Notification, story: Story): string {
  const { groupLabels, severity } = notification;
  const kind = problemOf(groupLabels);
  const named = valueOf(groupLabels, 'job_name') !== '' || valueOf(groupLabels, 'alertname') !== '';
  const rest = Object.entries(groupLabels)
    .filter(([name]) => name !== 'job_name' && name !== 'alertname' && name !== 'severity')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`);
  const what = [
    ...(named ? [subjectOf(groupLabels)] : []),
    ...(kind === null ? [] : [story.words.kind[kind]]),
    ...rest,
  ];
  const words =
    what.length > 0 ? what.join(' ') : story.words.headline.alertsOf(notification.receiver);
  return `[${severity}] ${cutChars(oneLine(words), SUBJECT_CHARS)} (${story.incident})`;
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Number of an incident and its group are not unique over a lost store or two installations; with the time they are. */
const threadOf = ({ incident, externalUrl }: Notification): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([externalUrl, incident.groupKey, incident.id, incident.openedAt]))
    .digest();

/** Milliseconds from 1601, where Windows counts from, to 1970. */
const FILETIME_OFFSET_MS = 11_644_473_600_000n;

/** The 22 bytes of a conversation: the upper six of a FILETIME and a GUID ([MS-OXOMSG] 2.2.1.3). */
function threadIndex({ incident }: Notification, thread: Buffer): string {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE((BigInt(incident.openedAt) + FILETIME_OFFSET_MS) * 10_000n);
  return Buffer.concat([time.subarray(0, 6), thread.subarray(0, 16)]).toString('base64');
}

function fittingPage(story: Story): { page: string; limits: PageLimits } {
  for (const limits of stages) {
    const page = renderPage(story, limits);
    if (byteLength(page) <= HTML_BYTES_MAX) return { page, limits };
  }
  const limits: PageLimits = { alerts: 1, logBytes: 0, aboutBytes: 0 };
  return { page: renderPage(story, limits), limits };
}

export function renderText(story: Story, limits: PageLimits): string {
  const { words } = story;
  const shown = story.alerts.slice(0, limits.alerts);
  const hidden = story.alerts.length - shown.length + story.omitted;
  const single = story.alerts.length === 1 && hidden === 0;
  const lines = [
    `[${story.severity}] ${story.badge} · ${story.incident}`,
    '',
    story.headline,
    story.lead,
    ...(story.reminder === '' ? [] : [story.reminder]),
    ...(story.common === null ? [] : [words.pair(story.common.label, story.common.value)]),
  ];
  for (const alert of shown) {
    lines.push('');
    if (!single) lines.push(`— ${alert.headline}`, alert.lead);
    if (alert.gap !== '') lines.push(alert.gap);
    const about = cutBytes(alert.about, limits.aboutBytes);
    if (about !== '') lines.push(about);
    for (const { label, value } of alert.facts) lines.push(words.pair(label, value));
    const log = tailBytes(alert.log, { maxBytes: limits.logBytes, maxLines: 40 });
    if (log !== '') lines.push(words.pair(words.label.log, '').trimEnd(), ...indent(log));
    for (const { text, url } of alert.links) lines.push(words.pair(text, url));
  }
  if (hidden > 0) lines.push('', words.more(hidden));
  if (story.next !== '') lines.push('', words.pair(words.label.next, story.next));
  if (story.link !== null) lines.push('', words.pair(story.link.text, story.link.url));
  // The separator of signatures: mail programs fold or grey what follows.
  lines.push('', '-- ', words.join(story.footer), 'Tocsin', '');
  return lines.join('\n');
}

const indent = (text: string): string[] => text.split('\n').map((line) => `    ${line}`);
