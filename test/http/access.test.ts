import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import { ALL_KEYS, type House, KEYS, NO_KEYS, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
  house.desk.add('nightly');
});
after(() => house[Symbol.asyncDispose]());

const basic = (password: string): string =>
  `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;

describe('with keys', () => {
  before(() => {
    house.config = { ...house.config, keys: ALL_KEYS };
  });
  const rows: [
    name: string,
    method: 'get' | 'post',
    path: string,
    headers: Record<string, string>,
    status: number,
  ][] = [
    ['no key', 'get', '/api/v1/jobs', {}, 401],
    ['an unknown key', 'get', '/api/v1/jobs', { 'X-Api-Key': 'nonsense' }, 401],
    ['an empty key', 'get', '/api/v1/jobs', { 'X-Api-Key': '' }, 401],
    ['half a key', 'get', '/api/v1/jobs', { 'X-Api-Key': KEYS.read.slice(0, -1) }, 401],
    [
      'two keys in one header',
      'get',
      '/api/v1/jobs',
      { 'X-Api-Key': `${KEYS.read}, ${KEYS.read}` },
      401,
    ],
    ['a ping key reads nothing', 'get', '/api/v1/jobs', { 'X-Api-Key': KEYS.ping }, 403],
    ['a ping key changes nothing', 'post', '/-/reload', { 'X-Api-Key': KEYS.ping }, 403],
    ['read key reads', 'get', '/api/v1/jobs', { 'X-Api-Key': KEYS.read }, 200],
    ['read key as Bearer', 'get', '/api/v1/jobs', { Authorization: `Bearer ${KEYS.read}` }, 200],
    ['bearer in lower case', 'get', '/api/v1/jobs', { Authorization: `bearer ${KEYS.read}` }, 200],
    ['Bearer without a key', 'get', '/api/v1/jobs', { Authorization: 'Bearer' }, 401],
    ['another scheme', 'get', '/api/v1/jobs', { Authorization: `Digest ${KEYS.read}` }, 401],
    ['a key as password', 'get', '/', { Authorization: basic(KEYS.read) }, 200],
    ['a password that is wrong', 'get', '/', { Authorization: basic('x') }, 401],
    ['Basic that is no base64', 'get', '/', { Authorization: 'Basic %%%' }, 401],
    [
      'a password never changes anything',
      'post',
      '/-/reload',
      { Authorization: basic(KEYS.admin) },
      401,
    ],
    ['read key does not reload', 'post', '/-/reload', { 'X-Api-Key': KEYS.read }, 403],
    [
      'read key does not pause',
      'post',
      '/api/v1/jobs/nightly/pause',
      { 'X-Api-Key': KEYS.read },
      403,
    ],
    ['admin key reloads', 'post', '/-/reload', { 'X-Api-Key': KEYS.admin }, 200],
    ['admin key reads', 'get', '/metrics', { 'X-Api-Key': KEYS.admin }, 200],
    ['metrics need a key', 'get', '/metrics', {}, 401],
    ['probes need none', 'get', '/-/healthy', {}, 200],
    ['readiness needs none', 'get', '/-/ready', {}, 200],
    ['the API document needs none', 'get', '/api/v1/openapi.json', {}, 200],
    ['what is not there is not told without a key', 'get', '/nothing', {}, 401],
    ['what is not there, with a key', 'get', '/nothing', { 'X-Api-Key': KEYS.read }, 404],
    [
      'any Host is fine',
      'get',
      '/api/v1/jobs',
      { 'X-Api-Key': KEYS.read, Host: 'tocsin.example' },
      200,
    ],
  ];
  for (const [name, method, path, headers, status] of rows)
    test(name, async () => {
      const answer = await request(house.url)[method](path).set(headers);
      assert.equal(answer.status, status);
    });

  test('a program is asked for a Bearer token, a person for a password', async () => {
    const program = await request(house.url).get('/api/v1/jobs');
    assert.equal(program.headers['www-authenticate'], 'Bearer realm="Tocsin"');
    assert.equal(program.type, 'application/problem+json');
    const person = await request(house.url).get('/').set('Accept', 'text/html');
    assert.equal(person.headers['www-authenticate'], 'Basic realm="Tocsin", charset="UTF-8"');
    assert.equal(person.type, 'text/html');
  });

  test('only an admin key sees the secrets of jobs', async () => {
    const read = await request(house.url).get('/api/v1/jobs/nightly').set('X-Api-Key', KEYS.read);
    assert.deepEqual([read.body.uuid, read.body.ping_url], [null, null]);
    const admin = await request(house.url).get('/api/v1/jobs/nightly').set('X-Api-Key', KEYS.admin);
    const { uuid } = house.desk.jobs()[0] ?? assert.fail();
    assert.deepEqual([admin.body.uuid, admin.body.ping_url], [uuid, `${house.url}/ping/${uuid}`]);
  });

  test('without an admin key configured nobody may change anything', async () => {
    house.config = { ...house.config, keys: { ...ALL_KEYS, admin: [] } };
    const answer = await request(house.url).post('/-/reload').set('X-Api-Key', KEYS.read);
    assert.equal(answer.status, 403);
  });
});

describe('without keys', () => {
  before(() => {
    house.config = { ...house.config, keys: { ...NO_KEYS, ping: [KEYS.ping] } };
  });
  const port = (): string => new URL(house.url).port;
  const rows: [
    name: string,
    method: 'get' | 'post',
    path: string,
    headers: () => Record<string, string>,
    status: number,
  ][] = [
    ['this machine reads', 'get', '/api/v1/jobs', () => ({}), 200],
    ['by the name localhost', 'get', '/api/v1/jobs', () => ({ Host: `localhost:${port()}` }), 200],
    ['by a name below localhost', 'get', '/', () => ({ Host: 'tocsin.localhost' }), 200],
    ['by IPv6', 'get', '/', () => ({ Host: '[::1]:8686' }), 200],
    ['by another address of loopback', 'get', '/', () => ({ Host: '127.1.2.3' }), 200],
    [
      'a name that was rebound to this machine',
      'get',
      '/api/v1/jobs',
      () => ({ Host: 'evil.example' }),
      403,
    ],
    ['a name that begins well', 'get', '/', () => ({ Host: 'localhost.evil.example' }), 403],
    ['a name that ends well', 'get', '/', () => ({ Host: 'notlocalhost' }), 403],
    ['an address elsewhere', 'get', '/', () => ({ Host: '10.0.0.1:8686' }), 403],
    ['junk as Host', 'get', '/', () => ({ Host: '[' }), 403],
    ['what a proxy hands on', 'get', '/', () => ({ 'X-Forwarded-For': '1.1.1.1' }), 403],
    ['what a newer proxy hands on', 'get', '/', () => ({ Forwarded: 'for=1.1.1.1' }), 403],
    ['this machine changes', 'post', '/-/reload', () => ({}), 200],
    ['our own page changes', 'post', '/-/reload', () => ({ Origin: house.url }), 200],
    [
      'a page of another site does not',
      'post',
      '/-/reload',
      () => ({ Origin: 'https://evil.example' }),
      403,
    ],
    ['a page without a site does not', 'post', '/-/reload', () => ({ Origin: 'null' }), 403],
    [
      'a page on another port does not',
      'post',
      '/-/reload',
      () => ({ Origin: 'http://127.0.0.1:1' }),
      403,
    ],
    ['probes answer under any name', 'get', '/-/ready', () => ({ Host: 'evil.example' }), 200],
    ['an unknown address under a foreign name', 'get', '/x', () => ({ Host: 'evil.example' }), 403],
  ];
  for (const [name, method, path, headers, status] of rows)
    test(name, async () => {
      const answer = await request(house.url)[method](path).set(headers());
      assert.equal(answer.status, status);
    });

  test('a refusal says what to do', async () => {
    const answer = await request(house.url).get('/api/v1/jobs').set('Host', 'evil.example');
    assert.match(answer.body.detail, /TOCSIN_ADMIN_KEY/);
  });
  test('pings come under any name', async () => {
    const [job] = house.desk.jobs();
    const answer = await request(house.url).get(`/ping/${job?.uuid}`).set('Host', 'evil.example');
    assert.deepEqual([answer.status, answer.text], [200, 'OK']);
  });
});
