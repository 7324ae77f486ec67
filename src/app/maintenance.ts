/** What can be done to the data without a server: copy it, bring it to this version's schema. */
import { backupFile } from '../store/sqlite/backup.ts';
import { migrate } from '../store/sqlite/migrate.ts';
import { type RawOptions, readOptions } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws with a message for a person when the options make no sense. */
function storeFile(raw: RawOptions, env: Environment): string {
  const read = readOptions(raw, env);
  if (read.kind === 'invalid') throw new Error(read.message);
  return read.options.storeFile;
}

export const backupStore = (file: string, raw: RawOptions, env: Environment): { bytes: number } =>
  backupFile(storeFile(raw, env), file);

/** One line that says what was done. */
export function migrateStore(raw: RawOptions, env: Environment): string {
  const file = storeFile(raw, env);
  const applied = migrate(file);
  return applied.length === 0
    ? `${file} is up to date.`
    : `${file}: applied ${applied.join(', ')}.`;
}
