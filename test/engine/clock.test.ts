import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JobSpec } from '../../src/core/job/job.ts';
import { duration, instant } from '../../src/core/time.ts';
import { type CatchUpChain, catchUpAfter, gapsBetween } from '../../src/engine/watch.ts';
import { type Gap, StoreError } from '../../src/ports/store.ts';
import { jobSpec, periodic } from '../core/job/play.ts';
import { Harness } from './harness.ts';

const HOUR_MS = 3_600_000;

/** Every 60 s, 10 s of grace; the clock starts at a slot. */
const minutely = (name: string, over: Partial<JobSpec> = {}): JobSpec =>
  jobSpec({ name, schedule: periodic(60), grace: duration(10_000), ...over });

const messages = (h: Harness): string[] => h.sent.flatMap(({ alerts }) => alerts);

const kindsOfGaps = async (h: Harness): Promise<string[]> =>
  (await h.store.gaps(10)).map(({ kind }) => kind);

describe('a wall clock that steps back', () => {
  test('does not keep a job down that was missed before', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(80);
    assert.deepEqual(messages(h), ['firing JobMissed a']);
    h.clock.step(-HOUR_MS);
    await h.pass(1);
    await h.ping('a');
    await h.pass(10);
    assert.deepEqual(await h.state('a'), { status: 'up', problems: [], pings: 2 });
    assert.deepEqual(messages(h), ['firing JobMissed a', 'resolved JobMissed a']);
  });

  test('leaves a group its rhythm: what comes next is told in time', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a', 'fail');
    await h.pass(3);
    assert.deepEqual(messages(h), ['firing JobFailed a']);
    h.clock.step(-HOUR_MS);
    await h.pass(1);
    await h.ping('a');
    // group_interval is 5 s.
    await h.pass(6);
    assert.deepEqual(messages(h), ['firing JobFailed a', 'resolved JobFailed a']);
  });

  test('leaves a reminder its time', async () => {
    await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })] });
    await h.ping('a', 'fail');
    await h.stride(1_800);
    h.clock.step(-2 * HOUR_MS);
    await h.stride(1_750);
    assert.equal(h.sent.length, 1);
    await h.stride(100);
    assert.deepEqual(
      h.sent.map(({ reason }) => reason),
      ['first', 'repeat'],
    );
  });

  test('leaves a retry its time', async () => {
    await using h = await Harness.open({ jobs: [jobSpec({ name: 'a', severity: 'P0' })] });
    h.answers.set('ops/webhook/0', () => ({
      kind: 'retry',
      reason: 'rate_limited',
      detail: 'later',
      afterMs: 60_000,
    }));
    await h.ping('a', 'fail');
    await h.pass(3);
    assert.equal(h.sent.length, 1);
    h.answers.clear();
    h.clock.step(-HOUR_MS);
    await h.pass(70);
    assert.equal(h.sent.length, 2);
  });

  test('is taken once when several batches of reports meet it', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), minutely('b')] });
    await h.pass(3);
    h.clock.step(-HOUR_MS);
    const first = h.ping('a');
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    await Promise.all([first, h.ping('b'), h.ping('a')]);
    await h.pass(3);
    assert.deepEqual(await kindsOfGaps(h), ['clock_back']);
  });

  test('is still to be taken after a commit that failed', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), minutely('b')] });
    await h.ping('a');
    await h.ping('b');
    // b is missed, a is not.
    await h.pass(65);
    await h.ping('a');
    await h.pass(10);
    h.fault = new StoreError('full', 'writing');
    h.clock.step(-HOUR_MS);
    await h.pass(5);
    assert.equal((await h.ping('a')).kind, 'unavailable');
    h.fault = null;
    await h.pass(5);
    const kinds = await kindsOfGaps(h);
    assert.equal(kinds.filter((kind) => kind === 'clock_back').length, 1);
    await h.ping('b');
    assert.equal((await h.state('b')).status, 'up');
    // a is silent from here: noticed in minutes, not after the step has been made up for.
    await h.pass(500);
    assert.equal((await h.state('a')).status, 'down');
  });

  test('is taken once when nobody heard of the commit', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(3);
    h.lateFault = new StoreError('io', 'writing');
    h.clock.step(-HOUR_MS);
    await h.pass(3);
    h.lateFault = null;
    await h.pass(3);
    const kinds = await kindsOfGaps(h);
    assert.equal(kinds.filter((kind) => kind === 'clock_back').length, 1);
    const { lastPingAt } = h.engine.jobByName('a')?.state ?? {};
    assert.ok((lastPingAt ?? Number.POSITIVE_INFINITY) <= h.clock.now());
  });

  test('is not taken again by a restart right after it', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.pass(3);
    h.clock.step(-HOUR_MS);
    await h.ping('a');
    await h.crash();
    await h.start();
    assert.deepEqual(await kindsOfGaps(h), ['stopped', 'clock_back']);
  });

  test('while Tocsin was stopped is taken at the start', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(80);
    await h.stop();
    h.clock.step(-HOUR_MS);
    await h.start();
    await h.ping('a');
    await h.pass(10);
    assert.equal((await h.state('a')).status, 'up');
    assert.deepEqual(messages(h), ['firing JobMissed a', 'resolved JobMissed a']);
  });
});

describe('what lies between two looks at the clocks', () => {
  const rows: readonly {
    readonly name: string;
    readonly wall: number;
    readonly passed: number;
    readonly gaps: readonly string[];
  }[] = [
    { name: 'nothing', wall: 250, passed: 250, gaps: [] },
    { name: 'a busy machine', wall: 5_000, passed: 5_000, gaps: [] },
    { name: 'a clock that is slewed', wall: 900, passed: 1_000, gaps: [] },
    { name: 'a stall of seconds', wall: 7_000, passed: 7_000, gaps: ['suspended 0 7000'] },
    { name: 'a suspended machine', wall: 90_000, passed: 10, gaps: ['clock_forward 0 90000'] },
    { name: 'a step back', wall: -60_000, passed: 250, gaps: ['clock_back -60000 250'] },
    {
      name: 'a step back after a stall',
      wall: 40_000,
      passed: 100_000,
      gaps: ['suspended 0 100000', 'clock_back 40000 100000'],
    },
  ];
  for (const { name, wall, passed, gaps } of rows)
    test(name, () => {
      const found = gapsBetween(
        { wall: instant(0), monotonic: 500 },
        { wall: instant(wall), monotonic: 500 + passed },
      );
      assert.deepEqual(
        found.map(({ kind, from, to }) => `${kind} ${from} ${to}`),
        gaps,
      );
    });

  test('a stall of seconds gives jobs time as any other outage does', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(66);
    h.clock.stall(7_000);
    await h.pass(28);
    assert.equal((await h.state('a')).status, 'up');
    await h.pass(4);
    assert.equal((await h.state('a')).status, 'down');
  });
});

describe('the catch-up time after several gaps', () => {
  const MOST = duration(300_000);
  const gap = (fromS: number, toS: number, kind: Gap['kind'] = 'suspended'): Gap => ({
    from: instant(fromS * 1_000),
    to: instant(toS * 1_000),
    kind,
  });
  const after = (gaps: readonly Gap[]): CatchUpChain =>
    gaps.reduce<CatchUpChain | null>((chain, one) => catchUpAfter(chain, one, MOST), null) ??
    assert.fail('no gap');

  const rows: readonly { name: string; gaps: readonly Gap[]; since: number; length: number }[] = [
    { name: 'a short one gives 30 s', gaps: [gap(0, 6)], since: 6, length: 30 },
    { name: 'a long one gives at most the most', gaps: [gap(0, 9_000)], since: 9_000, length: 300 },
    {
      name: 'one after the end of the other stands alone',
      gaps: [gap(0, 100), gap(200, 206)],
      since: 206,
      length: 30,
    },
    {
      name: 'a short one gives back what was left',
      gaps: [gap(0, 1_000), gap(1_100, 1_110)],
      since: 1_110,
      length: 200,
    },
    {
      name: 'one near the end has its own length',
      gaps: [gap(0, 1_000), gap(1_290, 1_300)],
      since: 1_300,
      length: 30,
    },
    {
      name: 'a step back is told in the new time',
      gaps: [gap(0, 1_000), gap(-2_600, 1_100, 'clock_back')],
      since: -2_600,
      length: 300,
    },
  ];
  for (const { name, gaps, since, length } of rows)
    test(name, () => {
      const chain = after(gaps);
      assert.deepEqual([chain.since / 1_000, chain.length / 1_000], [since, length]);
    });

  test('does not go on for ever, however often Tocsin is away', () => {
    let chain: CatchUpChain | null = null;
    let listened = 0;
    for (let at = 0; ; at += 30) {
      const next = catchUpAfter(chain, gap(at, at + 6), MOST);
      chain = next;
      if (next.length <= 24_000) break;
      listened += 24;
      assert.ok(listened < 1_200, 'still held after 20 minutes of listening');
    }
    assert.ok(listened >= 900);
  });
});
