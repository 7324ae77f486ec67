/**
 * Each file of fixtures/config/bad, or each folder of files that are loaded together, has its issues beside it in
 * a .txt of the same name.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type ConfigText, compileConfig } from '../../src/config/compile.ts';
import { formatIssue, nearest, pathText } from '../../src/config/issue.ts';
import { CONFIG_LIMITS } from '../../src/config/limits.ts';

const FOLDER = path.join(import.meta.dirname, '../fixtures/config/bad');

const read = (file: string): string => readFileSync(path.join(FOLDER, file), 'utf8');

function filesOf(entry: string): ConfigText[] {
  if (!statSync(path.join(FOLDER, entry)).isDirectory())
    return [{ name: entry, text: read(entry) }];
  return readdirSync(path.join(FOLDER, entry))
    .sort()
    .map((name) => ({ name, text: read(path.join(entry, name)) }));
}

const missing = { kind: 'failed', reason: 'it does not exist' } as const;
const secrets = new Map([
  ['/nonexistent/url', missing],
  ['missing.key', missing],
]);

const issuesOf = (files: readonly ConfigText[], env: Record<string, string> = {}): string[] => {
  const result = compileConfig(files, { env, secrets });
  return result.kind === 'ok' ? [] : result.issues.map(formatIssue);
};

describe('bad files', () => {
  for (const entry of readdirSync(FOLDER).filter((one) => !one.endsWith('.txt'))) {
    const name = entry.replace(/\.yml$/, '');
    test(name, () => {
      assert.deepEqual(issuesOf(filesOf(entry)), read(`${name}.txt`).trimEnd().split('\n'));
    });
  }
});

describe('limits', () => {
  const rows: readonly { name: string; text: string; issue: RegExp }[] = [
    {
      name: 'matchers of one node',
      text: `inhibit_rules:\n  - source_matchers: [${'a="b",'.repeat(101)}]\n`,
      issue: /`source_matchers` is a list of 101; expected at most 100/,
    },
    {
      name: 'matchers in one text',
      text: `inhibit_rules:\n  - source_matchers: ['${Array.from({ length: 101 }, () => 'a="b"').join(',')}']\n`,
      issue: /101 matchers stand here; expected at most 100/,
    },
    {
      name: 'keys of a role',
      text: `keys:\n  ping: [${'abcdefgh,'.repeat(101)}]\n`,
      issue: /`ping` is a list of 101; expected at most 100/,
    },
    {
      name: 'groups',
      text: `jobs:\n${Array.from({ length: CONFIG_LIMITS.groups + 1 }, (_, n) => `  - {name: j${n}, every: 1m, group: g${n}}\n`).join('')}`,
      issue: /there are too many different groups; expected at most 10000/,
    },
    {
      name: 'silences',
      text: `silences: [${'{},'.repeat(CONFIG_LIMITS.silences + 1)}]`,
      issue: /there are too many `silences`; expected at most 10000/,
    },
  ];
  for (const { name, text, issue } of rows) {
    test(name, () => assert.match(issuesOf([{ name: 'a.yml', text }]).join('\n'), issue));
  }

  test('routes that aliases multiply', () => {
    const levels = Array.from({ length: 5 }, (_, level) => {
      const below = level === 0 ? '{}' : `{ routes: *l${level - 1} }`;
      return `  - &l${level} [${Array.from({ length: 10 }, () => below).join(', ')}]`;
    });
    const text = `anchors:\n${levels.join('\n')}\nreceivers: [{ name: a }]\nroute: { receiver: a, routes: *l4 }\n`;
    const issues = issuesOf([{ name: 'a.yml', text }]).join('\n');
    assert.match(issues, /there are too many routes; expected at most 10000/);
  });
});

describe('keys from the environment', () => {
  const rows: readonly { name: string; env: Record<string, string>; issue: string }[] = [
    {
      name: 'too short',
      env: { TOCSIN_ADMIN_KEY: 'short' },
      issue:
        'environment:1:1: TOCSIN_ADMIN_KEY: this admin key has 5 characters; expected 16 to 256 characters',
    },
    {
      name: 'one key in two roles',
      env: { TOCSIN_PING_KEY: '0123456789abcdef', TOCSIN_READ_KEY: '0123456789abcdef' },
      issue:
        'environment:1:1: TOCSIN_READ_KEY: the same key stands under `ping` already; expected different keys for different roles',
    },
    {
      name: 'a file that is missing',
      env: { TOCSIN_PING_KEY_FILE: 'missing.key' },
      issue:
        'environment:1:1: TOCSIN_PING_KEY_FILE: cannot use the file "missing.key": it does not exist; expected a readable file that holds the secret',
    },
  ];
  for (const { name, env, issue } of rows) {
    test(name, () => assert.deepEqual(issuesOf([{ name: 'a.yml', text: '' }], env), [issue]));
  }
});

describe('words of issues', () => {
  test('pathText quotes keys that are no plain words', () => {
    assert.equal(pathText(['jobs', 3, 'labels', 'my key', 'a-b']), 'jobs[3].labels["my key"].a-b');
  });

  test('nearest finds slips of one or two letters, and nothing far away', () => {
    const known = ['schedule', 'severity', 'every', 'was'];
    assert.equal(nearest('shedule', known), 'schedule');
    assert.equal(nearest('scheduel', known), 'schedule');
    assert.equal(nearest('SEVERITY', known), 'severity');
    assert.equal(nearest('evry', known), 'every');
    assert.equal(nearest('colour', known), undefined);
    assert.equal(nearest('x'.repeat(1_000), known), undefined);
  });
});
