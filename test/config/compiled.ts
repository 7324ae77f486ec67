/** Compiles texts that must be good. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type CompileOptions, type ConfigText, compileConfig } from '../../src/config/compile.ts';
import type { Config } from '../../src/config/config.ts';
import { formatIssue } from '../../src/config/issue.ts';

export function compiled(
  files: readonly ConfigText[],
  options: Partial<CompileOptions> = {},
): Config {
  const result = compileConfig(files, { env: {}, ...options });
  assert.deepEqual(result.kind === 'ok' ? [] : result.issues.map(formatIssue), []);
  assert.ok(result.kind === 'ok');
  return result.config;
}

export const compiledText = (text: string): Config => compiled([{ name: 'a.yml', text }]);

/** A file of fixtures/config/good. */
export function compiledFixture(name: string, options: Partial<CompileOptions> = {}): Config {
  const file = path.join(import.meta.dirname, '../fixtures/config/good', name);
  return compiled([{ name, text: readFileSync(file, 'utf8') }], options);
}

export const minutes = (count: number): number => count * 60_000;
