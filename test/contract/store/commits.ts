/** Commits: all or nothing, in order, and there after the store was closed and opened. */
import assert from 'node:assert/strict';
import { type Changes, StoreError } from '../../../src/ports/store.ts';
import { faultIs, inStore, jobsOf, type StoreCase, unfoldedOf, using } from './place.ts';
import {
  after,
  alertOf,
  deliveryOf,
  entriesOf,
  entryOf,
  fullEntry,
  groupedOf,
  START,
  stateOf,
} from './samples.ts';

/** One part of a commit that cannot be stored, among others that could. */
const bad: readonly { readonly what: string; readonly changes: Changes }[] = [
  { what: 'an entry whose position is taken', changes: { log: [entryOf({ n: 1 })] } },
  {
    what: 'an entry with half a millisecond',
    changes: { log: [entryOf({ n: 9, at: after(0.5) })] },
  },
  { what: 'a state beyond the log', changes: { states: [{ jobId: 1, state: stateOf(99) }] } },
  {
    what: 'an incident that does not exist',
    changes: { incidents: [{ id: 77, flushAt: null, closedAt: START }] },
  },
  {
    what: 'a delivery in no known state',
    changes: { deliveries: [deliveryOf('dlv_1', { state: 'lost' as 'pending' })] },
  },
];

const atomicity = bad.map(
  ({ what, changes }): StoreCase =>
    inStore(`a commit with ${what} stores nothing of itself`, async (store) => {
      await store.syncJobs([{ name: 'a' }], START, () => 'uuid-a');
      await store.commit({ log: entriesOf(2) });
      await assert.rejects(
        store.commit({
          ...changes,
          log: [entryOf({ n: 3 }), ...(changes.log ?? [])],
          alerts: [alertOf('f1')],
          grouped: [groupedOf('f1')],
          timeline: [{ incidentId: 1, at: START, kind: 'opened', detail: '' }],
          gaps: [{ from: START, to: after(1), kind: 'stopped' }],
          idempotency: [{ jobId: 1, key: 'k', n: 3, at: START }],
          aliveAt: START,
        }),
        StoreError,
      );
      assert.equal(await store.lastPosition(), 2);
      assert.equal(await store.aliveAt(), null);
      assert.deepEqual(await store.idempotencyKeys(), []);
      assert.deepEqual(await store.gaps(10), []);
      assert.equal(await store.alert('f1'), null);
      assert.deepEqual(await store.incidents({ limit: 10 }), []);
      assert.deepEqual(await store.deliveries({ limit: 10 }), []);
      assert.deepEqual(await store.timeline(1, 10), []);
      await store.commit({ log: [entryOf({ n: 3 })] });
      assert.equal(await store.lastPosition(), 3, 'and the store goes on');
    }),
);

export const commitCases: readonly StoreCase[] = [
  ...atomicity,

  inStore('a fresh store is empty', async (store) => {
    assert.equal(await store.lastPosition(), 0);
    assert.equal(await store.aliveAt(), null);
    assert.deepEqual(await jobsOf(store), []);
    assert.deepEqual(await unfoldedOf(store), []);
    assert.deepEqual(await store.nextDue(), { flushAt: null, deliveryAt: null });
    assert.deepEqual(await store.dueIncidents(START, 10), []);
  }),

  inStore('an empty commit is a commit', async (store) => {
    await store.commit({});
    await store.commit({ log: [], alerts: [] });
    assert.equal(await store.lastPosition(), 0);
  }),

  inStore('commits are carried out in the order of the calls', async (store) => {
    const commits = Array.from({ length: 50 }, (_, index) =>
      store.commit({
        log: [entryOf({ n: index + 1 })],
        alerts: [alertOf('f', { updatedAt: after(index) })],
      }),
    );
    await Promise.all(commits);
    assert.equal(await store.lastPosition(), 50);
    assert.equal((await store.alert('f'))?.updatedAt, after(49));
  }),

  inStore('one commit that fails leaves those around it alone', async (store) => {
    const results = await Promise.allSettled([
      store.commit({ log: [entryOf({ n: 1 })] }),
      store.commit({ log: [entryOf({ n: 1 })] }),
      store.commit({ log: [entryOf({ n: 2 })] }),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(
      (await unfoldedOf(store)).map((entry) => entry.n),
      [1, 2],
    );
  }),

  {
    name: 'all parts of a commit are there after the store was closed and opened',
    run: async (place) => {
      const delivery = deliveryOf('dlv_1', { only: ['a@example.org'], lastDetail: 'x' });
      const told = { groupKey: '{}:{}', channelId: 'team/webhook/0', at: after(3) };
      await using(place, async (store) => {
        await store.syncJobs([{ name: 'a' }], START, () => 'uuid-a');
        await store.commit({
          log: [fullEntry(1)],
          states: [{ jobId: 1, state: stateOf(1) }],
          alerts: [alertOf('f1', { traceId: 'c'.repeat(32), timeout: true, endsAt: after(9) })],
          grouped: [groupedOf('f1')],
          deliveries: [delivery],
          notified: [{ ...told, firing: ['f1'], resolved: [], muted: ['f1'] }],
          timeline: [{ incidentId: 1, at: START, kind: 'opened', detail: 'by f1' }],
          gaps: [{ from: START, to: after(5), kind: 'clock_back' }],
          idempotency: [{ jobId: 1, key: 'k-1', n: 1, at: START }],
          aliveAt: after(7),
        });
      });
      await using(place, async (store) => {
        assert.deepEqual(await unfoldedOf(store), [fullEntry(1)]);
        assert.deepEqual((await jobsOf(store))[0]?.state, stateOf(1));
        const alert = await store.alert('f1');
        assert.deepEqual(
          alert,
          alertOf('f1', { traceId: 'c'.repeat(32), timeout: true, endsAt: after(9) }),
        );
        assert.ok(Object.hasOwn(alert?.labels ?? {}, '__proto__'));
        const [due] = await store.dueIncidents(after(10_000), 10);
        assert.deepEqual(due?.alerts, [alert]);
        assert.deepEqual(due?.notified, [{ ...told, firing: ['f1'], resolved: [], muted: ['f1'] }]);
        assert.deepEqual(due?.pending, [delivery]);
        assert.deepEqual(await store.timeline(1, 10), [
          { incidentId: 1, at: START, kind: 'opened', detail: 'by f1' },
        ]);
        assert.deepEqual(await store.gaps(10), [{ from: START, to: after(5), kind: 'clock_back' }]);
        assert.deepEqual(await store.idempotencyKeys(), [
          { jobId: 1, key: 'k-1', n: 1, at: START },
        ]);
        assert.equal(await store.aliveAt(), after(7));
      });
    },
  },

  inStore('a key that is used again after its time counts as new', async (store) => {
    await store.commit({
      idempotency: [
        { jobId: 1, key: 'k', n: 1, at: START },
        { jobId: 2, key: 'k', n: 2, at: START },
      ],
    });
    await store.commit({ idempotency: [{ jobId: 1, key: 'k', n: 3, at: after(1) }] });
    assert.deepEqual(await store.idempotencyKeys(), [
      { jobId: 2, key: 'k', n: 2, at: START },
      { jobId: 1, key: 'k', n: 3, at: after(1) },
    ]);
  }),

  {
    name: 'a secret is made once and kept',
    run: async (place) => {
      await using(place, async (store) => {
        assert.equal(await store.secret('ping_key', () => 'first'), 'first');
        assert.equal(await store.secret('ping_key', () => 'second'), 'first');
        assert.equal(await store.secret('other', () => 'third'), 'third');
      });
      await using(place, async (store) => {
        assert.equal(await store.secret('ping_key', () => 'fourth'), 'first');
      });
    },
  },

  inStore('a clock that stepped back keeps nothing waiting, and is taken once', async (store) => {
    const hour = 3_600_000;
    const told = { groupKey: '{}:{}', channelId: 'team/webhook/0', firing: ['f1'], resolved: [] };
    const late = { createdAt: after(hour - 1_000), deadlineAt: after(2 * hour) };
    await store.commit({
      alerts: [
        alertOf('f1', { startsAt: after(-5), endsAt: after(hour - 2_000) }),
        alertOf('f2', { startsAt: after(hour - 9), endsAt: after(2 * hour), source: 'api' }),
      ],
      grouped: [groupedOf('f1', { flushAt: after(hour + 7_000) })],
      deliveries: [
        deliveryOf('dlv_far', { ...late, nextAt: after(hour + 8_000) }),
        deliveryOf('dlv_due', { ...late, nextAt: after(hour - 500) }),
        deliveryOf('dlv_sent', { ...late, state: 'sent', finishedAt: after(hour) }),
      ],
      notified: [{ ...told, at: after(hour - 3_000) }],
      aliveAt: after(hour - 100),
    });
    const step = { from: START, to: after(hour), kind: 'clock_back' } as const;
    // What else the commit holds was decided by the clock as it is now.
    const other = groupedOf('f2', { groupKey: 'other', flushAt: after(10_000) });
    for (let times = 0; times < 2; times += 1)
      await store.commit({ gaps: [step], grouped: [other] });
    assert.deepEqual(await store.gaps(10), [step]);
    assert.deepEqual(await store.nextDue(), { flushAt: after(7_000), deliveryAt: START });
    const [due, next] = await store.dueIncidents(after(10_000), 10);
    assert.equal(due?.incident.flushAt, after(7_000));
    assert.equal(due?.notified[0]?.at, after(-3_000));
    assert.equal(next?.incident.flushAt, after(10_000));
    const far = await store.delivery('dlv_far');
    assert.deepEqual(
      [far?.nextAt, far?.createdAt, far?.deadlineAt],
      [after(8_000), after(-1_000), after(hour)],
    );
    assert.equal((await store.delivery('dlv_sent'))?.createdAt, after(hour - 1_000));
    // Ended before the step, it has ended after it too, and not before it began.
    assert.equal((await store.alert('f1'))?.endsAt, after(-5));
    assert.equal((await store.alert('f2'))?.endsAt, after(2 * hour));
    assert.equal(await store.aliveAt(), after(-100));
  }),

  inStore('a lease does not outlast a clock that stepped back', async (store) => {
    await store.commit({ deliveries: [deliveryOf('dlv_1')] });
    const claim = { owner: 'one', limit: 1, except: [] };
    await store.claimDeliveries({ ...claim, now: START, leaseUntil: after(60_000) });
    const from = after(-1_000_000);
    await store.commit({ gaps: [{ from, to: START, kind: 'clock_back' }] });
    assert.equal((await store.delivery('dlv_1'))?.leaseUntil, after(60_000 - 1_000_000));
  }),

  {
    name: 'gaps come newest first, as many as asked for',
    run: (place) =>
      using(place, async (store) => {
        for (const ms of [1, 2, 3]) {
          await store.commit({ gaps: [{ from: after(ms), to: after(ms + 1), kind: 'stopped' }] });
        }
        assert.deepEqual(
          (await store.gaps(2)).map((gap) => gap.from),
          [after(3), after(2)],
        );
      }),
  },

  {
    name: 'close lets what was asked for before it finish, and refuses what comes after',
    run: async (place) => {
      const store = await place.open();
      const commits = entriesOf(20).map((entry) => store.commit({ log: [entry] }));
      const closed = store.close();
      await assert.rejects(store.commit({ log: [entryOf({ n: 21 })] }), faultIs('closed'));
      await assert.rejects(store.lastPosition(), faultIs('closed'));
      await Promise.all([...commits, closed, store.close()]);
      await using(place, async (again) => assert.equal(await again.lastPosition(), 20));
    },
  },

  {
    name: 'a second opening of the same data is refused while the first lasts',
    run: (place) => using(place, () => assert.rejects(place.open(), faultIs('busy', /process/))),
  },

  inStore('a probe resolves when writing works, and changes nothing', async (store) => {
    await store.probe();
    await store.probe();
    assert.equal(await store.lastPosition(), 0);
    assert.ok((await store.sizeBytes()) > 0);
  }),

  {
    name: 'a backup is a whole store, made beside commits, and overwrites nothing',
    run: (place) =>
      using(place, async (store) => {
        await store.syncJobs([{ name: 'a' }], START, () => 'uuid-a');
        await store.commit({ log: entriesOf(100) });
        const target = place.backupTarget();
        const backup = store.backup(target.file);
        for (let n = 101; n <= 120; n++) await store.commit({ log: [entryOf({ n })] });
        assert.ok((await backup).bytes > 0);
        const copy = await target.open();
        try {
          const position = await copy.lastPosition();
          assert.ok(position >= 100 && position <= 120, `${position}`);
          assert.equal((await unfoldedOf(copy)).length, position);
          assert.equal((await jobsOf(copy))[0]?.uuid, 'uuid-a');
        } finally {
          await copy.close();
        }
        await assert.rejects(store.backup(target.file), faultIs('refused', /exists/));
      }),
  },
];
