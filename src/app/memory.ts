/**
 * Gives back what loading left behind. Parsing a large configuration makes several times its size in short-lived
 * objects, and V8 returns those pages only when something else asks for memory, which a quiet server never does.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** With fewer jobs there is nothing worth the pause of a full collection. */
const JOBS_MIN = 5_000;

export function releaseLoadMemory(jobs: number): void {
  if (jobs < JOBS_MIN) return;
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: {
    type: string;
    execution: string;
    flavor: string;
  }) => void;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
