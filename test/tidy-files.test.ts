/**
 * The house rules about files and documents: names, sizes, plain text, and that what a document says is there.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { documents, lineOf, none, read, root, sources } from './repository.ts';

const inTests = sources.filter(({ file }) => file.startsWith('test/'));

describe('names and sizes', () => {
  const LINES_MAX = 400;
  /** A table of cases is longer than the code that it holds to account. */
  const TEST_LINES_MAX = 600;
  /** Files that may be longer, with the reason and their own limit, which only goes down. */
  const long: Readonly<Record<string, { max: number; reason: string }>> = {};
  /** A limit this far above the file is to be lowered. */
  const SLACK_LINES = 20;
  const usual = (file: string): number => (file.startsWith('test/') ? TEST_LINES_MAX : LINES_MAX);
  const lengthOf = (text: string): number => text.split('\n').length - 1;

  test('file names are kebab-case nouns', () => {
    const faults = sources
      .map(({ file }) => file)
      .filter((file) => {
        const name = path.posix.basename(file);
        return (
          !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*\.ts$/.test(name) ||
          /(?:^|-)(?:utils?|helpers?|managers?|services?|misc|common|index)\b/.test(name)
        );
      });
    none(faults, 'A file is named after the thing it is about.');
  });

  test('no file is longer than it may be', () => {
    const faults = sources.flatMap(({ file, text }) => {
      const lines = lengthOf(text);
      const max = long[file]?.max ?? usual(file);
      return lines > max ? [`${file}: ${lines} lines, at most ${max}`] : [];
    });
    none(faults, 'Two ideas live in one file: part them.');
  });

  test('the list of long files is as short as can be', () => {
    const faults = Object.entries(long).flatMap(([file, { max }]) => {
      const source = sources.find((one) => one.file === file);
      const lines = source === undefined ? 0 : lengthOf(source.text);
      if (lines <= usual(file)) return [`${file}: take it off the list`];
      return lines < max - SLACK_LINES ? [`${file}: lower its limit to ${lines}`] : [];
    });
    none(faults, 'The list only shrinks.');
  });

  test('a file opens by saying what it owns', () => {
    const faults = sources
      .filter(({ file, text }) => !file.endsWith('.test.ts') && !/^(?:#!.*\n)?\/\*\*/.test(text))
      .map(({ file }) => file);
    none(faults, 'The first thing in a file is one paragraph about it.');
  });

  test('text is plain: no control characters, no carriage returns, one newline at the end', () => {
    const faults = [
      ...sources.map(({ file, text }) => ({ file, text })),
      ...documents.map((file) => ({ file, text: read(file) })),
    ].flatMap(({ file, text }) => {
      const found = /(?![\n\t])[\p{Cc}\p{Cf}]/u.exec(text);
      if (found !== null) return [`${file}:${lineOf(text, found.index)}: control character`];
      return /[^\n]\n$/.test(text) ? [] : [`${file}: ends without one newline`];
    });
    none(faults, 'What is not seen is not reviewed.');
  });

  test('no two tests of a file share a name', () => {
    const faults = inTests.flatMap(({ file, text }) =>
      duplicateNames(text).map((name) => `${file}: ${name}`),
    );
    none(faults, 'A failure has to name one test.');
  });
});

/** Literal names that occur twice under the same `describe`, found by indentation. */
function duplicateNames(text: string): string[] {
  const seen = new Set<string>();
  const twice: string[] = [];
  const above: { indent: number; name: string }[] = [];
  for (const line of text.split('\n')) {
    const found = /^(\s*)(?:await )?(?:t\.)?(describe|test|it)\(\s*'((?:[^'\\]|\\.)*)'/.exec(line);
    if (found === null) continue;
    const [, space = '', word, name = ''] = found;
    while ((above.at(-1)?.indent ?? -1) >= space.length) above.pop();
    const full = [...above.map((one) => one.name), name].join(' > ');
    if (seen.has(full)) twice.push(full);
    seen.add(full);
    if (word === 'describe') above.push({ indent: space.length, name });
  }
  return twice;
}

describe('documents', () => {
  test('every path that a document names exists', () => {
    const faults = documents
      .filter((file) => file !== 'CHANGELOG.md')
      .flatMap((file) =>
        [
          ...read(file).matchAll(
            /`((?:src|test|scripts|rules|docs|grafana|prometheus)\/[\w./-]*)`/g,
          ),
        ]
          .map((match) => match[1] ?? '')
          .filter((named) => !existsSync(path.join(root, named)))
          .map((named) => `${file}: ${named}`),
      );
    none(faults, 'A map that is wrong is worse than none.');
  });

  test('every link between documents leads somewhere', () => {
    const faults = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !existsSync(path.join(root, path.dirname(file), link)))
        .map((link) => `${file}: ${link}`),
    );
    none(faults, 'A link is a promise.');
  });

  test('ARCHITECTURE.md has invariants, and each names the test that holds it', () => {
    const lines = read('ARCHITECTURE.md').split(/\n\s*\n|\n(?=[-*] )/);
    const invariants = lines.filter((line) => line.includes('Invariant:'));
    assert.ok(invariants.length > 0, 'no line says Invariant:');
    const faults = invariants.flatMap((line) => {
      const named = [...line.matchAll(/`(test\/[\w./-]+\.ts)(?: > ([^`]+))?`/g)];
      if (named.length === 0) return [`no test named: ${line.trim().slice(0, 90)}`];
      return named.flatMap(([, file = '', name]) => {
        if (!existsSync(path.join(root, file))) return [`${file} does not exist`];
        return name === undefined || read(file).includes(name)
          ? []
          : [`${file}: no test "${name}"`];
      });
    });
    none(faults, 'An invariant without a test is a wish.');
  });

  test('CHANGELOG.md says what is unreleased', () => {
    const unreleased = /^## \[?Unreleased\]?[^\n]*\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(
      read('CHANGELOG.md'),
    );
    assert.ok(unreleased !== null, 'no section named Unreleased');
    const entries = (unreleased[1] ?? '').split('\n').filter((line) => line.startsWith('- '));
    assert.ok(entries.length > 0, 'Unreleased is empty');
    const shape = /^- \[(?:CHANGE|FEATURE|ENHANCEMENT|BUGFIX|SECURITY)\] [\w/ .-]+: \S/;
    none(
      entries.filter((line) => !shape.test(line)),
      '- [CHANGE|FEATURE|ENHANCEMENT|BUGFIX|SECURITY] area: sentence.',
    );
  });
});
