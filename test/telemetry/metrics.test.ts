import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { instant } from '../../src/core/time.ts';
import { OTHER } from '../../src/telemetry/labels.ts';
import { GROUPS_MAX } from '../../src/telemetry/metric-state.ts';
import { needs } from '../program.ts';
import { parseExposition, shape } from './exposition.ts';
import {
  attempt,
  fleet,
  jobText,
  livelyMetrics,
  quietMetrics,
  run,
  series,
  snapshot,
} from './lively.ts';

const at = instant(Date.UTC(2026, 10, 23));

describe('what others depend on', () => {
  const golden = path.join(import.meta.dirname, '../fixtures/telemetry/families.txt');

  test('names, types and labels are those that were published', async () => {
    const own = parseExposition(await livelyMetrics().render());
    const jobs = parseExposition(await jobText(fleet()));
    const found = [...shape(own), ...shape(jobs)].filter((line) => line.startsWith('tocsin_'));
    const expected = readFileSync(golden, 'utf8').trimEnd().split('\n');
    assert.deepEqual(found.sort(), expected);
  });

  test('process and Node show themselves under their usual names', async () => {
    const { types } = parseExposition(await quietMetrics().render());
    for (const name of ['process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds']) {
      assert.ok(types.has(name), name);
    }
  });

  test('the content type is that of the text format', () => {
    assert.equal(quietMetrics().contentType, 'text/plain; version=0.0.4; charset=utf-8');
  });

  test('two sets of metrics know nothing of each other', async () => {
    const [one, other] = [quietMetrics(), quietMetrics()];
    one.gap('stopped');
    const { value } = parseExposition(await other.render());
    assert.equal(value('tocsin_scheduler_catchup_total'), 0);
  });
});

describe('promtool finds no fault with', () => {
  const skip = needs('promtool');
  const check = (text: string): void => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    // What prom-client itself exports breaks the linter's taste in places, and those names are not ours.
    const faults = `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('tocsin_'));
    assert.deepEqual(faults, []);
    assert.ok(status === 0 || status === 3, `${stdout}${stderr}`);
  };

  test('/metrics', { skip }, async () => check(await livelyMetrics().render()));
  test('/metrics/jobs', { skip }, async () => {
    check(await jobText([...fleet(), series({ name: 'a"b\\c\nd', group: 'ü' })]));
  });
});

describe('counting', () => {
  const scrape = async (act: (metrics: ReturnType<typeof quietMetrics>) => void) => {
    const metrics = quietMetrics();
    metrics.groups(['data']);
    act(metrics);
    return parseExposition(await metrics.render());
  };

  test('everything that can be counted is 0 before it happens', async () => {
    const { samples } = await scrape(() => {});
    const counters = samples.filter(
      ({ name }) => name.startsWith('tocsin_') && name.endsWith('_total'),
    );
    assert.ok(counters.length > 100);
    assert.deepEqual(
      counters.filter(({ value }) => value !== 0),
      [],
    );
  });

  test('a run counts by result, with its duration', async () => {
    const { value } = await scrape((metrics) => metrics.run(run({ result: 'failed' })));
    const labels = { group: 'data', result: 'failed' };
    assert.equal(value('tocsin_runs_total', labels), 1);
    assert.equal(value('tocsin_run_duration_seconds_sum', labels), 90);
    assert.equal(value('tocsin_run_duration_seconds_bucket', { ...labels, le: '60' }), 0);
    assert.equal(value('tocsin_run_duration_seconds_bucket', { ...labels, le: '300' }), 1);
  });

  test('a run without a reported start has no duration', async () => {
    const { value } = await scrape((metrics) => metrics.run(run({ startedAt: null })));
    assert.equal(value('tocsin_runs_total', { group: 'data', result: 'ok' }), 1);
    assert.equal(value('tocsin_run_duration_seconds_count', { group: 'data', result: 'ok' }), 0);
  });

  test('a missed run is not a finished one', async () => {
    const { value, samples } = await scrape((metrics) => metrics.run(run({ result: 'missed' })));
    assert.equal(value('tocsin_runs_missed_total', { group: 'data' }), 1);
    const finished = samples.filter(({ name }) => name === 'tocsin_runs_total');
    assert.ok(finished.every((one) => one.value === 0));
  });

  test('a ping counts by kind and outcome', async () => {
    const { value } = await scrape((metrics) => {
      metrics.ping('start', 'accepted');
      metrics.ping('start', 'accepted');
      metrics.ping('ign', 'unavailable');
    });
    assert.equal(value('tocsin_pings_total', { kind: 'start', outcome: 'accepted' }), 2);
    assert.equal(value('tocsin_pings_total', { kind: 'ign', outcome: 'unavailable' }), 1);
  });

  test('a commit that failed is an error of the store', async () => {
    const { value } = await scrape((metrics) =>
      metrics.commit({ entries: 1, durationMs: 5, ok: false }),
    );
    assert.equal(value('tocsin_db_errors_total', { operation: 'commit' }), 1);
    assert.equal(value('tocsin_ping_commit_duration_seconds_sum'), 0.005);
  });

  test('a dead notification that a later try might have saved is dropped as well', async () => {
    const { value } = await scrape((metrics) => {
      const dead = { channelType: 'email', channelId: 'x', outcome: 'dead', at } as const;
      metrics.delivery({ ...dead, reason: 'network' });
      metrics.delivery({ ...dead, reason: 'recipient' });
    });
    const failed = 'tocsin_notifications_failed_total';
    const dropped = 'tocsin_notifications_dropped_total';
    const network = { channel_type: 'email', reason: 'network' };
    const recipient = { channel_type: 'email', reason: 'recipient' };
    assert.deepEqual([value(failed, network), value(dropped, network)], [1, 1]);
    assert.deepEqual([value(failed, recipient), value(dropped, recipient)], [1, undefined]);
    assert.equal(value('tocsin_notifications_total', { channel_type: 'email' }), 2);
  });

  test('a hold counts as suppressed only when it keeps something from a person', async () => {
    const { value } = await scrape((metrics) => {
      metrics.held('inhibited');
      metrics.held('no_change');
    });
    assert.equal(value('tocsin_notifications_suppressed_total', { reason: 'inhibited' }), 1);
    assert.equal(
      value('tocsin_notifications_suppressed_total', { reason: 'no_change' }),
      undefined,
    );
  });

  test('only the sweep moves the tick of the scheduler, and only when it works', async () => {
    const { value } = await scrape((metrics) => {
      metrics.activation({ name: 'sweep', durationMs: 1, at, ok: true });
      metrics.activation({ name: 'sweep', durationMs: 1, at: instant(at + 9e6), ok: false });
      metrics.activation({ name: 'flush', durationMs: 1, at: instant(at + 9e6), ok: true });
    });
    assert.equal(value('tocsin_scheduler_last_tick_timestamp_seconds'), at / 1000);
    assert.equal(value('tocsin_activations_total', { name: 'sweep', result: 'failed' }), 1);
  });

  test('a reload that failed keeps the time of the last good one', async () => {
    const { value } = await scrape((metrics) => {
      metrics.reload({ ok: true, at });
      metrics.reload({ ok: false, at: instant(at + 60_000) });
    });
    assert.equal(value('tocsin_config_last_reload_successful'), 0);
    assert.equal(value('tocsin_config_last_reload_success_timestamp_seconds'), at / 1000);
  });
});

describe('a channel', () => {
  const labels = { channel: 'oncall/wecom/0', channel_type: 'wecom' };
  const result = { reason: null, at, durationMs: 5 };

  test('is up before its first attempt, down while attempts fail, up once one works', async () => {
    const metrics = quietMetrics();
    const up = async () =>
      parseExposition(await metrics.render()).value('tocsin_channel_up', labels);
    assert.equal(await up(), 1);
    metrics.attempted(attempt(), { ...result, outcome: 'retry', reason: 'timeout' });
    metrics.attempted(attempt(), { ...result, outcome: 'failed', reason: 'auth' });
    const { value } = parseExposition(await metrics.render());
    assert.equal(value('tocsin_channel_up', labels), 0);
    assert.equal(value('tocsin_channel_consecutive_failures', labels), 2);
    metrics.attempted(attempt(), { ...result, outcome: 'partial' });
    assert.equal(await up(), 1);
  });

  test('has no series once the configuration does not name it', async () => {
    let channels = snapshot().channels;
    const metrics = quietMetrics(() => ({ ...snapshot(), channels }));
    metrics.attempted(attempt(), { ...result, outcome: 'failed', reason: 'auth' });
    await metrics.render();
    channels = [];
    const { samples } = parseExposition(await metrics.render());
    assert.ok(!samples.some(({ name }) => name.startsWith('tocsin_channel_')));
  });
});

describe('the state of this moment', () => {
  test('counts jobs by group and state, and open runs', async () => {
    const { value } = parseExposition(await livelyMetrics().render());
    assert.equal(value('tocsin_jobs', { group: 'data', state: 'down' }), 1);
    assert.equal(value('tocsin_jobs', { group: 'web', state: 'down' }), 0);
    assert.equal(value('tocsin_runs_active', { group: 'data' }), 1);
    assert.equal(value('tocsin_alerts', { severity: 'P0', state: 'active' }), 2);
    assert.equal(value('tocsin_alerts', { severity: 'P2', state: 'active' }), 0);
    assert.equal(value('tocsin_notification_queue_length', { channel_type: 'wecom' }), 4);
    assert.equal(value('tocsin_store_up'), 1);
  });

  test('is absent while it cannot be read, and the rest is still served', async () => {
    let broken = false;
    const metrics = quietMetrics(() =>
      broken ? Promise.reject(new Error('the store is gone')) : snapshot(),
    );
    await metrics.render();
    broken = true;
    const { value, samples } = parseExposition(await metrics.render());
    for (const name of ['tocsin_jobs', 'tocsin_store_up', 'tocsin_channel_up', 'tocsin_alerts']) {
      assert.ok(!samples.some((one) => one.name === name), name);
    }
    assert.equal(value('tocsin_metrics_snapshot_errors_total'), 1);
    broken = false;
    assert.equal(parseExposition(await metrics.render()).value('tocsin_store_up'), 1);
  });

  test('is read once for scrapes that come together', async () => {
    let reads = 0;
    const metrics = quietMetrics(() => {
      reads += 1;
      return snapshot();
    });
    const [one, other] = await Promise.all([metrics.render(), metrics.render()]);
    assert.equal(one, other);
    assert.equal(reads, 1);
  });
});

describe('labels are bounded', () => {
  test('ten thousand groups share one label beyond the cap', async () => {
    const groups = Array.from({ length: 10_000 }, (_, n) => `group-${n}`);
    const jobs = groups.map((group) => series({ group }));
    const metrics = quietMetrics(() => ({ ...snapshot(), jobs }));
    for (const group of groups) metrics.run(run({ group }));
    const { samples, value } = parseExposition(await metrics.render());
    for (const name of ['tocsin_jobs', 'tocsin_runs_total', 'tocsin_run_duration_seconds_count']) {
      const seen = new Set(
        samples.filter((one) => one.name === name).map((s) => s.labels['group']),
      );
      assert.equal(seen.size, GROUPS_MAX + 1, name);
    }
    const beyond = groups.length - GROUPS_MAX;
    assert.equal(value('tocsin_jobs', { group: OTHER, state: 'up' }), beyond);
    assert.equal(value('tocsin_runs_total', { group: OTHER, result: 'ok' }), beyond);
    assert.ok(samples.length < 25_000, `${samples.length} samples`);
  });

  test('groups that a reload removed vanish and make room for new ones', async () => {
    const metrics = quietMetrics(() => ({ ...snapshot(), jobs: [] }));
    metrics.groups(Array.from({ length: GROUPS_MAX }, (_, n) => `old-${n}`));
    metrics.groups(['new']);
    metrics.run(run({ group: 'new' }));
    const { samples, value } = parseExposition(await metrics.render());
    assert.equal(value('tocsin_runs_total', { group: 'new', result: 'ok' }), 1);
    assert.ok(!samples.some(({ labels }) => labels['group']?.startsWith('old-')));
  });

  test('routes, methods, codes, tables and names from outside have a cap', async () => {
    const metrics = quietMetrics();
    for (let n = 0; n < 2_000; n += 1) {
      metrics.http({ method: `M${n}`, route: `/r/${n}`, code: n * 7, durationMs: 1 });
      metrics.retained(`table-${n}`, 1, at);
      metrics.activation({ name: `name-${n}`, durationMs: 1, at, ok: true });
    }
    const { samples } = parseExposition(await metrics.render());
    assert.ok(samples.length < 6_000, `${samples.length} samples`);
    const methods = new Set(samples.flatMap(({ labels }) => labels['method'] ?? []));
    assert.deepEqual([...methods], [OTHER]);
  });

  test('a label is never long', async () => {
    const metrics = quietMetrics(() => ({ ...snapshot(), jobs: [] }));
    metrics.run(run({ group: 'g'.repeat(5_000) }));
    metrics.http({ method: 'GET', route: 'r'.repeat(5_000), code: 200, durationMs: 1 });
    const { samples } = parseExposition(await metrics.render());
    const lengths = samples.flatMap(({ labels }) => Object.values(labels).map((one) => one.length));
    assert.ok(Math.max(...lengths) <= 64);
  });
});
