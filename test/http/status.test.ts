import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import type { Issue } from '../../src/config/config.ts';
import type { Receiver } from '../../src/core/route/route.ts';
import { SERVER_LIMITS } from '../../src/http/server.ts';
import { ALL_KEYS, type House, KEYS, openHouse } from './house.ts';

const issue: Issue = {
  file: 'rules/jobs.yml',
  line: 3,
  column: 12,
  path: 'jobs[0].grace',
  message: '`grace` is the text "soon"',
  expected: 'a duration such as 15m',
};
const receiver: Receiver = {
  name: 'team',
  channels: [
    {
      type: 'webhook',
      id: 'team/webhook/0',
      receiver: 'team',
      index: 0,
      sendResolved: true,
      locale: 'en',
      timezone: 'UTC',
      config: { url: 'https://hooks.example/SECRET' },
    },
  ],
};

let house: House;
before(async () => {
  house = await openHouse({ receivers: new Map([['team', receiver]]) });
});
after(() => house[Symbol.asyncDispose]());
const get = (path: string) => request(house.url).get(path);

describe('probes', () => {
  test('ready while all is well', async () => {
    const answer = await get('/-/ready');
    assert.deepEqual([answer.status, answer.text], [200, 'Tocsin is ready.\n']);
  });
  test('not ready, with every reason, while healthy all the same', async () => {
    house.storeFault = 'the disk is full';
    house.stopping = true;
    const answer = await get('/-/ready');
    assert.deepEqual(
      [answer.status, answer.text],
      [503, 'Tocsin is not ready: the store takes no writes: the disk is full; shutting down.\n'],
    );
    assert.equal((await get('/-/healthy')).text, 'Tocsin is healthy.\n');
    house.storeFault = null;
    house.stopping = false;
  });
});

describe('reload', () => {
  test('says what is running now', async () => {
    const answer = await request(house.url).post('/-/reload');
    assert.deepEqual([answer.status, answer.text], [200, 'Reloaded: 0 jobs.\n']);
  });
  test('says where a bad file is wrong, and that the old one goes on', async () => {
    house.faults = [issue];
    const answer = await request(house.url).post('/-/reload');
    assert.equal(answer.status, 500);
    assert.equal(
      answer.text,
      'The configuration has faults; the old one goes on running.\n' +
        'rules/jobs.yml:3:12: `grace` is the text "soon"; expected a duration such as 15m\n',
    );
    const config = await get('/api/v1/config');
    assert.equal(config.body.last_reload.ok, false);
    assert.equal(config.body.issues[0].path, 'jobs[0].grace');
    house.faults = [];
    await request(house.url).post('/-/reload');
    assert.deepEqual((await get('/api/v1/config')).body.issues, []);
  });
});

describe('metrics', () => {
  test('come as they are rendered', async () => {
    const answer = await get('/metrics');
    assert.equal(answer.text, 'tocsin_up 1\n');
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  });
  test('of jobs are streamed, and can be narrowed', async () => {
    const answer = await get('/metrics/jobs?families=minimal&group=data');
    assert.equal(answer.text.split('\n').length, 3);
    await get('/metrics/jobs');
    assert.deepEqual(house.asked, [{ families: 'minimal', group: 'data' }, { families: 'full' }]);
  });
  test('count requests by template, and pings not here', async () => {
    house.observed.length = 0;
    house.desk.add('a', { uuid: '8116e449-d71c-4112-8f5d-a66f60902091' });
    await get('/api/v1/jobs/a');
    await get('/nowhere/at/all');
    await get('/ping/8116e449-d71c-4112-8f5d-a66f60902091');
    await request(house.url).post('/metrics');
    assert.deepEqual(house.observed, [
      { method: 'GET', route: '/api/v1/jobs/{name}', code: 200 },
      { method: 'GET', route: 'other', code: 404 },
      { method: 'POST', route: '/metrics', code: 405 },
    ]);
  });
});

describe('the configuration', () => {
  test('is told without a secret', async () => {
    house.config = { ...house.config, keys: ALL_KEYS };
    const answer = await get('/api/v1/config').set('X-Api-Key', KEYS.read);
    assert.deepEqual(answer.body.receivers, [
      { name: 'team', channels: [{ id: 'team/webhook/0', type: 'webhook' }] },
    ]);
    assert.deepEqual(answer.body.keys, { ping: 1, read: 1, admin: 1 });
    for (const secret of ['SECRET', ...Object.values(KEYS)])
      assert.ok(!answer.text.includes(secret), secret);
  });
});

test('every wait and size of the server is limited', () => {
  const { server } = house;
  assert.deepEqual(
    [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout, server.maxConnections],
    [
      SERVER_LIMITS.headersTimeoutMs,
      SERVER_LIMITS.requestTimeoutMs,
      SERVER_LIMITS.keepAliveTimeoutMs,
      SERVER_LIMITS.connections,
    ],
  );
});
