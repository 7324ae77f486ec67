import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeSpans, tables } from './markdown.ts';
import { none, read, sources } from './repository.ts';

const document = read('ARCHITECTURE.md');
const inSource = sources.filter(({ file }) => file.startsWith('src/'));

interface Limit {
  readonly file: string;
  readonly name: string;
  readonly value: string;
}

/** The table whose first cells are files and whose second cells name constants. */
const stated: readonly Limit[] = tables(document)
  .flat()
  .flatMap(([first = '', second = '', ...more]) => {
    const [file = ''] = codeSpans(first);
    if (!file.endsWith('.ts') || more.length > 0) return [];
    return codeSpans(second).flatMap((span) => {
      const [name = '', value] = span.split(' = ');
      return value === undefined ? [] : [{ file, name, value }];
    });
  });

describe('the table of limits in ARCHITECTURE.md', () => {
  const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

  test('says what the code says', () => {
    assert.ok(stated.length > 50);
    const faults = stated.filter(({ file, name, value }) => {
      const text = inSource.find((one) => one.file === file)?.text ?? '';
      const pattern = `\\bconst ${name}(?:: [^=]+)? = ${escaped(value)};`;
      return !new RegExp(pattern).test(text);
    });
    none(
      faults.map(({ file, name, value }) => `${file}: ${name} is not ${value}`),
      'Change the table with the constant.',
    );
  });

  test('leaves out none', () => {
    /** Bounds of what exists anyway, and of how words are chosen. */
    const noLimits = new Set([
      'DISTANCE_MAX',
      'EXIT_STATUS_MAX',
      'RANK_MAX',
      'TIMES_MAX',
      'RUN_CHARS_MAX',
      'TEXT_CHARS_MAX',
    ]);
    const known = new Set(stated.map(({ file, name }) => `${file} ${name}`));
    const faults = inSource.flatMap(({ file, code }) =>
      [...code.matchAll(/\bconst ([A-Z][A-Z_]*_MAX|(?:[A-Z_]+_)?TIMEOUT_MS|MAX)\b/g)]
        .map(([, name = '']) => name)
        .filter((name) => !noLimits.has(name) && !known.has(`${file} ${name}`))
        .map((name) => `${file}: ${name}`),
    );
    none(faults, 'Every limit stands in the table of ARCHITECTURE.md.');
  });
});

describe('the map in ARCHITECTURE.md', () => {
  test('has every room', () => {
    const rooms = new Set(inSource.map(({ file }) => file.split('/').slice(0, 2).join('/')));
    const named = codeSpans(document);
    none(
      [...rooms].filter(
        (room) => !named.some((span) => span === room || span.startsWith(`${room}/`)),
      ),
      'A room that is on no map is found by nobody.',
    );
  });
});
