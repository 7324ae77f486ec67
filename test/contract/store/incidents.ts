/** Alerts and incidents: one open incident for each group, and what its next look is decided from. */
import assert from 'node:assert/strict';
import { inStore, type StoreCase } from './place.ts';
import { after, alertOf, deliveryOf, groupedOf, START } from './samples.ts';

export const incidentCases: readonly StoreCase[] = [
  inStore('the first alert of a group opens its incident', async (store) => {
    await store.commit({ alerts: [alertOf('f1')], grouped: [groupedOf('f1')] });
    assert.deepEqual(await store.incidents({ limit: 10 }), [
      {
        id: 1,
        groupKey: '{}:{}',
        routeKey: '{}',
        receiver: 'team',
        groupLabels: { job_name: 'nightly' },
        openedAt: START,
        flushAt: after(10_000),
        closedAt: null,
        alerts: 1,
      },
    ]);
    assert.deepEqual(await store.nextDue(), { flushAt: after(10_000), deliveryAt: null });
  }),

  inStore('later alerts join the open incident, which keeps its own times', async (store) => {
    await store.commit({ alerts: [alertOf('f1')], grouped: [groupedOf('f1')] });
    await store.commit({
      alerts: [alertOf('f2')],
      grouped: [groupedOf('f2', { flushAt: after(1), openedAt: after(9) }), groupedOf('f1')],
    });
    const [incident, ...others] = await store.incidents({ limit: 10 });
    assert.deepEqual(others, []);
    assert.equal(incident?.alerts, 2);
    assert.equal(incident?.flushAt, after(10_000));
    assert.equal(incident?.openedAt, START);
  }),

  inStore('groups have incidents of their own', async (store) => {
    await store.commit({
      alerts: [alertOf('f1')],
      grouped: [groupedOf('f1', { groupKey: 'g1' }), groupedOf('f1', { groupKey: 'g2' })],
    });
    assert.equal((await store.incidents({ limit: 10 })).length, 2);
  }),

  inStore(
    'a closed incident has no time to be looked at, and the next alert opens another',
    async (store) => {
      await store.commit({ alerts: [alertOf('f1')], grouped: [groupedOf('f1')] });
      await store.commit({ incidents: [{ id: 1, flushAt: null, closedAt: after(2) }] });
      const [closed] = await store.incidents({ limit: 10, open: false });
      assert.equal(closed?.flushAt, null);
      assert.equal(closed?.closedAt, after(2));
      assert.deepEqual(await store.dueIncidents(after(99_999), 10), []);
      await store.commit({ grouped: [groupedOf('f1', { openedAt: after(3) })] });
      const [open] = await store.incidents({ limit: 10, open: true });
      assert.equal(open?.id, 2);
      assert.equal(open?.openedAt, after(3));
    },
  ),

  inStore('an incident that an alert has joined meanwhile stays open', async (store) => {
    await store.commit({
      alerts: [alertOf('f1'), alertOf('f2')],
      grouped: [groupedOf('f1'), groupedOf('f2')],
    });
    await store.commit({
      ungrouped: [{ incidentId: 1, fingerprint: 'f1' }],
      incidents: [{ id: 1, flushAt: after(5), closedAt: after(2) }],
    });
    const [open] = await store.incidents({ limit: 10, open: true });
    assert.deepEqual([open?.id, open?.flushAt, open?.alerts], [1, after(5), 1]);
    await store.commit({
      ungrouped: [{ incidentId: 1, fingerprint: 'f2' }],
      incidents: [{ id: 1, flushAt: after(5), closedAt: after(2) }],
    });
    assert.deepEqual(await store.incidents({ limit: 10, open: true }), []);
  }),

  inStore(
    'an alert that fired again since it was decided on stays in its incident',
    async (store) => {
      const ended = { ...alertOf('f1'), endsAt: after(1) };
      await store.commit({ alerts: [ended], grouped: [groupedOf('f1')] });
      await store.commit({ alerts: [{ ...ended, endsAt: null }] });
      await store.commit({ ungrouped: [{ incidentId: 1, fingerprint: 'f1', asOf: after(2) }] });
      assert.equal((await store.incident(1))?.alerts.length, 1);
      await store.commit({ alerts: [ended] });
      await store.commit({ ungrouped: [{ incidentId: 1, fingerprint: 'f1', asOf: after(2) }] });
      assert.equal((await store.incident(1))?.alerts.length, 0);
      assert.equal(await store.incident(2), null);
    },
  ),

  inStore(
    'an alert that comes in the commit that closes its incident opens the next',
    async (store) => {
      await store.commit({ alerts: [alertOf('f1')], grouped: [groupedOf('f1')] });
      await store.commit({
        incidents: [{ id: 1, flushAt: null, closedAt: after(2) }],
        ungrouped: [{ incidentId: 1, fingerprint: 'f1' }],
        grouped: [groupedOf('f1')],
      });
      const open = await store.incidents({ limit: 10, open: true });
      assert.deepEqual(
        open.map(({ id, alerts }) => ({ id, alerts })),
        [{ id: 2, alerts: 1 }],
      );
    },
  ),

  inStore('due incidents come oldest first, with all that their flush needs', async (store) => {
    await store.commit({
      alerts: [alertOf('f1'), alertOf('f2'), alertOf('f3')],
      grouped: [
        groupedOf('f1', { groupKey: 'late', flushAt: after(20) }),
        groupedOf('f2', { groupKey: 'soon', flushAt: after(10) }),
        groupedOf('f3', { groupKey: 'soon' }),
        groupedOf('f3', { groupKey: 'later', flushAt: after(30) }),
      ],
      notified: [
        { groupKey: 'soon', channelId: 'c1', firing: ['f2'], resolved: ['f9'], at: after(1) },
        { groupKey: 'late', channelId: 'c1', firing: [], resolved: [], at: after(2) },
      ],
      deliveries: [
        deliveryOf('dlv_1', { incidentId: 2, groupKey: 'soon', channelId: 'c1', seq: 4 }),
        deliveryOf('dlv_2', {
          incidentId: 2,
          groupKey: 'soon',
          channelId: 'c1',
          seq: 3,
          state: 'sent',
        }),
        deliveryOf('dlv_3', { incidentId: 2, groupKey: 'soon', channelId: 'c2', state: 'dead' }),
        deliveryOf('dlv_4', { incidentId: 1, groupKey: 'late', channelId: 'c1' }),
      ],
    });
    const due = await store.dueIncidents(after(20), 10);
    assert.deepEqual(
      due.map((one) => one.incident.groupKey),
      ['soon', 'late'],
    );
    const [soon] = due;
    assert.deepEqual(
      soon?.alerts.map((alert) => alert.fingerprint),
      ['f2', 'f3'],
    );
    assert.deepEqual(soon?.notified, [
      { groupKey: 'soon', channelId: 'c1', firing: ['f2'], resolved: ['f9'], at: after(1) },
    ]);
    assert.deepEqual(
      soon?.pending.map((delivery) => delivery.id),
      ['dlv_1'],
    );
    assert.deepEqual({ ...soon?.sequence }, { c1: 4, c2: 1 });
    assert.equal((await store.dueIncidents(after(20), 1)).length, 1);
    assert.deepEqual(await store.dueIncidents(after(9), 10), []);
  }),

  inStore('what was told of a group is replaced for each channel', async (store) => {
    const told = { groupKey: '{}:{}', channelId: 'c1' };
    await store.commit({
      alerts: [alertOf('f1')],
      grouped: [groupedOf('f1', { flushAt: START })],
      notified: [{ ...told, firing: ['f1'], resolved: [], muted: ['f1'], at: after(1) }],
    });
    await store.commit({
      notified: [{ ...told, firing: [], resolved: ['f1'], at: after(2) }],
      ungrouped: [{ incidentId: 1, fingerprint: 'f1' }],
    });
    const [due] = await store.dueIncidents(START, 10);
    assert.deepEqual(due?.notified, [{ ...told, firing: [], resolved: ['f1'], at: after(2) }]);
    assert.deepEqual(due?.alerts, []);
  }),

  inStore('an alert is one row, the newest word on it', async (store) => {
    await store.commit({ alerts: [alertOf('f1')] });
    await store.commit({ alerts: [alertOf('f1', { endsAt: after(5), updatedAt: after(5) })] });
    assert.deepEqual(
      await store.alert('f1'),
      alertOf('f1', { endsAt: after(5), updatedAt: after(5) }),
    );
    assert.equal(await store.alert('f2'), null);
  }),

  inStore('alerts are listed newest first, firing ones apart, page by page', async (store) => {
    await store.commit({
      alerts: [
        alertOf('f1', { startsAt: after(1) }),
        alertOf('f2', { startsAt: after(2), endsAt: after(10) }),
        alertOf('f3', { startsAt: after(3), endsAt: after(100) }),
        alertOf('f4', { startsAt: after(3) }),
      ],
    });
    const listed = async (query: { firing?: boolean; limit?: number; offset?: number }) =>
      (await store.alerts({ now: after(10), limit: 10, ...query })).map((one) => one.fingerprint);
    assert.deepEqual(await listed({}), ['f3', 'f4', 'f2', 'f1']);
    assert.deepEqual(await listed({ firing: true }), ['f3', 'f4', 'f1']);
    assert.deepEqual(await listed({ firing: false }), ['f2']);
    assert.deepEqual(await listed({ limit: 2, offset: 1 }), ['f4', 'f2']);
  }),

  inStore('incidents are listed newest first, page by page', async (store) => {
    for (const groupKey of ['g1', 'g2', 'g3']) {
      await store.commit({ alerts: [alertOf('f')], grouped: [groupedOf('f', { groupKey })] });
    }
    await store.commit({ incidents: [{ id: 2, flushAt: null, closedAt: after(1) }] });
    const ids = async (query: { open?: boolean; before?: number; limit?: number }) =>
      (await store.incidents({ limit: 10, ...query })).map((incident) => incident.id);
    assert.deepEqual(await ids({}), [3, 2, 1]);
    assert.deepEqual(await ids({ open: true }), [3, 1]);
    assert.deepEqual(await ids({ open: false }), [2]);
    assert.deepEqual(await ids({ limit: 2 }), [3, 2]);
    assert.deepEqual(await ids({ before: 2 }), [1]);
  }),

  inStore('a timeline is the newest lines of one incident, told in their order', async (store) => {
    for (const [index, incidentId] of [1, 2, 1, 1].entries()) {
      await store.commit({
        timeline: [{ incidentId, at: after(index), kind: 'held', detail: `line ${index}` }],
      });
    }
    const lines = async (limit: number) =>
      (await store.timeline(1, limit)).map((line) => line.detail);
    assert.deepEqual(await lines(10), ['line 0', 'line 2', 'line 3']);
    assert.deepEqual(await lines(2), ['line 2', 'line 3']);
    assert.deepEqual(await store.timeline(9, 10), []);
  }),
];
