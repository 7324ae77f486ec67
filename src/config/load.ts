/**
 * Reads a folder of YAML files and the secret files that they name, and compiles them. All that can go wrong on
 * the way, a missing folder included, is an issue and not a throw; nothing is half loaded.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type CompileOptions, type ConfigText, compileSteps, readTexts } from './compile.ts';
import type { Issue, LoadResult } from './config.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { positionAt } from './locate.ts';
import { type SecretFile, secretFilePaths } from './secrets.ts';
import { KEY_VARIABLES } from './settings.ts';

export interface LoadOptions {
  readonly env: CompileOptions['env'];
  /** Default: the file system's. */
  readonly readFile?: (file: string) => Promise<Uint8Array>;
}

/** `folder` is shown in issues as it is given here. Relative `*_file` paths are relative to it. */
export async function loadConfig(folder: string, options: LoadOptions): Promise<LoadResult> {
  const read = options.readFile ?? readFile;
  const names = await configFiles(folder);
  if (names.kind === 'invalid') return names;
  const texts: ConfigText[] = [];
  const issues: Issue[] = [];
  let bytes = 0;
  for (const file of names.files) {
    const result = await readText(file, read);
    if (result.kind === 'failed') issues.push(result.issue);
    else {
      texts.push({ name: file, text: result.text });
      bytes += result.bytes;
    }
    if (bytes > CONFIG_LIMITS.totalBytes) {
      const expected = `at most ${CONFIG_LIMITS.totalBytes} bytes`;
      return invalid(folder, `the files of ${folder} are too large together`, expected);
    }
  }
  const parsed = readTexts(texts);
  const sections = parsed.map(({ file }) => file?.sections);
  const secrets = await readSecrets(folder, sections, options.env, read);
  const steps = compileSteps(parsed, {
    env: options.env,
    secrets,
    localTimezone: Temporal.Now.timeZoneId(),
  });
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      await setImmediate();
      continue;
    }
    if (issues.length === 0) return step.value;
    // What the unreadable files would have named is not missing, so only the faults that are sure are told.
    return { kind: 'invalid', issues };
  }
}

type Names = { kind: 'ok'; files: string[] } | Extract<LoadResult, { kind: 'invalid' }>;

async function configFiles(folder: string): Promise<Names> {
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    return invalid(folder, `cannot read the folder: ${reasonOf(error)}`, 'a folder of *.yml files');
  }
  const files: string[] = [];
  for (const entry of entries.sort()) {
    // Hidden files are what editors and mounted ConfigMaps leave beside the real ones.
    if (!/\.ya?ml$/.test(entry) || /\.test\.ya?ml$/.test(entry) || entry.startsWith('.')) continue;
    files.push(path.join(folder, entry));
  }
  if (files.length === 0) {
    // A wrong path must not look like the wish to watch nothing.
    return invalid(folder, 'the folder has no *.yml file', 'at least one, such as jobs.yml');
  }
  if (files.length > CONFIG_LIMITS.files) {
    return invalid(
      folder,
      `the folder has ${files.length} files`,
      `at most ${CONFIG_LIMITS.files}`,
    );
  }
  return { kind: 'ok', files };
}

type Text = { kind: 'ok'; text: string; bytes: number } | { kind: 'failed'; issue: Issue };

async function readText(file: string, read: (file: string) => Promise<Uint8Array>): Promise<Text> {
  const failed = (message: string, expected: string): Text => ({
    kind: 'failed',
    issue: { file, line: 1, column: 1, path: '', message, expected },
  });
  let content: Uint8Array;
  try {
    content = await read(file);
  } catch (error) {
    return failed(`cannot read the file: ${reasonOf(error)}`, 'a readable file');
  }
  const bytes = content.byteLength;
  if (bytes > CONFIG_LIMITS.fileBytes) {
    const expected = `at most ${CONFIG_LIMITS.fileBytes} bytes; several files are joined`;
    return failed(`the file has ${bytes} bytes`, expected);
  }
  try {
    return { kind: 'ok', text: new TextDecoder('utf-8', { fatal: true }).decode(content), bytes };
  } catch {
    const before = new TextDecoder().decode(content);
    const position = positionAt(before, before.indexOf('\uFFFD'));
    const message = 'the file is not UTF-8';
    const expected = 'text saved as UTF-8';
    return { kind: 'failed', issue: { file, ...position, path: '', message, expected } };
  }
}

async function readSecrets(
  folder: string,
  sections: readonly (Readonly<Record<string, unknown>> | undefined)[],
  env: CompileOptions['env'],
  read: (file: string) => Promise<Uint8Array>,
): Promise<Map<string, SecretFile>> {
  const named = sections.flatMap((one) =>
    secretFilePaths([one?.['receivers'], one?.['global'], one?.['keys']], env),
  );
  const ofKeys = KEY_VARIABLES.map(({ name }) => env[`${name}_FILE`] ?? '').filter(
    (one) => one !== '',
  );
  const secrets = new Map<string, SecretFile>();
  for (const name of new Set(named))
    secrets.set(name, await readSecret(path.resolve(folder, name), read));
  // A path in the environment is relative to where the program was started, as any other argument.
  for (const name of new Set(ofKeys)) secrets.set(name, await readSecret(path.resolve(name), read));
  return secrets;
}

async function readSecret(
  file: string,
  read: (file: string) => Promise<Uint8Array>,
): Promise<SecretFile> {
  try {
    const content = await read(file);
    if (content.byteLength > CONFIG_LIMITS.secretFileBytes) {
      return { kind: 'failed', reason: `it has more than ${CONFIG_LIMITS.secretFileBytes} bytes` };
    }
    return { kind: 'ok', text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) };
  }
}

const invalid = (
  file: string,
  message: string,
  expected: string,
): Extract<LoadResult, { kind: 'invalid' }> => ({
  kind: 'invalid',
  issues: [{ file, line: 1, column: 1, path: '', message, expected }],
});

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is not a folder',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (code === '' ? 'unknown error' : code);
}
