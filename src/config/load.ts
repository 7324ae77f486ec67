/**
 * Reads a folder of YAML files and the secret files that they name, and compiles them. All that can go wrong on
 * the way, a missing folder included, is an issue and not a throw; nothing is half loaded.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type CompileOptions, compileSteps, type ReadText } from './compile.ts';
import type { LoadResult } from './config.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { type SecretFile, secretFilePaths } from './secrets.ts';
import { KEY_VARIABLES } from './settings.ts';
import { readYaml } from './yaml.ts';

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
  const texts: ReadText[] = [];
  let chars = 0;
  for (const file of names.files) {
    const text = await readText(file, read);
    texts.push(text);
    chars += text.text.length;
    if (chars > CONFIG_LIMITS.totalChars) {
      const expected = `at most ${CONFIG_LIMITS.totalChars} characters`;
      return invalid(folder, `the files of ${folder} are too large together`, expected);
    }
  }
  const sections = texts.map(({ file }) => file?.sections);
  const secrets = await readSecrets(folder, sections, options.env, read);
  const steps = compileSteps(texts, {
    env: options.env,
    secrets,
    localTimezone: Temporal.Now.timeZoneId(),
  });
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
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

async function readText(
  name: string,
  read: (file: string) => Promise<Uint8Array>,
): Promise<ReadText> {
  const failed = (message: string, expected: string, { text = '', offset = 0 } = {}): ReadText => ({
    name,
    text,
    file: null,
    faults: [{ offset, path: [], message, expected }],
  });
  let content: Uint8Array;
  try {
    content = await read(name);
  } catch (error) {
    return failed(`cannot read the file: ${reasonOf(error)}`, 'a readable file');
  }
  if (content.byteLength > CONFIG_LIMITS.fileBytes) {
    const expected = `at most ${CONFIG_LIMITS.fileBytes}; several files are joined`;
    return failed(`the file has ${content.byteLength} bytes`, expected);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return { name, text, ...readYaml(name, text) };
  } catch {
    const text = new TextDecoder().decode(content);
    const offset = text.indexOf('\uFFFD');
    return failed('the file is not UTF-8', 'text saved as UTF-8', { text, offset });
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
