import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { jobMetrics } from '../../src/telemetry/job-metrics.ts';
import { parseExposition } from './exposition.ts';
import { fleet, jobText, series } from './lively.ts';

const still = { monotonic: () => 0 };

describe('the series of a job', () => {
  const cases: readonly [string, Parameters<typeof series>[0], string, number | undefined][] = [
    ['up is 1 when well', {}, 'tocsin_job_up', 1],
    ['up is 1 when late, since it may still come', { state: 'late' }, 'tocsin_job_up', 1],
    ['up is 0 when down', { state: 'down' }, 'tocsin_job_up', 0],
    ['state new', { state: 'new' }, 'tocsin_job_state', 0],
    ['state up', { state: 'up' }, 'tocsin_job_state', 1],
    ['state late', { state: 'late' }, 'tocsin_job_state', 2],
    ['state down', { state: 'down' }, 'tocsin_job_state', 3],
    ['state paused', { state: 'paused' }, 'tocsin_job_state', 4],
    ['paused', { state: 'paused' }, 'tocsin_job_paused', 1],
    ['never succeeded', { lastSuccessMs: null }, 'tocsin_job_last_success_timestamp_seconds', 0],
    [
      'instants in seconds',
      { lastSuccessMs: 1_500 },
      'tocsin_job_last_success_timestamp_seconds',
      1.5,
    ],
    [
      'nothing awaited',
      { nextExpectedMs: null },
      'tocsin_job_next_expected_timestamp_seconds',
      undefined,
    ],
    ['no duration yet', { lastDurationMs: null }, 'tocsin_job_last_duration_seconds', undefined],
    ['open runs', { running: 3 }, 'tocsin_job_running', 3],
    ['pings ever', { pings: 12 }, 'tocsin_job_pings_total', 12],
  ];
  for (const [name, over, family, expected] of cases) {
    test(name, async () => {
      const { value } = parseExposition(await jobText([series(over)]));
      assert.equal(value(family), expected);
    });
  }

  test('what the job is stands on one series alone', async () => {
    const { samples } = parseExposition(await jobText([series()]));
    const info = samples.find(({ name }) => name === 'tocsin_job_info');
    assert.deepEqual(info?.labels, {
      group: 'data',
      job_name: 'nightly-backup',
      job_id: '7',
      schedule: '30 2 * * *',
      timezone: 'Asia/Shanghai',
      severity: 'P0',
    });
    assert.ok(samples.every(({ name, labels }) => name === info?.name || !('job_id' in labels)));
  });
});

describe('what is shown', () => {
  test('minimal is five families and the bounds', async () => {
    const { types } = parseExposition(await jobText(fleet(), { families: 'minimal' }));
    assert.deepEqual(
      [...types.keys()],
      [
        'tocsin_job_up',
        'tocsin_job_last_success_timestamp_seconds',
        'tocsin_job_next_expected_timestamp_seconds',
        'tocsin_job_last_duration_seconds',
        'tocsin_job_running',
        'tocsin_metrics_exposed_jobs',
        'tocsin_metrics_job_series_limited',
      ],
    );
  });

  test('one group alone', async () => {
    const { samples, value } = parseExposition(await jobText(fleet(), { group: 'web' }));
    assert.equal(value('tocsin_metrics_exposed_jobs'), 1);
    assert.ok(samples.every(({ labels }) => (labels['group'] ?? 'web') === 'web'));
  });

  test('no job beyond the limit, and that it was reached', async () => {
    const { value } = parseExposition(await jobText(fleet(), { jobsMax: 3 }));
    assert.equal(value('tocsin_metrics_exposed_jobs'), 3);
    assert.equal(value('tocsin_metrics_job_series_limited'), 1);
    assert.equal(value('tocsin_job_up', { job_name: 'fresh' }), undefined);
  });

  test('exactly as many jobs as the limit are all of them', async () => {
    const { value } = parseExposition(await jobText(fleet(), { jobsMax: 5 }));
    assert.equal(value('tocsin_metrics_exposed_jobs'), 5);
    assert.equal(value('tocsin_metrics_job_series_limited'), 0);
  });

  test('nothing at all is still a good answer', async () => {
    const { value } = parseExposition(await jobText([], { jobsMax: 0 }));
    assert.equal(value('tocsin_metrics_exposed_jobs'), 0);
    assert.equal(value('tocsin_metrics_job_series_limited'), 0);
  });
});

test('any name, group and schedule can be read back', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(text, text, text, async (name, group, schedule) => {
      const job = series({ name, group, schedule });
      const { samples } = parseExposition(await jobText([job]));
      const info = samples.find((one) => one.name === 'tocsin_job_info');
      assert.deepEqual(
        [info?.labels['job_name'], info?.labels['group'], info?.labels['schedule']],
        [name, group, schedule],
      );
    }),
    { numRuns: 100 },
  );
});

describe('streaming', () => {
  const many = Array.from({ length: 20_000 }, (_, id) => series({ id, name: `job-${id}` }));
  const query = { families: 'minimal', jobsMax: 100_000 } as const;

  test('comes in chunks of about 64 KiB', async () => {
    const chunks = await Array.fromAsync(jobMetrics(many, query, still));
    assert.ok(chunks.length > 50);
    for (const chunk of chunks) assert.ok(chunk.length < 66_000, `${chunk.length}`);
    const { value } = parseExposition(chunks.join(''));
    assert.equal(value('tocsin_metrics_exposed_jobs'), many.length);
    assert.equal(value('tocsin_job_up', { job_name: 'job-19999' }), 1);
  });

  test('makes no more than its reader takes', async () => {
    let made = 0;
    const counted = async function* (): AsyncGenerator<string> {
      for await (const chunk of jobMetrics(many, query, still)) {
        made += 1;
        yield chunk;
      }
    };
    const stream = Readable.from(counted(), { objectMode: false, highWaterMark: 65_536 });
    for await (const chunk of stream) {
      assert.ok(chunk.length > 0);
      break;
    }
    assert.ok(made <= 4, `${made} chunks were made for a reader that took one`);
    assert.ok(stream.destroyed);
  });

  test('lets other work run in between', async () => {
    let now = 0;
    // Each look at the clock finds 3 ms gone, so that every second slice is over.
    const slow = {
      monotonic: () => {
        now += 3;
        return now;
      },
    };
    let turns = 0;
    let watching = true;
    const watch = (): void => {
      turns += 1;
      if (watching) setImmediate(watch);
    };
    setImmediate(watch);
    await Array.fromAsync(jobMetrics(many, query, slow));
    watching = false;
    assert.ok(turns > 50, `${turns} turns of the event loop`);
  });
});
