import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import { openApi } from '../../src/http/openapi.ts';
import { SCHEMAS } from '../../src/http/openapi-schemas.ts';
import { makeRoutes } from '../../src/http/routes.ts';
import { type House, NOW, openHouse } from './house.ts';

const document = openApi('0.1.0');
let house: House;
before(async () => {
  house = await openHouse();
  const job = house.desk.add('a');
  house.log(job, { kind: 'success', seq: 1 });
});
after(() => house[Symbol.asyncDispose]());

describe('the OpenAPI document', () => {
  test('names exactly the routes of the API', () => {
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const real = makeRoutes(house.deps)
      .filter(({ path }) => path.startsWith('/api/v1/'))
      .map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(documented.toSorted(), real.toSorted());
  });

  test('names every part of a path', () => {
    for (const [path, operations] of Object.entries(document.paths))
      for (const operation of Object.values(operations)) {
        const named = (operation.parameters ?? []).filter((one) => one.in === 'path');
        const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        assert.deepEqual(
          named.map(({ name }) => name),
          parts,
          path,
        );
      }
  });

  test('has each operation id once, and every reference leads somewhere', () => {
    const operations = Object.values(document.paths).flatMap((one) => Object.values(one));
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
    const refs = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)];
    for (const [, name = ''] of refs) assert.ok(name in SCHEMAS, name);
  });

  test('is served', async () => {
    const answer = await request(house.url).get('/api/v1/openapi.json');
    assert.deepEqual(answer.body, JSON.parse(JSON.stringify(document)));
  });

  const fieldsOf = (name: keyof typeof SCHEMAS): string[] => {
    const schema = SCHEMAS[name] as { properties?: object };
    return Object.keys(schema.properties ?? {}).toSorted();
  };
  const first = async (path: string): Promise<string[]> => {
    const { body } = await request(house.url).get(path);
    return Object.keys(body.items?.[0] ?? body).toSorted();
  };
  for (const [path, name] of [
    ['/api/v1/jobs', 'Job'],
    ['/api/v1/jobs/a', 'Job'],
    ['/api/v1/jobs/a/pings', 'Ping'],
    ['/api/v1/jobs/a/runs', 'Run'],
    ['/api/v1/gaps', 'Gap'],
    ['/api/v1/config', 'Config'],
  ] as const)
    test(`${path} has the fields of ${name}`, async () => {
      house.store.gapRows.push({ from: NOW, to: NOW, kind: 'stopped' });
      assert.deepEqual(await first(path), fieldsOf(name));
    });

  test('a problem has the fields of Problem', async () => {
    const { body } = await request(house.url).get('/api/v1/jobs?limit=x');
    assert.deepEqual(Object.keys(body).toSorted(), fieldsOf('Problem'));
  });
});
