import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { type House, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
  house.desk.add('a');
});
after(() => house[Symbol.asyncDispose]());

const LIMIT = 'The parameter limit cannot be used: expected a number from 1 to 1000.';
interface Preview {
  readonly code?: string;
  readonly text?: string;
  readonly next?: readonly string[];
  readonly policy?: string;
  readonly errors?: readonly { readonly pointer: string }[];
  readonly error?: { readonly field: string; readonly message: string };
}
type Body = Preview & { readonly items?: readonly Preview[] };

const CURSOR = 'The parameter cursor cannot be used: expected the `next` of an earlier answer.';

describe('answered as problem details', () => {
  const rows: [
    method: 'get' | 'post' | 'put' | 'delete' | 'patch' | 'options',
    path: string,
    status: number,
    code: string,
    detail: string,
  ][] = [
    ['get', '/api/v1/jobs?limit=0', 400, 'bad_request', LIMIT],
    ['get', '/api/v1/jobs?limit=1001', 400, 'bad_request', LIMIT],
    ['get', '/api/v1/jobs?limit=-1', 400, 'bad_request', LIMIT],
    ['get', '/api/v1/jobs?limit=ten', 400, 'bad_request', LIMIT],
    ['get', '/api/v1/jobs?limit=', 400, 'bad_request', LIMIT],
    ['get', '/api/v1/jobs?limit=1e2', 400, 'bad_request', LIMIT],
    ['get', `/api/v1/jobs?limit=${'9'.repeat(40)}`, 400, 'bad_request', LIMIT],
    [
      'get',
      '/api/v1/jobs?state=broken',
      400,
      'bad_request',
      'The parameter state cannot be used: expected one of new, up, late, down, paused.',
    ],
    ['get', '/api/v1/jobs/a/pings?cursor=x', 400, 'bad_request', CURSOR],
    ['get', '/api/v1/jobs/a/runs?cursor=-1', 400, 'bad_request', CURSOR],
    ['get', '/api/v1/alerts?cursor=1.5', 400, 'bad_request', CURSOR],
    [
      'get',
      '/api/v1/alerts?state=resolved',
      400,
      'bad_request',
      'The parameter state cannot be used: expected one of firing, all.',
    ],
    [
      'get',
      '/api/v1/incidents?state=x',
      400,
      'bad_request',
      'The parameter state cannot be used: expected one of open, closed.',
    ],
    ['get', '/api/v1/deliveries?cursor=1', 400, 'bad_request', CURSOR],
    ['get', '/api/v1/deliveries?cursor=1.dlv_XYZ', 400, 'bad_request', CURSOR],
    [
      'get',
      '/api/v1/deliveries?incident=x',
      400,
      'bad_request',
      'The parameter incident cannot be used: expected a whole number.',
    ],
    [
      'get',
      '/api/v1/deliveries?state=x',
      400,
      'bad_request',
      'The parameter state cannot be used: expected one of pending, sent, dead, cancelled.',
    ],
    [
      'get',
      '/metrics/jobs?families=all',
      400,
      'bad_request',
      'The parameter families cannot be used: expected one of minimal, full.',
    ],
    ['get', '/api/v1/jobs/%', 400, 'bad_request', 'The request cannot be read.'],
    ['get', '/api/v1/jobs/%ff', 400, 'bad_request', 'The request cannot be read.'],
    ['get', '/api/v1/jobs/b', 404, 'not_found', 'There is no job named "b".'],
    ['get', '/api/v1/jobs/%3Cscript%3E', 404, 'not_found', 'There is no job named "<script>".'],
    ['get', '/api/v1/jobs/__proto__', 404, 'not_found', 'There is no job named "__proto__".'],
    [
      'get',
      `/api/v1/jobs/${'n'.repeat(200)}`,
      404,
      'not_found',
      `There is no job named "${'n'.repeat(100)}".`,
    ],
    ['get', '/api/v1/jobs/A', 404, 'not_found', 'There is no job named "A".'],
    ['get', '/api/v1/jobs/', 404, 'not_found', 'Nothing is at /api/v1/jobs/.'],
    ['get', '/API/v1/jobs', 404, 'not_found', 'Nothing is at /API/v1/jobs.'],
    ['get', '/api/v1', 404, 'not_found', 'Nothing is at /api/v1.'],
    ['get', '/api/v9/jobs', 404, 'not_found', 'Nothing is at /api/v9/jobs.'],
    ['get', '/favicon.ico', 404, 'not_found', 'Nothing is at /favicon.ico.'],
    ['post', '/api/v1/jobs/b/pause', 404, 'not_found', 'There is no job named "b".'],
    ['post', '/api/v1/jobs/b/resume', 404, 'not_found', 'There is no job named "b".'],
    ['get', '/api/v1/deliveries/x', 404, 'not_found', 'There is no delivery "x".'],
    ['get', '/api/v1/incidents/1', 404, 'not_found', 'There is no incident "1".'],
    ['post', '/api/v1/jobs', 405, 'method_not_allowed', 'POST is not possible here; GET, HEAD is.'],
    [
      'delete',
      '/api/v1/jobs/a',
      405,
      'method_not_allowed',
      'DELETE is not possible here; GET, HEAD is.',
    ],
    [
      'patch',
      '/api/v1/jobs/a',
      405,
      'method_not_allowed',
      'PATCH is not possible here; GET, HEAD is.',
    ],
    ['put', '/', 405, 'method_not_allowed', 'PUT is not possible here; GET, HEAD is.'],
    [
      'options',
      '/api/v1/jobs',
      405,
      'method_not_allowed',
      'OPTIONS is not possible here; GET, HEAD is.',
    ],
    ['get', '/-/reload', 405, 'method_not_allowed', 'GET is not possible here; POST is.'],
    [
      'get',
      '/api/v1/jobs/a/pause',
      405,
      'method_not_allowed',
      'GET is not possible here; POST is.',
    ],
    [
      'get',
      '/api/v1/schedules/preview',
      405,
      'method_not_allowed',
      'GET is not possible here; POST is.',
    ],
  ];
  for (const [method, path, status, code, detail] of rows)
    test(`${method.toUpperCase()} ${path.slice(0, 80)}`, async () => {
      const answer = await request(house.url)[method](path);
      assert.equal(answer.status, status);
      assert.equal(answer.type, 'application/problem+json');
      assert.deepEqual(
        [answer.body.status, answer.body.code, answer.body.detail],
        [status, code, detail],
      );
      if (status === 405) assert.equal(answer.headers['allow'], /; (.*) is\.$/.exec(detail)?.[1]);
    });

  test('a HEAD has no body', async () => {
    const answer = await request(house.url).head('/api/v1/jobs');
    assert.deepEqual([answer.status, answer.text], [200, undefined]);
  });
  test('nothing of it is our fault', () => {
    assert.deepEqual(house.errors, []);
  });
});

describe('bodies', () => {
  /** By fetch, since it sends bytes as they are. */
  const send = async (
    body: string | Buffer<ArrayBuffer>,
    type = 'application/json',
    more: Record<string, string> = {},
  ) => {
    const url = `${house.url}/api/v1/schedules/preview`;
    const headers = { 'Content-Type': type, ...more };
    const answer = await fetch(url, { method: 'POST', headers, body });
    const { status } = answer;
    const json = (await answer.json()) as Body;
    return { status, body: json, type: answer.headers.get('content-type')?.split(';', 1)[0] };
  };
  const rows: [
    name: string,
    body: string | Buffer<ArrayBuffer>,
    type: string,
    headers: Record<string, string>,
    status: number,
    code: string,
  ][] = [
    ['no JSON', '{', 'application/json', {}, 400, 'bad_request'],
    ['half a JSON', '{"schedule":', 'application/json', {}, 400, 'bad_request'],
    ['nothing', '', 'application/json', {}, 400, 'bad_request'],
    ['null', 'null', 'application/json', {}, 400, 'bad_request'],
    ['a list', '[]', 'application/json', {}, 400, 'bad_request'],
    ['a number', '7', 'application/json', {}, 400, 'bad_request'],
    ['text', '"x"', 'application/json', {}, 400, 'bad_request'],
    [
      'a form',
      'schedule=x',
      'application/x-www-form-urlencoded',
      {},
      415,
      'unsupported_media_type',
    ],
    ['plain text', '{}', 'text/plain', {}, 415, 'unsupported_media_type'],
    [
      'an unknown charset',
      '{}',
      'application/json; charset=klingon',
      {},
      415,
      'unsupported_media_type',
    ],
    [
      'an unknown encoding',
      '{}',
      'application/json',
      { 'Content-Encoding': 'rot13' },
      415,
      'unsupported_media_type',
    ],
    [
      'an encoding that it is not',
      '{}',
      'application/json',
      { 'Content-Encoding': 'gzip' },
      400,
      'bad_request',
    ],
    ['too large', `"${'x'.repeat(1024 * 1024)}"`, 'application/json', {}, 413, 'too_large'],
    [
      'a bomb',
      gzipSync(`"${'x'.repeat(8 * 1024 * 1024)}"`),
      'application/json',
      { 'Content-Encoding': 'gzip' },
      413,
      'too_large',
    ],
    ['nested without end', '['.repeat(100_000), 'application/json', {}, 400, 'bad_request'],
    ['items that are no list', '{"items":{}}', 'application/json', {}, 400, 'bad_request'],
    [
      'too many items',
      JSON.stringify({ items: Array.from({ length: 1_001 }, () => ({})) }),
      'application/json',
      {},
      400,
      'bad_request',
    ],
    ['no schedule', '{}', 'application/json', {}, 400, 'bad_request'],
    [
      'two schedules',
      '{"schedule":"@daily","every":"1d"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    ['an unknown field', '{"cron":"@daily"}', 'application/json', {}, 400, 'bad_request'],
    [
      '__proto__',
      '{"__proto__":{"schedule":"@daily"}}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    ['a schedule that is a number', '{"schedule":5}', 'application/json', {}, 400, 'bad_request'],
    [
      'a schedule that is none',
      '{"schedule":"whenever"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    [
      'an unknown zone',
      '{"schedule":"@daily","timezone":"Mars/Olympus"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    [
      'an unknown dialect',
      '{"schedule":"@daily","dialect":"quartz"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    [
      'a count that is none',
      '{"schedule":"@daily","count":"5"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    [
      'a count too large',
      '{"schedule":"@daily","count":101}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
    [
      'a start that is none',
      '{"schedule":"@daily","from":"now"}',
      'application/json',
      {},
      400,
      'bad_request',
    ],
  ];
  for (const [name, body, type, headers, status, code] of rows)
    test(name, async () => {
      const answer = await send(body, type, headers);
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      assert.equal(answer.body.code, code);
      assert.equal(answer.type, 'application/problem+json');
    });

  test('a fault is pointed at', async () => {
    const answer = await send('{"schedule":"99 * * * *"}');
    assert.equal(answer.body.errors?.[0]?.pointer, '/schedule');
  });

  test('a preview answers in words and times', async () => {
    const answer = await send('{"schedule":"30 2 * * *","timezone":"Asia/Shanghai","count":2}');
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body.next, ['2026-03-01T18:30:00Z', '2026-03-02T18:30:00Z']);
    assert.equal(answer.body.policy, 'vixie');
    assert.ok((answer.body.text ?? '') !== '');
  });

  test('of many each has its own answer', async () => {
    const items = [
      { every: '10m', count: 1 },
      { schedule: 'x' },
      7,
      { cron: '' },
      { calendar: 'Mon..Fri 18:00', count: 1 },
    ];
    const answer = await send(JSON.stringify({ items }));
    assert.equal(answer.status, 200);
    const [first, second, third, fourth, fifth] = answer.body.items ?? [];
    assert.deepEqual(first?.next, ['2026-03-01T12:10:00Z']);
    assert.equal(second?.error?.field, 'schedule');
    assert.equal(third?.error?.message, 'expected an object');
    assert.deepEqual(fourth?.error, { field: 'cron', message: 'is not known here' });
    assert.deepEqual(fifth?.next, ['2026-03-02T18:00:00Z']);
  });
});

describe('people get a page', () => {
  test('for what is not there, in their language', async () => {
    const answer = await request(house.url)
      .get('/nowhere?%3Cb%3E')
      .set('Accept', 'text/html')
      .set('Accept-Language', 'zh');
    assert.equal(answer.status, 404);
    assert.equal(answer.type, 'text/html');
    assert.match(answer.text, /<html lang="zh-CN">/);
    assert.match(answer.text, /Nothing is at \/nowhere\./);
  });
  test('that says what was asked only in escaped form', async () => {
    const answer = await request(house.url).get('/%3Cimg%3E<img>').set('Accept', 'text/html');
    assert.ok(!answer.text.includes('<img>'));
  });
  test('but not from the API', async () => {
    const answer = await request(house.url).get('/api/v1/jobs/b').set('Accept', 'text/html');
    assert.equal(answer.type, 'application/problem+json');
  });
});

describe('when something breaks here', () => {
  test('the answer does not say what, and the log does', async () => {
    house.desk.jobs = () => {
      throw new Error('a secret of ours');
    };
    const answer = await request(house.url).get('/api/v1/jobs');
    Reflect.deleteProperty(house.desk, 'jobs');
    assert.deepEqual([answer.status, answer.body.code], [500, 'internal']);
    assert.ok(!answer.text.includes('secret'));
    assert.equal(house.errors.length, 1);
  });
});
