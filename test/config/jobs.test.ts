import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/config/issue.ts';
import { instant } from '../../src/core/time.ts';
import { compiled, compiledFixture, compiledText, minutes } from './compiled.ts';

describe('jobs', () => {
  const config = compiledFixture('jobs.yml');
  const job = (name: string) => {
    const found = config.jobs.find((one) => one.name === name);
    assert.ok(found);
    return found;
  };

  test('every field of a job is taken', () => {
    const { schedule, ...rest } = job('nightly-backup');
    assert.deepEqual(schedule.spec, {
      kind: 'cron',
      expression: '30 2 * * *',
      dialect: 'wall',
      timezone: 'Europe/Berlin',
    });
    assert.deepEqual(rest, {
      name: 'nightly-backup',
      was: 'backup',
      uuid: '5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278',
      timezone: 'Europe/Berlin',
      grace: minutes(90),
      maxRuntime: minutes(120),
      severity: 'P0',
      group: 'data',
      labels: { site: 'sha', team: 'data', version: '1.0' },
      failures: 1,
      recoveries: 1,
      description: '备份: main database',
      runbook: 'https://wiki.example.org/backup',
      paused: true,
      filter: {
        postOnly: true,
        filterBody: true,
        successKeywords: ['OK', 'done'],
        failureKeywords: ['ERROR'],
        startKeywords: ['BEGIN'],
        defaultFail: true,
        manualResume: true,
      },
      traceSampleRatio: 0.25,
    });
  });

  test('what a job does not say comes from defaults', () => {
    const { schedule, ...rest } = job('heartbeat');
    assert.deepEqual(schedule.spec, { kind: 'every', every: 90_000 });
    assert.deepEqual(rest, {
      name: 'heartbeat',
      timezone: 'Asia/Shanghai',
      grace: minutes(10),
      maxRuntime: minutes(180),
      severity: 'P2',
      group: 'batch',
      labels: { site: 'sha', team: 'ops' },
      failures: 2,
      recoveries: 3,
      description: '',
      runbook: '',
      paused: false,
    });
  });

  test('cron and calendar are read in the zone of the defaults', () => {
    assert.deepEqual(job('office-report').schedule.spec, {
      kind: 'calendar',
      expression: 'Mon..Fri 18:00',
      timezone: 'Asia/Shanghai',
    });
    const after = instant(Date.parse('2026-11-20T10:00:00Z'));
    assert.equal(job('office-report').schedule.next(after), Date.parse('2026-11-23T10:00:00Z'));
    assert.equal(job('weekly_0').schedule.spec.kind, 'cron');
  });

  test('keywords without a filter are not a filter, and are warned of', () => {
    assert.equal(job('weekly_0').filter, undefined);
    assert.deepEqual(config.warnings.map(formatIssue), [
      'jobs.yml:2:1: no file has a `route`: alerts are kept and shown, and nobody is told',
      'jobs.yml:45:5: `failure_kw` has no effect without `filter_http_body: true`',
    ]);
  });

  test('without defaults: UTC, an hour of grace, P1, group default', () => {
    const [only] = compiledText('jobs: [{ name: a, every: 1m }]').jobs;
    const { schedule: _, ...rest } = only ?? assert.fail();
    assert.deepEqual(rest, {
      name: 'a',
      timezone: 'UTC',
      grace: minutes(60),
      maxRuntime: null,
      severity: 'P1',
      group: 'default',
      labels: {},
      failures: 1,
      recoveries: 1,
      description: '',
      runbook: '',
      paused: false,
    });
  });

  test('an empty label takes one of the defaults away', () => {
    const { jobs } = compiledText(
      'defaults: { labels: { a: x, b: y } }\njobs: [{ name: a, every: 1m, labels: { a: "", c: "" } }]',
    );
    assert.deepEqual(jobs[0]?.labels, { b: 'y' });
  });

  test('equal labels and schedules are one object', () => {
    const text =
      'jobs:\n' +
      [1, 2].map((n) => `  - { name: j${n}, schedule: "5 4 * * *", labels: { a: b } }\n`).join('');
    const [first, second] = compiledText(text).jobs;
    assert.equal(first?.labels, second?.labels);
    assert.equal(first?.schedule, second?.schedule);
  });

  test('jobs of all files are joined in the order of the files', () => {
    const files = ['b', 'a'].map((name) => ({
      name,
      text: `jobs: [{ name: ${name}, every: 1m }]`,
    }));
    assert.deepEqual(
      compiled(files).jobs.map(({ name }) => name),
      ['b', 'a'],
    );
    assert.deepEqual(compiled(files).files, ['b', 'a']);
  });
});
