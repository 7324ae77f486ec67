import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import type { JobState, Problem } from '../../src/core/job/job.ts';
import { parseSchedule } from '../../src/core/schedule/parse.ts';
import type { Schedule, ScheduleSpec } from '../../src/core/schedule/schedule.ts';
import { DAY, duration, HOUR, MINUTE, minus, plus, SECOND } from '../../src/core/time.ts';
import { StoreError } from '../../src/ports/store.ts';
import { ALL_KEYS, type House, KEYS, NOW, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house[Symbol.asyncDispose]());

const page = async (path: string): Promise<string> => {
  const answer = await request(house.url).get(path);
  assert.equal(answer.status, 200);
  return answer.text;
};
/** Without tags, so that a test reads as the page does. */
const words = async (path: string): Promise<string> =>
  (await page(path))
    .replace(/<style>[^]*<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');
const rowsOf = (text: string): string[] =>
  [...text.slice(text.indexOf('>History<')).matchAll(/<tr[^]*?<\/tr>/g)].map(([row]) => row);

const RUN = '04603d8b-edf4-4e85-8f61-24bedbcaab59';
const problem = (given: Partial<Problem>): Problem => ({
  kind: 'failed',
  since: minus(NOW, HOUR),
  reason: 'the job reported a failure',
  exitCode: null,
  runId: null,
  traceId: null,
  spanId: null,
  labels: null,
  ...given,
});
const schedule = (spec: ScheduleSpec): Schedule => {
  const parsed = parseSchedule(spec);
  if (parsed.kind !== 'ok') throw new Error(parsed.message);
  return parsed.schedule;
};

describe('what stands at the top of a job', () => {
  const rows: {
    name: string;
    state: Partial<JobState>;
    dueAt?: ReturnType<typeof minus>;
    en: RegExp;
    zh: RegExp;
  }[] = [
    {
      name: 'missed',
      state: {
        status: 'down',
        problems: [problem({ kind: 'missed', reason: 'no report came in time' })],
      },
      en: /Missed No report came by Mar 1, 11:00, 1h ago\. /,
      zh: /未按时运行 到 3月1日 11:00（1小时前）仍没有上报。/,
    },
    {
      name: 'failed',
      state: { status: 'down', failuresInRow: 3, problems: [problem({ exitCode: 7 })] },
      en: /Failed, exit 7 Failing since Mar 1, 11:00, 1h ago\. 3 failures in a row\. /,
      zh: /失败，退出码 7 自 3月1日 11:00（1小时前）起失败。已连续失败 3 次。/,
    },
    {
      name: 'overrun',
      state: { status: 'down', problems: [problem({ kind: 'overrun' })] },
      en: /Overrun A run should have ended by Mar 1, 11:00, 1h ago\./,
      zh: /运行超时 有一次运行应在 3月1日 11:00（1小时前）前结束。/,
    },
    {
      name: 'slow',
      state: { status: 'down', problems: [problem({ kind: 'slow', reason: '9 min, not 2' })] },
      en: /Slow 9 min, not 2 /,
      zh: /变慢 9 min, not 2 /,
    },
    {
      name: 'late',
      state: { status: 'up', expectedAt: minus(NOW, MINUTE) },
      dueAt: plus(NOW, MINUTE),
      en: /Late Expected at Mar 1, 11:59, 1m ago\. A fault from Mar 1, 12:01 on, in 1m\./,
      zh: /迟到 应在 3月1日 11:59（1分钟前）运行。3月1日 12:01（1分钟后）后视为故障。/,
    },
    {
      name: 'paused',
      state: { status: 'paused', pausedBy: 'person' },
      en: /Paused by a person; nothing is awaited\./,
      zh: /已由人工暂停，不等待上报。/,
    },
    {
      name: 'new',
      state: { status: 'new' },
      en: /It is watched from its first report on\./,
      zh: /从第一次上报起开始监控。/,
    },
  ];
  for (const { name, state, dueAt, en, zh } of rows)
    test(`${name}: says why, in both languages`, async () => {
      house.desk.add(`top-${name}`, { state, ...(dueAt && { dueAt }) });
      assert.match(await words(`/jobs/top-${name}`), en);
      assert.match(await words(`/jobs/top-${name}?lang=zh`), zh);
    });

  test('leads to the log of the failure', async () => {
    const state = { status: 'down', problems: [problem({ runId: RUN })] } as const;
    const job = house.desk.add('logged', { state });
    const body = Buffer.alloc(2_140, 'x');
    house.log(job, { kind: 'fail', seq: 1, runId: RUN, body });
    house.log(job, { kind: 'log', seq: 2, runId: RUN, body });
    const text = await page('/jobs/logged');
    assert.match(text, /<a href="\/api\/v1\/jobs\/logged\/pings\/1\/body">Read the log, 2\.1 kB</);
  });
  test('is nothing for a job that is well', async () => {
    house.desk.add('well', { state: { status: 'up' } });
    assert.ok(!(await page('/jobs/well')).includes('class="banner'));
  });
});

describe('what a job is meant to do', () => {
  test('stands in words and as written, with its settings', async () => {
    house.desk.add('set', {
      schedule: schedule({ kind: 'cron', expression: '30 2 * * *', timezone: 'Asia/Shanghai' }),
      timezone: 'Asia/Shanghai',
      grace: duration(15 * MINUTE),
      maxRuntime: duration(2 * HOUR),
      failures: 3,
      recoveries: 2,
      severity: 'P0',
      group: 'data',
      labels: { team: 'data', zone: '<b>' },
      description: '<i>Nightly</i>',
      runbook: 'https://example.org/runbook',
    });
    const text = await words('/jobs/set');
    assert.match(text, /at 02:30 every day 30 2 \* \* \* Asia\/Shanghai/);
    assert.match(text, /Grace 15 min Max runtime 2 h Severity P0 Group data /);
    assert.match(text, /Alerts after 3 failures in a row Recovers after 2 successes in a row/);
    assert.match(text, /Labels team=data zone=&lt;b&gt; /);
    assert.match(text, /&lt;i&gt;Nightly&lt;\/i&gt;/);
    assert.match(await page('/jobs/set'), /<a href="https:\/\/example\.org\/runbook" rel="norefe/);
    assert.match(await page('/jobs/set'), /<a href="\/\?group=data">data<\/a>/);
  });
  test('has its next five times, by both clocks where they differ', async () => {
    const text = await words('/jobs/set');
    assert.match(text, /Next times Asia\/Shanghai UTC Mar 2, 02:30 Mar 1, 18:30 Mar 3, 02:30 /);
    assert.equal(text.match(/Mar \d, 02:30/g)?.length, 5);
    const spec = { kind: 'cron', expression: '30 2 * * *', timezone: 'UTC' } as const;
    house.desk.add('here', { schedule: schedule(spec), timezone: 'UTC' });
    assert.match(await words('/jobs/here'), /Next times Mar 2, 02:30 in 14h Mar 3, 02:30 in 38h /);
  });
  test('counts an interval from the awaited report, and knows no time before there is one', async () => {
    const every = schedule({ kind: 'every', every: HOUR });
    const expectedAt = plus(NOW, duration(10 * MINUTE));
    house.desk.add('hourly', { schedule: every, state: { status: 'up', expectedAt } });
    assert.match(await words('/jobs/hourly'), /Next times Mar 1, 12:10 in 10m Mar 1, 13:10 in 1h/);
    house.desk.add('idle', { schedule: every });
    assert.match(await words('/jobs/idle'), /Next times Counted from its next report\./);
  });
  test('says what the next change of the clocks does', async () => {
    const spec = { kind: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' } as const;
    house.desk.add('berlin', { schedule: schedule(spec), timezone: 'Europe/Berlin' });
    assert.match(await words('/jobs/berlin'), /On 2026-03-29 the clock of Europe\/Berlin jumps/);
  });
  test('links only to web pages', async () => {
    house.desk.add('sly', { runbook: 'javascript:alert(1)' });
    assert.ok(!(await page('/jobs/sly')).includes('javascript:'));
  });
});

describe('the ping URL', () => {
  test('is shown to those who may know it', async () => {
    const job = house.desk.add('secret');
    assert.match(await page('/jobs/secret'), new RegExp(`curl [^<]* http:[^<]*/ping/${job.uuid}<`));
    await using locked = await openHouse({ keys: ALL_KEYS });
    const { uuid } = locked.desk.add('secret');
    const read = async (key: string) =>
      (await request(locked.url).get('/jobs/secret').set('X-Api-Key', key)).text;
    assert.ok((await read(KEYS.admin)).includes(uuid));
    assert.ok(!(await read(KEYS.read)).includes(uuid));
  });
});

describe('open runs', () => {
  test('stand first, newest first, and tell which last too long', async () => {
    const open = (minutes: number, overran: boolean, runId: string | null) => ({
      runId,
      startedAt: minus(NOW, duration(minutes * MINUTE)),
      traceId: '',
      spanId: '',
      parentSpanId: null,
      sampled: false,
      overran,
      env: 'prod',
      host: 'db',
    });
    const runs = [open(90, true, RUN), open(5, false, null)];
    house.desk.add('busy', { state: { status: 'down', runs } });
    assert.match(
      await words(`/jobs/busy?run=${RUN}`),
      /Running now .* Mar 1, 11:55:00 5 min db · prod Mar 1, 10:30:00 1 h 30 min too long 04603d8b db · prod /,
    );
    const text = await page(`/jobs/busy?run=${RUN}`);
    assert.equal(text.match(/<tr class="marked">/g)?.length, 1);
  });
});

describe('the history of a job', () => {
  before(() => {
    const job = house.desk.add('told', { state: { status: 'up' } });
    house.log(job, { kind: 'start', seq: 1, at: minus(NOW, HOUR), runId: RUN });
    house.log(job, {
      kind: 'overrun',
      at: minus(NOW, duration(50 * MINUTE)),
      startedAt: minus(NOW, HOUR),
      runId: RUN,
    });
    house.log(job, {
      kind: 'fail',
      seq: 2,
      at: minus(NOW, MINUTE),
      startedAt: minus(NOW, HOUR),
      runId: RUN,
      overran: true,
      exitCode: 7,
      host: '<db>',
      env: 'prod',
      body: Buffer.from('x'),
      reason: 'arrived late, older than the newest report',
    });
    house.log(job, { kind: 'missed', at: minus(NOW, SECOND) });
  });

  test('has a line with a reason for each report and verdict, newest first', async () => {
    const text = await page('/jobs/told');
    const lines = rowsOf(text).map((row) =>
      row.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' '),
    );
    assert.deepEqual(lines, [
      ' When What Took Run Host Note ',
      ' Mar 1, 11:59:59 1s ago missed its grace passed without a report ',
      ' Mar 1, 11:59:00 1m ago failed, exit 7 log, 1 B 59 min 04603d8b &lt;db&gt; · prod took longer than its max runtime; arrived late, older than the newest report ',
      ' Mar 1, 11:10:00 50m ago runs too long 04603d8b not done after 10 min ',
      ' Mar 1, 11:00:00 1h ago started 04603d8b ',
    ]);
    assert.match(text, /<a class="log" href="\/api\/v1\/jobs\/told\/pings\/2\/body">/);
  });
  test('is in the language of its reader', async () => {
    const text = await words('/jobs/told?lang=zh');
    assert.match(text, /失败，退出码 7 日志 1 B 59 分/);
    assert.match(text, /超过最长运行时间；迟到的上报，早于最近一次上报/);
    assert.match(text, /运行 10 分 仍未结束/);
  });
  test('points out the run that an alert is about, or says that it is not here', async () => {
    const text = await page(`/jobs/told?run=${RUN}`);
    assert.equal(text.match(/<tr class="marked">/g)?.length, 3);
    assert.match(text, new RegExp(`<a href="/jobs/told\\?run=${RUN}&amp;lang=zh" lang="zh">`));
    assert.match(await page('/jobs/told?run=<x>'), /Run &lt;x&gt; is not among the lines below/);
  });
  test('shows own outages where they belong, and none that do not touch it', async () => {
    const gap = (fromMinutes: number, toMinutes: number) => ({
      from: minus(NOW, duration(fromMinutes * MINUTE)),
      to: minus(NOW, duration(toMinutes * MINUTE)),
      kind: 'stopped' as const,
    });
    house.store.gapRows.push(gap(30, 20), gap(20, 19.5), gap(90, 70));
    const kinds = rowsOf(await page('/jobs/told')).map((row) =>
      row.includes('class="gap"') ? 'gap' : /class="lead[^>]*>([^<]*)/.exec(row)?.[1]?.trim(),
    );
    assert.deepEqual(kinds.slice(1), [
      'missed',
      'failed, exit 7',
      'gap',
      'runs too long',
      'started',
    ]);
    assert.match(await words('/jobs/told'), /It did not run from Mar 1, 11:30 to Mar 1, 11:40\./);
    house.store.gapRows.length = 0;
  });
  test('comes in pages that meet, and keeps the run that is pointed out', async () => {
    const job = house.desk.add('long');
    for (let seq = 1; seq <= 120; seq += 1) house.log(job, { seq, reason: `number ${seq}.` });
    const seen: string[] = [];
    let path: string | undefined = '/jobs/long?run=r';
    for (let pages = 0; path !== undefined && pages < 9; pages += 1) {
      const text: string = await page(path);
      seen.push(...[...text.matchAll(/number (\d+)\./g)].map(([, number]) => number ?? ''));
      path = /<a href="([^"]*)" rel="next">/.exec(text)?.[1]?.replaceAll('&amp;', '&');
      if (path !== undefined) assert.match(path, /^\/jobs\/long\?run=r&cursor=\d+$/);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 120 }, (_, index) => String(120 - index)),
    );
  });
  test('has outages of its own time alone on a later page', async () => {
    const job = house.desk.add('older');
    for (let seq = 1; seq <= 60; seq += 1)
      house.log(job, { seq, at: minus(NOW, duration((61 - seq) * HOUR)) });
    house.store.gapRows.push({ from: minus(NOW, HOUR), to: minus(NOW, MINUTE), kind: 'suspended' });
    house.store.gapRows.push({
      from: minus(NOW, duration(55 * HOUR)),
      to: minus(NOW, duration(54 * HOUR)),
      kind: 'suspended',
    });
    const cursor = house.store.entries.size - 50;
    const text = await words(`/jobs/older?cursor=${cursor}`);
    assert.equal(text.match(/Its machine stood still/g)?.length, 1);
    assert.match(text, /from Feb 27, 05:00 to Feb 27, 06:00/);
    house.store.gapRows.length = 0;
  });
  test('may be missing while the store cannot be read', async () => {
    house.store.fault = new StoreError('io', 'reading');
    assert.match(await page('/jobs/told'), /The history cannot be read now\./);
    house.store.fault = null;
  });
});

test('a job that is not there is 404, and a cursor of another is 400', async () => {
  const gone = await request(house.url).get('/jobs/gone').set('Accept', 'text/html');
  assert.equal(gone.status, 404);
  assert.match(gone.text, /There is no job named &quot;gone&quot;\./);
  for (const cursor of ['1', 'x', '99999'])
    assert.equal((await request(house.url).get(`/jobs/long?cursor=${cursor}`)).status, 400);
});

test('figures', async () => {
  house.desk.add('figures', {
    state: {
      status: 'up',
      pings: 1_234,
      lastPingAt: minus(NOW, MINUTE),
      lastSuccessAt: minus(NOW, DAY),
      lastDurationMs: 92_000,
      expectedAt: plus(NOW, HOUR),
    },
  });
  assert.match(
    await words('/jobs/figures'),
    /Last report 1m ago .* Last success 24h ago .* Took 1 min 32 s Next due in 1h .* Reports 1,234/,
  );
});
