import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deadline } from '../../../src/core/job/deadline.ts';
import { newState } from '../../../src/core/job/fresh.ts';
import type { JobSpec } from '../../../src/core/job/job.ts';
import { OUTCOMES_MAX } from '../../../src/core/job/standing.ts';
import { duration, instant } from '../../../src/core/time.ts';
import { jobSpec, Play, periodic, type Step } from './play.ts';

const specs: fc.Arbitrary<JobSpec> = fc
  .record({
    period: fc.integer({ min: 60, max: 7200 }),
    grace: fc.integer({ min: 1, max: 3600 }),
    maxRuntime: fc.option(fc.integer({ min: 1, max: 7200 })),
    failures: fc.integer({ min: 1, max: 3 }),
    recoveries: fc.integer({ min: 1, max: 3 }),
    relative: fc.boolean(),
  })
  .map((given) =>
    jobSpec({
      schedule: periodic(given.period, given.relative),
      grace: duration(given.grace * 1000),
      maxRuntime: given.maxRuntime === null ? null : duration(given.maxRuntime * 1000),
      failures: given.failures,
      recoveries: given.recoveries,
    }),
  );

const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 4000 }),
      kind: fc.constantFrom('start', 'success', 'fail', 'log', undefined),
      late: fc.option(fc.integer({ min: 0, max: 8000 }), { nil: undefined }),
      rid: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((moves) => {
    let t = 10;
    return moves.map(({ gap, kind, late, rid }) => {
      t += gap;
      return {
        t,
        ...(kind !== undefined && { kind }),
        ...(late !== undefined && { at: Math.max(0, t - late) }),
        ...(rid !== undefined && { rid }),
      };
    });
  });

test('a job that is brought up to now has nothing due until its deadline', () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      const play = new Play(spec).play(list);
      const now = instant(((list.at(-1)?.t ?? 10) + 1) * 1000);
      play.judge(now, now);
      const next = deadline(spec, play.state, null);
      assert.ok(next === null || next > now);
    }),
  );
});

test('status, problems and counts agree with each other', () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      const { state } = new Play(spec).play(list);
      assert.equal(state.status === 'down', state.problems.length > 0);
      assert.ok(state.outcomes.length <= OUTCOMES_MAX);
      assert.equal(new Set(state.problems.map((one) => one.kind)).size, state.problems.length);
      for (let i = 1; i < state.outcomes.length; i += 1)
        assert.ok((state.outcomes[i]?.at ?? 0) >= (state.outcomes[i - 1]?.at ?? 0));
      assert.ok(state.failuresInRow === 0 || state.successesInRow === 0);
    }),
  );
});

test('every problem is opened once, and closed only after it was opened', () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      const { events, problems } = new Play(spec).play(list);
      const open = new Set<string>();
      for (const event of events) {
        const kind = event.replace(/^\S+ [+-]/, '').replace(/@.*/, '');
        if (event.includes('+')) {
          assert.ok(!open.has(kind));
          open.add(kind);
        } else assert.ok(open.delete(kind));
      }
      assert.deepEqual([...open].sort(), problems);
    }),
  );
});

test('the order in which reports with their own times arrive does not change where the job stands', () => {
  const reports = fc.uniqueArray(
    fc.record({ at: fc.integer({ min: 100, max: 50_000 }), ok: fc.boolean() }),
    { minLength: 1, maxLength: OUTCOMES_MAX, selector: (report) => report.at },
  );
  const shuffled = reports.chain((list) =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  );
  // A slot so far away that no miss interferes.
  const wide = { schedule: periodic(10_000_000) };
  fc.assert(
    fc.property(specs, shuffled, (given, [list, order]) => {
      const spec = { ...given, ...wide };
      const play = (of: readonly { at: number; ok: boolean }[]) =>
        new Play(spec).play(
          of.map(({ at, ok }, i) => ({
            t: 60_000 + i,
            at,
            kind: ok ? 'success' : 'fail',
            rid: `r${at}`,
          })),
        ).state;
      const sorted = play([...list].sort((a, b) => a.at - b.at));
      const mixed = play(order);
      assert.equal(mixed.status, sorted.status);
      assert.equal(mixed.failuresInRow, sorted.failuresInRow);
      assert.equal(mixed.successesInRow, sorted.successesInRow);
      assert.equal(mixed.lastPingAt, sorted.lastPingAt);
      assert.equal(mixed.expectedAt, sorted.expectedAt);
      assert.deepEqual(
        mixed.problems.map((one) => one.kind),
        sorted.problems.map((one) => one.kind),
      );
    }),
  );
});

test('no alarm before its time: a miss never opens before slot and grace have passed', () => {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      for (const event of new Play(spec).play(list).events) {
        const opened = /^(\S+) \+missed@(\S+)$/.exec(event);
        if (opened) assert.ok(Number(opened[1]) >= Number(opened[2]));
      }
    }),
  );
});

test('after an own outage nothing that began before is judged until the catch-up time is over', () => {
  fc.assert(
    fc.property(
      specs,
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 600 }),
      (spec, outageS, catchUpS) => {
        const play = new Play(spec).step({ t: 10, kind: 'success' });
        const back = 10 + outageS;
        play.catchUp = {
          from: instant(11_000),
          since: instant(back * 1000),
          length: duration(catchUpS * 1000),
        };
        const slot = play.state.expectedAt ?? 0;
        const almost = instant((back + catchUpS) * 1000 - 1);
        play.judge(almost, almost);
        if (slot < back * 1000) assert.deepEqual(play.events, []);
        const later = instant(almost + 10 * 24 * 3_600_000);
        play.judge(later, later);
        assert.ok(spec.failures > 1 || play.problems.includes('missed'));
      },
    ),
  );
});

test('a fresh job awaits nothing', () => {
  const spec = jobSpec();
  assert.equal(deadline(spec, newState(spec, instant(0)), null), null);
});
