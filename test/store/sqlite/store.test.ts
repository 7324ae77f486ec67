import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Store } from '../../../src/ports/store.ts';
import { Connection } from '../../../src/store/sqlite/connection.ts';
import { Thread } from '../../../src/store/sqlite/thread.ts';
import { faultIs } from '../../contract/store/place.ts';
import { entriesOf, entryOf, START } from '../../contract/store/samples.ts';
import { inFile, inFolder } from './place.ts';

const inStore = (work: (store: Store, file: string) => Promise<void>): Promise<void> =>
  inFolder((folder) => {
    const file = join(folder, 't.db');
    return inFile({ file }, (store) => work(store, file));
  });

/** Says that it is ready, and breaks at the first request. */
const DYING = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', () => { throw new Error('out of order'); });
  parentPort.postMessage({ id: 0, result: undefined });
`;

describe('threads of the store', () => {
  test('a commit does not wait for the reads that were asked for before it', () =>
    inStore(async (store) => {
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
    }));

  test('a read gets its turn among commits that never end', () =>
    inStore(async (store) => {
      const order: string[] = [];
      const commits = entriesOf(200).map(async (entry) => {
        await store.commit({ log: [entry] });
        order.push('commit');
      });
      await store.lastPosition();
      order.push('read');
      await Promise.all(commits);
      assert.ok(order.indexOf('read') < 100, `${order.indexOf('read')}`);
    }));

  test('the write-ahead log stays within its bound under constant writing', () =>
    inStore(async (store, file) => {
      const body = new Uint8Array(200_000).fill(1);
      let largest = 0;
      for (let n = 1; n <= 400; n++) {
        await store.commit({ log: [entryOf({ n, body })] });
        largest = Math.max(largest, statSync(`${file}-wal`).size);
      }
      assert.ok(largest < 70 * 1024 * 1024, `${largest}`);
      assert.equal((await store.log({ head: 400, limit: 400 })).length, 400);
    }));

  test('changes that are no plain data are refused, and nothing waits for an answer to them', () =>
    inStore(async (store) => {
      const alerts = [{ labels: () => undefined }] as never;
      await assert.rejects(store.commit({ alerts }), { name: 'StoreError', fault: 'refused' });
      await store.probe();
    }));

  test('no uuid is made in vain when jobs are matched with the config', () =>
    inStore(async (store) => {
      const wanted = Array.from({ length: 20_000 }, (_, index) => ({ name: `job-${index}` }));
      let made = 0;
      const uuid = (): string => {
        made += 1;
        return `uuid-${made}`;
      };
      await store.syncJobs(wanted, START, uuid);
      assert.equal(made, 20_000);
      await store.syncJobs(wanted, START, uuid);
      assert.equal(made, 20_000);
    }));

  test('a thread that dies leaves no request without an answer, and takes no more', async () => {
    const thread = new Thread(new URL(`data:text/javascript,${encodeURIComponent(DYING)}`), {
      name: 'dying',
      data: null,
    });
    await thread.ready;
    await assert.rejects(thread.request('probe', undefined), (error: Error) => {
      assert.ok(faultIs('io', /stopped/)(error));
      assert.match(String(error.cause), /out of order/);
      return true;
    });
    await thread.gone;
    await assert.rejects(thread.request('probe', undefined), faultIs('closed'));
  });

  test('a closed store is one file, and the lock beside it', () =>
    inFolder(async (folder) => {
      await inFile({ file: join(folder, 't.db') }, (store) => store.commit({ log: entriesOf(9) }));
      assert.deepEqual(readdirSync(folder).sort(), ['t.db', 't.db.lock']);
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
