import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import { makeMatcher } from '../../src/core/alert/matcher.ts';
import type { Silence } from '../../src/core/route/route.ts';
import { parseSchedule } from '../../src/core/schedule/parse.ts';
import { HOUR, instant, MINUTE, minus, plus } from '../../src/core/time.ts';
import type { Delivery } from '../../src/ports/store.ts';
import { type House, NOW, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse({ silences: [recurring(), once()] });
  fill(house);
});
after(() => house[Symbol.asyncDispose]());

const get = (path: string) => request(house.url).get(path);
const ids = (answer: { body: { items: { id: unknown }[] } }): unknown[] =>
  answer.body.items.map(({ id }) => id);

function matcher(name: string, op: '=' | '=~', value: string) {
  const made = makeMatcher({ name, op, value });
  if (made.kind !== 'ok') throw new Error('a matcher of the test');
  return made.matcher;
}

function recurring(): Silence {
  const parsed = parseSchedule({ kind: 'cron', expression: '30 11 * * 0', timezone: 'UTC' });
  if (parsed.kind !== 'ok') throw new Error(parsed.message);
  return {
    name: 'sunday',
    matchers: [matcher('team', '=', 'data'), matcher('job_name', '=~', 'backup-.*')],
    when: { kind: 'recurring', schedule: parsed.schedule, duration: HOUR },
    comment: 'weekly',
    createdBy: 'dba',
    origin: 'rules/silences.yml:3',
  };
}

function once(): Silence {
  return {
    name: 'past',
    matchers: [matcher('team', '=', 'data')],
    when: { kind: 'once', startsAt: instant(0), endsAt: instant(1_000) },
    comment: '',
    createdBy: '',
    origin: 'rules/silences.yml:9',
  };
}

const delivery = (number: number, state: Delivery['state']): Delivery => ({
  id: `dlv_${String(number).padStart(20, '0')}`,
  incidentId: 2,
  groupKey: '{}:{}',
  receiver: 'team',
  channelId: 'team/webhook/0',
  channelType: 'webhook',
  severity: 'P1',
  reason: 'first',
  notification: {
    id: 'n',
    incident: { id: 2, groupKey: '{}:{}', seq: 1, openedAt: NOW },
    receiver: 'team',
    status: 'firing',
    reason: 'first',
    severity: 'P1',
    alerts: [],
    truncatedAlerts: 2,
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    locale: 'en',
    timezone: 'UTC',
    externalUrl: '',
    at: NOW,
  },
  state,
  attempts: 1,
  // Two of one instant, so that a page may end between them.
  createdAt: minus(NOW, number > 2 ? HOUR : MINUTE),
  nextAt: plus(NOW, MINUTE),
  deadlineAt: plus(NOW, HOUR),
  leaseOwner: null,
  leaseUntil: null,
  lastReason: 'timeout',
  lastDetail: 'no answer within 10 s',
  providerRef: '',
  only: null,
  finishedAt: state === 'pending' ? null : NOW,
});

function fill({ store }: House): void {
  for (const [index, endsAt] of [null, plus(NOW, HOUR), minus(NOW, MINUTE)].entries())
    store.alertRows.push({
      fingerprint: `000000000000000${index}`,
      labels: { alertname: 'JobFailed', job_name: 'a' },
      annotations: { summary: 's' },
      startsAt: minus(NOW, HOUR),
      endsAt,
      updatedAt: NOW,
      generatorUrl: '',
      timeout: false,
      source: 'job',
      traceId: null,
      spanId: null,
    });
  for (const id of [1, 2, 3])
    store.incidentRows.push({
      id,
      groupKey: '{}:{}',
      routeKey: '{}',
      receiver: 'team',
      groupLabels: { job_name: 'a' },
      openedAt: minus(NOW, HOUR),
      flushAt: id === 1 ? null : NOW,
      closedAt: id === 1 ? NOW : null,
      alerts: 1,
    });
  store.timelineRows.push(
    { incidentId: 2, at: NOW, kind: 'opened', detail: 'JobFailed a' },
    { incidentId: 3, at: NOW, kind: 'opened', detail: 'other' },
  );
  store.deliveryRows.push(delivery(1, 'pending'), delivery(2, 'sent'), delivery(3, 'dead'));
  store.gapRows.push({ from: minus(NOW, HOUR), to: minus(NOW, MINUTE), kind: 'suspended' });
}

describe('alerts', () => {
  test('are those that fire, unless all are asked for', async () => {
    const firing = await get('/api/v1/alerts');
    assert.deepEqual(
      firing.body.items.map(({ state }: { state: string }) => state),
      ['firing', 'firing'],
    );
    const all = await get('/api/v1/alerts?state=all');
    assert.equal(all.body.items.length, 3);
    assert.deepEqual(all.body.items[2], {
      fingerprint: '0000000000000002',
      state: 'resolved',
      labels: { alertname: 'JobFailed', job_name: 'a' },
      annotations: { summary: 's' },
      starts_at: '2026-03-01T11:00:00.000Z',
      ends_at: '2026-03-01T11:59:00.000Z',
      updated_at: '2026-03-01T12:00:00.000Z',
      source: 'job',
      generator_url: '',
      trace_id: null,
    });
  });
  test('come in pages that meet', async () => {
    const first = await get('/api/v1/alerts?state=all&limit=2');
    assert.equal(first.body.next, '2');
    const second = await get('/api/v1/alerts?state=all&limit=2&cursor=2');
    assert.deepEqual([second.body.items.length, second.body.next], [1, null]);
  });
});

describe('incidents', () => {
  test('are newest first, and can be narrowed to open ones', async () => {
    assert.deepEqual(ids(await get('/api/v1/incidents')), [3, 2, 1]);
    assert.deepEqual(ids(await get('/api/v1/incidents?state=open')), [3, 2]);
    assert.deepEqual(ids(await get('/api/v1/incidents?state=closed')), [1]);
  });
  test('come in pages that meet', async () => {
    const first = await get('/api/v1/incidents?limit=2');
    assert.equal(first.body.next, '2');
    assert.deepEqual(ids(await get('/api/v1/incidents?limit=2&cursor=2')), [1]);
  });
  test('one has its timeline', async () => {
    const answer = await get('/api/v1/incidents/2');
    assert.deepEqual(answer.body, {
      id: 2,
      state: 'open',
      receiver: 'team',
      group_key: '{}:{}',
      group_labels: { job_name: 'a' },
      route_key: '{}',
      alerts: 1,
      opened_at: '2026-03-01T11:00:00.000Z',
      closed_at: null,
      flush_at: '2026-03-01T12:00:00.000Z',
      timeline: [{ at: '2026-03-01T12:00:00.000Z', kind: 'opened', detail: 'JobFailed a' }],
    });
    const timeline = await get('/api/v1/incidents/2/timeline');
    assert.deepEqual(timeline.body, { items: answer.body.timeline, next: null });
  });
  for (const id of ['0', '4', '99', 'x', '-1', '1.5', '9'.repeat(40)])
    test(`${id} is not there`, async () => {
      assert.equal((await get(`/api/v1/incidents/${id}`)).status, 404);
      assert.equal((await get(`/api/v1/incidents/${id}/timeline`)).status, 404);
    });
});

describe('deliveries', () => {
  test('are newest first and can be narrowed', async () => {
    assert.deepEqual(
      ids(await get('/api/v1/deliveries')),
      [2, 1, 3].map((number) => delivery(number, 'sent').id),
    );
    assert.deepEqual(ids(await get('/api/v1/deliveries?state=dead')), [delivery(3, 'dead').id]);
    assert.deepEqual(ids(await get('/api/v1/deliveries?incident=7')), []);
  });
  test('come in pages that meet, also within one instant', async () => {
    const seen: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const answer = await get(`/api/v1/deliveries?limit=1${query}`);
      seen.push(...ids(answer));
      cursor = answer.body.next as string | null;
    }
    assert.equal(new Set(seen).size, 3);
    assert.equal(seen.length, 3);
  });
  test('one says what is sent', async () => {
    const one = await get(`/api/v1/deliveries/${delivery(1, 'pending').id}`);
    assert.equal(one.body.next_at, '2026-03-01T12:01:00.000Z');
    assert.equal(one.body.alerts, 2);
    assert.equal(one.body.notification.receiver, 'team');
    assert.equal((await get('/api/v1/deliveries/dlv_1')).status, 404);
  });
});

test('silences say when they are in force', async () => {
  const answer = await get('/api/v1/silences');
  assert.deepEqual(answer.body.items, [
    {
      name: 'sunday',
      state: 'active',
      matchers: ['team="data"', 'job_name=~"backup-.*"'],
      starts_at: '2026-03-01T11:30:00.000Z',
      ends_at: '2026-03-01T12:30:00.000Z',
      schedule: '30 11 * * 0',
      timezone: 'UTC',
      duration: '1h',
      comment: 'weekly',
      created_by: 'dba',
      origin: 'rules/silences.yml:3',
    },
    {
      name: 'past',
      state: 'expired',
      matchers: ['team="data"'],
      starts_at: '1970-01-01T00:00:00.000Z',
      ends_at: '1970-01-01T00:00:01.000Z',
      schedule: null,
      timezone: null,
      duration: null,
      comment: '',
      created_by: '',
      origin: 'rules/silences.yml:9',
    },
  ]);
  assert.equal((await get('/api/v1/silences?limit=1')).body.next, '1');
});

test('own outages are told', async () => {
  const answer = await get('/api/v1/gaps');
  assert.deepEqual(answer.body.items, [
    { kind: 'suspended', from: '2026-03-01T11:00:00.000Z', to: '2026-03-01T11:59:00.000Z' },
  ]);
});
