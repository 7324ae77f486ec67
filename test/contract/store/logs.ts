/** The log: chains are read newest first, pings are found by number, and what is not folded comes back. */
import assert from 'node:assert/strict';
import type { LogEntry } from '../../../src/core/job/job.ts';
import { inStore, jobsOf, type StoreCase, unfoldedOf, using } from './place.ts';
import { entriesOf, entryOf, fullEntry, START, stateOf } from './samples.ts';

/** Three jobs in turn: each has every third entry. */
const interleaved = (count: number): LogEntry[] =>
  Array.from({ length: count }, (_, index) =>
    entryOf({
      n: index + 1,
      jobId: (index % 3) + 1,
      seq: Math.floor(index / 3) + 1,
      previous: Math.max(0, index - 2),
    }),
  );

export const logCases: readonly StoreCase[] = [
  inStore('a log shows the entries of its job alone, newest first', async (store) => {
    await store.commit({ log: interleaved(30) });
    const log = await store.log({ head: 29, limit: 100 });
    assert.deepEqual(
      log.map((entry) => entry.n),
      [29, 26, 23, 20, 17, 14, 11, 8, 5, 2],
    );
    assert.ok(log.every((entry) => entry.jobId === 2));
  }),

  inStore('a log stops at the limit, and goes on from where a page ended', async (store) => {
    await store.commit({ log: entriesOf(10) });
    const page = await store.log({ head: 10, limit: 4 });
    assert.deepEqual(
      page.map((entry) => entry.n),
      [10, 9, 8, 7],
    );
    const rest = await store.log({ head: page.at(-1)?.previous ?? 0, limit: 100 });
    assert.deepEqual(
      rest.map((entry) => entry.n),
      [6, 5, 4, 3, 2, 1],
    );
    assert.deepEqual(await store.log({ head: 0, limit: 5 }), []);
    assert.deepEqual(await store.log({ head: 10, limit: 0 }), []);
  }),

  inStore('a log of some kinds counts those alone, however far apart they are', async (store) => {
    const log = entriesOf(2_000).map(
      (entry): LogEntry => (entry.n % 900 === 0 ? { ...entry, kind: 'fail' } : entry),
    );
    await store.commit({ log });
    const fails = await store.log({ head: 2_000, kinds: ['fail', 'missed'], limit: 5 });
    assert.deepEqual(
      fails.map((entry) => entry.n),
      [1_800, 900],
    );
    assert.deepEqual(await store.log({ head: 2_000, kinds: ['start'], limit: 5 }), []);
    assert.deepEqual(await store.log({ head: 2_000, kinds: [], limit: 5 }), []);
  }),

  inStore('an entry is read back as it was written, its body apart', async (store) => {
    await store.commit({ log: [fullEntry(1)] });
    const { body, ...rest } = fullEntry(1);
    assert.deepEqual(await store.log({ head: 1, limit: 1 }), [{ ...rest, bodyBytes: 4 }]);
    assert.deepEqual((await store.ping({ head: 1, seq: 1 }))?.body, body);
  }),

  inStore('a body that is a window on a larger buffer is stored alone', async (store) => {
    const large = new Uint8Array(10_000).fill(7);
    await store.commit({ log: [entryOf({ n: 1, body: large.subarray(5, 8) })] });
    assert.deepEqual((await store.ping({ head: 1, seq: 1 }))?.body, new Uint8Array([7, 7, 7]));
  }),

  inStore('a ping is found by its number, and verdicts have none', async (store) => {
    await store.commit({
      log: [
        entryOf({ n: 1, seq: 1 }),
        entryOf({ n: 2, seq: null, kind: 'missed' }),
        entryOf({ n: 3, seq: 2 }),
        entryOf({ n: 4, seq: null, kind: 'overrun' }),
      ],
    });
    assert.equal((await store.ping({ head: 4, seq: 2 }))?.n, 3);
    assert.equal((await store.ping({ head: 4, seq: 1 }))?.n, 1);
    assert.equal(await store.ping({ head: 4, seq: 3 }), null);
    assert.equal(await store.ping({ head: 4, seq: 0 }), null);
    assert.equal(await store.ping({ head: 0, seq: 1 }), null);
  }),

  inStore('a ping is found at the far end of a long chain', async (store) => {
    await store.commit({ log: entriesOf(1_700) });
    assert.equal((await store.ping({ head: 1_700, seq: 2 }))?.n, 2);
  }),

  inStore('a chain that leads to an entry that is gone ends there', async (store) => {
    await store.commit({ log: [entryOf({ n: 5, previous: 3, seq: 9 })] });
    assert.equal((await store.log({ head: 5, limit: 10 })).length, 1);
    assert.equal(await store.ping({ head: 5, seq: 8 }), null);
  }),

  {
    name: 'what the stored states do not hold yet comes back in order after a restart',
    run: async (place) => {
      await using(place, async (store) => {
        await store.syncJobs([{ name: 'a' }], START, () => 'uuid-a');
        await store.commit({ log: entriesOf(5) });
        await store.commit({ states: [{ jobId: 1, state: stateOf(3) }], foldedThrough: 3 });
        await store.commit({ log: [entryOf({ n: 6 })] });
      });
      await using(place, async (store) => {
        assert.equal((await jobsOf(store))[0]?.state?.head, 3);
        assert.deepEqual(
          (await unfoldedOf(store)).map((entry) => entry.n),
          [4, 5, 6],
        );
        await store.commit({ foldedThrough: 6 });
        assert.deepEqual(await unfoldedOf(store), []);
      });
    },
  },

  inStore('a long end of the log comes in chunks and complete', async (store) => {
    await store.commit({
      log: entriesOf(2_500).map((entry) =>
        entry.n % 100 === 0 ? { ...entry, body: new Uint8Array(100_000) } : entry,
      ),
    });
    const sizes: number[] = [];
    const seen: number[] = [];
    await store.unfolded((chunk) => {
      sizes.push(chunk.length);
      seen.push(...chunk.map((entry) => entry.n));
    });
    assert.deepEqual(
      seen,
      Array.from({ length: 2_500 }, (_, index) => index + 1),
    );
    assert.ok(sizes.length > 1 && sizes.every((size) => size > 0 && size <= 1_100), sizes.join());
  }),
];
