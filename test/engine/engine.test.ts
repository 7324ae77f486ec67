import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Matcher } from '../../src/core/alert/alert.ts';
import { makeMatcher } from '../../src/core/alert/matcher.ts';
import type { JobSpec } from '../../src/core/job/job.ts';
import { duration } from '../../src/core/time.ts';
import type { PingAnswer } from '../../src/engine/desk.ts';
import { StoreError } from '../../src/ports/store.ts';
import { jobSpec, periodic } from '../core/job/play.ts';
import { at, Harness } from './harness.ts';

/** Every 60 s, 10 s of grace; START is a slot. */
const minutely = (name: string, over: Partial<JobSpec> = {}): JobSpec =>
  jobSpec({ name, schedule: periodic(60), grace: duration(10_000), ...over });

const contextOf = (answer: PingAnswer): string =>
  'traceparent' in answer ? (answer.traceparent ?? '') : '';

const told = (harness: Harness) =>
  harness.sent.map(({ t, channel, alerts }) => `${t} ${channel} ${alerts.join(', ')}`);

describe('from silence to a message', () => {
  test('a job that goes silent is told once after group_wait, and its recovery once', async () => {
    await using h = await Harness.open({ jobs: [minutely('backup')] });
    await h.pass(5);
    await h.ping('backup');
    await h.pass(70);
    assert.deepEqual(told(h), ['71 ops/webhook/0 firing JobMissed backup']);
    assert.equal((await h.state('backup')).status, 'down');
    await h.pass(600);
    assert.equal(h.sent.length, 1);
    await h.ping('backup');
    await h.pass(30);
    assert.equal(h.sent.length, 2);
    assert.deepEqual(h.sent[1]?.alerts, ['resolved JobMissed backup']);
    assert.equal((await h.state('backup')).status, 'up');
  });

  test('a failure is told without waiting for a deadline', async () => {
    await using h = await Harness.open({ jobs: [minutely('backup')] });
    await h.ping('backup', 'fail', { exitCode: 3 });
    await h.pass(2);
    assert.deepEqual(told(h), ['1 ops/webhook/0 firing JobFailed backup']);
  });

  test('fault and recovery before the first flush send nothing', async () => {
    await using h = await Harness.open({ jobs: [minutely('backup')] });
    await h.ping('backup', 'fail');
    await h.ping('backup');
    await h.pass(30);
    assert.deepEqual(told(h), []);
  });

  test('an idempotency key counts once, also after a restart', async () => {
    await using h = await Harness.open({ jobs: [minutely('backup', { failures: 2 })] });
    const once = { idempotencyKey: 'run-1' };
    assert.equal((await h.ping('backup', 'fail', once)).kind, 'accepted');
    assert.equal((await h.ping('backup', 'fail', once)).kind, 'duplicate');
    await h.crash();
    await h.start();
    assert.equal((await h.ping('backup', 'fail', once)).kind, 'duplicate');
    assert.deepEqual(await h.state('backup'), { status: 'up', problems: [], pings: 1 });
  });

  test('a start is answered with the context of its run', async () => {
    await using h = await Harness.open({ jobs: [minutely('backup')] });
    const own = await h.ping('backup', 'start');
    assert.match(contextOf(own), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    await h.ping('backup');
    const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
    const joined = await h.ping('backup', 'start', { traceparent: parent });
    assert.match(contextOf(joined), /^00-a{32}-[0-9a-f]{16}-00$/);
    await h.ping('backup');
    assert.equal(h.telemetry.runs.length, 2);
    assert.equal(h.telemetry.runs[1]?.trace.traceId, 'a'.repeat(32));
    assert.equal(h.telemetry.runs[1]?.trace.parentSpanId, 'b'.repeat(16));
  });
});

describe('restart and crash', () => {
  test('states after a crash are those before it', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), minutely('b'), minutely('c')] });
    await h.ping('a');
    await h.ping('b', 'start', { runId: 'r1' });
    await h.ping('c', 'fail');
    await h.pass(3);
    await h.ping('a');
    await h.ping('b', 'start', { runId: 'r2' });
    await h.ping('b', 'log');
    const before = ['a', 'b', 'c'].map((name) => h.engine.jobByName(name)?.state);
    await h.crash();
    await h.start();
    const after = ['a', 'b', 'c'].map((name) => h.engine.jobByName(name)?.state);
    assert.deepEqual(after, before);
  });

  test('a message that was confirmed is not sent again; one that was not is', async () => {
    await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' }), jobSpec({ name: 'b' })] });
    await h.ping('a', 'fail');
    await h.pass(3);
    assert.equal(h.sent.length, 1);
    let release: () => void = () => undefined;
    h.answers.set(
      'ops/webhook/0',
      () =>
        new Promise((resolve) => {
          release = () => resolve({ kind: 'sent' });
        }),
    );
    await h.ping('b', 'fail');
    await h.pass(3);
    assert.equal(h.sent.length, 2);
    await h.crash();
    release();
    h.answers.clear();
    await h.start();
    await h.pass(70);
    assert.equal(h.sent.length, 3);
    assert.equal(h.sent[2]?.id, h.sent[1]?.id);
  });

  test('an own outage delays the verdict by the catch-up time, is recorded, and says so', async () => {
    await using h = await Harness.open({
      jobs: [jobSpec({ name: 'daily', schedule: periodic(86_400) })],
    });
    h.clock.stall(86_400_000 - 600_000);
    await h.ping('daily');
    await h.pass(3);
    await h.stop();
    // Away from 5 minutes before the slot until 20 minutes after it: slot, grace and deadline pass meanwhile.
    h.clock.stall(300_000 + 1_800_000);
    await h.start();
    await h.pass(290);
    assert.deepEqual(told(h), []);
    await h.pass(20);
    assert.equal(h.sent.length, 1);
    const gaps = await h.store.gaps(10);
    assert.ok(gaps.some((gap) => gap.kind === 'stopped' && gap.to - gap.from > 2_000_000));
    const [alert] = await h.store.alerts({ now: h.clock.now(), limit: 10 });
    assert.match(alert?.annotations['gap'] ?? '', /did not listen/);
  });

  test('a report replayed during the catch-up time leaves no alarm', async () => {
    await using h = await Harness.open({
      jobs: [jobSpec({ name: 'daily', schedule: periodic(86_400) })],
    });
    h.clock.stall(86_400_000 - 600_000);
    await h.ping('daily');
    await h.stop();
    h.clock.stall(2_100_000);
    await h.start();
    await h.ping('daily', 'success', { at: at(86_400 + 30) });
    await h.pass(1_000);
    assert.deepEqual(told(h), []);
  });

  test('a process that was stopped and goes on calls nobody missed at once', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(3);
    h.clock.stall(1_000_000);
    await h.pass(30);
    assert.deepEqual(told(h), []);
    assert.ok(h.telemetry.counts.has('gap suspended'));
    await h.ping('a');
    await h.pass(30);
    assert.deepEqual(told(h), []);
  });

  test('a clock that steps forward raises no alarm; one that steps back does not blind', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    h.clock.step(1_000_000);
    await h.pass(5);
    assert.deepEqual(told(h), []);
    await h.ping('a');
    await h.pass(5);
    h.clock.step(-1_000_000);
    await h.pass(5);
    assert.deepEqual(told(h), []);
    assert.ok(h.telemetry.counts.has('gap clock_back'));
    // Silence from here: noticed in minutes, not after the step has been made up for.
    await h.pass(500);
    assert.equal(h.sent.length, 1);
  });
});

describe('jobs that come, go and change their names', () => {
  const daily = (name: string, over: Partial<JobSpec> = {}) =>
    jobSpec({ name, schedule: periodic(86_400), ...over });

  test('a second crash forgets nothing that the first restart had folded', async () => {
    await using h = await Harness.open({ jobs: [daily('a')] });
    for (let i = 0; i < 5; i += 1) await h.ping('a');
    await h.crash();
    await h.start();
    await h.pass(3);
    await h.crash();
    await h.start();
    assert.equal((await h.state('a')).pings, 5);
  });

  test('a report for a job that was removed meanwhile is refused, and blinds nothing', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), minutely('b')] });
    await h.ping('b');
    const gone = h.engine.jobByName('a');
    assert.ok(gone);
    await h.engine.reload([minutely('b')], h.settings());
    const answer = await new Promise<PingAnswer>((resolve) => {
      h.engine.report(gone, h.pingOf('success'), resolve);
    });
    assert.equal(answer.kind, 'gone');
    await h.pass(80);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobMissed b'],
    );
  });

  test('a report on its way while its job is renamed counts for the job', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    const job = h.engine.jobByName('a');
    assert.ok(job);
    await h.engine.reload([minutely('z', { was: 'a' })], h.settings());
    assert.equal(h.engine.jobByName('z'), job);
    await new Promise<PingAnswer>((resolve) => {
      h.engine.report(job, h.pingOf('success'), resolve);
    });
    assert.equal((await h.state('z')).pings, 2);
  });

  test('uuids that swap places lead to the jobs that have them now', async () => {
    const one = '11111111-1111-4111-8111-111111111111';
    const two = '22222222-2222-4222-8222-222222222222';
    await using h = await Harness.open({
      jobs: [daily('a', { uuid: one }), daily('b', { uuid: two })],
    });
    await h.engine.reload([daily('a', { uuid: two })], h.settings());
    assert.equal(h.engine.jobByUuid(two)?.spec.name, 'a');
    assert.equal(h.engine.jobByUuid(one), undefined);
  });

  test('a job that was removed while Tocsin was stopped resolves its alert', async () => {
    await using h = await Harness.open({ jobs: [daily('a'), daily('b')] });
    await h.ping('a', 'fail');
    await h.pass(3);
    await h.stop();
    await h.start([daily('b')]);
    await h.pass(30);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobFailed a', 'resolved JobFailed a'],
    );
    await h.engine.reload([daily('a'), daily('b')], h.settings());
    assert.deepEqual(await h.state('a'), { status: 'new', problems: [], pings: 1 });
  });

  test('a job that is put back is not late for the time it was away', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), daily('b')] });
    await h.ping('a');
    await h.engine.reload([daily('b')], h.settings());
    await h.pass(400);
    await h.engine.reload([minutely('a'), daily('b')], h.settings());
    await h.pass(30);
    assert.deepEqual(told(h), []);
  });

  test('a jobs first reports during a reload make one job', async () => {
    await using h = await Harness.open({ jobs: [daily('b')] });
    const [made] = await Promise.all([
      h.engine.create('x'),
      h.engine.reload([daily('b')], h.settings()),
    ]);
    assert.equal(h.engine.jobByName('x'), made);
    assert.equal(h.engine.jobs().filter((job) => job.spec.name === 'x').length, 1);
  });

  test('a problem keeps the labels under which it was raised', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a', 'fail', { env: 'prod', exitCode: 3 });
    await h.pass(3);
    await h.engine.reload([minutely('a', { severity: 'P0' })], h.settings());
    await h.ping('a', 'fail', { exitCode: 4 });
    await h.pass(10);
    await h.ping('a');
    await h.pass(30);
    assert.deepEqual(await h.store.alerts({ now: h.clock.now(), firing: true, limit: 10 }), []);
    assert.equal(h.sent.at(-1)?.status, 'resolved');
  });

  test('a long stop of the store counts once, and what is silent afterwards is told', async () => {
    await using h = await Harness.open({ jobs: [minutely('a', { failures: 100 }), minutely('b')] });
    await h.ping('a');
    await h.ping('b');
    h.fault = new StoreError('full', 'writing verdicts');
    await h.pass(70 * 60);
    h.fault = null;
    await h.pass(5);
    assert.deepEqual(told(h), []);
    await h.pass(360);
    assert.ok((h.engine.jobByName('a')?.state.failuresInRow ?? 0) < 10);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobMissed b'],
    );
  });

  test('jobs that the store refuses leave the old configuration running', async () => {
    const uuid = '11111111-1111-4111-8111-111111111111';
    await using h = await Harness.open({ jobs: [daily('a', { uuid }), daily('b')] });
    await assert.rejects(
      h.engine.reload([daily('a'), daily('b', { uuid })], h.settings({ externalUrl: 'x' })),
    );
    assert.equal(h.engine.jobByUuid(uuid)?.spec.name, 'a');
    await h.ping('b', 'fail');
    await h.pass(3);
    assert.equal(h.sent.length, 1);
  });

  test('a delivery whose channel is gone is cancelled and alarms nobody', async () => {
    await using h = await Harness.open({ jobs: [daily('a')], receivers: { ops: 1 } });
    h.answers.set('ops/webhook/0', () => ({ kind: 'retry', reason: 'network', detail: 'refused' }));
    await h.ping('a', 'fail');
    await h.pass(3);
    const receivers = new Map([['ops', { name: 'ops', channels: [] }]]);
    await h.engine.reload([daily('a')], h.settings({ receivers, channels: new Map() }));
    await h.pass(300);
    assert.equal((await h.store.deliveries({ state: 'pending', limit: 5 })).length, 0);
    assert.equal((await h.store.deliveries({ state: 'dead', limit: 5 })).length, 0);
  });
});

describe('deliveries', () => {
  test('a transient failure is tried again and told once', async () => {
    await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })] });
    let tries = 0;
    h.answers.set('ops/webhook/0', () => {
      tries += 1;
      return tries < 4 ? { kind: 'retry', reason: 'network', detail: 'refused' } : { kind: 'sent' };
    });
    await h.ping('a', 'fail');
    await h.pass(120);
    assert.equal(tries, 4);
    assert.equal(new Set(h.sent.map((one) => one.id)).size, 1);
    const [delivery] = await h.store.deliveries({ limit: 1 });
    assert.equal(delivery?.state, 'sent');
    assert.equal(delivery?.attempts, 4);
  });

  test('a dead letter raises an alert on another channel, which resolves when the channel works again', async () => {
    await using h = await Harness.open({
      jobs: [minutely('a'), minutely('b')],
      receivers: { ops: 2 },
    });
    h.answers.set('ops/webhook/0', () => ({ kind: 'failed', reason: 'auth', detail: 'bad key' }));
    await h.ping('a', 'fail');
    await h.pass(10);
    const own = h.sent.filter((one) =>
      one.alerts.some((text) => text.includes('TocsinDeliveryFailed')),
    );
    assert.deepEqual(
      own.map((one) => one.channel),
      ['ops/webhook/1'],
    );
    h.answers.clear();
    await h.ping('b', 'fail');
    await h.pass(20);
    const last = h.sent.filter((one) =>
      one.alerts.some((text) => text.includes('resolved TocsinDeliveryFailed')),
    );
    assert.deepEqual(
      last.map((one) => one.channel),
      ['ops/webhook/1'],
    );
  });

  test('a channel that throws is tried again and its text goes nowhere', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    let tries = 0;
    h.answers.set('ops/webhook/0', () => {
      tries += 1;
      if (tries === 1) throw new Error('token=s3cret');
      return { kind: 'sent' };
    });
    await h.ping('a', 'fail');
    await h.pass(60);
    assert.equal(tries, 2);
    const [delivery] = await h.store.deliveries({ limit: 1 });
    assert.ok(!JSON.stringify([delivery, h.telemetry.lines]).includes('s3cret'));
  });
});

describe('configuration', () => {
  const matcher = (name: string, value: string): Matcher => {
    const made = makeMatcher({ name, op: '=', value });
    if (made.kind !== 'ok') throw new Error('a plain matcher must compile');
    return made.matcher;
  };

  test('a removed job resolves its alerts; its history waits', async () => {
    await using h = await Harness.open({ jobs: [minutely('a'), minutely('b')] });
    await h.ping('a', 'fail');
    await h.pass(3);
    await h.engine.reload([minutely('b')], h.settings());
    await h.pass(30);
    assert.equal(h.engine.jobByName('a'), undefined);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobFailed a', 'resolved JobFailed a'],
    );
    await h.engine.reload([minutely('a'), minutely('b')], h.settings());
    assert.equal((await h.state('a')).pings, 1);
  });

  test('a renamed job keeps its history and its uuid', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.ping('a');
    const uuid = h.engine.jobByName('a')?.uuid;
    await h.engine.reload([minutely('z', { was: 'a' })], h.settings());
    assert.equal((await h.state('z')).pings, 2);
    assert.equal(h.engine.jobByName('z')?.uuid, uuid);
    assert.equal(h.engine.jobByName('a'), undefined);
    await h.ping('z');
    await h.crash();
    await h.start([minutely('z', { was: 'a' })]);
    assert.equal((await h.state('z')).pings, 3);
  });

  test('a stricter schedule does not make a job late at once', async () => {
    await using h = await Harness.open({
      jobs: [jobSpec({ name: 'a', schedule: periodic(86_400) })],
    });
    await h.ping('a');
    await h.pass(3);
    h.clock.stall(40_000_000);
    await h.pass(1);
    await h.engine.reload([minutely('a')], h.settings());
    await h.pass(20);
    assert.deepEqual(told(h), []);
  });

  test('a silence hides a fault, and a fault that outlasts it is told when it ends', async () => {
    const silence = {
      name: 's',
      matchers: [matcher('job_name', 'a')],
      when: { kind: 'once', startsAt: at(0), endsAt: at(60) },
      comment: '',
      createdBy: '',
      origin: 'test:1',
    } as const;
    await using h = await Harness.open({
      jobs: [minutely('a'), minutely('b')],
      settings: { silences: [silence] },
    });
    await h.ping('a', 'fail');
    await h.ping('b', 'fail');
    await h.pass(55);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobFailed b'],
    );
    await h.pass(15);
    assert.deepEqual(
      h.sent.map((one) => one.alerts[0]),
      ['firing JobFailed b', 'firing JobFailed a'],
    );
  });

  test('jobs made by their first ping are limited, and one job however many ask at once', async () => {
    await using h = await Harness.open();
    const made = await Promise.all(['x', 'x', 'y', 'z', 'w'].map((name) => h.engine.create(name)));
    assert.equal(made[0], made[1]);
    assert.equal(made.filter((one) => one === 'limit').length, 1);
    await h.ping('x');
    await h.crash();
    await h.start();
    assert.equal((await h.state('x')).pings, 1);
  });

  test('a paused job awaits nothing, and a success resumes it', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    const job = h.engine.jobByName('a');
    assert.ok(job);
    await h.engine.pause(job);
    await h.pass(300);
    assert.equal((await h.state('a')).status, 'paused');
    assert.deepEqual(told(h), []);
    await h.ping('a');
    assert.equal((await h.state('a')).status, 'up');
  });
});

describe('a store that fails', () => {
  test('reports are refused with a reason, nothing changes, and it recovers by itself', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    h.fault = new StoreError('full', 'writing a batch of reports');
    const refused = await h.ping('a', 'fail');
    assert.deepEqual(refused, { kind: 'unavailable', retryAfterS: 5, reason: 'full' });
    assert.deepEqual(await h.state('a'), { status: 'up', problems: [], pings: 1 });
    assert.equal(h.engine.health.ok, false);
    h.fault = null;
    await h.pass(5);
    assert.equal(h.engine.health.ok, true);
    assert.equal((await h.ping('a', 'fail')).kind, 'accepted');
    assert.equal((await h.state('a')).pings, 2);
  });

  test('batches decided on top of one that failed fail with it, and the log goes on where it ends', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    h.fault = new StoreError('io', 'writing a batch of reports');
    const first = h.ping('a', 'fail', { idempotencyKey: 'k' });
    const second = first.then(() => h.ping('a', 'fail', { idempotencyKey: 'k' }));
    assert.equal((await first).kind, 'unavailable');
    assert.equal((await second).kind, 'unavailable');
    h.fault = null;
    const again = await Promise.all([
      h.ping('a', 'success', { idempotencyKey: 'k' }),
      h.ping('a', 'success', { idempotencyKey: 'k' }),
      h.ping('a'),
    ]);
    assert.deepEqual(
      again.map((one) => one.kind),
      ['accepted', 'duplicate', 'accepted'],
    );
    assert.deepEqual(await h.state('a'), { status: 'up', problems: [], pings: 3 });
  });

  test('reports that were refused across a slot are no misses: jobs get time to report again', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(50);
    h.fault = new StoreError('full', 'writing a batch of reports');
    await h.pass(12);
    assert.equal((await h.ping('a')).kind, 'unavailable');
    await h.pass(30);
    h.fault = null;
    await h.pass(20);
    assert.deepEqual(told(h), []);
    await h.ping('a');
    await h.pass(10);
    assert.deepEqual(told(h), []);
    const gaps = await h.store.gaps(10);
    assert.ok(gaps.some((gap) => gap.kind === 'stopped' && gap.to - gap.from > 25_000));
  });

  test('a miss that could not be written is written later', async () => {
    await using h = await Harness.open({ jobs: [minutely('a')] });
    await h.ping('a');
    await h.pass(60);
    h.fault = new StoreError('io', 'writing verdicts');
    await h.pass(20);
    assert.deepEqual(told(h), []);
    h.fault = null;
    await h.pass(60);
    assert.equal(h.sent.length, 1);
  });
});
