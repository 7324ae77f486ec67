import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { JobSpec, JobState } from '../../../src/core/job/job.ts';
import { rebased } from '../../../src/core/job/verdicts.ts';
import { duration, instant } from '../../../src/core/time.ts';
import { jobSpec, Play, periodic, type Step } from './play.ts';

const S = 1_000;
const H = 3600;
const hourly = jobSpec();
const relative = jobSpec({ schedule: periodic(H, true) });
const timed = jobSpec({ maxRuntime: duration(7_200_000) });
const lenient = jobSpec({ failures: 3 });

/** All instants that say what happened. */
const happened = (state: JobState): number[] => [
  state.since,
  ...[state.lastPingAt, state.lastSuccessAt, state.earlyAt].filter((at) => at !== null),
  ...state.outcomes.map(({ at }) => at),
  ...state.runs.map(({ startedAt }) => startedAt),
  ...state.problems.map(({ since }) => since),
];

const isSorted = (times: readonly number[]): boolean =>
  times.every((at, i) => i === 0 || at >= (times[i - 1] as number));

interface Row {
  readonly name: string;
  readonly spec?: JobSpec;
  readonly steps: readonly Step[];
  /** Seconds on the clock when it steps, and by how much. */
  readonly at: number;
  readonly back: number;
  /** In seconds. */
  readonly lastPingAt: number | null;
  readonly expectedAt: number | null;
  readonly outcomes: readonly string[];
}

const rows: readonly Row[] = [
  {
    name: 'what is known from before the time that comes again stays',
    steps: [{ t: 10, kind: 'success' }],
    at: 5000,
    back: 1000,
    lastPingAt: 10,
    expectedAt: H,
    outcomes: ['10 success'],
  },
  {
    name: 'a report moves with the step, and its slot is not awaited a second time',
    steps: [{ t: 2 * H + 5, kind: 'success' }],
    at: 2 * H + 30,
    back: 60,
    lastPingAt: 2 * H - 55,
    expectedAt: 3 * H,
    outcomes: ['7145 success'],
  },
  {
    name: 'after a long step the slot is awaited that is as far ahead as the old one was',
    steps: [{ t: 100 * H + 5, kind: 'success' }],
    at: 100 * H + 30,
    back: 90 * H,
    lastPingAt: 10 * H + 5,
    expectedAt: 11 * H,
    outcomes: ['36005 success'],
  },
  {
    name: 'an interval goes on as long as it would have',
    spec: relative,
    steps: [{ t: 5000, kind: 'success' }],
    at: 5010,
    back: 700,
    lastPingAt: 4300,
    expectedAt: 4300 + H,
    outcomes: ['4300 success'],
  },
  {
    name: 'a miss moves though nothing is awaited any more',
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }],
    at: H + 610,
    back: 1000,
    lastPingAt: 10,
    expectedAt: null,
    outcomes: ['10 success', '3200 missed'],
  },
  {
    name: 'a miss that does not alert yet moves, and the next slot is awaited still',
    spec: lenient,
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }],
    at: H + 610,
    back: 1000,
    lastPingAt: 10,
    expectedAt: 2 * H,
    outcomes: ['10 success', '3200 missed'],
  },
  {
    name: 'a slot that is late is late still',
    spec: relative,
    steps: [{ t: 5000, kind: 'success' }],
    at: 5000 + H + 100,
    back: 3800,
    lastPingAt: 1200,
    expectedAt: 1200 + H,
    outcomes: ['1200 success'],
  },
  {
    name: 'outcomes keep the order in which they were noted',
    steps: [
      { t: 900, kind: 'fail' },
      { t: 990, kind: 'success' },
      { t: 1020, kind: 'fail' },
      { t: 1030, kind: 'success' },
    ],
    at: 1040,
    back: 40,
    lastPingAt: 990,
    expectedAt: H,
    outcomes: ['900 fail', '990 success', '990 fail', '990 success'],
  },
];

describe('a wall clock that stepped back', () => {
  for (const { name, spec = hourly, steps, at, back, ...want } of rows)
    test(name, () => {
      const { state } = new Play(spec).play(steps);
      const now = instant((at - back) * S);
      const moved = rebased(spec, state, { now, backMs: back * S });
      const seconds = (ms: number | null) => (ms === null ? null : ms / S);
      assert.deepEqual(
        {
          lastPingAt: seconds(moved.lastPingAt),
          expectedAt: seconds(moved.expectedAt),
          outcomes: moved.outcomes.map((one) => `${one.at / S} ${one.kind}`),
        },
        want,
      );
    });

  test('a run that began later than now is as old as before', () => {
    const play = new Play(timed).play([
      { t: 10, kind: 'success' },
      { t: 5000, kind: 'start' },
    ]);
    const moved = rebased(timed, play.state, { now: instant(4100 * S), backMs: 1000 * S });
    assert.deepEqual(
      moved.runs.map(({ startedAt }) => startedAt / S),
      [4000],
    );
  });

  test('a miss from later than now ends with the next success', () => {
    const play = new Play(hourly).play([{ t: 10, kind: 'success' }, { t: 2 * H }]);
    assert.deepEqual(play.problems, ['missed']);
    play.state = rebased(hourly, play.state, { now: instant(1800 * S), backMs: 5400 * S });
    play.step({ t: 1810, kind: 'success' });
    assert.deepEqual(play.problems, []);
    assert.equal(play.state.expectedAt, H * S);
  });

  test('also without that, a live report is the newest word and says what is awaited', () => {
    const play = new Play(hourly).play([
      { t: 10, kind: 'success' },
      { t: 2 * H },
      { t: 60, kind: 'success' },
    ]);
    assert.deepEqual(play.problems, []);
    assert.equal(play.shown(60), 'up');
    assert.equal(play.state.expectedAt, H * S);
    assert.equal(play.state.lastPingAt, 60 * S);
    assert.equal(play.state.lastSuccessAt, 60 * S);
  });

  test('a live failure ends a miss from later than now, and stands itself', () => {
    const play = new Play(hourly).play([
      { t: 10, kind: 'success' },
      { t: 2 * H },
      { t: 60, kind: 'fail' },
    ]);
    assert.deepEqual(play.problems, ['failed']);
  });

  test('whatever a job knows: nothing is later than now, all is in order, and twice is once', () => {
    const step: fc.Arbitrary<{ wait: number; kind: NonNullable<Step['kind']> | 'tick' }> =
      fc.record({
        wait: fc.nat(2 * H),
        kind: fc.constantFrom('success' as const, 'fail', 'start', 'tick'),
      });
    fc.assert(
      fc.property(
        fc.constantFrom(hourly, relative, timed, lenient),
        fc.array(step, { maxLength: 30 }),
        fc.nat(10 * H),
        (spec, steps, back) => {
          const play = new Play(spec);
          let t = 0;
          for (const { wait, kind } of steps) {
            t += wait;
            play.step(kind === 'tick' ? { t } : { t, kind });
          }
          const now = instant((t - back) * S);
          const moved = rebased(spec, play.state, { now, backMs: back * S });
          assert.ok(happened(moved).every((at) => at <= now));
          assert.ok(isSorted(moved.outcomes.map(({ at }) => at)));
          assert.ok(isSorted(moved.runs.map(({ startedAt }) => startedAt)));
          assert.equal(moved.problems.length, play.state.problems.length);
          assert.equal(rebased(spec, moved, { now, backMs: back * S }), moved);
        },
      ),
      { numRuns: 200 },
    );
  });
});
