/** A process that is killed while it commits: what it acknowledged is there, and no commit is there in part. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { instant } from '../../../src/core/time.ts';
import { jobsOf, type StoreCase, type StorePlace, unfoldedOf, using } from './place.ts';
import { alertOf, entryOf, groupedOf, START, stateOf } from './samples.ts';

const ENTRIES = 7;
const KILLS = 3;

/** Commit number `k` writes to many tables; each of them tells how many commits there were. */
export const commitOf = (k: number) => {
  const last = k * ENTRIES;
  const log = Array.from({ length: ENTRIES }, (_, index) =>
    entryOf({ n: last - ENTRIES + index + 1, body: new Uint8Array(index * 300).fill(k) }),
  );
  // Every third commit brings the stored state up to date.
  const folded =
    k % 3 === 0 ? { states: [{ jobId: 1, state: stateOf(last) }], foldedThrough: last } : {};
  return {
    log,
    ...folded,
    alerts: [alertOf(`f${k}`)],
    grouped: [groupedOf(`f${k}`)],
    timeline: [{ incidentId: 1, at: START, kind: 'joined', detail: `f${k}` }],
    aliveAt: instant(k),
  };
};

/** Lets a child commit until it was acknowledged `acks` times, and kills it; returns the last acknowledged one. */
const killAfter = async ({ child }: StorePlace, acks: number): Promise<number> => {
  const writer = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
  const running = spawn(process.execPath, [writer, child.module, child.name, child.argument], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  running.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const exit = once(running, 'exit');
  let seen = 0;
  let last = 0;
  for await (const line of createInterface({ input: running.stdout })) {
    last = Number(line);
    seen += 1;
    // What was written before the kill is still read to its end.
    if (seen === acks) running.kill('SIGKILL');
  }
  const [, signal] = (await exit) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', complaints.join(''));
  return last;
};

export const crashCases: readonly StoreCase[] = [
  {
    name: 'kill -9 while committing loses nothing acknowledged, and leaves no commit in part',
    run: async (place) => {
      for (let kill = 1; kill <= KILLS; kill++) {
        const acknowledged = await killAfter(place, kill * 20);
        await using(place, async (store) => {
          const commits = Number(await store.aliveAt());
          assert.ok(commits >= acknowledged, `${commits} of ${acknowledged} are there`);
          const last = commits * ENTRIES;
          assert.equal(await store.lastPosition(), last);
          assert.equal((await store.log({ head: last, limit: last + 1 })).length, last);
          assert.equal((await store.alerts({ now: START, limit: 100_000 })).length, commits);
          assert.equal((await store.incidents({ limit: 10 }))[0]?.alerts, commits);
          assert.equal((await store.timeline(1, 100_000)).length, commits);
          const folded = (await jobsOf(store))[0]?.state?.head ?? 0;
          assert.equal(folded, Math.floor(commits / 3) * 3 * ENTRIES);
          assert.equal((await unfoldedOf(store)).length, last - folded);
        });
      }
    },
  },
];
