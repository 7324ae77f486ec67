/**
 * Programs and rights that a test may need and a machine may lack. Such a test is skipped by name on a
 * person's machine and fails in CI, where everything is installed.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** Where the program lies, or undefined. Debian keeps daemons in sbin, which few PATHs name. */
export function find(program: string): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  for (const folder of folders) {
    const file = path.join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder; look on.
    }
  }
  return undefined;
}

/**
 * For the `skip` option of a test: false when every program is there, else the reason.
 * `root` stands for the rights of the superuser. Throws in CI instead of skipping.
 */
export function needs(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) =>
    program === 'root' ? process.getuid?.() !== 0 : find(program) === undefined,
  );
  if (missing.length === 0) return false;
  const reason = `needs ${missing.join(', ')}`;
  if (process.env['CI'] === 'true') throw new Error(`CI lacks a program: this test ${reason}`);
  return reason;
}

/**
 * False when a test may mount a small disk of its own, else why not. A right that a container withholds
 * cannot be installed, so that CI lists such a skip and goes on.
 */
export function canMount(): string | false {
  const folder = mkdtempSync(path.join(tmpdir(), 'tocsin-mount-'));
  try {
    if (process.getuid?.() !== 0) return 'may not mount: not root';
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    if (mounted.status !== 0) return 'may not mount a disk of its own here';
    spawnSync('umount', [folder]);
    return false;
  } finally {
    rmdirSync(folder);
  }
}
