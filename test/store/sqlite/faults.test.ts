import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faultIs } from '../../contract/store/place.ts';
import { after, entryOf, limitsOf } from '../../contract/store/samples.ts';
import { inFile, inFolder, openFile } from './place.ts';

const large = (n: number) => entryOf({ n, body: new Uint8Array(100_000).fill(n) });

const mount = (options: string, folder: string): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tocsin', folder]).status === 0;

/** Runs `work` on a file system of 2 MiB of its own; false when this process may not mount one. */
const onSmallDisk = (work: (disk: string) => Promise<void>) => {
  let could = true;
  return inFolder(async (folder) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    could = mount('size=2m', disk);
    if (!could) return;
    try {
      await work(disk);
    } finally {
      spawnSync('umount', [disk]);
    }
  }).then(() => could);
};

const MAY_NOT_MOUNT = 'this process may not mount a file system';
const HAS_NO_PRLIMIT = 'there is no prlimit here';

describe('faults of the disk', () => {
  test('a full disk refuses a commit whole, and the store goes on once there is room', async (t) => {
    const could = await onSmallDisk((disk) =>
      inFile({ file: join(disk, 't.db') }, async (store) => {
        await store.commit({ log: [entryOf({ n: 1 })] });
        writeFileSync(join(disk, 'ballast'), new Uint8Array(1_500_000));
        const batch = Array.from({ length: 10 }, (_, index) => large(index + 2));
        await assert.rejects(store.commit({ log: batch }), faultIs('full', /^commit \(log 10\): /));
        assert.equal(await store.lastPosition(), 1, 'reads go on');
        rmSync(join(disk, 'ballast'));
        await store.probe();
        await store.commit({ log: batch.slice(0, 3) });
        assert.equal(await store.lastPosition(), 4);
        assert.deepEqual((await store.ping({ head: 4, seq: 4 }))?.body, large(4).body);
      }),
    );
    if (!could) t.skip(MAY_NOT_MOUNT);
  });

  test('a disk without room for a new store can be tried again', async (t) => {
    const could = await onSmallDisk(async (disk) => {
      writeFileSync(join(disk, 'ballast'), new Uint8Array(2 * 1024 * 1024 - 16_384));
      await assert.rejects(openFile(join(disk, 't.db')), faultIs('full'));
      rmSync(join(disk, 'ballast'));
      await inFile({ file: join(disk, 't.db') }, (store) => store.probe());
    });
    if (!could) t.skip(MAY_NOT_MOUNT);
  });

  test('a read-only disk is named as such, and nothing is wrong once it is writable', async (t) => {
    const could = await onSmallDisk(async (disk) => {
      const file = join(disk, 't.db');
      await inFile({ file }, (store) => store.probe());
      mount('remount,ro', disk);
      await assert.rejects(openFile(file), faultIs('readonly', /cannot be written/));
      mount('remount,rw', disk);
      await inFile({ file }, (store) => store.probe());
    });
    if (!could) t.skip(MAY_NOT_MOUNT);
  });

  test('a store at its size limit is full, and works again when retention has made room', () =>
    inFolder((folder) =>
      inFile({ file: join(folder, 't.db'), maxBytes: 1_000_000 }, async (store) => {
        let stored = 0;
        await assert.rejects(
          async () => {
            for (let n = 1; n < 100; n++) {
              await store.commit({ log: [large(n)], foldedThrough: n });
              stored = n;
            }
          },
          faultIs('full', /log 1, foldedThrough/),
        );
        assert.ok(stored > 3 && stored < 10, `${stored}`);
        assert.equal(await store.lastPosition(), stored);
        await store.retain({
          now: after(999_999),
          limits: limitsOf({ entriesPerJob: 2 }),
          heads: [{ jobId: 1, head: stored }],
        });
        await store.probe();
        await store.commit({ log: [large(stored + 1)] });
      }),
    ));

  test('a disk that fails and heals is written to again', (t) =>
    inFolder(async (folder) => {
      if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip(HAS_NO_PRLIMIT);
      const child = fileURLToPath(new URL('./failing-disk.ts', import.meta.url));
      const { stdout, stderr } = spawnSync(process.execPath, [child, join(folder, 't.db')], {
        encoding: 'utf8',
      });
      assert.notEqual(stdout, '', stderr);
      assert.deepEqual(JSON.parse(stdout), {
        before: 'none',
        limited: 0,
        failing: 'io',
        again: 'io',
        reading: 'none',
        freed: 0,
        probe: 'none',
        healed: 'none',
        last: 2,
      });
    }));

  test('another process that locks the file makes a commit fail as busy, and no more than that', () =>
    inFolder((folder) => {
      const file = join(folder, 't.db');
      return inFile({ file, busyTimeoutMs: 10 }, async (store) => {
        const other = new DatabaseSync(file);
        other.exec('BEGIN IMMEDIATE');
        await assert.rejects(store.commit({ log: [entryOf({ n: 1 })] }), faultIs('busy', /commit/));
        await assert.rejects(store.probe(), faultIs('busy', /try a write/));
        other.exec('ROLLBACK');
        other.close();
        await store.probe();
        await store.commit({ log: [entryOf({ n: 1 })] });
        assert.equal(await store.lastPosition(), 1);
      });
    }));

  test('a fault carries the words of SQLite as its cause', () =>
    inFolder((folder) =>
      inFile({ file: join(folder, 't.db') }, async (store) => {
        await store.commit({ log: [entryOf({ n: 1 })] });
        await assert.rejects(store.commit({ log: [entryOf({ n: 1 })] }), (error: Error) => {
          assert.match(error.message, /^commit \(log 1\): the store refuses it \(.*t\.db\)$/);
          assert.match((error.cause as Error).message, /UNIQUE constraint failed: log\.n/);
          return true;
        });
      }),
    ));
});
