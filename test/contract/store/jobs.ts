/** Jobs: made to match the config, with their history kept through renames, absence and return. */
import assert from 'node:assert/strict';
import type { JobWanted, Store } from '../../../src/ports/store.ts';
import { faultIs, inStore, jobsOf, type StoreCase } from './place.ts';
import { after, entriesOf, START, stateOf } from './samples.ts';

const counter = (prefix = 'fresh'): (() => string) => {
  let made = 0;
  return () => {
    made += 1;
    return `${prefix}-${made}`;
  };
};

const sync = (store: Store, wanted: readonly JobWanted[], uuid = counter()): Promise<void> =>
  store.syncJobs(wanted, after(1_000), uuid);

/** One line for each job: id, name, uuid, origin, and whether it is retired. */
const shown = async (store: Store): Promise<string[]> =>
  (await jobsOf(store)).map(
    (job) =>
      `${job.id} ${job.name} ${job.uuid} ${job.origin}${job.retiredAt === null ? '' : ' retired'}`,
  );

interface Row {
  readonly name: string;
  readonly first: readonly JobWanted[];
  /** A job that its first ping made, between the two. */
  readonly auto?: string;
  readonly then: readonly JobWanted[];
  readonly want: readonly string[] | RegExp;
}

const A = { name: 'a', uuid: 'u-a' };
const B = { name: 'b', uuid: 'u-b' };

const rows: readonly Row[] = [
  {
    name: 'new jobs get an id and a uuid',
    first: [],
    then: [{ name: 'a' }, B, { name: 'c' }],
    want: ['1 a fresh-1 config', '2 b u-b config', '3 c fresh-2 config'],
  },
  {
    name: 'the same config changes nothing',
    first: [A, B],
    then: [B, A],
    want: ['1 a u-a config', '2 b u-b config'],
  },
  {
    name: 'a job without a uuid in its config keeps the one it has',
    first: [A],
    then: [{ name: 'a' }],
    want: ['1 a u-a config'],
  },
  {
    name: 'a uuid that is written later replaces the one that was made',
    first: [{ name: 'a' }],
    then: [A],
    want: ['1 a u-a config'],
  },
  {
    name: 'a job that is gone is retired',
    first: [A, B],
    then: [B],
    want: ['1 a u-a config retired', '2 b u-b config'],
  },
  {
    name: 'a job that says what it was takes the history over',
    first: [A],
    then: [{ name: 'z', was: 'a' }],
    want: ['1 z u-a config'],
  },
  {
    name: 'a rename that is done already is no fault',
    first: [{ name: 'z', uuid: 'u-a' }],
    then: [{ name: 'z', was: 'a' }],
    want: ['1 z u-a config'],
  },
  {
    name: 'a job that keeps its uuid under a new name keeps its history',
    first: [A],
    then: [{ name: 'z', uuid: 'u-a' }],
    want: ['1 z u-a config'],
  },
  {
    name: 'two jobs may swap their uuids',
    first: [A, B],
    then: [
      { name: 'a', uuid: 'u-b' },
      { name: 'b', uuid: 'u-a' },
    ],
    want: ['1 a u-b config', '2 b u-a config'],
  },
  {
    name: 'a job may take the uuid of one that goes',
    first: [A, B],
    then: [{ name: 'b', uuid: 'u-a' }],
    want: ['1 a fresh-1 config retired', '2 b u-a config'],
  },
  {
    name: 'a job that its first ping made is kept',
    first: [A],
    auto: 'auto',
    then: [A],
    want: ['1 a u-a config', '2 auto u-auto auto'],
  },
  {
    name: 'a job that its first ping made becomes one of the config, history and all',
    first: [],
    auto: 'a',
    then: [{ name: 'a' }],
    want: ['1 a u-auto config'],
  },
  {
    name: 'the config may give such a job another name by its uuid',
    first: [],
    auto: 'a',
    then: [{ name: 'z', uuid: 'u-auto' }],
    want: ['1 z u-auto config'],
  },
  {
    name: 'a uuid of a job that stays is refused',
    first: [A],
    auto: 'auto',
    then: [{ name: 'a', uuid: 'u-auto' }],
    want: /u-auto/,
  },
  {
    name: 'a uuid twice is refused',
    first: [A],
    then: [A, { name: 'b', uuid: 'u-a' }],
    want: /u-a/,
  },
  { name: 'a name twice is refused', first: [A], then: [B, { name: 'b' }], want: /named b/ },
  {
    name: 'a `was` that is still a job is refused',
    first: [A],
    then: [A, { ...B, was: 'a' }],
    want: /was a/,
  },
  {
    name: 'two jobs that were the same one are refused',
    first: [A],
    then: [
      { name: 'x', was: 'a' },
      { name: 'y', was: 'a' },
    ],
    want: /were a/,
  },
];

const table = rows.map(
  ({ name, first, auto, then, want }): StoreCase =>
    inStore(`jobs: ${name}`, async (store) => {
      await sync(store, first, counter('made'));
      if (auto !== undefined) {
        await store.addAutoJob({ name: auto, uuid: 'u-auto', spec: '{"every":1}' }, START);
      }
      const before = await shown(store);
      if (want instanceof RegExp) {
        await assert.rejects(sync(store, then), faultIs('refused', want));
        assert.deepEqual(await shown(store), before, 'and nothing has changed');
      } else {
        await sync(store, then);
        assert.deepEqual(await shown(store), want);
      }
    }),
);

export const jobCases: readonly StoreCase[] = [
  ...table,

  inStore('jobs: one that returns has its id, uuid and state again', async (store) => {
    await sync(store, [{ name: 'a' }], counter('made'));
    await store.commit({ log: entriesOf(2), states: [{ jobId: 1, state: stateOf(2) }] });
    await sync(store, []);
    assert.equal((await jobsOf(store))[0]?.retiredAt, after(1_000));
    await sync(store, [{ name: 'a' }]);
    const [job] = await jobsOf(store);
    assert.equal(job?.id, 1);
    assert.equal(job?.uuid, 'made-1');
    assert.equal(job?.retiredAt, null);
    assert.deepEqual(job?.state, stateOf(2));
  }),

  inStore('jobs: one that its first ping made carries its own definition', async (store) => {
    const id = await store.addAutoJob({ name: 'auto', uuid: 'u', spec: '{"every":1}' }, START);
    const [job] = await jobsOf(store);
    assert.deepEqual(job, {
      id,
      name: 'auto',
      uuid: 'u',
      origin: 'auto',
      state: null,
      retiredAt: null,
      spec: '{"every":1}',
    });
    await assert.rejects(
      store.addAutoJob({ name: 'auto', uuid: 'v', spec: '' }, START),
      faultIs('refused'),
    );
    await assert.rejects(
      store.addAutoJob({ name: 'other', uuid: 'u', spec: '' }, START),
      faultIs('refused'),
    );
    await sync(store, [{ name: 'auto' }]);
    assert.equal((await jobsOf(store))[0]?.spec, null, 'which the config replaces');
  }),

  inStore('jobs: many come in chunks, in order of their id', async (store) => {
    const wanted = Array.from({ length: 2_500 }, (_, index) => ({ name: `job-${index}` }));
    await sync(store, wanted);
    const sizes: number[] = [];
    await store.jobs((chunk) => sizes.push(chunk.length));
    assert.ok(sizes.length > 1 && Math.max(...sizes) <= 1_000, sizes.join());
    assert.deepEqual(
      (await jobsOf(store)).map((job) => job.name),
      wanted.map((job) => job.name),
    );
  }),
];
