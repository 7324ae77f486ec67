/**
 * Bad input in bulk against one real server: each case has its exact answer, nothing that was refused counts,
 * nothing that may count is refused, and the server is as well afterwards as before.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { bytesOf, casesOf, comparable, goodConfig, names, send } from './bad-input.ts';
import { getJson, makePlace, type Place, type Server, startServer } from './server.ts';

const admin = { 'x-api-key': names.adminKey };
let place: Place;
let server: Server;

before(async () => {
  place = makePlace(goodConfig);
  server = await startServer(place);
});

after(async () => {
  await server.kill();
  place[Symbol.dispose]();
});

const pings = async (): Promise<number> =>
  (await getJson<{ pings: number }>(`${server.url}/api/v1/jobs/probe`, admin)).pings;

describe('bad pings', () => {
  for (const one of casesOf('pings.json')) {
    test(one.name, async () => {
      const earlier = await pings();
      const real = await send(server.port, one);
      assert.deepEqual(comparable(real, one.answer), one.answer);
      assert.equal((await pings()) - earlier, one.stored ?? 0, 'pings that count');
    });
  }
});

for (const [what, file] of [
  ['bad keys', 'keys.json'],
  ['bad requests to the API', 'api.json'],
] as const) {
  describe(what, () => {
    for (const one of casesOf(file)) {
      test(one.name, async () => {
        const real = await send(server.port, one);
        assert.deepEqual(comparable(real, one.answer), one.answer);
      });
    }
  });
}

describe('bad config', () => {
  for (const one of casesOf('config.json')) {
    test(one.name, async () => {
      const file = path.join(place.config, 'zz.yml');
      writeFileSync(file, bytesOf(one.yaml ?? ''));
      const reload = { name: one.name, method: 'POST', path: '/-/reload', answer: one.answer };
      const real = await send(server.port, {
        ...reload,
        headers: [['X-Api-Key', '{adminKey}']],
      });
      rmSync(file);
      const body = real.body.replaceAll(place.config, '{config}');
      assert.deepEqual(comparable({ ...real, body }, one.answer), one.answer);
    });
  }
});

test('the server is as well as before', async () => {
  const jobs = await getJson<{ items: { name: string }[] }>(`${server.url}/api/v1/jobs`, admin);
  assert.deepEqual(
    jobs.items.map(({ name }) => name),
    ['probe', 'quiet'],
  );
  const errors = server
    .logs()
    .split('\n')
    .filter((line) => /"level":"error"/.test(line) || /^\s+at /.test(line))
    .filter((line) => !/the (?:new )?configuration/.test(line));
  assert.deepEqual(errors, [], 'but for the config, nothing here is for a person to mend');
  assert.equal(await server.stop(), 0);
});
