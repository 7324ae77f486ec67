import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { describeFreshStore, manifestFile } from '../../../scripts/manifest.ts';
import { listMigrations, migrate } from '../../../src/store/sqlite/migrate.ts';
import { faultIs } from '../../contract/store/place.ts';
import { inFile, inFolder, openFile } from './place.ts';

const edit = (file: string, sql: string): void => {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
};

describe('migrations', () => {
  test('the schema manifest is that of a fresh store (npm run: node scripts/manifest.ts)', () => {
    assert.deepEqual(JSON.parse(readFileSync(manifestFile, 'utf8')), describeFreshStore());
  });

  test('migrate makes a store, says what it applied, and has nothing to do again', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'deep', 'er', 'tocsin.db');
      assert.deepEqual(
        listMigrations(file).map(({ number, applied }) => ({ number, applied })),
        listMigrations(file).map((_, index) => ({ number: index + 1, applied: false })),
      );
      assert.equal(existsSync(file), false, 'listing makes nothing');
      const applied = migrate(file);
      assert.deepEqual(
        applied,
        listMigrations(file).map(({ name }) => name),
      );
      assert.ok(listMigrations(file).every((migration) => migration.applied));
      assert.deepEqual(migrate(file), []);
    }));

  test('the store and its folder are for their owner alone', () =>
    inFolder((folder) => {
      const file = join(folder, 'data', 'tocsin.db');
      return inFile({ file }, async (store) => {
        await store.commit({});
        const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
        assert.equal(mode(join(folder, 'data')), '700');
        assert.equal(mode(file), '600');
        assert.equal(mode(`${file}-wal`), '600');
      });
    }));

  test('a store that a newer version wrote is refused, and left as it is', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'tocsin.db');
      migrate(file);
      edit(file, `INSERT INTO migration VALUES (9999, '9999-future', 'x')`);
      const before = readFileSync(file);
      await assert.rejects(openFile(file), faultIs('refused', /newer Tocsin.*9999-future/));
      assert.throws(() => migrate(file), faultIs('refused', /newer/));
      assert.throws(() => listMigrations(file), faultIs('refused', /newer/));
      assert.deepEqual(readFileSync(file), before);
    }));

  test('a migration that was edited after its release is refused', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'tocsin.db');
      migrate(file);
      edit(file, `UPDATE migration SET checksum = 'other' WHERE number = 1`);
      await assert.rejects(openFile(file), faultIs('refused', /0001-.* differs/));
    }));

  test('a database of another program is refused, and gets no tables', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'other.db');
      edit(file, 'CREATE TABLE theirs (a)');
      await assert.rejects(openFile(file), faultIs('refused', /another program/));
      const database = new DatabaseSync(file);
      assert.equal(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'], 1);
      database.close();
    }));

  test('a file that is no database is corrupt', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'tocsin.db');
      writeFileSync(file, 'this is a text and no database\n'.repeat(500));
      await assert.rejects(openFile(file), faultIs('corrupt', /open the store/));
    }));

  test('migrate refuses a store in use, whose steps can be listed all the same', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'tocsin.db');
      await inFile({ file }, async () => {
        assert.throws(() => migrate(file), faultIs('busy', /another Tocsin process/));
        assert.ok(listMigrations(file).every((migration) => migration.applied));
      });
      assert.deepEqual(migrate(file), []);
      assert.deepEqual(readdirSync(folder).sort(), ['tocsin.db', 'tocsin.db.lock']);
    }));
});
