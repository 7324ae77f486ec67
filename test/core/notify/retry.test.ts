import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Severity } from '../../../src/core/alert/alert.ts';
import { fallbackChannels } from '../../../src/core/notify/fallback.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import { deadlineOf, nextAttempt } from '../../../src/core/notify/retry.ts';
import { highestSeverity, severityOf } from '../../../src/core/notify/severity.ts';
import { type Instant, instant } from '../../../src/core/time.ts';
import { channel } from './world.ts';

type Failure = Extract<SendResult, { kind: 'retry' | 'failed' }>;
const down: Failure = { kind: 'retry', reason: 'network', detail: 'down' };
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const next = (more: {
  severity?: Severity;
  attempt?: number;
  nowMs?: number;
  result?: Failure;
  random01?: number;
}): ReturnType<typeof nextAttempt> =>
  nextAttempt({
    severity: more.severity ?? 'P1',
    attempt: more.attempt ?? 1,
    createdAt: instant(0),
    now: instant(more.nowMs ?? 0),
    result: more.result ?? down,
    random01: more.random01 ?? 0.5,
  });

describe('nextAttempt', () => {
  const rows: readonly { name: string; given: Parameters<typeof next>[0]; is: number | RegExp }[] =
    [
      { name: 'at most 2 s after the first', given: { random01: 1 }, is: 2_000 },
      { name: 'twice that after each further one', given: { random01: 1, attempt: 4 }, is: 16_000 },
      { name: 'anywhere below, even at once', given: { random01: 0, attempt: 4 }, is: 0 },
      {
        name: 'P0 waits a minute at most',
        given: { severity: 'P0', random01: 1, attempt: 40 },
        is: MINUTE_MS,
      },
      { name: 'P1 five', given: { random01: 1, attempt: 40 }, is: 5 * MINUTE_MS },
      { name: 'P2 an hour', given: { severity: 'P2', random01: 1, attempt: 2_000 }, is: HOUR_MS },
      {
        name: 'not before the channel asks for it',
        given: { result: { ...down, afterMs: 90_000 } },
        is: 90_000,
      },
      {
        name: 'nor while it is held back',
        given: { result: { ...down, pauseChannelMs: 70_000 } },
        is: 70_000,
      },
      {
        name: 'a refusal is final',
        given: { result: { kind: 'failed', reason: 'auth', detail: 'bad key' } },
        is: /^auth: bad key$/,
      },
      {
        name: 'the last attempt is at the deadline',
        given: { severity: 'P0', nowMs: 15 * MINUTE_MS - 1_000, attempt: 20 },
        is: 15 * MINUTE_MS,
      },
      {
        name: 'P0 is given up after 15 minutes',
        given: { severity: 'P0', nowMs: 15 * MINUTE_MS, attempt: 20 },
        is: /deadline passed after 20 attempts; network: down/,
      },
      { name: 'P1 after six hours', given: { nowMs: 6 * HOUR_MS }, is: /deadline passed/ },
      {
        name: 'P2 after a day',
        given: { severity: 'P2', nowMs: 24 * HOUR_MS },
        is: /deadline passed/,
      },
      {
        name: 'a wait beyond the deadline is no wait',
        given: { severity: 'P0', result: { ...down, afterMs: HOUR_MS } },
        is: /beyond the deadline/,
      },
      {
        name: 'the first attempt is always made',
        given: { attempt: 0, nowMs: 48 * HOUR_MS },
        is: 48 * HOUR_MS,
      },
    ];
  for (const { name, given, is } of rows) {
    test(name, () => {
      const result = next(given);
      if (typeof is === 'number') assert.deepEqual(result, { kind: 'retry', at: is });
      else assert.match(result.kind === 'dead' ? result.why : '', is);
    });
  }

  test('never before now, never past the deadline, and it comes to an end', () => {
    const severity = fc.constantFrom<Severity>('P0', 'P1', 'P2');
    fc.assert(
      fc.property(severity, fc.double({ min: 0.01, max: 0.999, noNaN: true }), (tier, random01) => {
        const deadline = deadlineOf(tier, instant(0));
        let now: Instant = instant(0);
        for (let attempt = 1; attempt < 100_000; attempt += 1) {
          const result = next({ severity: tier, attempt, nowMs: now, random01 });
          if (result.kind === 'dead') {
            assert.equal(now, deadline);
            return;
          }
          assert.ok(result.at >= now && result.at <= deadline);
          now = result.at;
        }
        assert.fail('no end');
      }),
      { numRuns: 50 },
    );
  });
});

describe('severity', () => {
  const aliases = new Map<string, Severity>([
    ['critical', 'P0'],
    ['info', 'P2'],
  ]);
  const rows: readonly { name: string; value: string | null; is: Severity }[] = [
    { name: 'its own name', value: 'P2', is: 'P2' },
    { name: 'in small letters', value: 'p0', is: 'P0' },
    { name: 'an alias', value: 'critical', is: 'P0' },
    { name: 'an alias in capitals', value: 'INFO', is: 'P2' },
    { name: 'an unknown word wakes nobody', value: 'apocalypse', is: 'P1' },
    { name: 'none', value: null, is: 'P1' },
  ];
  for (const { name, value, is } of rows) {
    test(name, () => {
      assert.equal(severityOf(value === null ? {} : { severity: value }, aliases), is);
    });
  }

  test('the highest', () => {
    assert.equal(highestSeverity(['P2', 'P0', 'P1']), 'P0');
    assert.equal(highestSeverity([]), null);
  });
});

describe('fallbackChannels', () => {
  const a = channel('a/email/0', { receiver: 'a', type: 'email', config: { to: 'x' } });
  const twin = channel('b/email/0', { receiver: 'b', type: 'email', config: { to: 'x' } });
  const b = channel('b/hook/0', { receiver: 'b' });
  const c = channel('c/hook/0', { receiver: 'c' });
  const d = channel('a/hook/0', { receiver: 'a' });
  const receivers = [
    { name: 'a', channels: [a] },
    { name: 'none', channels: [] },
    { name: 'b', channels: [twin, b] },
    { name: 'c', channels: [c] },
  ];
  const ids = (failed: string, more = receivers): string[] =>
    fallbackChannels(more, failed).map(({ id }) => id);

  test('others in the order of the configuration, never the same target by another name', () => {
    assert.deepEqual(ids('a/email/0'), ['b/hook/0', 'c/hook/0']);
  });
  test('another channel of the same receiver comes first', () => {
    assert.deepEqual(ids('b/hook/0'), ['b/email/0', 'a/email/0', 'c/hook/0']);
    const both = [
      { name: 'c', channels: [c] },
      { name: 'a', channels: [a, d] },
    ];
    assert.deepEqual(ids('a/email/0', both), ['a/hook/0', 'c/hook/0']);
  });
  test('a channel that is gone excludes none', () => {
    assert.equal(ids('gone').length, 4);
  });
  test('alone there is no other', () => {
    assert.deepEqual(ids('c/hook/0', [{ name: 'c', channels: [c] }]), []);
  });
});
