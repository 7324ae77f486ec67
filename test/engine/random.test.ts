/**
 * The promises under random fire. A failing seed fails again: run it alone, read its diary, and make a named test of
 * what it found.
 *
 *     TOCSIN_SEED=17 TOCSIN_STORMS=1 node --test test/engine/random.test.ts
 */
import assert from 'node:assert/strict';
import process from 'node:process';
import { describe, test } from 'node:test';
import {
  allResolved,
  allTold,
  keptReports,
  readLogs,
  rightMessages,
  rightVerdicts,
} from './promises.ts';
import { JOBS, Storm } from './storm.ts';

const FIRST_SEED = Number(process.env['TOCSIN_SEED'] ?? 1);
const STORMS = Number(process.env['TOCSIN_STORMS'] ?? 5);
const STEPS = 60;
/** After the last silence has ended. */
const HUSHED_UNTIL_S = 760;
/** Two slots, their grace, and the time to catch up before them. */
const SILENT_S = 330;
const ROUNDS = 7;
/** After the full minute, when all jobs are due. */
const REPORT_S = 3;
/** Some ticks of a group. */
const SETTLE_S = 20;

async function play(storm: Storm): Promise<string[]> {
  const { h } = storm;
  await storm.rage(STEPS);
  storm.calm();
  await h.pass(2);
  if (h.t < HUSHED_UNTIL_S) await h.stride(HUSHED_UNTIL_S - h.t);
  await storm.resumeAll();
  await storm.succeed();
  await h.stride(SILENT_S);
  const untold = allTold(storm);
  for (let round = 0; round < ROUNDS; round += 1) {
    await h.stride(60 + REPORT_S - (h.t % 60));
    await storm.succeed();
  }
  await h.stride(SETTLE_S);
  const unresolved = await allResolved(storm);

  const states = () => JOBS.map(({ name }) => h.engine.jobByName(name)?.state);
  const before = states();
  await h.crash();
  await h.start();
  assert.deepEqual(states(), before, 'states after a crash are those before it');
  const logs = await readLogs(storm);
  return [
    ...untold,
    ...unresolved,
    ...keptReports(storm, logs),
    ...rightVerdicts(storm, logs),
    ...rightMessages(storm),
  ];
}

describe('whatever happens', () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + STORMS; seed += 1)
    test(`the promises hold, seed ${seed}`, async () => {
      await using storm = await Storm.open(seed);
      let broken: string[];
      try {
        broken = await play(storm);
      } catch (error) {
        throw new Error(`seed ${seed} ended early:\n${storm.diary.join('\n')}`, { cause: error });
      }
      const diary = () => `seed ${seed}:\n${broken.join('\n')}\nDiary:\n${storm.diary.join('\n')}`;
      assert.equal(broken.length, 0, broken.length === 0 ? '' : diary());
    });
});
