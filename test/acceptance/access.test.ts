/**
 * Who is let in, on the real process: nobody from elsewhere without a key, and with keys each role what it may.
 * Keys come from YAML, from the environment and from files.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { makePlace, type Place, type Server, startServer } from './server.ts';

const entryPoint = path.resolve(import.meta.dirname, '../../src/main.ts');
const START_TIMEOUT_MS = 60_000;
const uuid = '6b5a4f3e-2d1c-4b0a-9f8e-7d6c5b4a3f2e';

const KEYS = {
  yaml: {
    ping: 'yaml-ping-0123456789',
    read: 'yaml-read-0123456789',
    admin: 'yaml-admin-012345678',
  },
  env: {
    ping: 'env-ping-01234567890',
    read: 'env-read-01234567890',
    admin: 'env-admin-0123456789',
  },
  file: {
    ping: 'file-ping-0123456789',
    read: 'file-read-0123456789',
    admin: 'file-admin-012345678',
  },
} as const;
const sources = Object.keys(KEYS) as (keyof typeof KEYS)[];
const roles = ['ping', 'read', 'admin'] as const;

const jobs = `
jobs: [{ name: nightly, uuid: ${uuid}, every: 1d, grace: 1d }]
route: { receiver: nobody }
receivers: [{ name: nobody }]
`;
const yamlKeys = `keys: { ping: [${KEYS.yaml.ping}], read: [${KEYS.yaml.read}], admin: [${KEYS.yaml.admin}] }\n`;

/** The rest of the environment and of the files, where each key is written once. */
function environment(place: Place): Record<string, string> {
  return Object.fromEntries(
    roles.flatMap((role) => {
      const file = path.join(place.folder, `${role}.key`);
      writeFileSync(file, `${KEYS.file[role]}\n`);
      const variable = `TOCSIN_${role.toUpperCase()}_KEY`;
      return [
        [variable, KEYS.env[role]],
        [`${variable}_FILE`, file],
      ];
    }),
  );
}

/** A process that is expected to end by itself. */
async function ended(
  place: Place,
  { listen, env = {} }: { listen: string; env?: Record<string, string> },
): Promise<{ code: number | null; printed: string }> {
  const args = ['serve', '--config', place.config, '--data', place.data, '--listen', listen];
  const child = spawn(process.execPath, [entryPoint, ...args], {
    cwd: place.folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: START_TIMEOUT_MS,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, printed };
}

interface Want {
  readonly method?: string;
  readonly path: string;
  readonly bearer?: boolean;
}

async function status(server: Server, want: Want, key?: string): Promise<number> {
  const { method = 'GET', bearer = false } = want;
  const headers: Record<string, string> =
    key === undefined ? {} : bearer ? { Authorization: `Bearer ${key}` } : { 'X-Api-Key': key };
  const answer = await fetch(`${server.url}${want.path}`, { method, headers });
  await answer.arrayBuffer();
  return answer.status;
}

describe('without a key', () => {
  for (const listen of ['0.0.0.0:0', '[::]:0', ':0'])
    test(`does not listen on ${listen}, and says what to do`, async () => {
      using place = makePlace(jobs);
      const { code, printed } = await ended(place, { listen });
      assert.equal(code, 1);
      assert.match(printed, /does not listen on \S+ without a key/);
      assert.match(printed, /TOCSIN_ADMIN_KEY/);
      assert.doesNotMatch(printed, /\n\s+at /, 'a person needs no stack');
    });

  test('a ping key alone opens nothing: everybody could still read', async () => {
    using place = makePlace(jobs);
    const env = { TOCSIN_PING_KEY: KEYS.env.ping };
    const { code, printed } = await ended(place, { listen: '0.0.0.0:0', env });
    assert.equal(code, 1);
    assert.match(printed, /without a key/);
    assert.ok(!printed.includes(KEYS.env.ping));
  });

  test('on loopback this machine may do all, under its own name and not through a proxy', async () => {
    using place = makePlace(jobs);
    await using server = await startServer(place);
    assert.equal(await status(server, { path: '/api/v1/jobs' }), 200);
    assert.equal(await status(server, { method: 'POST', path: '/-/reload' }), 200);
    const proxied = await fetch(`${server.url}/api/v1/jobs`, {
      headers: { 'X-Forwarded-For': '203.0.113.7' },
    });
    assert.equal(proxied.status, 403);
    assert.match(await proxied.text(), /TOCSIN_ADMIN_KEY/);
    assert.equal(await server.stop(), 0);
  });
});

describe('a key that cannot be had', () => {
  test('a missing file and a short key are said, and the process does not start', async () => {
    using place = makePlace(jobs);
    const env = {
      TOCSIN_ADMIN_KEY_FILE: path.join(place.folder, 'nowhere'),
      TOCSIN_READ_KEY: 'short',
    };
    const { code, printed } = await ended(place, { listen: '127.0.0.1:0', env });
    assert.equal(code, 1);
    assert.match(printed, /TOCSIN_ADMIN_KEY_FILE: cannot use the file "[^"]+nowhere"/);
    assert.match(printed, /TOCSIN_READ_KEY: this read key has 5 characters/);
  });
});

describe('with keys', () => {
  test('from YAML, environment and files, each role may do its own and no more', async () => {
    using place = makePlace(jobs + yamlKeys);
    // Another address than loopback, since now there are keys.
    await using server = await startServer(place, {
      listen: '0.0.0.0:0',
      env: environment(place),
    });
    const rows: readonly (Want & { readonly want: Record<(typeof roles)[number], number> })[] = [
      { path: '/api/v1/jobs', want: { ping: 403, read: 200, admin: 200 } },
      { path: '/api/v1/jobs', bearer: true, want: { ping: 403, read: 200, admin: 200 } },
      { path: '/', want: { ping: 403, read: 200, admin: 200 } },
      { path: '/metrics', want: { ping: 403, read: 200, admin: 200 } },
      { path: '/nowhere', want: { ping: 403, read: 404, admin: 404 } },
      { method: 'POST', path: '/-/reload', want: { ping: 403, read: 403, admin: 200 } },
      {
        method: 'POST',
        path: '/api/v1/jobs/nightly/pause',
        want: { ping: 403, read: 403, admin: 200 },
      },
    ];
    for (const source of sources)
      for (const role of roles) {
        const key = KEYS[source][role];
        for (const row of rows)
          assert.equal(
            await status(server, row, key),
            row.want[role],
            `${source} ${role} ${row.path}`,
          );
        const slug = await status(server, { path: `/ping/${key}/nightly` });
        assert.equal(slug, role === 'ping' ? 200 : 404, `${source} ${role} as a ping key`);
      }
    for (const { method, path: place_ } of rows) {
      const want = method === undefined ? { path: place_ } : { method, path: place_ };
      assert.equal(await status(server, want), 401, `no key for ${place_}`);
      assert.equal(await status(server, want, 'unknown-key-0123456'), 401);
    }
    for (const open of ['/-/healthy', '/-/ready', `/ping/${uuid}`])
      assert.equal(await status(server, { path: open }), 200, open);
    assert.equal(await server.stop(), 0);
  });

  test('who may only read is not told how to report', async () => {
    using place = makePlace(jobs + yamlKeys);
    await using server = await startServer(place);
    const asked = async (key: string): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${server.url}/api/v1/jobs/nightly`, {
        headers: { 'X-Api-Key': key },
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const reader = await asked(KEYS.yaml.read);
    assert.deepEqual([reader['uuid'], reader['ping_url']], [null, null]);
    const admin = await asked(KEYS.yaml.admin);
    assert.deepEqual([admin['uuid'], admin['ping_url']], [uuid, `${server.url}/ping/${uuid}`]);
    assert.equal(await server.stop(), 0);
  });

  test('a key that is taken away at a reload is no longer good, and a new one is', async () => {
    using place = makePlace(jobs + yamlKeys);
    await using server = await startServer(place);
    place.write(jobs + yamlKeys.replaceAll('yaml-', 'newer-'));
    const reload = { method: 'POST', path: '/-/reload' };
    assert.equal(await status(server, reload, KEYS.yaml.admin), 200);
    assert.equal(await status(server, reload, KEYS.yaml.admin), 401);
    assert.equal(await status(server, reload, KEYS.yaml.admin.replace('yaml-', 'newer-')), 200);
    assert.equal(await status(server, { path: `/ping/${KEYS.yaml.ping}/nightly` }), 404);
    const newer = KEYS.yaml.ping.replace('yaml-', 'newer-');
    assert.equal(await status(server, { path: `/ping/${newer}/nightly` }), 200);
    assert.equal(await server.stop(), 0);
  });
});
