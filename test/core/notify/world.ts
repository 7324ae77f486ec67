/** Small pieces of a configuration, so that a test shows only what it is about. Times are seconds from the start. */
import assert from 'node:assert/strict';
import type { Labels } from '../../../src/core/alert/alert.ts';
import { labelsFrom } from '../../../src/core/alert/labels.ts';
import { parseMatchers } from '../../../src/core/alert/matcher.ts';
import type { ReportedAlert } from '../../../src/core/alert/merge.ts';
import type { ChannelSpec, InhibitRule, Route, Silence } from '../../../src/core/route/route.ts';
import { duration, HOUR, type Instant, instant } from '../../../src/core/time.ts';
import { type PlayedConfig, Player } from './player.ts';

export const START = instant(1_772_445_600_000);
export const at = (seconds: number): Instant => instant(START + seconds * 1_000);
export const seconds = (one: Instant): number => (one - START) / 1_000;

export const channel = (id: string, more: Partial<ChannelSpec> = {}): ChannelSpec => ({
  type: 'webhook',
  id,
  receiver: 'ops',
  index: 0,
  sendResolved: true,
  locale: 'en',
  timezone: 'UTC',
  config: { url: id },
  ...more,
});

/** Ticks each 10 s after a wait of 1 s; reminders each hour. */
export const route = (more: Partial<Route> = {}): Route => ({
  index: 0,
  key: '{}',
  receiver: 'ops',
  matchers: [],
  continue: false,
  groupBy: [],
  groupWait: duration(1_000),
  groupInterval: duration(10_000),
  repeatInterval: HOUR,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  routes: [],
  ...more,
});

export function matchers(text: string): Silence['matchers'] {
  const result = parseMatchers(text);
  assert.ok(result.kind === 'ok');
  return result.matchers;
}

export const inhibit = (source: string, target: string): InhibitRule => ({
  name: '',
  sourceMatchers: matchers(source),
  targetMatchers: matchers(target),
  equal: [],
});

export const silence = (text: string, from: number, to: number): Silence => ({
  name: text,
  matchers: matchers(text),
  when: { kind: 'once', startsAt: at(from), endsAt: at(to) },
  comment: '',
  createdBy: '',
  origin: '',
});

export const config = (
  more: Partial<PlayedConfig> & { channels?: ChannelSpec[] } = {},
): PlayedConfig => ({
  route: route(),
  receivers: new Map([['ops', { name: 'ops', channels: more.channels ?? [channel('hook')] }]]),
  timeIntervals: new Map(),
  inhibitRules: [],
  ...more,
});

const labelsOf = (name: string): Labels => labelsFrom([['n', name]]);

/** One alert called `name`, since `from`; with `to`, until then. */
export const alert = (name: string, from: number, to: number | null = null): ReportedAlert => ({
  labels: labelsOf(name),
  annotations: {},
  startsAt: at(from),
  endsAt: at(to ?? 1_000_000),
  generatorUrl: '',
});

export const player = (played: PlayedConfig = config(), latencyMs = 5): Player =>
  new Player({ config: played, start: START, resolveTimeout: HOUR, latencyMs });

/** Messages as `second channel reason: +firing -resolved`, with whole seconds. */
export const story = ({ messages }: Player): string[] =>
  messages.map(({ at: when, channel: to, notification }) => {
    const alerts = notification.alerts.map(
      ({ status, labels }) => `${status === 'firing' ? '+' : '-'}${labels['n']}`,
    );
    return `${Math.floor(seconds(when))} ${to.id} ${notification.reason}: ${alerts.join(' ')}`;
  });
