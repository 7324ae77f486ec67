import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeMatcher } from '../../src/core/alert/matcher.ts';
import { duration } from '../../src/core/time.ts';
import { jobSpec, periodic } from '../core/job/play.ts';
import { at, Harness } from './harness.ts';

const minutely = (name: string, over = {}) =>
  jobSpec({ name, schedule: periodic(60), grace: duration(10_000), ...over });
const told = (h: Harness) => h.sent.map((s) => `${s.t} ${s.channel} ${s.alerts.join(', ')}`);

test('a message that was on its way when the job recovered is followed by its resolution', async () => {
  await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })], receivers: { ops: 2 } });
  h.answers.set('ops/webhook/1', (n) =>
    n.status === 'firing'
      ? new Promise((resolve) => {
          h.clock.after(20_000, () => resolve({ kind: 'sent' }));
        })
      : { kind: 'sent' },
  );
  await h.ping('a', 'fail');
  await h.pass(2);
  await h.ping('a');
  await h.pass(120);
  assert.deepEqual(
    h.sent.filter((s) => s.channel === 'ops/webhook/1').map((s) => s.status),
    ['firing', 'resolved'],
  );
});

test('a message that was given up on its way does not swallow the next fault', async () => {
  await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })], receivers: { ops: 2 } });
  const slow = () =>
    new Promise<{ kind: 'sent' }>((resolve) => {
      h.clock.after(20_000, () => resolve({ kind: 'sent' }));
    });
  h.answers.set('ops/webhook/1', slow);
  await h.ping('a', 'fail');
  await h.pass(2);
  await h.ping('a');
  await h.pass(60);
  h.answers.delete('ops/webhook/1');
  h.sent.length = 0;
  await h.ping('a', 'fail');
  await h.pass(60);
  assert.deepEqual(
    h.sent
      .filter((s) => s.status === 'firing')
      .map((s) => s.channel)
      .sort(),
    ['ops/webhook/0', 'ops/webhook/1'],
  );
});

test('a message that is being retried when a silence begins is not sent in it', async () => {
  const made = makeMatcher({ name: 'job_name', op: '=', value: 'a' });
  assert.ok(made.kind === 'ok');
  const silence = {
    name: 's',
    matchers: [made.matcher],
    when: { kind: 'once', startsAt: at(60), endsAt: at(600) },
    comment: '',
    createdBy: '',
    origin: '',
  } as const;
  await using h = await Harness.open({ jobs: [jobSpec({ name: 'a' })] });
  const settings = h.settings({ silences: [silence] });
  // The default of Alertmanager.
  await h.engine.reload([jobSpec({ name: 'a' })], {
    ...settings,
    route: { ...settings.route, groupInterval: duration(300_000) },
  });
  h.answers.set('ops/webhook/0', () =>
    h.t < 100 ? { kind: 'retry', reason: 'network', detail: '' } : { kind: 'sent' },
  );
  await h.ping('a', 'fail');
  await h.pass(290);
  assert.deepEqual(
    h.sent.filter((s) => s.t >= 60 && s.t < 600).map((s) => s.t),
    [],
  );
});

test('a second restart does not cut short the time to catch up after the first', async () => {
  await using h = await Harness.open({ jobs: [minutely('a', { schedule: periodic(86_400) })] });
  h.clock.stall(86_400_000 - 60_000);
  await h.ping('a');
  await h.pass(3);
  await h.stop();
  h.clock.stall(3_600_000);
  await h.start();
  await h.pass(5);
  await h.stop();
  h.clock.stall(1_000);
  await h.start();
  await h.pass(200);
  assert.deepEqual(told(h), [], 'the catch-up time is 300 s after an hour away');
});

test('the news that a channel is broken does not go to that channel alone', async () => {
  await using h = await Harness.open({
    jobs: ['a', 'b', 'c', 'd'].map((name) => minutely(name, { schedule: periodic(86_400) })),
    receivers: { ops: 2 },
  });
  const broken = () => ({ kind: 'failed', reason: 'auth', detail: '' }) as const;
  const failing = (channel: string) =>
    h.sent.filter(
      (s) =>
        s.channel === channel && s.alerts.some((a) => a.startsWith('firing TocsinDeliveryFailed')),
    );
  h.answers.set('ops/webhook/0', broken);
  await h.ping('a', 'fail');
  await h.pass(10);
  assert.equal(failing('ops/webhook/1').length, 1);
  // Now the other one breaks and this one is mended.
  h.answers.delete('ops/webhook/0');
  h.answers.set('ops/webhook/1', broken);
  await h.ping('b', 'fail');
  await h.pass(30);
  assert.ok(failing('ops/webhook/0').length > 0, told(h).join('\n'));
});

test('the other way round: the news that a channel is broken does not go to that channel alone', async () => {
  await using h = await Harness.open({
    jobs: ['a', 'b', 'c', 'd'].map((name) => minutely(name, { schedule: periodic(86_400) })),
    receivers: { ops: 2 },
  });
  const broken = () => ({ kind: 'failed', reason: 'auth', detail: '' }) as const;
  const failing = (channel: string) =>
    h.sent.filter(
      (s) =>
        s.channel === channel && s.alerts.some((a) => a.startsWith('firing TocsinDeliveryFailed')),
    );
  h.answers.set('ops/webhook/1', broken);
  await h.ping('a', 'fail');
  await h.pass(10);
  assert.equal(failing('ops/webhook/0').length, 1);
  // Now the other one breaks and this one is mended.
  h.answers.delete('ops/webhook/1');
  h.answers.set('ops/webhook/0', broken);
  await h.ping('b', 'fail');
  await h.pass(30);
  assert.ok(failing('ops/webhook/1').length > 0, told(h).join('\n'));
});

test('a fresh server that is killed in its first seconds gives time to catch up as well', async () => {
  await using h = await Harness.open({ jobs: [minutely('a')] });
  await h.ping('a');
  await h.kill();
  h.clock.stall(200_000);
  await h.start();
  await h.pass(20);
  assert.deepEqual(told(h), []);
});

test('a lone end tells its run id', async () => {
  await using h = await Harness.open({ jobs: [minutely('a')] });
  await h.ping('a', 'success', { runId: 'r-1' });
  assert.deepEqual(
    h.telemetry.runs.map((r) => r.runId),
    ['r-1'],
  );
});
