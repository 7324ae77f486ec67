import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import { parseSchedule } from '../../src/core/schedule/parse.ts';
import { duration, HOUR, MINUTE, minus, plus } from '../../src/core/time.ts';
import { StoreError } from '../../src/ports/store.ts';
import { type House, NOW, openHouse } from './house.ts';

const cron = (expression: string, timezone: string) => {
  const parsed = parseSchedule({ kind: 'cron', expression, timezone });
  if (parsed.kind !== 'ok') throw new Error(parsed.message);
  return parsed.schedule;
};

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house[Symbol.asyncDispose]());

const get = (path: string) => request(house.url).get(path);
const names = (answer: { body: { items: { name: string }[] } }): string[] =>
  answer.body.items.map(({ name }) => name);

describe('a job', () => {
  before(() => {
    house.desk.add('backup', {
      uuid: '8116e449-d71c-4112-8f5d-a66f60902091',
      schedule: cron('30 2 * * *', 'Asia/Shanghai'),
      timezone: 'Asia/Shanghai',
      severity: 'P0',
      group: 'data',
      labels: { team: 'data' },
      description: 'Nightly backup',
      runbook: 'https://example.org/runbook',
      maxRuntime: HOUR,
      state: {
        status: 'up',
        since: minus(NOW, HOUR),
        pings: 12,
        lastPingAt: minus(NOW, MINUTE),
        lastSuccessAt: minus(NOW, HOUR),
        lastDurationMs: 90_000,
        lastExitCode: 0,
        expectedAt: plus(NOW, HOUR),
      },
      dueAt: plus(NOW, duration(2 * HOUR)),
    });
  });

  test('is shown whole', async () => {
    const answer = await get('/api/v1/jobs/backup');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(answer.body, {
      name: 'backup',
      uuid: '8116e449-d71c-4112-8f5d-a66f60902091',
      ping_url: `${house.url}/ping/8116e449-d71c-4112-8f5d-a66f60902091`,
      state: 'up',
      running: false,
      problems: [],
      since: '2026-03-01T11:00:00.000Z',
      schedule: '30 2 * * *',
      timezone: 'Asia/Shanghai',
      next_at: '2026-03-01T13:00:00.000Z',
      due_at: '2026-03-01T14:00:00.000Z',
      last_ping_at: '2026-03-01T11:59:00.000Z',
      last_success_at: '2026-03-01T11:00:00.000Z',
      last_duration_ms: 90_000,
      last_exit_code: 0,
      pings: 12,
      group: 'data',
      severity: 'P0',
      labels: { team: 'data' },
      grace: '1h',
      max_runtime: '1h',
      paused: false,
      origin: 'config',
      description: 'Nightly backup',
      runbook: 'https://example.org/runbook',
    });
  });

  test('has its ping address below the configured one', async () => {
    const was = house.config;
    house.config = { ...was, server: { ...was.server, externalUrl: 'https://tocsin.example/x' } };
    const answer = await get('/api/v1/jobs/backup');
    assert.equal(
      answer.body.ping_url,
      'https://tocsin.example/x/ping/8116e449-d71c-4112-8f5d-a66f60902091',
    );
    house.config = was;
  });

  const shows = (name: string, state: object, expected: object, spec: object = {}): void => {
    test(name, async () => {
      house.desk.add('shown', { ...spec, state, dueAt: plus(NOW, MINUTE) });
      const { body } = await get('/api/v1/jobs/shown');
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(body[field], value, field);
      house.desk.retire('shown');
    });
  };
  const noon = '2026-03-01T12:00:00.000Z';
  shows(
    'is late from the awaited instant on',
    { status: 'up', expectedAt: NOW },
    { state: 'late', next_at: noon },
  );
  shows('is up just before', { status: 'up', expectedAt: plus(NOW, duration(1)) }, { state: 'up' });
  shows(
    'is not late while a run with a deadline of its own goes on',
    { status: 'up', expectedAt: NOW, runs: [openRun(false)] },
    { state: 'up', running: true },
    { maxRuntime: HOUR },
  );
  shows(
    'awaits nothing when new',
    { status: 'new', expectedAt: NOW },
    { state: 'new', next_at: null, due_at: null, last_ping_at: null },
  );
  shows(
    'awaits nothing when paused',
    { status: 'paused', expectedAt: NOW },
    { state: 'paused', paused: true, next_at: null, due_at: null },
  );
  shows(
    'awaits nothing when down, and says why',
    {
      status: 'down',
      expectedAt: NOW,
      problems: [
        { kind: 'failed', since: NOW, reason: 'exit 7', exitCode: 7, runId: 'r', traceId: 't' },
      ],
    },
    {
      state: 'down',
      next_at: null,
      due_at: null,
      problems: [
        { kind: 'failed', since: noon, reason: 'exit 7', exit_code: 7, run: 'r', trace_id: 't' },
      ],
    },
  );
  shows(
    'writes an interval as it was written',
    {},
    { schedule: 'every 1d', timezone: 'UTC', max_runtime: null },
  );

  test('can be paused and resumed', async () => {
    const paused = await request(house.url).post('/api/v1/jobs/backup/pause');
    assert.deepEqual([paused.status, paused.body.state], [200, 'paused']);
    const resumed = await request(house.url).post('/api/v1/jobs/backup/resume');
    assert.deepEqual([resumed.status, resumed.body.state], [200, 'new']);
  });

  test('that is paused in the configuration is resumed there', async () => {
    const job = house.desk.add('held', { state: { status: 'paused', pausedBy: 'config' } });
    house.desk.resume = async () => {};
    const answer = await request(house.url).post('/api/v1/jobs/held/resume');
    assert.equal(answer.status, 409);
    assert.equal(answer.body.code, 'conflict');
    Reflect.deleteProperty(house.desk, 'resume');
    house.desk.retire(job.spec.name);
  });
});

function openRun(overran: boolean) {
  return {
    runId: overran ? 'long' : 'short',
    startedAt: minus(NOW, MINUTE),
    traceId: 't'.repeat(32),
    spanId: 's'.repeat(16),
    parentSpanId: null,
    sampled: true,
    overran,
    env: null,
    host: 'db-1',
  };
}

describe('the list of jobs', () => {
  before(() => {
    house.desk.retire('backup');
    for (let index = 0; index < 25; index += 1) {
      const status = index % 5 === 0 ? 'down' : 'up';
      const group = index % 2 === 0 ? 'even' : 'odd';
      const name = `job-${String(index).padStart(2, '0')}`;
      house.desk.add(name, {
        group,
        description: index === 7 ? 'The Seventh' : '',
        state: { status },
      });
    }
  });

  test('comes in pages that meet', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (let pages = 0; pages < 10; pages += 1) {
      const answer = await get(`/api/v1/jobs?limit=10${cursor}`);
      seen.push(...names(answer));
      if (answer.body.next === null) break;
      cursor = `&cursor=${encodeURIComponent(answer.body.next)}`;
    }
    assert.equal(seen.length, 25);
    assert.deepEqual(seen, seen.toSorted());
  });
  test('ends when the last page is full', async () => {
    const answer = await get('/api/v1/jobs?limit=25');
    assert.equal(answer.body.next, null);
  });
  test('can be narrowed', async () => {
    assert.deepEqual(names(await get('/api/v1/jobs?state=down&group=even')), [
      'job-00',
      'job-10',
      'job-20',
    ]);
    assert.deepEqual(names(await get('/api/v1/jobs?q=SEVENTH')), ['job-07']);
    assert.deepEqual(names(await get('/api/v1/jobs?q=nothing-like-it')), []);
    assert.equal(names(await get('/api/v1/jobs?colour=blue&limit=3')).length, 3);
  });
});

describe('pings and runs', () => {
  before(() => {
    const job = house.desk.add('logged');
    house.log(job, { kind: 'start', seq: 1, at: minus(NOW, HOUR), runId: 'a' });
    house.log(job, { kind: 'overrun' });
    house.log(job, {
      kind: 'fail',
      seq: 2,
      at: minus(NOW, MINUTE),
      startedAt: minus(NOW, HOUR),
      runId: 'a',
      exitCode: 7,
      overran: true,
      body: Buffer.from('disk full\n'),
      metrics: { rows: 1.5 },
      traceId: 't'.repeat(32),
      reason: 'exit 7',
    });
    house.log(job, { kind: 'missed' });
    house.log(job, { kind: 'log', seq: 3, body: Buffer.from([0, 255]) });
    house.log(job, { kind: 'success', seq: 4, body: Buffer.from('<script>alert(1)</script>') });
    house.log(job, { kind: 'abandoned', startedAt: minus(NOW, HOUR) });
    job.state = { ...job.state, runs: [openRun(true), openRun(false)] };
  });

  test('pings are newest first, verdicts are none', async () => {
    const answer = await get('/api/v1/jobs/logged/pings');
    assert.deepEqual(
      answer.body.items.map(({ n, kind }: { n: number; kind: string }) => [n, kind]),
      [
        [4, 'success'],
        [3, 'log'],
        [2, 'fail'],
        [1, 'start'],
      ],
    );
    assert.deepEqual(answer.body.items[2], {
      n: 2,
      kind: 'fail',
      at: '2026-03-01T11:59:00.000Z',
      received_at: '2026-03-01T12:00:00.000Z',
      run: 'a',
      exit_code: 7,
      duration_ms: 59 * 60_000,
      body_bytes: 10,
      body_url: '/api/v1/jobs/logged/pings/2/body',
      metrics: { rows: 1.5 },
      host: null,
      env: null,
      remote_addr: '127.0.0.1',
      user_agent: 'curl/8.1',
      method: 'GET',
      scheme: 'http',
      trace_id: 't'.repeat(32),
      reason: 'exit 7',
    });
    assert.equal(answer.body.items[3].body_url, null);
    assert.equal(answer.body.next, null);
  });

  test('pings come in pages that meet', async () => {
    const first = await get('/api/v1/jobs/logged/pings?limit=3');
    const second = await get(`/api/v1/jobs/logged/pings?limit=3&cursor=${first.body.next}`);
    const numbers = [...first.body.items, ...second.body.items].map(({ n }) => n);
    assert.deepEqual(numbers, [4, 3, 2, 1]);
    assert.equal(second.body.next, null);
  });

  test('a cursor of another job is refused', async () => {
    const other = house.desk.add('other');
    house.log(other, { kind: 'success', seq: 1 });
    const answer = await get(`/api/v1/jobs/other/pings?cursor=1`);
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body.errors, [
      { parameter: 'cursor', detail: 'expected the `next` of an earlier answer' },
    ]);
  });

  test('runs are the open ones, then the ended ones', async () => {
    const answer = await get('/api/v1/jobs/logged/runs');
    assert.deepEqual(
      answer.body.items.map((run: { state: string; run: string | null }) => [run.state, run.run]),
      [
        ['running', 'short'],
        ['overrun', 'long'],
        ['abandoned', null],
        ['ok', null],
        ['failed', 'a'],
      ],
    );
    const failed = answer.body.items.at(-1);
    assert.deepEqual(
      [failed.started_at, failed.ended_at, failed.duration_ms, failed.overran, failed.exit_code],
      ['2026-03-01T11:00:00.000Z', '2026-03-01T11:59:00.000Z', 59 * 60_000, true, 7],
    );
    const second = await get('/api/v1/jobs/logged/runs?limit=2');
    const rest = await get(`/api/v1/jobs/logged/runs?limit=2&cursor=${second.body.next}`);
    assert.deepEqual(
      rest.body.items.map(({ state }: { state: string }) => state),
      ['failed'],
    );
  });

  test('a body is handed out as bytes that nothing runs', async () => {
    const text = await get('/api/v1/jobs/logged/pings/4/body');
    assert.equal(text.text, '<script>alert(1)</script>');
    assert.equal(text.headers['content-type'], 'text/plain; charset=utf-8');
    assert.match(text.headers['content-security-policy'] ?? '', /^sandbox; default-src 'none'/);
    assert.equal(text.headers['x-content-type-options'], 'nosniff');
    const bytes = await get('/api/v1/jobs/logged/pings/3/body').buffer(true);
    assert.equal(bytes.headers['content-type'], 'application/octet-stream');
    assert.deepEqual(bytes.body, Buffer.from([0, 255]));
  });

  test('a body that is not there is 404', async () => {
    for (const n of ['1', '99', '0', '-1', 'x', '1e3', '9'.repeat(30)]) {
      const answer = await get(`/api/v1/jobs/logged/pings/${n}/body`);
      assert.equal(answer.status, 404, n);
      assert.equal(answer.body.code, 'not_found');
    }
  });

  test('a store that fails is 503', async () => {
    house.store.fault = new StoreError('io', 'reading the log');
    const answer = await get('/api/v1/jobs/logged/pings');
    assert.deepEqual([answer.status, answer.body.detail], [503, 'The store cannot be used: io.']);
    house.store.fault = null;
  });
});
