/** Retention: what the limits no longer keep goes, piece by piece, and nothing that is still needed. */
import assert from 'node:assert/strict';
import { instant } from '../../../src/core/time.ts';
import type { Store } from '../../../src/ports/store.ts';
import { inStore, jobsOf, type StoreCase, unfoldedOf } from './place.ts';
import {
  after,
  alertOf,
  deliveryOf,
  entriesOf,
  entryOf,
  groupedOf,
  limitsOf,
  START,
} from './samples.ts';

interface Given {
  readonly now?: number;
  readonly limits?: Parameters<typeof limitsOf>[0];
  readonly heads?: readonly { jobId: number; head: number }[];
}

const retain = (store: Store, { now = 0, limits = {}, heads = [] }: Given) =>
  store.retain({ now: after(now), limits: limitsOf(limits), heads });

/** Positions that are left, oldest first. */
const positions = async (store: Store, head: number): Promise<number[]> =>
  (await store.log({ head, limit: 100_000 })).map((entry) => entry.n).reverse();

export const retentionCases: readonly StoreCase[] = [
  inStore('retention keeps all that is within the limits', async (store) => {
    await store.commit({ log: entriesOf(10), foldedThrough: 10 });
    assert.deepEqual(await retain(store, { heads: [{ jobId: 1, head: 10 }] }), {
      deleted: {},
      more: false,
      finished: [1],
    });
    assert.equal((await positions(store, 10)).length, 10);
  }),

  inStore('entries beyond their age go, and the newest of all never does', async (store) => {
    await store.commit({ log: entriesOf(10), foldedThrough: 10 });
    // Entry n was received n s + 5 ms after the start.
    assert.deepEqual(await retain(store, { now: 10_000, limits: { maxAge: 3_000 } }), {
      deleted: { log: 6 },
      more: false,
      finished: [],
    });
    assert.deepEqual(await positions(store, 10), [7, 8, 9, 10]);
    await retain(store, { now: 999_999, limits: { maxAge: 0 } });
    assert.equal(await store.lastPosition(), 10, 'positions never begin anew');
    assert.deepEqual(await positions(store, 10), [10]);
  }),

  inStore('a row from a time when the clock was ahead does not hold up the rest', async (store) => {
    const log = entriesOf(10).map((entry) =>
      entry.n === 2 ? { ...entry, receivedAt: after(9_999_999) } : entry,
    );
    await store.commit({ log, foldedThrough: 10 });
    await retain(store, { now: 10_000, limits: { maxAge: 3_000 } });
    assert.deepEqual(await positions(store, 10), [7, 8, 9, 10]);
  }),

  inStore(
    'entries that no stored state holds yet stay, whatever their age or number',
    async (store) => {
      await store.commit({ log: entriesOf(10), foldedThrough: 4 });
      const heads = [{ jobId: 1, head: 10 }];
      const limits = { maxAge: 0, entriesPerJob: 1 };
      const first = await retain(store, { now: 999_999, limits, heads });
      assert.deepEqual([first.more, first.finished], [false, []], 'to be asked for again');
      assert.deepEqual(
        (await unfoldedOf(store)).map((entry) => entry.n),
        [5, 6, 7, 8, 9, 10],
      );
      await store.commit({ foldedThrough: 10 });
      const second = await retain(store, { limits: { entriesPerJob: 1 }, heads });
      assert.deepEqual(second.finished, [1]);
      assert.deepEqual(await positions(store, 10), [10]);
    },
  ),

  inStore('a job keeps so many entries, and its neighbours keep theirs', async (store) => {
    const log = Array.from({ length: 40 }, (_, index) =>
      entryOf({ n: index + 1, jobId: (index % 2) + 1, previous: Math.max(0, index - 1) }),
    );
    await store.commit({ log, foldedThrough: 40 });
    const heads = [{ jobId: 2, head: 40 }];
    assert.deepEqual(await retain(store, { limits: { entriesPerJob: 3 }, heads }), {
      deleted: { log: 17 },
      more: false,
      finished: [2],
    });
    assert.deepEqual(await positions(store, 40), [36, 38, 40]);
    assert.equal((await positions(store, 39)).length, 20);
    assert.deepEqual(await retain(store, { limits: { entriesPerJob: 3 }, heads }), {
      deleted: {},
      more: false,
      finished: [2],
    });
  }),

  inStore(
    'a long log is cut in pieces, each of which leaves the rest within reach',
    async (store) => {
      await store.commit({ log: entriesOf(12_000), foldedThrough: 12_000 });
      const query = { limits: { entriesPerJob: 1_500 }, heads: [{ jobId: 1, head: 12_000 }] };
      const rounds: number[] = [];
      for (let more = true; more && rounds.length < 10; ) {
        const round = await retain(store, query);
        rounds.push(round.deleted['log'] ?? 0);
        ({ more } = round);
        assert.deepEqual(round.finished, more ? [] : [1]);
        const left = 12_000 - rounds.reduce((sum, rows) => sum + rows, 0);
        assert.equal((await positions(store, 12_000)).length, left);
      }
      assert.ok(rounds.length > 1 && Math.max(...rounds) <= 5_000, rounds.join());
      assert.equal((await positions(store, 12_000)).length, 1_500);
    },
  ),

  inStore('of many logs that are too long, those that were cut are named', async (store) => {
    // 100 jobs take turns: 60 entries each, and more to delete than one call may.
    const log = Array.from({ length: 6_000 }, (_, index) =>
      entryOf({ n: index + 1, jobId: (index % 100) + 1, previous: Math.max(0, index - 99) }),
    );
    await store.commit({ log, foldedThrough: 6_000 });
    const all = Array.from({ length: 100 }, (_, index) => ({
      jobId: index + 1,
      head: 5_901 + index,
    }));
    const lengths = async () =>
      await Promise.all(all.map(async ({ head }) => (await positions(store, head)).length));
    const limits = { entriesPerJob: 5 };
    const first = await retain(store, { limits, heads: all });
    assert.equal(first.more, true);
    assert.ok(first.finished.length > 0 && first.finished.length < 100, `${first.finished.length}`);
    const after1 = await lengths();
    assert.deepEqual(
      all.filter((_, index) => after1[index] === 5).map(({ jobId }) => jobId),
      first.finished,
    );
    const heads = all.filter(({ jobId }) => !first.finished.includes(jobId));
    const second = await retain(store, { limits, heads });
    assert.equal(second.more, false);
    assert.deepEqual(
      second.finished,
      heads.map(({ jobId }) => jobId),
    );
    assert.deepEqual(new Set(await lengths()), new Set([5]));
  }),

  inStore('keys are forgotten by age and by number, oldest first', async (store) => {
    const keys = (ids: readonly number[]) =>
      ids.map((id) => ({ jobId: 1, key: `k${id}`, n: id, at: after(id) }));
    await store.commit({ idempotency: keys([1, 2, 3, 4, 5, 6]) });
    const left = async () => (await store.idempotencyKeys()).map((key) => key.n);
    await retain(store, { now: 10, limits: { idempotencyMaxAge: 8 } });
    assert.deepEqual(await left(), [2, 3, 4, 5, 6]);
    assert.deepEqual(await retain(store, { now: 10, limits: { idempotencyMaxKeys: 2 } }), {
      deleted: { idempotency: 3 },
      more: false,
      finished: [],
    });
    assert.deepEqual(await left(), [5, 6]);
  }),

  inStore('finished deliveries go by their age, pending ones stay', async (store) => {
    await store.commit({
      deliveries: [
        deliveryOf('dlv_old', { state: 'sent', finishedAt: after(10) }),
        deliveryOf('dlv_dead', { state: 'dead', finishedAt: after(11) }),
        deliveryOf('dlv_new', { state: 'sent', finishedAt: after(90) }),
        deliveryOf('dlv_waiting'),
      ],
    });
    const { deleted } = await retain(store, { now: 100, limits: { deliveriesMaxAge: 50 } });
    assert.deepEqual(deleted, { delivery: 2 });
    const left = (await store.deliveries({ limit: 10 })).map((delivery) => delivery.id);
    assert.deepEqual(left.sort(), ['dlv_new', 'dlv_waiting']);
  }),

  inStore(
    'closed incidents, ended alerts and what was told of them go; open ones keep all',
    async (store) => {
      const ended = { endsAt: after(5) };
      await store.commit({
        alerts: [alertOf('f1', ended), alertOf('f2', ended), alertOf('f3'), alertOf('f4', ended)],
        grouped: [
          groupedOf('f1', { groupKey: 'closed' }),
          groupedOf('f2', { groupKey: 'open' }),
          groupedOf('f3', { groupKey: 'open' }),
        ],
        notified: [
          { groupKey: 'closed', channelId: 'c', firing: [], resolved: [], at: after(5) },
          { groupKey: 'open', channelId: 'c', firing: [], resolved: [], at: after(5) },
        ],
        timeline: [{ incidentId: 1, at: after(5), kind: 'opened', detail: '' }],
        gaps: [{ from: START, to: after(5), kind: 'stopped' }],
      });
      await store.commit({ incidents: [{ id: 1, flushAt: null, closedAt: after(6) }] });
      const kept = await retain(store, { now: 50, limits: { deliveriesMaxAge: 45 } });
      assert.deepEqual(kept.deleted, {});
      const { deleted } = await retain(store, {
        now: 100,
        limits: { deliveriesMaxAge: 50, maxAge: 50 },
      });
      assert.deepEqual(deleted, { timeline: 1, incident: 1, alert: 2, notified: 1, gap: 1 });
      const left = await store.alerts({ now: after(100), limit: 10 });
      assert.deepEqual(left.map((alert) => alert.fingerprint).sort(), ['f2', 'f3']);
      const [due] = await store.dueIncidents(instant(Number.MAX_SAFE_INTEGER), 10);
      assert.equal(due?.incident.groupKey, 'open');
      assert.equal(due?.notified.length, 1);
    },
  ),

  inStore(
    'a retired job goes when its history has gone, and its id is not given again',
    async (store) => {
      await store.syncJobs([{ name: 'a' }], START, () => 'u-a');
      await store.commit({ log: entriesOf(2), foldedThrough: 2 });
      await store.syncJobs([], after(3_000), () => '');
      const limits = { maxAge: 100_000 };
      await retain(store, { now: 50_000, limits });
      assert.equal((await jobsOf(store)).length, 1);
      await store.commit({
        log: [entryOf({ n: 3, jobId: 2, previous: 0, receivedAt: after(150_000) })],
        foldedThrough: 3,
      });
      const { deleted } = await retain(store, { now: 200_000, limits });
      assert.deepEqual(deleted, { log: 2, job: 1 });
      await store.syncJobs([{ name: 'a' }], after(200_000), () => 'u-b');
      assert.deepEqual(
        (await jobsOf(store)).map((job) => job.id),
        [2],
      );
    },
  ),
];
