/** Retention by number: however many logs grow at one cadence, each comes back to its limit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newState } from '../../src/core/job/fresh.ts';
import type { JobSpec } from '../../src/core/job/job.ts';
import { duration, instant } from '../../src/core/time.ts';
import { Registry } from '../../src/engine/registry.ts';
import { Retain } from '../../src/engine/retain.ts';
import { type Store, StoreError } from '../../src/ports/store.ts';
import { jobSpec, periodic } from '../core/job/play.ts';
import { FakeClock } from '../fake/clock.ts';
import { quietTelemetry } from '../fake/telemetry.ts';
import { Harness, START_MS } from './harness.ts';

const JOBS = 100;
const LIMIT = 20;
/** The share by which a log may grow, and the least number of entries by which it may. */
const LONGEST = LIMIT * 1.1 + 10;

const specs: readonly JobSpec[] = Array.from({ length: JOBS }, (_, index) =>
  jobSpec({ name: `job-${index}`, schedule: periodic(86_400) }),
);
const names = specs.map(({ name }) => name);

const limitsOf = (entriesPerJob: number) => ({
  limits: {
    entriesPerJob,
    maxAge: duration(90 * 86_400_000),
    deliveriesMaxAge: duration(90 * 86_400_000),
    idempotencyMaxAge: duration(7 * 86_400_000),
    idempotencyMaxKeys: 100_000,
  },
});

const open = (entriesPerJob = LIMIT): Promise<Harness> =>
  Harness.open({ jobs: specs, settings: limitsOf(entriesPerJob) });

const pingAll = async (h: Harness, times: number, of: readonly string[] = names): Promise<void> => {
  for (let round = 0; round < times; round += 1) await Promise.all(of.map((name) => h.ping(name)));
};

/** Entries that are stored of each job, walked from its newest. */
const lengths = (h: Harness): Promise<number[]> =>
  Promise.all(
    names.map(async (name) => {
      const head = h.engine.jobByName(name)?.state.head ?? 0;
      return (await h.store.log({ head, limit: 100_000 })).length;
    }),
  );

describe('retention by number', () => {
  test('many jobs of one cadence: no log outgrows its limit', async () => {
    await using h = await open();
    // Each round brings more than the store deletes in one piece.
    for (let round = 0; round < 3; round += 1) {
      await pingAll(h, 60);
      await h.pass(130);
      const longest = Math.max(...(await lengths(h)));
      assert.ok(longest <= LONGEST, `round ${round}: ${longest} entries`);
    }
    assert.ok(Math.min(...(await lengths(h))) >= LIMIT, 'and none is cut shorter than its limit');
  });

  test('logs grown before a restart are cut after it, though nothing is reported any more', async () => {
    await using h = await open();
    await pingAll(h, 60);
    await h.stop();
    await h.start();
    await h.pass(130);
    assert.deepEqual(new Set(await lengths(h)), new Set([LIMIT]));
  });

  test('one busy log does not keep the others from their turn', async () => {
    await using h = await open();
    await pingAll(h, 60);
    await pingAll(
      h,
      60,
      Array.from({ length: 100 }, () => 'job-0'),
    );
    await h.pass(130);
    assert.deepEqual(new Set(await lengths(h)), new Set([LIMIT]));
  });

  test('a lower limit holds at once, also for jobs that are quiet', async () => {
    await using h = await open(50);
    await pingAll(h, 60);
    await h.pass(130);
    assert.deepEqual(new Set(await lengths(h)), new Set([50]));
    await h.engine.reload(specs, h.settings(limitsOf(LIMIT)));
    await h.pass(130);
    assert.deepEqual(new Set(await lengths(h)), new Set([LIMIT]));
  });
});

describe('the line of jobs whose log is too long', () => {
  type Answer = Awaited<ReturnType<Store['retain']>>;
  const answer = (finished: readonly number[], more = false): Answer => ({
    deleted: {},
    more,
    finished,
  });

  /** Jobs 1, 2 and 3 over a store that gives the answers in turn, and then says that all is finished. */
  const line = (h: Harness, answers: (Answer | StoreError)[]) => {
    const registry = new Registry();
    const jobs = [1, 2, 3].map((id) => {
      const spec = jobSpec({ name: `job-${id}` });
      const state = { ...newState(spec, instant(START_MS)), pings: 60, head: id };
      return registry.add({ id, uuid: `u-${id}`, origin: 'config', spec, state });
    });
    const asked: number[][] = [];
    const retain = new Retain({
      clock: new FakeClock(START_MS),
      registry,
      settings: { current: h.settings(limitsOf(LIMIT)) },
      telemetry: quietTelemetry(),
      store: {
        retain: async ({ heads }) => {
          const ids = heads.map(({ jobId }) => jobId);
          asked.push(ids);
          const next = answers.shift() ?? answer(ids);
          if (next instanceof StoreError) throw next;
          return next;
        },
      },
    });
    return { registry, jobs, retain, asked };
  };

  test('those without room come in the next piece, those that cannot be cut yet later', async () => {
    await using h = await Harness.open();
    const { retain, asked } = line(h, [answer([1], true), answer([3])]);
    await retain.activate();
    assert.deepEqual(asked, [
      [1, 2, 3],
      [2, 3],
    ]);
    await retain.activate();
    await retain.activate();
    assert.deepEqual(asked.slice(2), [[2], []]);
  });

  test('a store that fails loses no turn', async () => {
    await using h = await Harness.open();
    const { retain, asked } = line(h, [new StoreError('busy', 'trimming')]);
    await assert.rejects(retain.activate(), StoreError);
    await retain.activate();
    assert.deepEqual(asked, [
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  test('an activation ends, however much is left', async () => {
    await using h = await Harness.open();
    const { retain, asked } = line(
      h,
      Array.from({ length: 1_000 }, () => answer([], true)),
    );
    await retain.activate();
    assert.equal(asked.length, 50);
    await retain.activate();
    assert.deepEqual(asked[50], [1, 2, 3]);
  });

  test('a job that is gone leaves the line, and one that grows comes back to its end', async () => {
    await using h = await Harness.open();
    const { registry, jobs, retain, asked } = line(h, [answer([1])]);
    await retain.activate();
    const [first, second] = jobs;
    assert.ok(first !== undefined && second !== undefined);
    registry.remove(second);
    registry.put(first, { ...first.state, pings: 69 });
    await retain.activate();
    registry.put(first, { ...first.state, pings: 70 });
    await retain.activate();
    assert.deepEqual(asked, [[1, 2, 3], [3], [1]]);
  });
});
