import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import type { Config } from '../src/config/config.ts';
import { formatIssue } from '../src/config/issue.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Labels } from '../src/core/alert/alert.ts';
import { jobAlertLabels } from '../src/core/alert/job-alert.ts';
import { autoJobSpec } from '../src/core/job/auto.ts';
import { routesFor } from '../src/core/route/match.ts';
import { activeSilences } from '../src/core/route/silence.ts';
import { DAY, duration, HOUR, instant, MINUTE, SECOND } from '../src/core/time.ts';
import { catchUpLength } from '../src/engine/watch.ts';
import { PROBLEMS } from '../src/http/problem.ts';
import { compiledText } from './config/compiled.ts';
import { codeBlocks, codeSpans, tables } from './markdown.ts';
import { none, read, root } from './repository.ts';

const english = read('README.md');
const chinese = read('README.zh-CN.md');

describe('the example configuration of README.md', () => {
  let config: Config;
  let labels: Labels;
  before(async () => {
    const [example] = codeBlocks(english).filter(({ language }) => language === 'yaml');
    const folder = await mkdtemp(path.join(tmpdir(), 'tocsin-readme-'));
    try {
      await writeFile(path.join(folder, 'tocsin.yml'), example?.text ?? '');
      const loaded = await loadConfig(folder, {
        env: { WECOM_ROBOT_KEY: 'a-robot-key' },
        readFile: async (file) =>
          file === '/run/secrets/smtp' ? Buffer.from('a-password') : await readFile(file),
      });
      assert.deepEqual(loaded.kind === 'ok' ? [] : loaded.issues.map(formatIssue), []);
      assert.ok(loaded.kind === 'ok');
      config = loaded.config;
    } finally {
      await rm(folder, { recursive: true });
    }
    const [job] = config.jobs;
    assert.ok(job !== undefined);
    labels = jobAlertLabels({ job, kind: 'missed', env: null });
  });

  test('has nothing to warn of', () => assert.deepEqual(config.warnings, []));

  test('wakes whom it says it wakes', () => {
    const receivers = routesFor(config.route, labels).map(({ receiver }) => receiver);
    assert.deepEqual(receivers, ['oncall']);
    const lesser = routesFor(config.route, { ...labels, severity: 'P1' });
    assert.deepEqual(
      lesser.map(({ receiver }) => receiver),
      ['team'],
    );
  });

  test('silences its own job from one to four on Sunday, Shanghai time', () => {
    const silencedAt = (time: string): boolean =>
      activeSilences(config.silences, labels, instant(Date.parse(time))).length > 0;
    assert.ok(silencedAt('2026-03-01T01:00:00+08:00'));
    assert.ok(silencedAt('2026-03-01T03:59:59+08:00'));
    assert.ok(!silencedAt('2026-03-01T04:00:00+08:00'));
    assert.ok(!silencedAt('2026-03-02T02:30:00+08:00'));
  });
});

describe('defaults that README.md states', () => {
  const { server, jobs } = compiledText('jobs: [{ name: a, every: 1d }]');
  const paragraph = (head: string): string =>
    english.split('\n\n').find((text) => text.startsWith(`**${head}`)) ?? '';
  const stated = (text: string, pattern: RegExp): number =>
    Number(pattern.exec(text.replaceAll('\n', ' '))?.[1]?.replaceAll(',', ''));
  const limits = paragraph('Limits');
  const away = paragraph('When Tocsin was away');
  const gap = (length: number) =>
    catchUpLength({ from: instant(0), to: instant(length), kind: 'stopped' }, server.catchUp);

  const rows: readonly { name: string; stated: number; is: number }[] = [
    {
      name: 'bytes of a body',
      stated: stated(limits, /first ([\d,]+) bytes/),
      is: server.pingBodyLimit,
    },
    {
      name: 'entries of a job',
      stated: stated(limits, /([\d,]+) log entries/),
      is: server.retention.entriesPerJob,
    },
    {
      name: 'days',
      stated: stated(limits, /([\d,]+) days/),
      is: server.retention.maxAge / DAY,
    },
    {
      name: 'jobs made by first reports',
      stated: stated(limits, /([\d,]+) jobs made/),
      is: server.autoCreatedJobsMax,
    },
    {
      name: 'the longest catch-up time in minutes',
      stated: stated(away, /`server\.catch_up` \((\d+) min\)/),
      is: gap(10 * HOUR) / MINUTE,
    },
    {
      name: 'the shortest catch-up time in seconds',
      stated: stated(away, /at least (\d+) s/),
      is: gap(SECOND) / SECOND,
    },
  ];
  for (const row of rows) test(row.name, () => assert.equal(row.stated, row.is));

  test('in between the catch-up time is the length of the gap', () =>
    assert.equal(gap(2 * MINUTE), 2 * MINUTE));

  test('the severity of a job', () => {
    assert.match(english, /P0, P1 \(default\) or P2/);
    assert.equal(jobs[0]?.severity, 'P1');
  });

  test('a job that its first report makes is expected daily, with an hour of grace', () => {
    const { schedule, grace } = autoJobSpec('a');
    assert.deepEqual([schedule.spec, grace], [{ kind: 'every', every: duration(DAY) }, HOUR]);
  });
});

describe('the two languages', () => {
  /** Comments are in the language of the reader, and so is what a silence is commented with. */
  const code = (document: string): string[] =>
    codeBlocks(document).map(({ language, text }) =>
      `${language}\n${text}`.replaceAll(/ +# .*$/gm, '').replaceAll(/^( *comment: ).*$/gm, '$1…'),
    );
  const spans = (document: string): string[][][] =>
    tables(document).map((rows) => rows.map((cells) => cells.flatMap(codeSpans)));
  const numbers = (document: string): string[] => (document.match(/\d[\d,]*\d/g) ?? []).toSorted();
  const links = (document: string): string[] =>
    [...document.matchAll(/\]\(([^)]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^README|^docs\/jobs/.test(link));

  test('show the same code', () => assert.deepEqual(code(chinese), code(english)));
  test('have the same commands in their tables', () =>
    assert.deepEqual(spans(chinese), spans(english)));
  test('state the same numbers', () => assert.deepEqual(numbers(chinese), numbers(english)));
  test('lead to the same places', () => assert.deepEqual(links(chinese), links(english)));
  test('have the same sections', () => {
    const depths = (document: string) => document.match(/^#+(?= )/gm);
    assert.deepEqual(depths(chinese), depths(english));
  });
  test('name only files that are there', () => {
    const files = [...codeSpans(english), ...codeSpans(chinese)].filter((span) =>
      /^[\w-]+(?:\/[\w.-]*|(?:\.[\w-]+)*\.(?:yml|json|md))$/.test(span),
    );
    assert.ok(files.length > 0);
    none(
      files.filter((file) => file !== 'data/' && !existsSync(path.join(root, file))),
      'A file that is not there cannot be read.',
    );
  });
});

describe('docs/status-codes.md', () => {
  test('has a row for each problem of the API', () => {
    const [, api = []] = tables(read('docs/status-codes.md'));
    assert.deepEqual(
      api.map(([status, code = '']) => [Number(status), codeSpans(code)[0]]),
      Object.entries(PROBLEMS).map(([code, { status }]) => [status, code]),
    );
  });
});

test('docs/adr/0008-dependencies.md has each dependency, and no other', () => {
  const [run = [], develop = []] = tables(read('docs/adr/0008-dependencies.md'));
  const named = (rows: readonly string[][]): string[] =>
    rows.flatMap(([first = '']) => codeSpans(first)).toSorted();
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    'dependencies' | 'devDependencies',
    Record<string, string>
  >;
  assert.deepEqual(named(run), Object.keys(dependencies).toSorted());
  assert.deepEqual(named(develop), Object.keys(devDependencies).toSorted());
});

test('npm ci finds every package in the lock file, those of other platforms too', () => {
  type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> };
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> };
  const faults = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        !(`node_modules/${name}` in packages || `${place}/node_modules/${name}` in packages),
    ),
  );
  none(faults, 'npm ci refuses a lock file that lacks them.');
});
