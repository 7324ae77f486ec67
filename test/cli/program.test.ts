import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CliDeps } from '../../src/cli/deps.ts';
import { runCli } from '../../src/cli/program.ts';
import { parseSchedule } from '../../src/core/schedule/parse.ts';
import { HOUR, MINUTE, minus, plus } from '../../src/core/time.ts';
import { ALL_KEYS, type House, KEYS, NO_KEYS, NOW, openHouse } from '../http/house.ts';

const UUID = '8116e449-d71c-4112-8f5d-a66f60902091';
const RID = '04603d8b-edf4-4e85-8f61-24bedbcaab59';
let house: House;
before(async () => {
  house = await openHouse();
  const parsed = parseSchedule({ kind: 'cron', expression: '30 2 * * *', timezone: 'UTC' });
  if (parsed.kind !== 'ok') throw new Error(parsed.message);
  house.desk.add('backup', {
    uuid: UUID,
    schedule: parsed.schedule,
    state: {
      status: 'up',
      expectedAt: plus(NOW, HOUR),
      lastPingAt: minus(NOW, MINUTE),
      lastDurationMs: 92_000,
    },
  });
  house.desk.add('weekly');
});
after(() => house[Symbol.asyncDispose]());

interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const run = async (args: readonly string[], given: Partial<CliDeps> = {}): Promise<Result> => {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    version: '0.1.0',
    env: { TOCSIN_URL: house.url },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    now: () => NOW,
    fetch,
    readInput: async () => Buffer.from('from stdin'),
    serve: async () => 0,
    backup: async () => ({ bytes: 4_096 }),
    migrate: async () => 'schema 1 is the newest',
    ...given,
  });
  return { code, out, err };
};

describe('commands that cannot be meant end with 2', () => {
  const rows: (readonly string[])[] = [
    [],
    ['no-such-command'],
    ['jobs', '--no-such-option'],
    ['jobs', 'too-many'],
    ['jobs', '--limit', '0'],
    ['jobs', '--limit', 'many'],
    ['jobs', '--state', 'broken'],
    ['ping'],
    ['ping', 'backup', 'explode'],
    ['ping', 'backup', '256'],
    ['schedule'],
    ['schedule', '@daily', '--dialect', 'quartz'],
    ['schedule', '@daily', '--count', '101'],
    ['backup'],
    ['silence', 'remove'],
    ['jobs', '--url', 'ftp://x'],
    ['jobs', '--url', 'http://'],
  ];
  for (const args of rows)
    test(`tocsin ${args.join(' ')}`, async () => {
      const { code, out, err } = await run(args);
      assert.equal(code, 2, err);
      assert.equal(out, '');
      assert.ok(err.length > 0);
      assert.ok(!/^\s+at /m.test(err), err);
    });
  test('help and version are answers', async () => {
    assert.equal((await run(['--help'])).code, 0);
    assert.deepEqual(await run(['--version']), { code: 0, out: '0.1.0\n', err: '' });
  });
});

describe('lists', () => {
  test('jobs are a table', async () => {
    const { code, out } = await run(['jobs']);
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        'JOB     STATE  NEXT   LAST    TOOK   SCHEDULE\n',
        'backup  up     in 1h  1m ago  1m32s  30 2 * * * UTC\n',
        'weekly  new    -      -       -      every 1d\n',
      ].join(''),
    );
  });
  test('or JSON', async () => {
    const { items, next } = JSON.parse((await run(['jobs', '--json', '--state', 'up'])).out);
    assert.deepEqual([items.length, items[0].name, next], [1, 'backup', null]);
  });
  test('say when there is more', async () => {
    const { code, out, err } = await run(['jobs', '--limit', '1']);
    assert.equal(code, 0);
    assert.equal(out.split('\n').length, 3);
    assert.equal(err, 'More are there: these are the first 1 (--limit).\n');
  });
  for (const [args, none] of [
    [['alerts'], 'No alerts.\n'],
    [['alerts', '--all'], 'No alerts.\n'],
    [['incidents', '--open'], 'No incidents.\n'],
    [['deliveries', '--state', 'dead'], 'No deliveries.\n'],
    [['silence', 'list'], 'No silences.\n'],
    [['silence'], 'No silences.\n'],
  ] as const)
    test(`${args.join(' ')} may be empty`, async () => {
      assert.deepEqual(await run(args), { code: 0, out: none, err: '' });
      assert.deepEqual(JSON.parse((await run([...args, '--json'])).out), { items: [], next: null });
    });
  test('an incident tells its story', async () => {
    house.store.incidentRows.push({
      id: 7,
      groupKey: 'g',
      routeKey: 'r',
      receiver: 'team',
      groupLabels: { job_name: 'backup' },
      openedAt: NOW,
      flushAt: null,
      closedAt: null,
      alerts: 1,
    });
    house.store.timelineRows.push({ incidentId: 7, at: NOW, kind: 'opened', detail: 'JobMissed' });
    const { out } = await run(['incidents', '7']);
    assert.match(out, /^Incident 7 at team, open: job_name=backup\n\nAT +WHAT +DETAIL\n/);
    assert.match(out, /2026-03-01T12:00:00\.000Z {2}opened {2}JobMissed\n$/);
    assert.deepEqual(await run(['incidents', '8']), {
      code: 1,
      out: '',
      err: 'There is no incident "8".\n',
    });
  });
});

describe('when the server does not answer as wished', () => {
  test('nobody listens', async () => {
    const { code, err } = await run(['jobs', '--url', 'http://127.0.0.1:1']);
    assert.equal(code, 1);
    assert.equal(
      err,
      'No server answers at http://127.0.0.1:1. Start one with `npm start`, or name another with --url or TOCSIN_URL.\n',
    );
  });
  test('somebody else listens', async () => {
    const other = async () => new Response('<h1>hello</h1>', { status: 200 });
    const { code, err } = await run(['jobs'], { fetch: other });
    assert.deepEqual([code, err], [1, `${house.url} answers 200, and not as Tocsin does.\n`]);
  });
  test('it never answers', async () => {
    const never = async () => {
      throw new DOMException('too late', 'TimeoutError');
    };
    const { code, err } = await run(['jobs'], { fetch: never });
    assert.deepEqual([code, err], [1, `The server at ${house.url} did not answer within 15 s.\n`]);
  });
  test('it wants a key', async () => {
    house.config = { ...house.config, keys: ALL_KEYS };
    const { code, err } = await run(['jobs']);
    assert.equal(code, 1);
    assert.match(err, /^A key is needed.* Set TOCSIN_READ_KEY or TOCSIN_ADMIN_KEY/);
    const env = { TOCSIN_URL: house.url, TOCSIN_READ_KEY: KEYS.read };
    assert.equal((await run(['jobs'], { env })).code, 0);
    house.config = { ...house.config, keys: NO_KEYS };
  });
  test('the file of a key is not there', async () => {
    const env = { TOCSIN_URL: house.url, TOCSIN_ADMIN_KEY_FILE: '/nowhere/key' };
    const { code, err } = await run(['jobs'], { env });
    assert.deepEqual(
      [code, err],
      [1, 'TOCSIN_ADMIN_KEY_FILE names /nowhere/key, which cannot be read.\n'],
    );
  });
});

describe('ping', () => {
  const last = () => house.desk.reported.at(-1) ?? assert.fail('nothing was reported');

  test('by uuid', async () => {
    assert.deepEqual(await run(['ping', UUID]), { code: 0, out: 'OK\n', err: '' });
    assert.deepEqual(
      [last().job, last().ping.kind, last().ping.userAgent],
      ['backup', 'success', 'tocsin/0.1.0'],
    );
  });
  test('by name, without a ping key, from a server that tells the uuid', async () => {
    assert.equal((await run(['ping', 'weekly', 'start'])).code, 0);
    assert.deepEqual([last().job, last().ping.kind], ['weekly', 'start']);
  });
  test('by name, with a ping key, and everything that may be said', async () => {
    house.config = { ...house.config, keys: { ...NO_KEYS, ping: [KEYS.ping] } };
    const env = { TOCSIN_URL: house.url, TOCSIN_PING_KEY: KEYS.ping };
    const said = [
      '--rid',
      RID,
      '--body',
      '-',
      '--host',
      'db 1',
      '--env',
      'prod',
      '--metric',
      'a:1',
      'b:2',
    ];
    const { code, err } = await run(['ping', 'backup', '7', ...said], { env });
    assert.equal(code, 0, err);
    const { ping } = last();
    assert.deepEqual([ping.kind, ping.exitCode, ping.runId], ['fail', 7, RID]);
    assert.deepEqual([ping.host, ping.env, ping.metrics], ['db 1', 'prod', { a: 1, b: 2 }]);
    assert.equal(String(ping.body), 'from stdin');
    const made = await run(['ping', 'fresh', '--create'], { env });
    assert.deepEqual([made.code, made.out], [0, 'Created\n']);
    house.config = { ...house.config, keys: NO_KEYS };
  });
  test('to nobody', async () => {
    const { code, err } = await run(['ping', UUID.replace('8', '9')]);
    assert.deepEqual(
      [code, err],
      [1, `No job answers to ${UUID.replace('8', '9')}, or the ping key is wrong.\n`],
    );
    assert.deepEqual(await run(['ping', 'nobody']), {
      code: 1,
      out: '',
      err: 'There is no job named "nobody".\n',
    });
  });
  test('that is refused says why', async () => {
    const { code, err } = await run(['ping', UUID, '--rid', 'x']);
    assert.deepEqual([code, err], [1, 'The report was refused (400): invalid uuid format\n']);
  });
  test('that was understood in part says so', async () => {
    const { code, err } = await run(['ping', UUID, '--metric', 'oops']);
    assert.deepEqual([code, err], [0, 'metric 1 ignored, expected name:number\n']);
  });
  test('while nothing can be stored', async () => {
    house.desk.answer = { kind: 'unavailable', retryAfterS: 5, reason: 'full' };
    const { code, err } = await run(['ping', UUID]);
    assert.deepEqual(
      [code, err],
      [1, 'The server cannot store reports now; try again in a moment.\n'],
    );
    const json = await run(['ping', UUID, '--json']);
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).status, 503);
    house.desk.answer = { kind: 'accepted', traceparent: null };
  });
});

describe('schedule', () => {
  test('says what an expression means', async () => {
    const args = ['schedule', '30 2 * * *', '--timezone', 'Asia/Shanghai', '--count', '2'];
    const { code, out } = await run(args);
    assert.equal(code, 0);
    assert.match(out, /\nAsia\/Shanghai, daylight saving as Debian cron has it\n/);
    assert.match(out, /\n {2}Mon 2026-03-02 02:30 \+08:00 {3}2026-03-01T18:30:00Z\n/);
    const json = JSON.parse((await run([...args, '--json'])).out);
    assert.deepEqual(json.next, ['2026-03-01T18:30:00Z', '2026-03-02T18:30:00Z']);
  });
  test('knows intervals and calendars by how they look', async () => {
    for (const [expression, policy] of [
      ['10m', 'every'],
      ['every 1h30m', 'every'],
      ['Mon..Fri 18:00', 'calendar'],
      ['@daily', 'vixie'],
    ] as const) {
      const { out } = await run(['schedule', expression, '--json']);
      assert.equal(JSON.parse(out).policy, policy, expression);
    }
  });
  test('points at what is wrong', async () => {
    const { code, out, err } = await run(['schedule', '61 * * * *']);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^61 \* \* \* \*\n *\^\n.*; expected /);
    const zone = await run(['schedule', '@daily', '--timezone', 'Mars/Olympus']);
    assert.match(zone.err, /^unknown time zone "Mars\/Olympus"; expected /);
    const json = await run(['schedule', 'x', '--json']);
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).error.field, 'schedule');
  });
});

describe('check', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tocsin-check-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const write = (text: string) => writeFileSync(path.join(folder, 'jobs.yml'), text);
  const receivers = 'route: { receiver: r }\nreceivers: [{ name: r }]\n';

  test('sums up a good folder, and what is due next', async () => {
    write(
      `jobs:\n  - { name: a, schedule: "30 2 * * *" }\n  - { name: b, every: 1h }\n${receivers}`,
    );
    const { code, out } = await run(['check', folder]);
    assert.equal(code, 0, out);
    assert.match(out, /is good: 2 jobs, 1 receiver, 0 silences in 1 file\.\n/);
    assert.match(out, /\nNEXT +AT\na +Mon 2026-03-02 02:30 \+00:00\n$/);
    const json = JSON.parse((await run(['check', folder, '--json'])).out);
    assert.deepEqual([json.ok, json.jobs], [true, 2]);
  });
  test('says where a bad one is wrong', async () => {
    write(`jobs:\n  - { name: a, every: 1h, grace: soon }\n${receivers}`);
    const { code, out, err } = await run(['check'], { env: { TOCSIN_CONFIG: folder } });
    assert.deepEqual([code, err], [1, '']);
    assert.match(out, /jobs\.yml:2:\d+: .*soon.*; expected .*\n1 fault\n$/);
    const json = await run(['check', folder, '--json']);
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).issues[0].line, 2);
  });
  test('says that a folder is not there', async () => {
    const { code, out } = await run(['check', path.join(folder, 'nowhere')]);
    assert.equal(code, 1);
    assert.match(out, /nowhere/);
  });
});

describe('what needs the whole app', () => {
  test('is handed its options, and its answer is shown', async () => {
    const asked: object[] = [];
    const serve: CliDeps['serve'] = async (options) => {
      asked.push(options);
      return 3;
    };
    const backup: CliDeps['backup'] = async (file, options) => {
      asked.push({ file, ...options });
      return { bytes: 10 };
    };
    const served = await run(['serve', '--config=c', '--listen', '127.0.0.1:0'], { serve });
    assert.equal(served.code, 3);
    const backed = await run(['backup', 'copy.db', '--data', 'd'], { backup });
    assert.deepEqual([backed.code, backed.out], [0, 'copy.db: 10 bytes\n']);
    assert.equal((await run(['migrate'])).out, 'schema 1 is the newest\n');
    assert.deepEqual(asked, [
      { config: 'c', listen: '127.0.0.1:0' },
      { file: 'copy.db', data: 'd' },
    ]);
  });
  test('fails in one sentence', async () => {
    const backup = async () => {
      throw new Error('copy.db is there already');
    };
    assert.deepEqual(await run(['backup', 'copy.db'], { backup }), {
      code: 1,
      out: '',
      err: 'copy.db is there already\n',
    });
  });
});
