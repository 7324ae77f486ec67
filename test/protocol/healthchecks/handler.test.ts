import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { DAY, duration } from '../../../src/core/time.ts';
import { DRAIN_BYTES_MAX } from '../../../src/protocol/healthchecks/body.ts';
import { JOB, KEY, NOW_MS, openStation, parse, type Station, UNKNOWN, UUID } from './station.ts';

const RID = '04603d8b-edf4-4e85-8f61-24bedbcaab59';
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
let station: Station;

before(async () => {
  station = await openStation();
});
after(() => station[Symbol.asyncDispose]());
beforeEach(() => {
  station.desk.reported.length = 0;
  station.counted.length = 0;
  station.errors.length = 0;
  station.desk.answer = { kind: 'accepted', traceparent: null };
  station.desk.creation = 'made';
});

const lastPing = () => {
  const last = station.desk.reported.at(-1);
  assert.ok(last !== undefined, 'nothing was reported');
  return last.ping;
};

describe('an answer', () => {
  test('has what Healthchecks sends, and is the same for HEAD without its body', async () => {
    const get = await station.request({ path: `/ping/${UUID}` });
    assert.equal(get.status, 200);
    assert.equal(get.body, 'OK');
    assert.deepEqual(
      ['content-type', 'ping-body-limit', 'access-control-allow-origin', 'cache-control'].map(
        (name) => get.headers.get(name),
      ),
      ['text/plain', '10000', '*', 'no-cache, no-store'],
    );
    const head = await station.request({ method: 'HEAD', path: `/ping/${UUID}` });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), '2');
    assert.equal(station.desk.reported.length, 2);
    assert.equal(lastPing().method, 'HEAD');
  });

  test('a ping that says everything is reported whole', async () => {
    const query = `rid=${RID}&at=2026-03-01T11:00:00Z&metric=rows:5&host=db-1&env=prod`;
    await station.request({
      method: 'POST',
      path: `/ping/${KEY}/${JOB}/7?${query}`,
      headers: {
        'User-Agent': 'curl/8.1',
        'Idempotency-Key': 'once',
        traceparent: TRACEPARENT,
        'X-Forwarded-For': '1.1.1.1',
        'X-Forwarded-Proto': 'https',
      },
      body: Buffer.from('log text'),
    });
    assert.deepEqual(lastPing(), {
      kind: 'fail',
      at: Date.UTC(2026, 2, 1, 11),
      receivedAt: NOW_MS,
      runId: RID,
      exitCode: 7,
      body: Buffer.from('log text'),
      host: 'db-1',
      env: 'prod',
      metrics: { rows: 5 },
      idempotencyKey: 'once',
      traceparent: TRACEPARENT,
      remoteAddr: '1.1.1.1',
      userAgent: 'curl/8.1',
      method: 'POST',
      scheme: 'https',
    });
  });

  test('to a start carries the context of the run', async () => {
    station.desk.answer = { kind: 'accepted', traceparent: TRACEPARENT };
    const answer = await station.request({ path: `/ping/${UUID}/start?rid=${RID}` });
    assert.equal(answer.headers.get('traceparent'), TRACEPARENT);
    assert.equal(answer.headers.get('tocsin-run'), RID);
    const end = await station.request({ path: `/ping/${UUID}?rid=${RID}` });
    assert.equal(end.headers.get('tocsin-run'), undefined);
  });

  test('tells what was left out, and takes the ping', async () => {
    const answer = await station.request({
      path: `/ping/${UUID}?metric=oops&env=${'e'.repeat(65)}`,
    });
    assert.equal(answer.status, 200);
    assert.equal(
      answer.headers.get('tocsin-warning'),
      'metric 1 ignored, expected name:number; env cut to 64 characters',
    );
    assert.equal(station.desk.reported.length, 1);
  });

  test('is the same for a ping that is ignored or known already', async () => {
    for (const kind of ['ignored', 'duplicate'] as const) {
      station.desk.answer = { kind, traceparent: null };
      const answer = await station.request({ path: `/ping/${UUID}` });
      assert.deepEqual([answer.status, answer.body], [200, 'OK']);
    }
  });

  test('is 503 with Retry-After when nothing was stored', async () => {
    station.desk.answer = { kind: 'unavailable', retryAfterS: 4.2, reason: 'full' };
    const answer = await station.request({ path: `/ping/${UUID}` });
    assert.deepEqual(
      [answer.status, answer.body, answer.headers.get('retry-after')],
      [503, 'unavailable', '5'],
    );
  });

  test('is 500 when the desk fails, and the next ping is taken', async () => {
    station.desk.failure = new Error('broken assumption');
    const failed = await station.request({ path: `/ping/${UUID}` });
    assert.deepEqual([failed.status, failed.body], [500, 'internal error']);
    assert.equal(station.errors.length, 1);
    assert.equal((await station.request({ path: `/ping/${UUID}` })).status, 200);
  });

  test('comes once for each of many pings on one connection', async () => {
    const one = `GET /ping/${UUID} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const socket = connect(station.port, '127.0.0.1');
    socket.end(one.repeat(20));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += String(chunk);
    });
    await once(socket, 'close');
    assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 20);
    assert.equal(station.desk.reported.length, 20);
  });

  test('a changed configuration counts at once', async () => {
    const was = station.settings;
    station.settings = {
      pingKeys: ['new-key'],
      bodyLimitBytes: 3,
      trustedProxies: [],
      maxAge: duration(DAY),
    };
    const answer = await station.request({
      method: 'POST',
      path: `/ping/new-key/${JOB}`,
      headers: { 'X-Forwarded-For': '1.1.1.1' },
      body: Buffer.from('abcdef'),
    });
    assert.equal(answer.headers.get('ping-body-limit'), '3');
    assert.equal(String(lastPing().body), 'abc');
    assert.equal(lastPing().remoteAddr, '127.0.0.1');
    assert.equal((await station.request({ path: `/ping/${KEY}/${JOB}` })).status, 404);
    station.settings = was;
  });
});

describe('other verbs', () => {
  test('a preflight is answered and not counted', async () => {
    const answer = await station.request({
      method: 'OPTIONS',
      path: `/ping/${UUID}`,
      headers: { Origin: 'https://example.org', 'Access-Control-Request-Method': 'POST' },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.equal(answer.headers.get('access-control-allow-methods'), 'GET, HEAD, POST, OPTIONS');
    assert.equal(station.desk.reported.length, 0);
  });
  for (const method of ['PUT', 'PATCH', 'DELETE', 'PROPFIND'])
    test(`${method} is refused`, async () => {
      const answer = await station.request({ method, path: `/ping/${UUID}` });
      assert.deepEqual(
        [answer.status, answer.body, answer.headers.get('allow')],
        [405, 'method not allowed', 'GET, HEAD, POST, OPTIONS'],
      );
      assert.equal(station.desk.reported.length, 0);
    });
  test('what is no ping is left to others', async () => {
    assert.equal((await station.request({ path: '/api/v1/jobs' })).status, 418);
  });
});

describe('a body', () => {
  const post = (path: string, body: Uint8Array, headers: Record<string, string> = {}) =>
    station.request({ method: 'POST', path, body, headers });

  test('is kept byte by byte', async () => {
    const bytes = Buffer.from([0, 255, 254, 10, 13, 0xe9]);
    await post(`/ping/${UUID}`, bytes);
    assert.deepEqual(lastPing().body, bytes);
  });
  test('is cut at the limit, and everything after it is read', async () => {
    const answer = await post(`/ping/${UUID}`, Buffer.alloc(3_000_000, 'A'));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('connection'), 'keep-alive');
    assert.equal(lastPing().body?.length, 10_000);
  });
  test('of a GET counts as well', async () => {
    await station.request({ path: `/ping/${UUID}`, body: Buffer.from('x') });
    assert.equal(String(lastPing().body), 'x');
  });
  test('in chunks is whole', async () => {
    const head = `POST /ping/${UUID} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const answer = await station.send(`${head}5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n`);
    assert.equal(answer.status, 200);
    assert.equal(String(lastPing().body), 'hello world');
  });
  test('is never read as parameters, whatever its type', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'nonsense']) {
      const body = Buffer.from('{"state":"fail"}&rid=zzz');
      const answer = await post(`/ping/${UUID}`, body, { 'Content-Type': type });
      assert.equal(answer.status, 200);
      assert.equal(lastPing().kind, 'success');
      assert.deepEqual(lastPing().body, body);
    }
  });
  test('of no bytes is none', async () => {
    await post(`/ping/${UUID}`, Buffer.alloc(0));
    assert.equal(lastPing().body, null);
  });

  test('that a client announces is asked for', async () => {
    const socket = connect(station.port, '127.0.0.1');
    const head = `POST /ping/${UUID} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`;
    socket.write(head);
    const [asked] = (await once(socket, 'data')) as [Buffer];
    assert.equal(String(asked), 'HTTP/1.1 100 Continue\r\n\r\n');
    assert.equal(station.desk.reported.length, 0);
    socket.write('hi');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.equal(parse(answer, false)?.status, 200);
    socket.destroy();
    assert.equal(String(lastPing().body), 'hi');
  });

  test('without end is answered, and the connection closed a little later', async () => {
    const socket = connect(station.port, '127.0.0.1');
    const head = `POST /ping/${UUID} HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 ** 40}\r\n\r\n`;
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    socket.write(head);
    socket.write(Buffer.alloc(DRAIN_BYTES_MAX + 1, 'z'));
    const answer = parse((await answered)[0], false);
    assert.deepEqual([answer?.status, answer?.body], [200, 'OK']);
    assert.equal(answer?.headers.get('connection'), 'close');
    assert.equal(lastPing().body?.length, 10_000);
    const closed = once(socket, 'end');
    station.clock.tick(1_000);
    await closed;
    socket.destroy();
  });

  test('that breaks off is no report: its client was told nothing and comes again', async () => {
    const socket = connect(station.port, '127.0.0.1');
    const seen = once(station.server, 'request') as Promise<[IncomingMessage]>;
    socket.write(`POST /ping/${UUID} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf`);
    const [request] = await seen;
    socket.destroy();
    await new Promise((resolve) => request.once('close', resolve));
    assert.equal(station.desk.reported.length, 0);
    assert.deepEqual(station.counted, [{ kind: 'success', outcome: 'invalid' }]);
  });
});

describe('a job made by its first ping', () => {
  test('is made once, and is a job from then on', async () => {
    const first = await station.request({ path: `/ping/${KEY}/made-here/start?create=1` });
    assert.deepEqual(
      [first.status, first.body, first.headers.get('content-length')],
      [201, 'Created', '7'],
    );
    assert.equal(lastPing().kind, 'start');
    const second = await station.request({ path: `/ping/${KEY}/made-here?create=1` });
    assert.deepEqual([second.status, second.body], [200, 'OK']);
    assert.equal(station.desk.reported.length, 2);
  });
  test('is not made beyond the limit, nor while nothing can be stored', async () => {
    station.desk.creation = 'limit';
    const limit = await station.request({ path: `/ping/${KEY}/too-many?create=1` });
    assert.deepEqual([limit.status, limit.body], [404, 'not found']);
    station.desk.creation = 'unavailable';
    const unavailable = await station.request({ path: `/ping/${KEY}/too-many?create=1` });
    assert.deepEqual([unavailable.status, unavailable.headers.get('retry-after')], [503, '5']);
  });
});

describe('bad requests', () => {
  const page = 'Not a ping address';
  const long = 'n'.repeat(101);
  const keyText = 'invalid idempotency key: expected 1 to 255 printable ASCII characters';
  /** `body` is exact, or for 404 pages a part. `headers` go along. */
  const rows: [path: string, status: number, body: string, headers?: Record<string, string>][] = [
    [`/ping/${UNKNOWN}`, 404, 'not found'],
    [`/ping/${UNKNOWN}/`, 404, 'not found'],
    [`/ping/${UNKNOWN}/start`, 404, 'not found'],
    [`/ping/${UNKNOWN}/256`, 404, 'not found'],
    [`/ping/${UNKNOWN}?rid=1`, 404, 'not found'],
    [`/ping/${UNKNOWN}?create=1`, 404, 'not found'],
    [`/${UNKNOWN}`, 404, 'not found'],
    [`/ping/${UUID.toUpperCase()}`, 404, page],
    [`/ping/${UUID.replaceAll('-', '')}`, 404, page],
    [`/ping/${UUID}x`, 404, page],
    [`/ping/${UUID.slice(1)}`, 404, page],
    [`/ping/{${UUID}}`, 404, page],
    [`/ping/%7B${UUID}%7D`, 404, page],
    [`/ping/${UUID}/success`, 404, 'not found'],
    [`/ping/${UUID}/ok`, 404, 'not found'],
    [`/ping/${UUID}/START`, 400, 'invalid url format'],
    [`/ping/${UUID}/fail/`, 404, page],
    [`/ping/${UUID}/log/x`, 404, page],
    [`/ping/${UUID}/-1`, 404, 'not found'],
    [`/ping/${UUID}/1.5`, 404, page],
    [`/ping/${UUID}/+1`, 404, page],
    [`/ping/${UUID}/0x1`, 404, 'not found'],
    [`/ping/${UUID}//`, 404, page],
    [`/ping//${UUID}`, 404, page],
    [`/ping/${UUID}/256`, 400, 'invalid url format'],
    [`/ping/${UUID}/1000`, 400, 'invalid url format'],
    [`/ping/${UUID}/${'9'.repeat(99)}`, 400, 'invalid url format'],
    [`/ping/${UUID}/256?rid=x`, 400, 'invalid url format'],
    [`/ping/${UUID}?rid=`, 400, 'invalid uuid format'],
    [`/ping/${UUID}?rid=12345`, 400, 'invalid uuid format'],
    [`/ping/${UUID}?rid=${RID}0`, 400, 'invalid uuid format'],
    [`/ping/${UUID}?rid=${RID}%0A`, 400, 'invalid uuid format'],
    [`/ping/${UUID}?rid=${RID}&rid=`, 400, 'invalid uuid format'],
    [`/ping/${UUID}?rid=%00`, 400, 'invalid uuid format'],
    [
      `/ping/${UUID}?at=now`,
      400,
      'invalid at: expected RFC 3339 or seconds or milliseconds since 1970',
    ],
    [`/ping/${UUID}?at=1`, 400, 'invalid at: older than the time that reports are kept'],
    [`/ping/${UUID}`, 400, keyText, { 'Idempotency-Key': 'k'.repeat(256) }],
    [`/ping/${UUID}`, 400, keyText, { 'Idempotency-Key': 'ключ' }],
    [`/ping/${UUID}`, 400, keyText, { 'Idempotency-Key': '' }],
    ['/ping', 404, page],
    ['/ping/', 404, page],
    ['/ping?rid=1', 404, page],
    ['/ping/not-uuid/', 404, page],
    ['/ping/not-uuid', 404, page],
    ['/ping/../etc/passwd', 404, page],
    ['/ping/%2e%2e/x', 404, page],
    [`/ping/${KEY}`, 404, page],
    [`/ping/${KEY}/`, 404, page],
    [`/ping/${KEY}/${JOB}/`, 404, page],
    [`/ping/${KEY}/${JOB}/success`, 404, page],
    [`/ping/${KEY}/${JOB}/fail/`, 404, page],
    [`/ping/${KEY}/${JOB}/1/2`, 404, page],
    [`/ping/${KEY}/foo.bar`, 404, page],
    [`/ping/${KEY}/foo%20bar`, 404, page],
    [`/ping/${KEY}/Nightly-Backup`, 400, 'invalid url format'],
    [`/ping/${KEY}/no-such-job`, 404, 'not found'],
    [`/ping/${KEY}/no-such-job?create=0`, 404, 'not found'],
    [`/ping/${KEY}/no-such-job?create=true`, 404, 'not found'],
    [`/ping/${KEY}/no-such-job?create=1&create=2`, 404, 'not found'],
    [`/ping/${KEY}/no-such-job?create=1&rid=1`, 400, 'invalid uuid format'],
    [`/ping/${KEY}/no-such-job/256?create=1`, 400, 'invalid url format'],
    [`/ping/${KEY}/${long}?create=1`, 400, 'invalid url format'],
    [`/ping/${KEY}x/${JOB}`, 404, 'not found'],
    [`/ping/${KEY.slice(1)}/${JOB}`, 404, 'not found'],
    [`/ping/${KEY.toUpperCase()}/${JOB}`, 404, 'not found'],
    [`/ping/${UUID}/${JOB}`, 404, 'not found'],
    [`/ping/rrrrrrrrrrrrrrrrrrrrrr/${JOB}?create=1`, 404, 'not found'],
    [`/ping/${KEY}/${JOB}/256`, 400, 'invalid url format'],
    [`/ping/${KEY}/${JOB}?rid=x`, 400, 'invalid uuid format'],
  ];
  for (const [path, status, body, headers = {}] of rows) {
    const what = headers['Idempotency-Key'] === undefined ? path : JSON.stringify(headers);
    test(what.length > 120 ? `${what.slice(0, 120)}…` : what, async () => {
      const latin1 = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          Buffer.from(value).toString('latin1'),
        ]),
      );
      const answer = await station.request({ path, headers: latin1 });
      assert.equal(answer.status, status);
      if (body === page) {
        assert.match(answer.body, /<h1>Not a ping address<\/h1>/);
        assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
      } else assert.equal(answer.body, body);
      assert.equal(station.desk.reported.length, 0, 'recorded');
      assert.equal(station.desk.jobByName('no-such-job'), undefined, 'created');
    });
  }

  test('are counted as invalid or as about an unknown job', async () => {
    await station.request({ path: `/ping/${UNKNOWN}/start` });
    await station.request({ path: `/ping/${UUID}?rid=1` });
    assert.deepEqual(station.counted, [
      { kind: 'start', outcome: 'unknown_job' },
      { kind: 'fail', outcome: 'invalid' },
    ]);
  });
});

describe('odd but meant', () => {
  const rows: [name: string, path: string, headers: Record<string, string>][] = [
    ['junk in X-Forwarded-For', '', { 'X-Forwarded-For': 'unknown' }],
    ['junk in X-Forwarded-Proto', '', { 'X-Forwarded-Proto': 'x'.repeat(500) }],
    ['any Host', '', { Host: 'not-our-name.example' }],
    ['a bad traceparent', '', { traceparent: 'nonsense' }],
    ['a user agent without end', '', { 'User-Agent': 'u'.repeat(3_000) }],
    ['a query that is junk', '?%%%&=&a', {}],
    ['a query without end', `?x=${'y'.repeat(9_000)}`, {}],
    ['a long host name', `?host=${'h'.repeat(900)}`, {}],
    ['no user agent', '', {}],
  ];
  for (const [name, suffix, headers] of rows)
    test(name, async () => {
      const answer = await station.request({ path: `/ping/${UUID}${suffix}`, headers });
      assert.deepEqual([answer.status, answer.body], [200, 'OK']);
      assert.equal(station.desk.reported.length, 1);
    });
});
