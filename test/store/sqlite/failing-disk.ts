/**
 * A child process whose writes fail for a while: a limit on the size of files makes the kernel refuse them.
 * Argument: the file of the store. Prints one line of JSON with what it saw.
 */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { StoreError } from '../../../src/ports/store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { entryOf } from '../../contract/store/samples.ts';

const limit = (bytes: string): number =>
  spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]).status ?? 1;

const faultOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    return error instanceof StoreError ? error.fault : String(error);
  }
};

const store = await openSqliteStore({ file: process.argv[2] ?? '' });
const body = new Uint8Array(300_000);
const seen = {
  before: await faultOf(store.commit({ log: [entryOf({ n: 1, body })] })),
  limited: limit('200000'),
  failing: await faultOf(store.commit({ log: [entryOf({ n: 2, body })] })),
  again: await faultOf(store.commit({ log: [entryOf({ n: 2, body })] })),
  reading: await faultOf(store.ping({ head: 1, seq: 1 })),
  freed: limit('unlimited'),
  probe: await faultOf(store.probe()),
  healed: await faultOf(store.commit({ log: [entryOf({ n: 2, body })] })),
  last: await store.lastPosition(),
};
await store.close();
process.stdout.write(`${JSON.stringify(seen)}\n`);
