import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { backupFile } from '../../../src/store/sqlite/backup.ts';
import { faultIs } from '../../contract/store/place.ts';
import { after, alertOf, entriesOf, entryOf, groupedOf } from '../../contract/store/samples.ts';
import { inFile, inFolder } from './place.ts';

/** Backs up in a process of its own; returns what it printed. */
const backUpElsewhere = (source: string, target: string) =>
  spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `const { backupFile } = await import(process.argv[1]);
       process.stdout.write(String(backupFile(process.argv[2], process.argv[3]).bytes));`,
      fileURLToPath(new URL('../../../src/store/sqlite/backup.ts', import.meta.url)),
      source,
      target,
    ],
    { encoding: 'utf8' },
  );

describe('backups from another process', () => {
  test('work while the server holds the store, and see every commit so far', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      const target = join(folder, 'copy.db');
      await inFile({ file }, async (store) => {
        await store.commit({
          log: entriesOf(500),
          alerts: [alertOf('f')],
          grouped: [groupedOf('f')],
        });
        const { stdout, stderr } = backUpElsewhere(file, target);
        assert.equal(Number(stdout), statSync(target).size, stderr);
        assert.equal((statSync(target).mode & 0o777).toString(8), '600');
        await store.commit({ log: [entryOf({ n: 501 })] });
      });
      await inFile({ file: target }, async (copy) => {
        assert.equal(await copy.lastPosition(), 500);
        assert.equal((await copy.dueIncidents(after(10_000), 10)).length, 1);
      });
    }));

  test('work on a store that no server runs on, and leave nothing lying about', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      await inFile({ file }, (store) => store.commit({ log: entriesOf(5) }));
      backupFile(file, join(folder, 'copy.db'));
      assert.deepEqual(readdirSync(folder).sort(), ['copy.db', 't.db', 't.db.lock']);
    }));

  test('overwrite nothing, and leave nothing behind when they fail', () =>
    inFolder(async (folder) => {
      const at = (name: string): string => join(folder, name);
      await inFile({ file: at('t.db') }, (store) => store.probe());
      writeFileSync(at('there'), 'precious');
      writeFileSync(at('text.db'), 'no database at all, '.repeat(100));
      new DatabaseSync(at('other.db')).exec('CREATE TABLE theirs (a)');
      const before = readdirSync(folder).sort();
      assert.throws(() => backupFile(at('t.db'), at('there')), faultIs('refused', /exists/));
      assert.throws(() => backupFile(at('none'), at('copy')), faultIs('refused', /no store/));
      assert.throws(() => backupFile(at('t.db'), at('no/folder.db')), faultIs('io'));
      assert.throws(() => backupFile(at('text.db'), at('copy')), faultIs('corrupt'));
      assert.throws(() => backupFile(at('other.db'), at('copy')), faultIs('refused'));
      assert.deepEqual(readdirSync(folder).sort(), before);
    }));
});
