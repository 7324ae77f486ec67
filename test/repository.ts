/**
 * The repository as the tidy rules see it: every source file once, read and taken apart, and the documents.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Import, importsOf, withoutCommentsAndStrings } from './source-text.ts';

export const root = path.resolve(import.meta.dirname, '..');

export interface Source {
  /** Relative to the repository, with `/`. */
  readonly file: string;
  readonly text: string;
  /** The text with comments and strings blanked, line by line the same. */
  readonly code: string;
  readonly imports: readonly Import[];
}

function walk(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [file];
    return ['node_modules', 'data', 'fixtures'].includes(entry.name) ? [] : walk(file);
  });
}

export const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

export const sources: readonly Source[] = ['src', 'test', 'scripts']
  .flatMap(walk)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => {
    const text = read(file);
    return { file, text, code: withoutCommentsAndStrings(text), imports: importsOf(text) };
  });

/** Markdown of the root and of `docs/`. */
export const documents: readonly string[] = [
  ...readdirSync(root).filter((file) => file.endsWith('.md')),
  ...walk('docs').filter((file) => file.endsWith('.md')),
];

/** Counts from 1. */
export const lineOf = (text: string, offset: number): number =>
  text.slice(0, offset).split('\n').length;

/** `file:line: what` for each place where the pattern stands in the code. */
export function places(source: Source, pattern: RegExp, text = source.code): string[] {
  return [...text.matchAll(new RegExp(pattern, 'g'))].map(
    (match) => `${source.file}:${lineOf(text, match.index)}: ${match[0].trim()}`,
  );
}

/** Fails with the rule and every place that breaks it. */
export const none = (faults: readonly string[], rule: string): void =>
  assert.ok(faults.length === 0, `${rule}\n  ${faults.join('\n  ')}\n`);
