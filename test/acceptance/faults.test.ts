/**
 * What a person meets at three in the morning: a full disk, and a config that cannot be read. The server says
 * so, goes on with what it has, and comes back by itself.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { canMount } from '../program.ts';
import { getJson, makePlace, type Server, startServer, until } from './server.ts';

const uuid = '3d2c1b0a-9f8e-4d7c-8b6a-5f4e3d2c1b0a';
const DISK = '24m';
const PIECE = Buffer.alloc(64 * 1_024, 'x');
const PINGS_MAX = 20_000;
const WAIT_MS = 20_000;

const yaml = `
jobs:
  - { name: nightly, uuid: ${uuid}, every: 1d, grace: 1d }
route: { receiver: nobody }
receivers: [{ name: nobody }]
`;

const pingOnce = async (server: Server, body: string): Promise<Response> => {
  const answer = await fetch(`${server.url}/ping/${uuid}`, { method: 'POST', body });
  await answer.arrayBuffer();
  return answer;
};
const stored = async (server: Server): Promise<number> =>
  (await getJson<{ pings: number }>(`${server.url}/api/v1/jobs/nightly`)).pings;

/** Writes until the disk takes not one more byte. */
function fill(file: string): void {
  for (const size of [PIECE.length, 4_096, 512, 64, 1]) {
    try {
      for (;;) appendFileSync(file, PIECE.subarray(0, size));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
}

describe('disk full', () => {
  test('pings are refused with Retry-After, nothing acknowledged is lost, and space brings it back', {
    skip: canMount(),
  }, async () => {
    const mount = mkdtempSync(path.join(tmpdir(), 'tocsin-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', mount]);
    try {
      using place = makePlace(yaml, { data: path.join(mount, 'data') });
      await using server = await startServer(place);
      let acknowledged = 0;
      assert.equal((await pingOnce(server, 'before')).status, 200);
      acknowledged++;

      const ballast = path.join(mount, 'ballast');
      fill(ballast);
      let refused: Response | undefined;
      for (let count = 0; count < PINGS_MAX && refused === undefined; count++) {
        const answer = await pingOnce(server, 'x'.repeat(4_000));
        if (answer.status === 200) acknowledged++;
        else refused = answer;
      }
      assert.ok(refused !== undefined, 'a full disk refused nothing');
      assert.equal(refused.status, 503);
      assert.match(refused.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
      await until('/-/ready to say why', WAIT_MS, async () => {
        const ready = await fetch(`${server.url}/-/ready`);
        return ready.status === 503 && /disk|full|space/i.test(await ready.text());
      });
      assert.equal((await fetch(`${server.url}/-/healthy`)).status, 200, 'the process is well');
      assert.equal(await stored(server), acknowledged);

      rmSync(ballast);
      await until('pings to be taken again', WAIT_MS, async () => {
        const { status } = await pingOnce(server, 'after');
        if (status === 200) acknowledged++;
        return status === 200;
      });
      await until('/-/ready', WAIT_MS, async () => (await fetch(`${server.url}/-/ready`)).ok);
      assert.equal(await stored(server), acknowledged);
      assert.ok(!server.exited);
      await server.kill();

      await using again = await startServer(place);
      assert.equal(await stored(again), acknowledged, 'after a restart');
      assert.equal(await again.stop(), 0);
    } finally {
      execFileSync('umount', ['--lazy', mount]);
      rmSync(mount, { recursive: true });
    }
  });
});

describe('reload', () => {
  const reload = async (server: Server): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${server.url}/-/reload`, { method: 'POST' });
    return { status: answer.status, text: await answer.text() };
  };
  const names = async (server: Server): Promise<string[]> => {
    const { items } = await getJson<{ items: { name: string }[] }>(`${server.url}/api/v1/jobs`);
    return items.map(({ name }) => name).toSorted();
  };

  test('a config that cannot be read changes nothing and says where it is wrong', async () => {
    using place = makePlace(yaml);
    await using server = await startServer(place);
    assert.equal((await pingOnce(server, '')).status, 200);

    place.write('jobs:\n  - { name: weekly, every: 7d, grace: soon }\n', 'more.yml');
    const bad = await reload(server);
    assert.ok(bad.status >= 400, `a bad config was answered ${bad.status}`);
    assert.match(bad.text, /more\.yml:2:\d+: .*soon/);
    assert.deepEqual(await names(server), ['nightly']);
    assert.equal((await pingOnce(server, '')).status, 200);

    place.write('jobs:\n  - { name: weekly, every: 7d, grace: 1h }\n', 'more.yml');
    assert.equal((await reload(server)).status, 200);
    assert.deepEqual(await names(server), ['nightly', 'weekly']);
    assert.equal(await stored(server), 2);
    assert.equal(await server.stop(), 0);
  });

  test('a server does not start on a config that cannot be read', async () => {
    using place = makePlace('jobs: [{ name: UPPER, every: 1d }]\n');
    await assert.rejects(startServer(place), (error: Error) => {
      assert.match(error.message, /tocsin\.yml:1:\d+: /);
      return true;
    });
  });
});
