/**
 * What must be true whatever a storm did, said as simply as can be and without the code that it judges: from reports
 * and answers, from the stored log, and from the messages that arrived. Each check returns what is broken.
 */
import type { LogView } from '../../src/ports/store.ts';
import { START_MS } from './harness.ts';
import {
  CATCH_UP_MAX_MS,
  CHANNELS,
  GRACE_MS,
  HUSHED,
  JOBS,
  type Message,
  type Outage,
  PERIOD_MS,
  type Storm,
} from './storm.ts';

const S = 1_000;
const CATCH_UP_MIN_MS = 30 * S;
const LOG_MAX = 100_000;

const seconds = (at: number): string => ((at - START_MS) / 1_000).toFixed(3);

/** Each job's log, oldest first. */
export async function readLogs({ h }: Storm): Promise<Map<string, readonly LogView[]>> {
  const logs = new Map<string, readonly LogView[]>();
  for (const { name } of JOBS) {
    const head = h.engine.jobByName(name)?.state.head ?? 0;
    logs.set(name, (await h.store.log({ head, limit: LOG_MAX })).toReversed());
  }
  return logs;
}

/** What was acknowledged is there once; what was not is there once at most; a repeat is not there. */
export function keptReports(storm: Storm, logs: ReadonlyMap<string, readonly LogView[]>): string[] {
  const broken: string[] = [];
  const found = new Map<string, number>();
  for (const [name, log] of logs) {
    const pings = log.filter(({ seq }) => seq !== null);
    for (const { host } of pings) found.set(host ?? '', (found.get(host ?? '') ?? 0) + 1);
    const numbers = pings.map(({ seq }) => seq).join();
    if (numbers !== pings.map((_, index) => index + 1).join())
      broken.push(`the pings of ${name} are numbered ${numbers}`);
    const counted = storm.h.engine.jobByName(name)?.state.pings;
    if (counted !== pings.length)
      broken.push(`${name} counts ${counted} pings, its log holds ${pings.length}`);
  }
  for (const { mark, job, answer } of storm.reports) {
    const times = found.get(mark) ?? 0;
    const isKept = answer === 'accepted' || answer === 'ignored';
    const isRight = isKept ? times === 1 : answer === 'duplicate' ? times === 0 : times <= 1;
    if (!isRight)
      broken.push(`${mark} of ${job} was ${answer} and stands in the log ${times} times`);
  }
  return broken;
}

/** No verdict without a slot, before its time, against a report that came in time, or while paused. */
export function rightVerdicts(
  storm: Storm,
  logs: ReadonlyMap<string, readonly LogView[]>,
): string[] {
  const broken: string[] = [];
  for (const [name, log] of logs) {
    const isRelative = name === 'relative';
    let isPaused = false;
    for (const [place, entry] of log.entries()) {
      const { kind, at, receivedAt } = entry;
      if (kind === 'paused') isPaused = true;
      if (kind === 'resumed' || kind === 'success' || kind === 'fail') isPaused = false;
      if (kind !== 'missed') continue;
      const what = `${name} missed at ${seconds(at)}, judged at ${seconds(receivedAt)}`;
      const slot = at - GRACE_MS;
      const earlier = log.slice(0, place);
      if (isPaused) broken.push(`${what}: while paused`);
      if (receivedAt < at) broken.push(`${what}: before its time`);
      if (receivedAt < caughtUpAt(storm.outages, slot, receivedAt))
        broken.push(`${what}: before the time to catch up was over`);
      const isSlot = isRelative
        ? earlier.some(({ kind: of, at: when }) => isEnd(of) && (slot - when) % PERIOD_MS === 0)
        : slot % PERIOD_MS === 0;
      if (!isSlot) broken.push(`${what}: there is no such slot`);
      const from = isRelative ? slot - PERIOD_MS + 1 : slot;
      const served = earlier.find(
        (one) => isEnd(one.kind) && !isRepeat(one) && one.at >= from && one.at <= at,
      );
      if (served !== undefined)
        broken.push(`${what}: ${served.kind} at ${seconds(served.at)} stands before it`);
    }
  }
  return broken;
}

/** What counts as a second delivery of one report is for the tests of the fold to say. */
const isRepeat = ({ reason }: LogView): boolean => reason.startsWith('repeated');

const isEnd = (kind: string): boolean => kind === 'success' || kind === 'fail';

/** When a slot may be judged at the earliest, because Tocsin was away after it. */
function caughtUpAt(outages: readonly Outage[], slot: number, judgedAt: number): number {
  const [newest] = outages.filter(({ to }) => to > slot && to <= judgedAt).toReversed();
  if (newest === undefined) return 0;
  const length = Math.min(CATCH_UP_MAX_MS, Math.max(CATCH_UP_MIN_MS, newest.to - newest.from));
  return newest.to + length;
}

const firingOf = ({ notification }: Message): string[] =>
  notification.alerts
    .filter(({ status }) => status === 'firing')
    .map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`)
    .sort();

const resolvedOf = ({ notification }: Message): string[] =>
  notification.alerts
    .filter(({ status }) => status === 'resolved')
    .map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`)
    .sort();

const nameOf = (message: Message): string => {
  const { id, status, reason, alerts } = message.notification;
  const about = alerts.map(
    ({ status: of, labels }) => `${of} ${labels['alertname']} ${labels['job_name'] ?? ''}`,
  );
  return `${id} ${status} (${reason}) at ${seconds(message.at)} to ${message.channel}: ${about.join(', ')}`;
};

/**
 * What waited when a silence began, or when the process came back in one, may still go out until its group is looked
 * at again.
 */
const TICK_MS = 15_000;

const silenceAt = (ms: number): number | null => {
  const found = HUSHED.find(([from, to]) => ms >= START_MS + from * S && ms < START_MS + to * S);
  return found === undefined ? null : START_MS + found[0] * S;
};

function brokenSilence({ at, notification }: Message, outages: readonly Outage[]): string | null {
  if (silenceAt(notification.at) !== null) return 'decided in a silence';
  const since = silenceAt(at);
  if (since === null) return null;
  const back = outages.filter(({ to }) => to <= at).at(-1)?.to ?? 0;
  return at - Math.max(since, back) > TICK_MS ? 'sent in a silence' : null;
}

/** No message early, in a silence, or of what was told before. */
export function rightMessages({ messages, outages }: Storm): string[] {
  const broken: string[] = [];
  const last = new Map<string, Message>();
  for (const message of messages) {
    const { notification, at, channel } = message;
    const what = nameOf(message);
    if (message.wasRecorded) broken.push(`${what}: known as sent, and sent again`);
    for (const { labels, startsAt } of notification.alerts) {
      if (at < startsAt) broken.push(`${what}: before the fault`);
      const fault = labels['job_name'] === 'hushed' ? brokenSilence(message, outages) : null;
      if (fault !== null) broken.push(`${what}: ${fault}`);
    }
    const key = `${channel} ${notification.incident.groupKey}`;
    const before = last.get(key);
    const isNew =
      before === undefined ||
      notification.id === before.notification.id ||
      notification.reason === 'repeat' ||
      firingOf(message).join() !== firingOf(before).join() ||
      resolvedOf(message).join() !== resolvedOf(before).join();
    if (!isNew) broken.push(`${what}: says what ${nameOf(before)} said`);
    if (message.recordedAt !== null) last.set(key, message);
  }
  return broken;
}

interface Told {
  readonly channel: string;
  readonly alertname: string;
  readonly job: string;
  readonly status: 'firing' | 'resolved';
}

/**
 * `channel job` of messages that were given up while they were on their way. When one arrives all the same, what the
 * channel is thought to know is no longer what it knows, so that nothing is asked of these.
 */
const confusedBy = ({ messages }: Storm): Set<string> =>
  new Set(
    messages
      .filter(({ wasCancelled }) => wasCancelled)
      .map(({ channel, notification }) => `${channel} ${notification.groupLabels['job_name']}`),
  );

/** The newest that each channel was told of each alert of a job. */
function lastTold(storm: Storm): Told[] {
  const told = new Map<string, Told>();
  for (const { answer, channel, notification } of storm.messages) {
    const { job_name: job = '' } = notification.groupLabels;
    if (answer !== 'sent' || job === '') continue;
    for (const { labels, status } of notification.alerts) {
      const { alertname = '' } = labels;
      told.set(`${channel} ${alertname} ${job}`, { channel, alertname, job, status });
    }
  }
  const confused = confusedBy(storm);
  return [...told.values()].filter(({ channel, job }) => !confused.has(`${channel} ${job}`));
}

/** After a long silence of all jobs every one of them is down, and every channel knows. */
export function allTold(storm: Storm): string[] {
  const told = lastTold(storm);
  const confused = confusedBy(storm);
  const broken: string[] = [];
  for (const { name } of JOBS) {
    const status = storm.h.engine.jobByName(name)?.state.status;
    if (status !== 'down') broken.push(`${name} has been silent for long and is ${status}`);
    for (const channel of CHANNELS) {
      const knows = told.some(
        (one) => one.job === name && one.channel === channel && one.status === 'firing',
      );
      if (!knows && !confused.has(`${channel} ${name}`))
        broken.push(`${channel} does not know of the silence of ${name}`);
    }
  }
  return broken;
}

/** After all jobs have been well for long nothing is left to tell. */
export async function allResolved(storm: Storm): Promise<string[]> {
  const { h } = storm;
  const broken: string[] = [];
  for (const { name } of JOBS) {
    const { status } = await h.state(name);
    if (status !== 'up') broken.push(`${name} reports well for long and is ${status}`);
  }
  for (const { channel, alertname, job, status } of lastTold(storm))
    if (status !== 'resolved')
      broken.push(`${alertname} of ${job} was told to ${channel} and never resolved`);
  for (const { labels } of await h.store.alerts({ now: h.clock.now(), firing: true, limit: 100 }))
    broken.push(`still firing: ${JSON.stringify(labels)}`);
  for (const { id, channelId, lastDetail } of await h.store.deliveries({
    state: 'pending',
    limit: 100,
  }))
    broken.push(`still pending: ${id} to ${channelId} ${lastDetail}`);
  for (const { id, groupKey } of await h.store.incidents({ open: true, limit: 100 }))
    broken.push(`still open: incident ${id} of ${groupKey}`);
  return broken;
}
