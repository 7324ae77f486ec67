/**
 * Calls back some time after files of a folder changed. Editors and mounted folders change files in several steps,
 * so that a change is acted on once it has been quiet for a moment; a poll catches what the system does not tell.
 */
import { watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../ports/clock.ts';

const QUIET_MS = 300;
const POLL_MS = 5_000;
const FILES_MAX = 2_000;

async function fingerprintOf(folder: string): Promise<string> {
  const names = (await readdir(folder)).sort().slice(0, FILES_MAX);
  const parts: string[] = [];
  for (const name of names) {
    if (!/\.ya?ml$/.test(name)) continue;
    const info = await stat(join(folder, name));
    parts.push(`${name} ${info.size} ${info.mtimeMs} ${info.ino}`);
  }
  return parts.join('\n');
}

export async function watchFolder(
  folder: string,
  clock: Clock,
  changed: () => void,
): Promise<() => void> {
  let closed = false;
  let cancelQuiet: () => void = () => undefined;
  let cancelPoll: () => void = () => undefined;
  let seen = await fingerprintOf(folder).catch(() => '');
  const look = async () => {
    const now = await fingerprintOf(folder).catch(() => seen);
    if (closed || now === seen) return;
    seen = now;
    changed();
  };
  const soon = () => {
    cancelQuiet();
    if (!closed) cancelQuiet = clock.after(QUIET_MS, () => void look());
  };
  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => {
      void look().finally(() => {
        if (!closed) poll();
      });
    });
  };
  poll();
  let watcher: ReturnType<typeof watch> | null = null;
  try {
    watcher = watch(folder, soon);
    // A file system without notification: the poll is enough.
    watcher.on('error', () => watcher?.close());
  } catch {
    watcher = null;
  }
  return () => {
    closed = true;
    cancelQuiet();
    cancelPoll();
    watcher?.close();
  };
}
