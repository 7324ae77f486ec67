import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { compileConfig } from '../../src/config/compile.ts';
import type { Issue } from '../../src/config/config.ts';
import { splitJobs } from '../../src/config/split.ts';
import { jobBatches, readYaml } from '../../src/config/yaml.ts';

/** What a file says, whichever way it is read. */
function reading(text: string, splitAbove: number) {
  const read = readYaml('a.yml', text, splitAbove);
  if (read.file === null) return { faults: read.faults };
  const { jobs, ...sections } = read.file.sections;
  if (read.file.pieces === null) {
    const faults = [...read.faults];
    return { sections, jobs, faults };
  }
  const faults = [...read.faults];
  const items: unknown[] = [];
  for (const batch of jobBatches(read.file)) {
    items.push(...batch.items);
    faults.push(...batch.faults);
  }
  return { sections, jobs: items, faults };
}

const WHOLE = Number.POSITIVE_INFINITY;
const BY_PIECES = 2;

const isSplit = (text: string): boolean => splitJobs(text, 1) !== null;

describe('reading by pieces', () => {
  const rows: readonly { name: string; text: string; split: boolean }[] = [
    { name: 'an indented list', text: 'jobs:\n  - a: 1\n  - b: 2\nroute: x\n', split: true },
    {
      name: 'a list at the margin',
      text: 'x: 1\njobs: # here\n- a: 1\n- b\n\n# c\nroute: x',
      split: true,
    },
    { name: 'CRLF', text: 'jobs:\r\n  - a: 1\r\n  - b: 2\r\nroute: x\r\n', split: true },
    { name: 'no line break at the end', text: 'jobs:\n  -\n  - b', split: true },
    { name: 'lists in lists', text: 'jobs:\n- - a\n  - b\n- c:\n  - d\n  - e\n', split: true },
    { name: 'a block scalar', text: 'jobs:\n- a: |\n   - not an item\n\n   x\n- b\n', split: true },
    { name: 'a quoted text over lines', text: 'jobs:\n- "a\n  - b"\n- c\n', split: true },
    { name: 'a comment at the margin', text: 'jobs:\n  - a: 1\n# - no\n  - b\n', split: true },
    { name: 'anchors', text: 'jobs:\n  - &a { x: 1 }\n  - *a\n', split: false },
    { name: 'a flow list', text: 'jobs: [a, b]\n', split: false },
    { name: 'no jobs', text: 'route: x\n', split: false },
    { name: 'an empty list', text: 'jobs:\nroute: x\n', split: false },
    { name: 'a directive', text: '%YAML 1.2\n---\njobs:\n- a\n', split: false },
  ];
  for (const { name, text, split } of rows) {
    test(name, () => {
      assert.equal(isSplit(text), split);
      assert.deepEqual(reading(text, BY_PIECES), reading(text, WHOLE));
    });
  }

  const bad: readonly { name: string; text: string }[] = [
    { name: 'a second jobs key', text: 'jobs:\n- a\njobs:\n- b\n' },
    { name: 'a second document', text: 'jobs:\n- a\n---\njobs:\n- b\n' },
    { name: 'a flow map around it', text: '{ a: 1,\njobs:\n- b\n}\n' },
    {
      name: 'a duplicate key in the third item',
      text: 'jobs:\n- a: 1\n- b: 1\n- c: 1\n  c: 2\n- d\n',
    },
    {
      name: 'an unclosed quote before another item',
      text: 'jobs:\n- a: 1\n- b: "x\n- c: 1\nroute: x\n',
    },
    { name: 'an unclosed quote in the last item', text: 'jobs:\n- a: 1\n- b: "x\nroute: x\n' },
    { name: 'an alias without an anchor', text: 'jobs:\n- a: 1\n- b: *x\n- c: 1\n' },
    { name: 'the list indented twice', text: 'jobs:\n  - a\n - b\n' },
    { name: 'text under the key', text: 'jobs:\n  - a\n  b: c\n' },
  ];
  for (const { name, text } of bad) {
    test(`faults are those of the whole: ${name}`, () => {
      const whole = reading(text, WHOLE);
      const pieces = reading(text, BY_PIECES);
      assert.ok(whole.faults.length > 0);
      assert.deepEqual(pieces.faults, whole.faults);
    });
  }

  const line = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'jobs:',
        '- a: 1',
        '  - b: 2',
        '  - c',
        '    d: "x"',
        '    e: |',
        '      - text',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '',
        '# note',
        '  # - x',
        'route: x',
        '  f: [1,',
        '    2]',
        "  g: 'q",
        "    q'",
        '- - h',
        '  - i',
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '---',
        '...',
        '\t- j',
        '- *x',
        '  k: &y 1',
        '? l',
        ': m',
        '- >-',
        '    n',
        '"o": p',
        '{',
        '}',
        '    d: 3',
      ),
    },
  );
  test('any text is read alike', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const text = ['jobs:', ...lines].join('\n');
        const whole = reading(text, WHOLE);
        const pieces = reading(text, BY_PIECES);
        if ('jobs' in whole) assert.deepEqual(pieces, whole);
        for (const fault of whole.faults) {
          assert.ok(
            pieces.faults.some((one) => isDeepStrictEqual(one, fault)),
            fault.message,
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const SAMPLE = `
defaults: { timezone: Asia/Shanghai, labels: { site: sha } }
jobs:
  - name: nightly-backup
    schedule: "30 2 * * *"
    grace: 15m
    labels: { team: data }
  - { name: other, every: 5m, severity: critical }
route:
  receiver: team
  group_by: ['...']
  routes:
    - matchers: ['severity="P0"', team=~"a|b"]
      mute_time_intervals: [nights]
receivers:
  - name: team
    webhook_configs: &hooks
      - url: https://example.org/\${TOKEN}
  - name: more
    webhook_configs: *hooks
time_intervals:
  - name: nights
    time_intervals: [{ weekdays: ['monday:friday'], times: [{ start_time: '22:00', end_time: '24:00' }] }]
silences:
  - { name: s, matchers: [team="data"], schedule: "0 1 * * 0", duration: 3h }
keys: { ping: [0123456789abcdef] }
server: { locale: zh-CN, retention: { max_age: 30d } }
`;

function assertPosition(issue: Issue, texts: Readonly<Record<string, string>>): void {
  if (issue.file === 'environment') return;
  const lines = texts[issue.file]?.split('\n');
  assert.ok(lines, `no file ${issue.file}`);
  assert.ok(issue.line >= 1 && issue.line <= lines.length, JSON.stringify(issue));
  const line = lines[issue.line - 1] ?? '';
  assert.ok(issue.column >= 1 && issue.column <= line.length + 1, JSON.stringify(issue));
  assert.notEqual(issue.message, '');
  assert.doesNotMatch(issue.message + issue.expected, /\n/);
}

/** Loads, and checks that it is whole or has issues with places in the text. */
function check(text: string): void {
  const result = compileConfig([{ name: 'a.yml', text }], { env: { TOKEN: 'token' } });
  const issues = result.kind === 'ok' ? result.config.warnings : result.issues;
  if (result.kind === 'invalid') assert.ok(issues.length > 0);
  for (const issue of issues) assertPosition(issue, { 'a.yml': text });
}

describe('any text is a configuration or has issues', () => {
  test('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), {
      numRuns: 300,
    });
  });

  test('random YAML', () => {
    const key = fc.constantFrom(
      'jobs',
      'route',
      'receivers',
      'routes',
      'name',
      'silences',
      'matchers',
      'labels',
      'webhook_configs',
      'keys',
      'server',
      'tiers',
      '__proto__',
      'constructor',
      'time_intervals',
      'a b',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(
          fc.constantFrom('5m', '* * * * *', '~', 'true', '${X}', '${TOKEN}', "a='b'"),
          fc.integer(),
          fc.string(),
        ),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 6 }),
      ),
    }));
    fc.assert(
      fc.property(value, (one) => check(JSON.stringify(one))),
      { numRuns: 2_000 },
    );
  });

  test('a good file with some characters changed', () => {
    const change = fc.record({
      at: fc.nat(SAMPLE.length),
      remove: fc.nat(12),
      insert: fc.oneof(
        fc.constantFrom(
          '',
          ' ',
          '\n',
          '\n  ',
          '\t',
          '"',
          "'",
          ':',
          '- ',
          '[',
          '{',
          '*x',
          '&x ',
          '!y ',
          '|',
          '#',
          '~',
          '<<: ',
          '---\n',
        ),
        fc.string({ maxLength: 5 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = SAMPLE;
        for (const { at, remove, insert } of changes) {
          text = text.slice(0, at) + insert + text.slice(at + remove);
        }
        check(text);
      }),
      { numRuns: 500 },
    );
  });

  test('the file before the changes is good', () => {
    const result = compileConfig([{ name: 'a.yml', text: SAMPLE }], { env: { TOKEN: 'token' } });
    assert.equal(result.kind, 'ok');
  });
});

describe('a large list of jobs', () => {
  const jobs = (count: number, every: (n: number) => string): string =>
    Array.from(
      { length: count },
      (_, n) => `  - name: job-${n}\n    every: ${every(n)}\n    description: ${'x'.repeat(100)}\n`,
    ).join('');

  test('is read by pieces, and its faults are where they stand', () => {
    const text = `server: { locale: en }\njobs:\n${jobs(4_000, (n) => (n === 3_500 ? 'soon' : '5m'))}route: { receiver: nobody }\n`;
    assert.notEqual(readYaml('a.yml', text).file?.pieces, null);
    const result = compileConfig([{ name: 'a.yml', text }], { env: {} });
    assert.ok(result.kind === 'invalid');
    assert.deepEqual(
      result.issues.map(({ line, column, path }) => ({ line, column, path })),
      [
        { line: 2 + 3 * 3_500 + 2, column: 12, path: 'jobs[3500].every' },
        { line: 2 + 3 * 4_000 + 1, column: 20, path: 'route.receiver' },
      ],
    );
  });

  test('keeps the jobs in order', () => {
    const text = `jobs:\n${jobs(4_000, () => '5m')}`;
    const result = compileConfig([{ name: 'a.yml', text }], { env: {} });
    assert.ok(result.kind === 'ok');
    assert.equal(result.config.jobs.length, 4_000);
    assert.ok(result.config.jobs.every(({ name }, n) => name === `job-${n}`));
  });
});
