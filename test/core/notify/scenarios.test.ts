/**
 * Alertmanager's behaviour in time, scenario by scenario, as recorded from the real program; and the few places where
 * Tocsin means to differ.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { compileConfig } from '../../../src/config/compile.ts';
import type { Config } from '../../../src/config/config.ts';
import type { Labels, Matcher } from '../../../src/core/alert/alert.ts';
import { formatLabels } from '../../../src/core/alert/labels.ts';
import { makeMatcher } from '../../../src/core/alert/matcher.ts';
import type { ReportedAlert } from '../../../src/core/alert/merge.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import type { ChannelSpec, Silence } from '../../../src/core/route/route.ts';
import { type Instant, instant } from '../../../src/core/time.ts';
import { type Message, Player } from './player.ts';

interface AlertStep {
  readonly labels: Labels;
  readonly annotations?: Labels;
  readonly starts_s?: number;
  readonly ends_s?: number;
}

interface SilenceStep {
  readonly ref: string;
  readonly new_ref?: string;
  readonly matchers: readonly {
    name: string;
    value: string;
    isRegex?: boolean;
    isEqual?: boolean;
  }[];
  readonly starts_s: number;
  readonly ends_s: number;
}

interface Step {
  readonly at_s: number;
  readonly post_alerts?: readonly AlertStep[];
  readonly add_silence?: SilenceStep;
  readonly update_silence?: SilenceStep;
  readonly expire_silence?: string;
  readonly reload_config?: string;
  readonly sink?: { readonly receiver: string; readonly status?: number; readonly hang?: boolean };
  readonly check?: unknown;
  readonly expect_status?: number;
}

interface Expected {
  readonly between_s: readonly [number, number];
  readonly receiver: string;
  readonly alerts: readonly (AlertStep & { readonly status: string })[];
  readonly status?: string;
  readonly groupLabels?: Labels;
  readonly commonLabels?: Labels;
  readonly groupKey?: string;
  readonly truncatedAlerts?: number;
}

interface Scenario {
  readonly id: string;
  readonly note?: string;
  readonly config: string;
  readonly steps: readonly Step[];
  readonly expect: readonly Expected[];
  readonly expect_by_version?: readonly {
    readonly below?: string;
    readonly expect: readonly Expected[];
  }[];
  readonly until_s: number;
  readonly tolerance_s?: number;
}

const file = new URL('../../fixtures/conformance/am-scenarios.json', import.meta.url);
const { scenarios, default_tolerance_s: TOLERANCE_S } = JSON.parse(readFileSync(file, 'utf8')) as {
  scenarios: readonly Scenario[];
  default_tolerance_s: number;
};

/** Nothing here is decided by routing and notification. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'silence-validation': 'the API checks what it is given',
  'silence-unknown-id': 'the API answers',
  'hung-receiver-times-out':
    'deliveries run beside the ticks: a channel that hangs holds up no group',
};

/** Messages that Alertmanager does not send, and why Tocsin does. */
const MEANT: Readonly<
  Record<string, { readonly why: string; readonly more: readonly Expected[] }>
> = {
  'inhibit-release-without-change': {
    why: 'a fault that outlasts its mute is told again when the mute is over',
    more: [
      {
        between_s: [4.45, 4.9],
        receiver: 'ops',
        alerts: [{ labels: { alertname: 'HostDown', site: 'a' }, status: 'firing' }],
      },
    ],
  },
};

const START = instant(Temporal.Instant.from('2026-03-02T10:00:00Z').epochMilliseconds);
const atSecond = (seconds: number): Instant => instant(START + Math.round(seconds * 1_000));
const secondOf = (at: Instant | null): number => ((at ?? START) - START) / 1_000;

/** `${hhmm:-5m:Zone}`: wall clock there. */
const fillIn = (text: string): string =>
  text
    .replaceAll('${SINK}', 'sink.invalid:80')
    .replaceAll(/\$\{hhmm:([+-]\d+)m:([^}]+)\}/g, (_, minutes: string, zone: string) =>
      Temporal.Instant.fromEpochMilliseconds(START + Number(minutes) * 60_000)
        .toZonedDateTimeISO(zone)
        .toPlainTime()
        .toString({ smallestUnit: 'minute' }),
    );

const compile = (text: string): ReturnType<typeof compileConfig> =>
  compileConfig([{ name: 'alertmanager.yml', text: fillIn(text) }], { env: {} });

const reported = (step: AlertStep): ReportedAlert => ({
  labels: step.labels,
  annotations: step.annotations ?? {},
  startsAt: step.starts_s === undefined ? null : atSecond(step.starts_s),
  endsAt: step.ends_s === undefined ? null : atSecond(step.ends_s),
  generatorUrl: '',
});

function silenceOf(step: SilenceStep, now: Instant): Silence {
  const matchers = step.matchers.map(({ name, value, isRegex = false, isEqual = true }) => {
    const op: Matcher['op'] = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
    const made = makeMatcher({ name, op, value });
    assert.ok(made.kind === 'ok');
    return made.matcher;
  });
  const startsAt = instant(Math.max(now, atSecond(step.starts_s)));
  const when = { kind: 'once', startsAt, endsAt: atSecond(step.ends_s) } as const;
  return { name: step.ref, matchers, when, comment: '', createdBy: '', origin: '' };
}

/** The path of the webhook's URL, which is how scenarios call a sink. */
const sinkOf = ({ config }: ChannelSpec): string =>
  new URL((config as { url: string }).url).pathname.slice(1);

class Stage {
  readonly player: Player;
  readonly #sinks = new Map<string, number>();

  constructor(config: Config) {
    const { resolveTimeout } = config.server;
    this.player = new Player({ config, start: START, resolveTimeout, latencyMs: 5 });
    this.player.answer = (channel) => this.#answer(channel);
  }

  #answer(channel: ChannelSpec): SendResult {
    const status = this.#sinks.get(sinkOf(channel)) ?? 200;
    if (status < 300) return { kind: 'sent' };
    const detail = String(status);
    return status < 500
      ? { kind: 'failed', reason: 'client_error', detail }
      : { kind: 'retry', reason: 'server_error', detail };
  }

  take(step: Step): void {
    const { player } = this;
    player.runUntil(atSecond(step.at_s));
    if (step.post_alerts !== undefined) player.post(step.post_alerts.map(reported));
    if (step.sink !== undefined) this.#sinks.set(step.sink.receiver, step.sink.status ?? 200);
    if (step.add_silence !== undefined) {
      player.silences.push(silenceOf(step.add_silence, player.now));
    }
    if (step.expire_silence !== undefined) this.#expire(step.expire_silence);
    if (step.update_silence !== undefined) {
      this.#expire(step.update_silence.ref);
      const { new_ref: ref = step.update_silence.ref } = step.update_silence;
      player.silences.push(silenceOf({ ...step.update_silence, ref }, player.now));
    }
    if (step.reload_config !== undefined) this.#reload(step.reload_config, step.expect_status);
  }

  #expire(ref: string): void {
    this.player.silences = this.player.silences.filter(({ name }) => name !== ref);
  }

  #reload(text: string, status = 200): void {
    const result = compile(text);
    assert.equal(result.kind, status === 200 ? 'ok' : 'invalid');
    if (result.kind === 'ok') this.player.reload(result.config);
  }
}

/** Why a message is not the expected one; null when it is. */
function mismatch(
  { at, channel, notification }: Message,
  expected: Expected,
  toleranceS: number,
): string | null {
  const near = (one: number, other: number | undefined): boolean =>
    other === undefined || Math.abs(one - other) <= toleranceS;
  const [from, to] = expected.between_s;
  if (sinkOf(channel) !== expected.receiver) return 'receiver';
  if (secondOf(at) < from - toleranceS || secondOf(at) > to + toleranceS) return 'time';
  if (expected.status !== undefined && notification.status !== expected.status) return 'status';
  // max_alerts is the webhook's own limit, applied when it writes its message.
  const { max_alerts: most = 0 } = channel.config as { max_alerts?: number };
  const alerts = most === 0 ? notification.alerts : notification.alerts.slice(0, most);
  if ((expected.truncatedAlerts ?? 0) !== notification.alerts.length - alerts.length)
    return 'truncated';
  if (alerts.length !== expected.alerts.length) return 'number of alerts';
  for (const one of expected.alerts) {
    const found = alerts.find(({ labels }) => formatLabels(labels) === formatLabels(one.labels));
    if (found === undefined || found.status !== one.status)
      return `alert ${formatLabels(one.labels)}`;
    if (!near(secondOf(found.startsAt), one.starts_s)) return 'startsAt';
    if (found.endsAt !== null && !near(secondOf(found.endsAt), one.ends_s)) return 'endsAt';
    if (one.annotations !== undefined) assert.deepEqual(found.annotations, one.annotations);
  }
  const { groupLabels, commonLabels, groupKey } = expected;
  if (groupLabels !== undefined) assert.deepEqual(notification.groupLabels, groupLabels);
  if (commonLabels !== undefined) assert.deepEqual(notification.commonLabels, commonLabels);
  if (groupKey !== undefined) assert.equal(notification.incident.groupKey, groupKey);
  return null;
}

const describeMessage = ({ at, channel, notification }: Message): string =>
  `${secondOf(at)} s ${sinkOf(channel)}: ${notification.reason} ${notification.alerts
    .map(({ status, labels }) => `${status} ${formatLabels(labels)}`)
    .join(', ')}`;

function play(scenario: Scenario): void {
  const result = compile(scenario.config);
  assert.ok(result.kind === 'ok', JSON.stringify(result));
  const stage = new Stage(result.config);
  for (const step of scenario.steps.toSorted((one, other) => one.at_s - other.at_s))
    stage.take(step);
  stage.player.runUntil(atSecond(scenario.until_s));

  const newest = scenario.expect_by_version?.find(({ below }) => below === undefined)?.expect;
  const expected = [...(newest ?? scenario.expect), ...(MEANT[scenario.id]?.more ?? [])];
  const toleranceS = scenario.tolerance_s ?? TOLERANCE_S;
  const unmet = new Set(expected);
  for (const message of stage.player.messages) {
    const met = [...unmet].find((one) => mismatch(message, one, toleranceS) === null);
    const all = stage.player.messages.map(describeMessage).join('\n');
    assert.ok(met !== undefined, `unexpected: ${describeMessage(message)}\nof\n${all}`);
    unmet.delete(met);
  }
  assert.deepEqual([...unmet], [], 'expected and not sent');
}

describe('Alertmanager scenarios', () => {
  for (const scenario of scenarios) {
    const elsewhere = ELSEWHERE[scenario.id];
    if (elsewhere !== undefined) continue;
    const meant = MEANT[scenario.id];
    test(meant === undefined ? scenario.id : `${scenario.id}, but ${meant.why}`, () =>
      play(scenario),
    );
  }

  test('every exception names a scenario', () => {
    const ids = new Set(scenarios.map(({ id }) => id));
    for (const id of [...Object.keys(ELSEWHERE), ...Object.keys(MEANT)]) assert.ok(ids.has(id), id);
  });
});
