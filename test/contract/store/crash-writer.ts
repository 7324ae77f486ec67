/**
 * A child process that commits until it is killed, and says on standard output which commits were acknowledged.
 * Arguments: the module of the store, the name of its opener, and the opener's argument.
 */
import process from 'node:process';
import type { Store } from '../../../src/ports/store.ts';
import { commitOf } from './crash.ts';

const [, , module = '', name = '', argument = ''] = process.argv;
const openers = (await import(module)) as Record<string, (argument: string) => Promise<Store>>;
const store = await openers[name]?.(argument);
if (store === undefined) throw new Error(`${module} has no ${name}`);

let done = (await store.aliveAt()) ?? 0;
if (done === 0) {
  await store.syncJobs([{ name: 'a' }], commitOf(0).aliveAt, () => 'u-a');
}
const lane = async (): Promise<never> => {
  for (;;) {
    done += 1;
    const mine = done;
    await store.commit(commitOf(mine));
    process.stdout.write(`${mine}\n`);
  }
};
// Several at a time, so that the kill finds one that runs and others that wait.
await Promise.all([lane(), lane(), lane()]);
