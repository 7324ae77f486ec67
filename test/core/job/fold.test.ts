import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { JobSpec } from '../../../src/core/job/job.ts';
import { duration } from '../../../src/core/time.ts';
import { jobSpec, Play, periodic, type Step } from './play.ts';

const H = 3600;
const hourly = jobSpec();
const relative = jobSpec({ schedule: periodic(H, true), grace: duration(900_000) });
const timed = jobSpec({ maxRuntime: duration(7_200_000) });

interface Row {
  readonly name: string;
  readonly spec?: JobSpec;
  readonly steps: readonly Step[];
  /** Seconds at which `state` is looked at; the last step's time when absent. */
  readonly at?: number;
  readonly state: string;
  readonly events: readonly string[];
  readonly running?: number;
}

const rows: readonly Row[] = [
  {
    name: 'a job that never reported is new and never missed',
    steps: [{ t: 100 * H }],
    state: 'new',
    events: [],
  },
  { name: 'success makes it up', steps: [{ t: 10, kind: 'success' }], state: 'up', events: [] },
  {
    name: 'past the slot and inside the grace it is late',
    steps: [{ t: 10, kind: 'success' }, { t: H + 599 }],
    state: 'late',
    events: [],
  },
  {
    name: 'past the grace it is missed, since the instant of the fault',
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }],
    state: 'down',
    events: ['4205 +missed@4200'],
  },
  {
    name: 'a miss is told once however long it lasts',
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }, { t: 100 * H }],
    state: 'down',
    events: ['4205 +missed@4200'],
  },
  {
    name: 'success resolves a miss',
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }, { t: 2 * H - 1, kind: 'success' }],
    state: 'up',
    events: ['4205 +missed@4200', '7199 -missed'],
  },
  {
    name: 'a miss that no sweep saw is recorded by the success that came too late',
    steps: [
      { t: 10, kind: 'success' },
      { t: H + 700, kind: 'success' },
    ],
    state: 'up',
    events: ['4300 +missed@4200', '4300 -missed'],
  },
  {
    name: 'fail makes it down at once',
    steps: [{ t: 10, kind: 'fail', exit: 3 }],
    state: 'down',
    events: ['10 +failed@10'],
  },
  {
    name: 'a second fail is the same problem',
    steps: [
      { t: 10, kind: 'fail' },
      { t: 20, kind: 'fail' },
    ],
    state: 'down',
    events: ['10 +failed@10'],
  },
  {
    name: 'a failed job that goes silent is missed too',
    steps: [{ t: 10, kind: 'fail' }, { t: H + 605 }],
    state: 'down',
    events: ['10 +failed@10', '4205 +missed@4200'],
  },
  {
    name: 'a fail ends a miss: it ran',
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }, { t: H + 700, kind: 'fail' }],
    state: 'down',
    events: ['4205 +missed@4200', '4300 -missed', '4300 +failed@4300'],
  },
  { name: 'log changes nothing', steps: [{ t: 10, kind: 'log' }], state: 'new', events: [] },
  {
    name: 'failures: 2 waits for the second',
    spec: jobSpec({ failures: 2 }),
    steps: [{ t: 10, kind: 'fail' }],
    state: 'up',
    events: [],
  },
  {
    name: 'failures: 2 alerts at the second',
    spec: jobSpec({ failures: 2 }),
    steps: [
      { t: 10, kind: 'fail' },
      { t: 20, kind: 'fail' },
    ],
    state: 'down',
    events: ['20 +failed@20'],
  },
  {
    name: 'failures: 2 counts a miss and then another',
    spec: jobSpec({ failures: 2 }),
    steps: [{ t: 10, kind: 'success' }, { t: H + 605 }, { t: 2 * H + 605 }],
    state: 'down',
    events: ['7805 +missed@7800'],
  },
  {
    name: 'recoveries: 2 stays down after one success',
    spec: jobSpec({ recoveries: 2 }),
    steps: [
      { t: 10, kind: 'fail' },
      { t: 20, kind: 'success' },
    ],
    state: 'down',
    events: ['10 +failed@10'],
  },
  {
    name: 'recoveries: 2 is up after two',
    spec: jobSpec({ recoveries: 2 }),
    steps: [
      { t: 10, kind: 'fail' },
      { t: 20, kind: 'success' },
      { t: 30, kind: 'success' },
    ],
    state: 'up',
    events: ['10 +failed@10', '30 -failed'],
  },
  {
    name: 'every counts from the last report',
    spec: relative,
    steps: [{ t: 100, kind: 'success' }, { t: 100 + H + 901 }],
    state: 'down',
    events: ['4601 +missed@4600'],
  },
  {
    name: 'every: a fail moves the deadline too',
    spec: relative,
    steps: [{ t: 100, kind: 'success' }, { t: 3000, kind: 'fail' }, { t: 100 + H + 901 }],
    state: 'down',
    events: ['3000 +failed@3000'],
  },

  // Runs.
  {
    name: 'start runs, and leaves a new job new',
    steps: [{ t: 10, kind: 'start' }],
    state: 'new',
    events: [],
    running: 1,
  },
  {
    name: 'without max_runtime the grace bounds the run',
    steps: [{ t: 10, kind: 'start' }, { t: 611 }],
    state: 'down',
    events: ['611 +overrun@610'],
    running: 1,
  },
  {
    name: 'without max_runtime a start does not move the deadline of its slot',
    steps: [{ t: 10, kind: 'success' }, { t: H + 300, kind: 'start' }, { t: H + 601 }],
    state: 'down',
    events: ['4201 +missed@4200'],
    running: 1,
  },
  {
    name: 'with max_runtime a start in time serves the slot',
    spec: timed,
    steps: [{ t: 10, kind: 'success' }, { t: H + 300, kind: 'start' }, { t: 2 * H }],
    state: 'up',
    events: [],
    running: 1,
  },
  {
    name: 'with max_runtime an overrun is told at its instant',
    spec: timed,
    steps: [{ t: 10, kind: 'success' }, { t: H, kind: 'start' }, { t: 3 * H + 1 }],
    state: 'down',
    events: ['10801 +overrun@10800'],
    running: 1,
  },
  {
    name: 'the success of a run that overran resolves it',
    spec: timed,
    steps: [{ t: H, kind: 'start' }, { t: 3 * H + 1 }, { t: 4 * H, kind: 'success' }],
    state: 'up',
    events: ['10801 +overrun@10800', '14400 -overrun'],
    running: 0,
  },
  {
    name: 'the failure of a run that overran replaces it',
    spec: timed,
    steps: [{ t: H, kind: 'start' }, { t: 3 * H + 1 }, { t: 4 * H, kind: 'fail' }],
    state: 'down',
    events: ['10801 +overrun@10800', '14400 -overrun', '14400 +failed@14400'],
    running: 0,
  },
  {
    name: 'a later run that succeeds resolves an older overrun',
    spec: timed,
    steps: [
      { t: H, kind: 'start', rid: 'a' },
      { t: 3 * H + 1 },
      { t: 4 * H, kind: 'start', rid: 'b' },
      { t: 4 * H + 5, kind: 'success', rid: 'b' },
    ],
    state: 'up',
    events: ['10801 +overrun@10800', '14405 -overrun'],
    running: 0,
  },
  {
    name: 'each overlapping run is watched on its own',
    spec: timed,
    steps: [
      { t: H, kind: 'start', rid: 'a' },
      { t: 2 * H, kind: 'start', rid: 'b' },
      { t: 2 * H + 5, kind: 'success', rid: 'b' },
      { t: 3 * H + 1 },
    ],
    state: 'down',
    events: ['10801 +overrun@10800'],
    running: 1,
  },
  {
    name: 'a success with an unknown rid leaves the run open',
    steps: [
      { t: 10, kind: 'start', rid: 'a' },
      { t: 20, kind: 'success', rid: 'b' },
    ],
    state: 'up',
    events: [],
    running: 1,
  },
  {
    name: 'a fail with an unknown rid closes all',
    steps: [
      { t: 10, kind: 'start', rid: 'a' },
      { t: 20, kind: 'fail', rid: 'b' },
    ],
    state: 'down',
    events: ['20 +failed@20'],
    running: 0,
  },
  {
    name: 'a success without rid closes a run with one',
    steps: [
      { t: 10, kind: 'start', rid: 'a' },
      { t: 20, kind: 'success' },
    ],
    state: 'up',
    events: [],
    running: 0,
  },
  {
    name: 'a second start without rid replaces the first',
    steps: [
      { t: 10, kind: 'start' },
      { t: 20, kind: 'start' },
    ],
    state: 'new',
    events: [],
    running: 1,
  },
  {
    name: 'a run that never ends is given up after a day and its problem stays',
    spec: timed,
    steps: [{ t: H, kind: 'start' }, { t: 100 * H }],
    state: 'down',
    events: ['360000 +overrun@10800'],
    running: 0,
  },

  // Late, repeated, out of order.
  {
    name: 'a report that arrives late shows that the missed run took place',
    steps: [
      { t: 10, kind: 'success' },
      { t: H + 605 },
      { t: H + 900, kind: 'success', at: H + 20 },
    ],
    state: 'up',
    events: ['4205 +missed@4200', '4500 -missed'],
  },
  {
    name: 'an old success does not hide a newer failure',
    steps: [
      { t: 100, kind: 'fail' },
      { t: 110, kind: 'success', at: 50 },
    ],
    state: 'down',
    events: ['100 +failed@100'],
  },
  {
    name: 'an old failure does not raise an alarm over a newer success',
    steps: [
      { t: 100, kind: 'success' },
      { t: 110, kind: 'fail', at: 50 },
    ],
    state: 'up',
    events: [],
  },
  {
    name: 'the same failure delivered twice counts once',
    spec: jobSpec({ failures: 2 }),
    steps: [
      { t: 10, kind: 'fail', rid: 'a' },
      { t: 12, kind: 'fail', rid: 'a' },
    ],
    state: 'up',
    events: [],
  },
  {
    name: 'a replay with one time counts once',
    spec: jobSpec({ failures: 2 }),
    steps: [
      { t: 10, kind: 'fail', at: 5 },
      { t: 12, kind: 'fail', at: 5 },
    ],
    state: 'up',
    events: [],
  },
  {
    name: 'a success delivered again after a failure does not hide it',
    steps: [
      { t: 10, kind: 'success', rid: 'a' },
      { t: 20, kind: 'fail', rid: 'b' },
      { t: 25, kind: 'success', rid: 'a' },
    ],
    state: 'down',
    events: ['20 +failed@20'],
  },
  {
    name: 'one run id for ever still counts each success',
    steps: [
      { t: 10, kind: 'success', rid: 'x' },
      { t: H, kind: 'success', rid: 'x' },
      { t: 2 * H + 599 },
    ],
    state: 'late',
    events: [],
  },
  {
    name: 'two scripts with one run id for ever each both count, also after a failure of the other',
    steps: [
      { t: 10, kind: 'success', rid: 'x' },
      { t: 1800, kind: 'fail', rid: 'y' },
      { t: H + 5, kind: 'success', rid: 'x' },
      { t: 2 * H + 599 },
    ],
    state: 'late',
    events: ['1800 +failed@1800', '3605 -failed'],
  },
  {
    name: 'an end that arrives before its late start leaves nothing running',
    steps: [
      { t: 20, kind: 'success', rid: 'a' },
      { t: 21, kind: 'start', rid: 'a', at: 10 },
    ],
    state: 'up',
    events: [],
    running: 0,
  },
  {
    name: 'a success seconds before its slot counts for it',
    steps: [{ t: 10, kind: 'success' }, { t: H - 2, kind: 'success' }, { t: H + 605 }],
    state: 'up',
    events: [],
  },
  {
    name: 'a success long before its slot does not',
    steps: [{ t: 10, kind: 'success' }, { t: H - 600, kind: 'success' }, { t: H + 605 }],
    state: 'down',
    events: ['4205 +missed@4200'],
  },
  {
    name: 'a run that ended late for its slot does not count for the next',
    steps: [{ t: 10, kind: 'success' }, { t: 2 * H - 2, kind: 'success' }, { t: 2 * H + 605 }],
    state: 'down',
    events: ['7198 +missed@4200', '7198 -missed', '7805 +missed@7800'],
  },
];

describe('a job folds its reports and the passing of time', () => {
  for (const row of rows)
    test(row.name, () => {
      const play = new Play(row.spec ?? hourly).play(row.steps);
      const last = row.at ?? row.steps.at(-1)?.t ?? 0;
      assert.deepEqual(play.events, row.events);
      assert.equal(play.shown(last), row.state);
      if (row.running !== undefined) assert.equal(play.state.runs.length, row.running);
    });
});

describe('durations', () => {
  const cases: readonly { name: string; steps: readonly Step[]; lastDurationMs: number | null }[] =
    [
      {
        name: 'start and end without rid',
        steps: [
          { t: 10, kind: 'start' },
          { t: 15, kind: 'success' },
        ],
        lastDurationMs: 5_000,
      },
      {
        name: 'start and end with one rid',
        steps: [
          { t: 10, kind: 'start', rid: 'a' },
          { t: 15, kind: 'success', rid: 'a' },
        ],
        lastDurationMs: 5_000,
      },
      {
        name: 'a lone success has none',
        steps: [{ t: 10, kind: 'success' }],
        lastDurationMs: null,
      },
      {
        name: 'an end without rid of a start with one has none',
        steps: [
          { t: 10, kind: 'start', rid: 'a' },
          { t: 15, kind: 'success' },
        ],
        lastDurationMs: null,
      },
      {
        name: 'only the newest run times the job',
        steps: [
          { t: 10, kind: 'start', rid: 'a' },
          { t: 11, kind: 'start', rid: 'b' },
          { t: 15, kind: 'success', rid: 'a' },
        ],
        lastDurationMs: null,
      },
      {
        name: 'the clients own times count',
        steps: [
          { t: 100, kind: 'start', at: 10 },
          { t: 100, kind: 'success', at: 40 },
        ],
        lastDurationMs: 30_000,
      },
    ];
  for (const { name, steps, lastDurationMs } of cases)
    test(name, () =>
      assert.equal(new Play(hourly).play(steps).state.lastDurationMs, lastDurationMs),
    );
});
