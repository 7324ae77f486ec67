import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Config, LoadResult } from '../../src/config/config.ts';
import { formatIssue } from '../../src/config/issue.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load.ts';

/** A folder with these files, removed after `use`. */
async function withFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tocsin-config-'));
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Issues without the name of the temporary folder. */
const issuesOf = (result: LoadResult, folder: string): string[] =>
  result.kind === 'ok'
    ? []
    : result.issues.map((issue) => formatIssue(issue).replaceAll(folder, 'FOLDER'));

function okOf(result: LoadResult): Config {
  assert.deepEqual(result.kind === 'ok' ? [] : result.issues.map(formatIssue), []);
  assert.ok(result.kind === 'ok');
  return result.config;
}

const job = (name: string): string => `jobs: [{ name: ${name}, every: 1m }]\n`;

describe('loadConfig', () => {
  test('the files that come with the program load with an empty environment', async () => {
    const rules = path.join(import.meta.dirname, '../../rules');
    const config = okOf(await loadConfig(rules, { env: {} }));
    assert.deepEqual(
      config.jobs.map(({ name }) => name),
      ['nightly-backup', 'queue-cleanup'],
    );
    assert.deepEqual(config.warnings, []);
  });

  test('reads *.yml and *.yaml in the order of their names, and nothing else', async () => {
    const files = {
      'b.yml': job('b'),
      'a.yaml': job('a'),
      'c.test.yml': 'not: ours',
      'd.json': '{',
      '.hidden.yml': 'not: ours',
      'below/e.yml': 'not: ours',
    };
    await withFolder(files, async (folder) => {
      await symlink(path.join(folder, 'd.json'), path.join(folder, 'link.txt'));
      const config = okOf(await loadConfig(folder, { env: {} }));
      assert.deepEqual(
        config.jobs.map(({ name }) => name),
        ['a', 'b'],
      );
      assert.deepEqual(config.files, [path.join(folder, 'a.yaml'), path.join(folder, 'b.yml')]);
    });
  });

  test('follows links, as a mounted ConfigMap has them', async () => {
    await withFolder({ '..data/jobs.yml': job('a') }, async (folder) => {
      await symlink(path.join(folder, '..data/jobs.yml'), path.join(folder, 'jobs.yml'));
      assert.equal(okOf(await loadConfig(folder, { env: {} })).jobs.length, 1);
    });
  });

  test('one bad file in a folder of good ones makes the whole invalid', async () => {
    const files = { 'a.yml': job('a'), 'b.yml': 'jobs: [1, 2 3:', 'c.yml': job('c') };
    await withFolder(files, async (folder) => {
      assert.deepEqual(issuesOf(await loadConfig(folder, { env: {} }), folder), [
        'FOLDER/b.yml:1:15: YAML: a [ or { is not closed, or a comma is missing; expected [a, b] or {a: 1, b: 2}',
      ]);
    });
  });

  test('a missing or empty folder is not the wish to watch nothing', async () => {
    await withFolder({ 'readme.md': '' }, async (folder) => {
      assert.deepEqual(issuesOf(await loadConfig(folder, { env: {} }), folder), [
        'FOLDER:1:1: the folder has no *.yml file; expected at least one, such as jobs.yml',
      ]);
      const gone = path.join(folder, 'gone');
      assert.deepEqual(issuesOf(await loadConfig(gone, { env: {} }), folder), [
        'FOLDER/gone:1:1: cannot read the folder: it does not exist; expected a folder of *.yml files',
      ]);
      const file = path.join(folder, 'readme.md');
      assert.deepEqual(issuesOf(await loadConfig(file, { env: {} }), folder), [
        'FOLDER/readme.md:1:1: cannot read the folder: it is not a folder; expected a folder of *.yml files',
      ]);
    });
  });

  test('files that cannot be read, are not UTF-8 or are too large', async () => {
    const contents: Record<string, Uint8Array> = {
      'b.yml': Buffer.from('jobs:\n  - name: caf\xe9\n', 'latin1'),
      'c.yml': Buffer.alloc(64 * 1024 * 1024 + 1, ' '),
      'd.yml': Buffer.from('route: { receiver: ops }'),
    };
    const readFile = async (file: string): Promise<Uint8Array> => {
      const content = contents[path.basename(file)];
      if (content === undefined) throw Object.assign(new Error('no'), { code: 'EACCES' });
      return content;
    };
    const names = { 'a.yml': '', 'b.yml': '', 'c.yml': '', 'd.yml': '' };
    await withFolder(names, async (folder) => {
      assert.deepEqual(issuesOf(await loadConfig(folder, { env: {}, readFile }), folder), [
        'FOLDER/a.yml:1:1: cannot read the file: permission denied; expected a readable file',
        'FOLDER/b.yml:2:14: the file is not UTF-8; expected text saved as UTF-8',
        'FOLDER/c.yml:1:1: the file has 67108865 bytes; expected at most 67108864; several files are joined',
      ]);
    });
  });
});

describe('secrets', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const webhook = (entry: string): string =>
    `route: { receiver: a }\nreceivers:\n  - name: a\n    webhook_configs:\n      - ${entry}\n`;

  test('*_file keys are read, without the last line break, relative to the folder', async () => {
    const files = {
      'a.yml': `${webhook('{ url_file: secrets/url, secret_file: "${WHERE}/hook" }')}keys: { ping_file: secrets/ping }\n`,
      'secrets/url': 'https://hooks.example.org/token-in-url\n',
      'secrets/hook': `${secret}\r\n`,
      'secrets/ping': 'ping-key-0',
      'secrets/admin': 'admin-key-from-file\n',
    };
    await withFolder(files, async (folder) => {
      const env = {
        WHERE: path.join(folder, 'secrets'),
        TOCSIN_ADMIN_KEY_FILE: path.join(folder, 'secrets/admin'),
      };
      const config = okOf(await loadConfig(folder, { env }));
      const url = 'https://hooks.example.org/token-in-url';
      assert.deepEqual(config.receivers.get('a')?.channels[0]?.config, { url, secret });
      assert.deepEqual(config.keys, {
        ping: ['ping-key-0'],
        read: [],
        admin: ['admin-key-from-file'],
      });
      assert.deepEqual(
        new Set(config.secrets),
        new Set([url, secret, 'ping-key-0', 'admin-key-from-file', env.WHERE]),
      );
    });
  });

  test('secrets written in the YAML itself are known too, longest first', async () => {
    const text = `${webhook(`{ url: https://h.example.org/x, http_config: { basic_auth: { username: u, password: hunter22 } }, secret: ${secret} }`)}global: { smtp_auth_password: mail-password }\nkeys: { read: [read-key-0123456789] }\n`;
    await withFolder({ 'a.yml': text }, async (folder) => {
      assert.deepEqual(okOf(await loadConfig(folder, { env: {} })).secrets, [
        secret,
        'https://h.example.org/x',
        'read-key-0123456789',
        'mail-password',
        'hunter22',
      ]);
    });
  });

  test('a secret file that is too large or a folder is refused', async () => {
    const files = {
      'a.yml': webhook('{ url_file: large }\n      - { url_file: below }'),
      large: 'x'.repeat(64 * 1024 + 1),
      'below/x': '',
    };
    await withFolder(files, async (folder) => {
      assert.deepEqual(issuesOf(await loadConfig(folder, { env: {} }), folder), [
        'FOLDER/a.yml:5:21: `url_file`: cannot use the file "large": it has more than 65536 bytes; expected a readable file that holds the secret',
        'FOLDER/a.yml:6:21: `url_file`: cannot use the file "below": it is a folder; expected a readable file that holds the secret',
      ]);
    });
  });

  const value = 'Tr0ub4dor&3-hidden';
  const bad: readonly { name: string; text: string; options?: Partial<LoadOptions> }[] = [
    { name: 'from the environment', text: webhook('{ url: "${SECRET}" }') },
    {
      name: 'inside a text',
      text: webhook('{ url: "ftp://x/?key=${SECRET}", timeout: "${SECRET}" }'),
    },
    {
      name: 'in a wrong field',
      text: webhook('{ url: https://x.example.org, max_alerts: "${SECRET}" }'),
    },
    {
      name: 'as a header',
      text: webhook(
        '{ url: https://x.example.org, http_config: { headers: { Host: "${SECRET}" } } }',
      ),
    },
    { name: 'written in the YAML', text: webhook(`{ secret: "${value}", url: "${value}" }`) },
    { name: 'from a file', text: webhook('{ url_file: secret, secret_file: secret }') },
    { name: 'a ping key', text: 'keys: { ping: ["${SECRET}"] }' },
    { name: 'a key in two roles', text: 'keys: { read: ["${SECRET}"], admin: ["${SECRET}"] }' },
    { name: 'a key of the wrong type', text: `keys: { read: [["${value}"]], admin: "${value}" }` },
    {
      name: 'global',
      text: 'global: { smtp_from: "${SECRET}", smtp_smarthost: "${SECRET}", resolve_timeout: "${SECRET}" }',
    },
  ];
  for (const { name, text } of bad) {
    test(`no issue shows a secret: ${name}`, async () => {
      await withFolder({ 'a.yml': text, secret: value }, async (folder) => {
        const result = await loadConfig(folder, { env: { SECRET: value } });
        assert.ok(result.kind === 'invalid');
        assert.doesNotMatch(JSON.stringify(result), /Tr0ub4dor/);
      });
    });
  }
});
