import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { backupFile } from '../../../src/store/sqlite/backup.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { faultIs } from '../../contract/store/place.ts';
import {
  after,
  alertOf,
  entriesOf,
  entryOf,
  groupedOf,
  START,
} from '../../contract/store/samples.ts';
import { inFolder, openFile } from './place.ts';

describe('threads', () => {
  test('a commit does not wait for the reads that were asked for before it', () =>
    inFolder(async (folder) => {
      const store = await openFile(join(folder, 't.db'));
      await store.commit({ log: entriesOf(5_000) });
      const order: string[] = [];
      const reads = Array.from({ length: 60 }, async () => {
        await store.log({ head: 5_000, limit: 400 });
        order.push('read');
      });
      await store.commit({ log: [entryOf({ n: 5_001 })] });
      order.push('commit');
      await Promise.all(reads);
      assert.ok(order.indexOf('commit') < 40, order.join());
      await store.close();
    }));

  test('a read gets its turn among commits that never end', () =>
    inFolder(async (folder) => {
      const store = await openFile(join(folder, 't.db'));
      const order: string[] = [];
      const commits = entriesOf(200).map(async (entry) => {
        await store.commit({ log: [entry] });
        order.push('commit');
      });
      await store.lastPosition();
      order.push('read');
      await Promise.all(commits);
      assert.ok(order.indexOf('read') < 100, `${order.indexOf('read')}`);
      await store.close();
    }));

  test('the write-ahead log stays within its bound under constant writing', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      const store = await openFile(file);
      const body = new Uint8Array(200_000).fill(1);
      let largest = 0;
      for (let n = 1; n <= 400; n++) {
        await store.commit({ log: [entryOf({ n, body })] });
        largest = Math.max(largest, statSync(`${file}-wal`).size);
      }
      assert.ok(largest < 70 * 1024 * 1024, `${largest}`);
      assert.equal((await store.log({ head: 400, limit: 400 })).length, 400);
      await store.close();
    }));

  test('a closed store is one file', () =>
    inFolder(async (folder) => {
      const store = await openFile(join(folder, 't.db'));
      await store.commit({ log: entriesOf(10) });
      await store.close();
      assert.deepEqual(readdirSync(folder).sort(), ['t.db', 't.db.lock']);
    }));

  test('many jobs are matched with the config in one go', () =>
    inFolder(async (folder) => {
      const store = await openFile(join(folder, 't.db'));
      const wanted = Array.from({ length: 20_000 }, (_, index) => ({ name: `job-${index}` }));
      let made = 0;
      const uuid = (): string => `uuid-${(made += 1)}`;
      await store.syncJobs(wanted, START, uuid);
      assert.equal(made, 20_000, 'no uuid is made in vain');
      await store.syncJobs(wanted, START, uuid);
      assert.equal(made, 20_000);
      await store.close();
    }));
});

describe('backups from another process', () => {
  const backUp = fileURLToPath(new URL('../../../src/store/sqlite/backup.ts', import.meta.url));
  const run = (source: string, target: string) =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { backupFile } = await import(${JSON.stringify(backUp)});
         process.stdout.write(String(backupFile(process.argv[1], process.argv[2]).bytes));`,
        source,
        target,
      ],
      { encoding: 'utf8' },
    );

  test('work while the server holds the store, and see every commit so far', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      const target = join(folder, 'copy.db');
      const store = await openFile(file);
      await store.commit({
        log: entriesOf(500),
        alerts: [alertOf('f')],
        grouped: [groupedOf('f')],
      });
      const { stdout, stderr } = run(file, target);
      assert.equal(Number(stdout), statSync(target).size, stderr);
      assert.equal((statSync(target).mode & 0o777).toString(8), '600');
      await store.commit({ log: [entryOf({ n: 501 })] });
      await store.close();
      const copy = await openFile(target);
      assert.equal(await copy.lastPosition(), 500);
      assert.equal((await copy.dueIncidents(after(10_000), 10)).length, 1);
      await copy.close();
    }));

  test('work on a store that no server runs on', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      const store = await openFile(file);
      await store.commit({ log: entriesOf(5) });
      await store.close();
      backupFile(file, join(folder, 'copy.db'));
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('.') || name.includes('-')),
        [],
        'and nothing is left lying about',
      );
    }));

  test('overwrite nothing, and leave nothing behind when they fail', () =>
    inFolder(async (folder) => {
      const file = join(folder, 't.db');
      await (await openFile(file)).close();
      writeFileSync(join(folder, 'there'), 'precious');
      assert.throws(() => backupFile(file, join(folder, 'there')), faultIs('refused', /exists/));
      assert.throws(
        () => backupFile(join(folder, 'none.db'), join(folder, 'copy.db')),
        faultIs('refused', /no store/),
      );
      assert.throws(() => backupFile(file, join(folder, 'no', 'folder.db')), faultIs('io'));
      writeFileSync(join(folder, 'text.db'), 'no database at all, '.repeat(100));
      assert.throws(
        () => backupFile(join(folder, 'text.db'), join(folder, 'copy.db')),
        faultIs('corrupt'),
      );
      assert.equal(existsSync(join(folder, 'copy.db')), false);
      assert.deepEqual(readdirSync(folder).sort(), ['t.db', 't.db.lock', 'text.db', 'there']);
    }));
});

describe('a connection', () => {
  test('rolls back what throws, and is of use afterwards', () =>
    inFolder(async (folder) => {
      const connection = new Connection({ file: join(folder, 'c.db'), busyTimeoutMs: 0 });
      connection.exec('CREATE TABLE t (a INTEGER) STRICT');
      assert.throws(
        () =>
          connection.transaction(() => {
            connection.run('INSERT INTO t VALUES (1)');
            throw new Error('no');
          }),
        /no/,
      );
      connection.transaction(() => connection.run('INSERT INTO t VALUES (2)'));
      assert.deepEqual(
        connection.all('SELECT a FROM t').map((row) => row['a']),
        [2],
      );
      connection.reopen();
      assert.equal(connection.get('SELECT count(*) AS n FROM t')?.['n'], 1);
      connection.close();
    }));
});
