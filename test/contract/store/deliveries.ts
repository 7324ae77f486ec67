/** The outbox: who is claimed, in which order, and how long a lease keeps others away. */
import assert from 'node:assert/strict';
import type { Delivery, DeliveryState, Store } from '../../../src/ports/store.ts';
import { inStore, type StoreCase, using } from './place.ts';
import { after, alertOf, deliveryOf, START } from './samples.ts';

const claim = async (
  store: Store,
  given: Partial<Parameters<Store['claimDeliveries']>[0]> = {},
): Promise<string[]> => {
  const claimed = await store.claimDeliveries({
    now: START,
    owner: 'one',
    leaseUntil: after(1_000),
    limit: 10,
    except: [],
    ...given,
  });
  return claimed.map((delivery) => delivery.id);
};

/** By the state of the row that is stored: the states that replace it. */
const REPLACED_BY: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  pending: ['pending', 'sent', 'dead', 'cancelled'],
  cancelled: ['sent', 'dead'],
  sent: [],
  dead: [],
};
const STATES = Object.keys(REPLACED_BY) as DeliveryState[];

/** One row in each pairing of states: what stood there, and what a later commit brings. */
const pairings = STATES.flatMap((stood) =>
  STATES.map((comes) => {
    const row = (state: DeliveryState, given: Partial<Delivery>): Delivery =>
      deliveryOf(`dlv_${stood}_${comes}`, {
        ...given,
        state,
        finishedAt: state === 'pending' ? null : after(given.attempts ?? 0),
      });
    return {
      before: row(stood, { attempts: 1, lastDetail: 'before' }),
      later: row(comes, { attempts: 2, lastDetail: 'later', nextAt: after(7) }),
      wins: REPLACED_BY[stood].includes(comes),
    };
  }),
);

export const deliveryCases: readonly StoreCase[] = [
  inStore('deliveries are claimed by severity, then age', async (store) => {
    await store.commit({
      deliveries: [
        deliveryOf('dlv_a', { severity: 'P2' }),
        deliveryOf('dlv_b', { severity: 'P0', createdAt: after(5) }),
        deliveryOf('dlv_c', { severity: 'P1' }),
        deliveryOf('dlv_d', { severity: 'P0', createdAt: after(2) }),
        deliveryOf('dlv_e', { severity: 'P0', createdAt: after(5) }),
      ],
    });
    assert.deepEqual(await claim(store, { limit: 3 }), ['dlv_d', 'dlv_b', 'dlv_e']);
    assert.deepEqual(await claim(store), ['dlv_c', 'dlv_a']);
  }),

  inStore('only pending deliveries whose time has come are claimed', async (store) => {
    await store.commit({
      deliveries: [
        deliveryOf('dlv_future', { nextAt: after(1) }),
        deliveryOf('dlv_now'),
        deliveryOf('dlv_sent', { state: 'sent', finishedAt: START }),
        deliveryOf('dlv_dead', { state: 'dead', finishedAt: START }),
        deliveryOf('dlv_cancelled', { state: 'cancelled', finishedAt: START }),
      ],
    });
    assert.deepEqual(await claim(store), ['dlv_now']);
  }),

  inStore('channels that are held back are left out', async (store) => {
    await store.commit({
      deliveries: [
        deliveryOf('dlv_a', { channelId: 'c1' }),
        deliveryOf('dlv_b', { channelId: 'c2' }),
        deliveryOf('dlv_c', { channelId: 'c"3' }),
      ],
    });
    assert.deepEqual(await claim(store, { except: ['c1', 'c"3'] }), ['dlv_b']);
  }),

  inStore('a lease keeps others away until it ends', async (store) => {
    await store.commit({ deliveries: [deliveryOf('dlv_a')] });
    const [leased] = await store.claimDeliveries({
      now: START,
      owner: 'one',
      leaseUntil: after(1_000),
      limit: 1,
      except: [],
    });
    assert.equal(leased?.leaseOwner, 'one');
    assert.equal(leased?.leaseUntil, after(1_000));
    assert.deepEqual(await claim(store, { now: after(999), owner: 'two' }), []);
    assert.deepEqual(await store.nextDue(), { flushAt: null, deliveryAt: after(1_000) });
    assert.deepEqual(
      await claim(store, { now: after(1_000), owner: 'two', leaseUntil: after(2_000) }),
      ['dlv_a'],
    );
    assert.equal((await store.delivery('dlv_a'))?.leaseOwner, 'two');
  }),

  inStore('what an attempt came to replaces the row, lease and all', async (store) => {
    const delivery = deliveryOf('dlv_a');
    await store.commit({ deliveries: [delivery] });
    await claim(store);
    const retried = { ...delivery, attempts: 1, nextAt: after(60), lastReason: 'timeout' as const };
    await store.commit({ deliveries: [retried] });
    assert.deepEqual(await store.delivery('dlv_a'), retried);
    assert.deepEqual(await claim(store, { now: after(59) }), []);
    assert.deepEqual(await claim(store, { now: after(60) }), ['dlv_a']);
    const sent = { ...retried, state: 'sent' as const, providerRef: 'r-1', finishedAt: after(61) };
    await store.commit({ deliveries: [sent] });
    assert.deepEqual(await claim(store, { now: after(99_999) }), []);
    assert.deepEqual(await store.nextDue(), { flushAt: null, deliveryAt: null });
  }),

  inStore('a delivery that is finished stays so, whichever commit comes later', async (store) => {
    await store.commit({ deliveries: pairings.map(({ before }) => before) });
    await store.commit({ deliveries: pairings.map(({ later }) => later) });
    for (const { before, later, wins } of pairings)
      assert.deepEqual(await store.delivery(before.id), wins ? later : before, before.id);
    const waiting = await claim(store, { now: after(99_999), leaseUntil: after(100_000) });
    assert.deepEqual(waiting, ['dlv_pending_pending']);
  }),

  inStore('a retry that comes after a cancellation leaves it cancelled', async (store) => {
    const delivery = deliveryOf('dlv_a');
    await store.commit({ deliveries: [delivery] });
    await claim(store);
    const cancelled = { ...delivery, state: 'cancelled' as const, finishedAt: after(1) };
    await store.commit({ deliveries: [cancelled] });
    const told = { incidentId: 1, at: after(2), kind: 'retry', detail: 'refused' };
    const retried = { ...delivery, attempts: 1, nextAt: after(60) };
    await store.commit({ deliveries: [retried], timeline: [told] });
    assert.deepEqual(await store.delivery('dlv_a'), cancelled);
    assert.deepEqual(await claim(store, { now: after(99_999) }), []);
    assert.deepEqual(await store.timeline(1, 10), [told], 'the rest of the commit is stored');
  }),

  {
    name: 'leases of owners that are gone are freed after a restart',
    run: async (place) => {
      await using(place, async (store) => {
        await store.commit({ deliveries: [deliveryOf('dlv_a'), deliveryOf('dlv_b')] });
        await claim(store, { limit: 1 });
        await claim(store, { owner: 'two', limit: 1 });
      });
      await using(place, async (store) => {
        assert.equal(await store.releaseLeases('two'), 1);
        assert.equal(await store.releaseLeases('two'), 0);
        assert.deepEqual(await claim(store, { owner: 'two' }), ['dlv_a']);
      });
    },
  },

  inStore('the next due time is the earliest that waits', async (store) => {
    await store.commit({
      deliveries: [
        deliveryOf('dlv_a', { nextAt: after(50) }),
        deliveryOf('dlv_b', { nextAt: after(40) }),
        deliveryOf('dlv_c', { nextAt: after(5), state: 'sent', finishedAt: START }),
      ],
    });
    assert.equal((await store.nextDue()).deliveryAt, after(40));
  }),

  inStore(
    'deliveries are listed newest first, by state, by incident, page by page',
    async (store) => {
      const deliveries = Array.from({ length: 9 }, (_, index) =>
        deliveryOf(`dlv_${index}`, {
          incidentId: (index % 2) + 1,
          createdAt: after(Math.floor(index / 3)),
          ...(index % 3 === 0 ? { state: 'dead' as const, finishedAt: START } : {}),
        }),
      );
      await store.commit({ deliveries });
      const listed = async (query: Partial<Parameters<Store['deliveries']>[0]>) =>
        (await store.deliveries({ limit: 100, ...query })).map((one) => one.id.slice(4)).join('');
      assert.equal(await listed({}), '876543210');
      assert.equal(await listed({ state: 'dead' }), '630');
      assert.equal(await listed({ state: 'sent' }), '');
      assert.equal(await listed({ incidentId: 1 }), '86420');
      assert.equal(await listed({ incidentId: 2, state: 'dead' }), '3');
      assert.equal(await listed({ limit: 4 }), '8765');
      const before = { createdAt: after(1), id: 'dlv_5' };
      assert.equal(await listed({ before, limit: 4 }), '4321');
      assert.equal(await listed({ before, state: 'dead' }), '30');
      assert.equal(await store.delivery('dlv_x'), null);
    },
  ),

  inStore('sends are counted for each channel since an instant', async (store) => {
    const sent = (id: string, channelId: string, ms: number) =>
      deliveryOf(id, { channelId, state: 'sent', attempts: 1, finishedAt: after(ms) });
    await store.commit({
      deliveries: [
        sent('dlv_1', 'c1', 10),
        sent('dlv_2', 'c1', 30),
        sent('dlv_3', 'c2', 20),
        sent('dlv_4', 'c2', 9),
        deliveryOf('dlv_5', { channelId: 'c3', state: 'cancelled', finishedAt: after(20) }),
      ],
    });
    assert.deepEqual(
      { ...(await store.attemptsSince(after(10))) },
      {
        c1: [after(10), after(30)],
        c2: [after(20)],
      },
    );
  }),

  inStore('firing alerts and pending deliveries are counted', async (store) => {
    const labelled = (severity: string) => ({ labels: { alertname: 'a', severity } });
    await store.commit({
      alerts: [
        alertOf('f1', labelled('P0')),
        alertOf('f2', { ...labelled('P0'), endsAt: after(5) }),
        alertOf('f3', { ...labelled('P0'), endsAt: START }),
        alertOf('f4', labelled('P2')),
        alertOf('f5'),
      ],
      deliveries: [
        deliveryOf('dlv_1', { channelType: 'email' }),
        deliveryOf('dlv_2', { channelType: 'email' }),
        deliveryOf('dlv_3', { channelType: 'wecom' }),
        deliveryOf('dlv_4', { channelType: 'wecom', state: 'sent', finishedAt: START }),
      ],
    });
    const { firing, pending } = await store.counts(START);
    assert.deepEqual(firing.map(({ severity, count }) => `${severity} ${count}`).sort(), [
      'P0 2',
      'P1 1',
      'P2 1',
    ]);
    assert.deepEqual(pending.map(({ channelType, count }) => `${channelType} ${count}`).sort(), [
      'email 2',
      'wecom 1',
    ]);
  }),
];
