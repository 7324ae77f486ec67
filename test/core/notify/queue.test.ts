/** One decision at a time, with deliveries of the group under way. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Alert } from '../../../src/core/alert/alert.ts';
import { fingerprint } from '../../../src/core/alert/labels.ts';
import {
  type DueGroup,
  decideFlush,
  type FlushDecision,
  type PendingDelivery,
} from '../../../src/core/notify/decide.ts';
import type { NotifiedEntry } from '../../../src/core/notify/notify.ts';
import { indexInhibitions } from '../../../src/core/route/inhibit.ts';
import { indexSilences } from '../../../src/core/route/silence.ts';
import { at, channel, route, silence } from './world.ts';

const now = at(100);
const HOOK = channel('hook');
const labels = { n: 'a' };
const A = fingerprint(labels);

const alert = (ended: boolean): Alert => ({
  fingerprint: A,
  labels,
  annotations: {},
  startsAt: at(0),
  endsAt: ended ? at(50) : null,
  updatedAt: at(0),
  generatorUrl: '',
  timeout: false,
  source: 'api',
  traceId: null,
  spanId: null,
});

const told = (firing: string[]): NotifiedEntry => ({
  groupKey: '{}:{}',
  channelId: 'hook',
  firing,
  resolved: [],
  at: at(90),
});

function decide(due: Partial<DueGroup>, silences: readonly string[] = []): FlushDecision {
  return decideFlush({
    route: route(),
    channels: [HOOK],
    due: {
      incident: { id: 1, groupKey: '{}:{}', groupLabels: {}, openedAt: at(0), flushAt: now },
      alerts: [],
      notified: [],
      pending: [],
      sequence: {},
      ...due,
    },
    silences: indexSilences(
      silences.map((text) => silence(text, 0, 1_000)),
      now,
    ),
    inhibitions: indexInhibitions([], [], now),
    intervals: new Map(),
    aliases: new Map(),
    externalUrl: '',
    limits: { alertsMax: 10 },
    now,
  });
}

/** A message about one firing alert, made some time ago and not delivered. */
function pending(incidentId = 1): PendingDelivery {
  const [send] = decide({ alerts: [alert(false)] }).send;
  assert.ok(send);
  const notification = { ...send.draft, id: 'dlv_1' };
  return { id: 'dlv_1', incidentId, channelId: 'hook', createdAt: at(80), notification };
}

describe('while a delivery is under way', () => {
  test('only its confirmation writes the log', () => {
    const muted = { alerts: [alert(false)], notified: [told([A])] };
    assert.deepEqual(decide(muted, ['n="a"']).notified, [{ ...told([A]), muted: [A] }]);
    assert.deepEqual(decide({ ...muted, pending: [pending()] }, ['n="a"']).notified, []);
  });

  test('one that is withdrawn may have arrived all the same, so its alert stays for one more tick', () => {
    const first = decide({ alerts: [alert(true)], pending: [pending()] });
    assert.deepEqual(first.cancel, [{ deliveryId: 'dlv_1', why: 'nothing is firing' }]);
    assert.deepEqual([first.ungroup, first.close, first.flushAt], [[], false, at(110)]);
    const then = decide({ alerts: [alert(true)] });
    assert.deepEqual([then.ungroup, then.close, then.flushAt], [[A], true, null]);
  });

  test('one of another incident with the same group key is not touched', () => {
    const decision = decide({ alerts: [alert(false)], pending: [pending(2)] });
    assert.deepEqual(decision.cancel, []);
    assert.deepEqual(
      decision.send.map(({ reason }) => reason),
      ['first'],
    );
    assert.equal(decide({ pending: [pending(2)] }).close, true);
  });

  test('of two alike one is enough', () => {
    const twin = { ...pending(), id: 'dlv_2' };
    const decision = decide({ alerts: [alert(false)], pending: [pending(), twin] });
    assert.deepEqual(decision.cancel, [
      { deliveryId: 'dlv_2', why: 'the same message waits already' },
    ]);
    assert.deepEqual(decision.send, []);
  });

  test('one made before messages said what they tell is understood', () => {
    const { notification, ...rest } = pending();
    const { told: _, ...old } = notification;
    const decision = decide({ alerts: [alert(false)], pending: [{ ...rest, notification: old }] });
    assert.deepEqual(decision.hold, [{ channelId: 'hook', reason: 'already_queued' }]);
  });

  test('the number of a message counts on from those before', () => {
    const [send] = decide({ alerts: [alert(false)], sequence: { hook: 4 } }).send;
    assert.equal(send?.draft.incident.seq, 5);
  });
});
