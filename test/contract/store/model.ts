/** The store against a model of a few maps: after any sequence of commits and restarts both say the same. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Alert } from '../../../src/core/alert/alert.ts';
import type { LogEntry } from '../../../src/core/job/job.ts';
import { instant } from '../../../src/core/time.ts';
import { type Changes, type Delivery, type Store, StoreError } from '../../../src/ports/store.ts';
import type { StoreCase, StorePlace } from './place.ts';
import { unfoldedOf } from './place.ts';
import { after, alertOf, deliveryOf, entryOf, groupedOf, START } from './samples.ts';

const RUNS = 12;

type Step =
  | { readonly do: 'ping'; readonly job: number; readonly bytes: number }
  | { readonly do: 'alert'; readonly alert: number; readonly group: number; readonly ends: boolean }
  | { readonly do: 'ungroup'; readonly alert: number; readonly group: number }
  | { readonly do: 'close'; readonly group: number }
  | { readonly do: 'deliver'; readonly delivery: number; readonly state: Delivery['state'] }
  | { readonly do: 'claim'; readonly limit: number }
  | { readonly do: 'fold' }
  | { readonly do: 'bad' }
  | { readonly do: 'reopen' };

const small = (max: number) => fc.integer({ min: 1, max });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('ping' as const), job: small(3), bytes: fc.nat(9) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('alert' as const),
      alert: small(4),
      group: small(2),
      ends: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('ungroup' as const), alert: small(4), group: small(2) }),
  fc.record({ do: fc.constant('close' as const), group: small(2) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      delivery: small(5),
      state: fc.constantFrom('pending' as const, 'sent' as const, 'dead' as const),
    }),
  },
  fc.record({ do: fc.constant('claim' as const), limit: small(3) }),
  fc.constant<Step>({ do: 'fold' }),
  fc.constant<Step>({ do: 'bad' }),
  fc.constant<Step>({ do: 'reopen' }),
);

interface ModelIncident {
  readonly id: number;
  readonly group: string;
  readonly alerts: Set<string>;
  open: boolean;
}

/** An attempt's outcome ends a delivery for good; a cancellation gives way to one that was on its way. */
const mayReplace = (stored: Delivery['state'] | undefined, state: Delivery['state']): boolean =>
  stored === undefined ||
  stored === 'pending' ||
  (stored === 'cancelled' && (state === 'sent' || state === 'dead'));

class Model {
  readonly log: LogEntry[] = [];
  readonly heads = new Map<number, number>();
  readonly alerts = new Map<string, Alert>();
  readonly incidents: ModelIncident[] = [];
  readonly deliveries = new Map<string, Delivery>();
  folded = 0;

  openIncident(group: string): ModelIncident | undefined {
    return this.incidents.find((incident) => incident.open && incident.group === group);
  }

  /** Says what to commit for a step, and takes it as done. */
  apply(step: Exclude<Step, { do: 'claim' | 'bad' | 'reopen' }>): Changes {
    switch (step.do) {
      case 'ping':
        return this.#ping(step.job, step.bytes);
      case 'alert':
        return this.#alert(`f${step.alert}`, `g${step.group}`, step.ends);
      case 'ungroup': {
        const incident = this.openIncident(`g${step.group}`);
        if (incident === undefined) return {};
        incident.alerts.delete(`f${step.alert}`);
        return { ungrouped: [{ incidentId: incident.id, fingerprint: `f${step.alert}` }] };
      }
      case 'close': {
        const incident = this.openIncident(`g${step.group}`);
        if (incident === undefined) return {};
        incident.open = false;
        return { incidents: [{ id: incident.id, flushAt: null, closedAt: START }] };
      }
      case 'deliver': {
        const id = `dlv_${step.delivery}`;
        const delivery = deliveryOf(id, { state: step.state, createdAt: after(step.delivery) });
        if (mayReplace(this.deliveries.get(id)?.state, step.state))
          this.deliveries.set(id, delivery);
        return { deliveries: [delivery] };
      }
      case 'fold':
        this.folded = this.log.length;
        return { foldedThrough: this.folded };
      default:
        return step satisfies never;
    }
  }

  /** What a claim must give: no lease, pending, all of one severity, so oldest first. */
  claim(limit: number): string[] {
    const free = [...this.deliveries.values()]
      .filter((delivery) => delivery.state === 'pending' && delivery.leaseUntil === null)
      .sort((left, right) => left.createdAt - right.createdAt)
      .slice(0, limit);
    for (const delivery of free) {
      this.deliveries.set(delivery.id, {
        ...delivery,
        leaseOwner: 'one',
        leaseUntil: instant(START + 1_000_000),
      });
    }
    return free.map((delivery) => delivery.id);
  }

  #ping(job: number, bytes: number): Changes {
    const n = this.log.length + 1;
    const body = bytes === 0 ? null : new Uint8Array(bytes).fill(n);
    const entry = entryOf({ n, jobId: job, previous: this.heads.get(job) ?? 0, body });
    this.log.push(entry);
    this.heads.set(job, n);
    return { log: [entry] };
  }

  #alert(fingerprint: string, group: string, ends: boolean): Changes {
    const alert = alertOf(fingerprint, { endsAt: ends ? after(1) : null });
    this.alerts.set(fingerprint, alert);
    let incident = this.openIncident(group);
    if (incident === undefined) {
      incident = { id: this.incidents.length + 1, group, alerts: new Set(), open: true };
      this.incidents.push(incident);
    }
    incident.alerts.add(fingerprint);
    return { alerts: [alert], grouped: [groupedOf(fingerprint, { groupKey: group })] };
  }
}

const compare = async (store: Store, model: Model): Promise<void> => {
  assert.equal(await store.lastPosition(), model.log.length);
  assert.deepEqual(await unfoldedOf(store), model.log.slice(model.folded));
  for (const [job, head] of model.heads) {
    const log = await store.log({ head, limit: 1_000 });
    const mine = model.log.filter((entry) => entry.jobId === job).reverse();
    assert.deepEqual(
      log.map((entry) => `${entry.n} ${entry.bodyBytes}`),
      mine.map((entry) => `${entry.n} ${entry.body?.byteLength ?? 0}`),
    );
  }
  for (const [fingerprint, alert] of model.alerts) {
    assert.deepEqual(await store.alert(fingerprint), alert);
  }
  assert.deepEqual(
    (await store.incidents({ limit: 1_000 })).map((one) => [
      one.id,
      one.groupKey,
      one.closedAt === null,
      one.alerts,
    ]),
    model.incidents.map((one) => [one.id, one.group, one.open, one.alerts.size]).reverse(),
  );
  const due = await store.dueIncidents(after(10_000), 1_000);
  assert.deepEqual(
    due.map((one) => [one.incident.groupKey, one.alerts.map((alert) => alert.fingerprint)]),
    model.incidents.filter((one) => one.open).map((one) => [one.group, [...one.alerts].sort()]),
  );
  const deliveries = await store.deliveries({ limit: 1_000 });
  assert.deepEqual(
    new Map(deliveries.map((delivery) => [delivery.id, delivery])),
    model.deliveries,
  );
};

const run = async (place: StorePlace, steps: readonly Step[]): Promise<void> => {
  const model = new Model();
  let store = await place.open();
  try {
    for (const step of steps) {
      if (step.do === 'reopen') {
        await store.close();
        store = await place.open();
        await compare(store, model);
      } else if (step.do === 'bad') {
        const changes = {
          alerts: [alertOf('f1', { endsAt: after(9) })],
          log: [entryOf({ n: 0.5 })],
        };
        await assert.rejects(store.commit(changes), StoreError);
      } else if (step.do === 'claim') {
        const claimed = await store.claimDeliveries({
          now: START,
          owner: 'one',
          leaseUntil: after(1_000_000),
          limit: step.limit,
          except: [],
        });
        assert.deepEqual(
          claimed.map((delivery) => delivery.id),
          model.claim(step.limit),
        );
      } else {
        await store.commit(model.apply(step));
      }
    }
    await compare(store, model);
  } finally {
    await store.close();
  }
};

/** Each run needs a place of its own. */
export const modelCase = (makePlace: () => Promise<StorePlace>): StoreCase => ({
  name: 'any sequence of commits and restarts leaves what a model says',
  run: () =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const place = await makePlace();
        try {
          await run(place, steps);
        } finally {
          await place.destroy();
        }
      }),
      { numRuns: RUNS },
    ),
});
