import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { instant } from '../../src/core/time.ts';
import { traceSettings } from '../../src/telemetry/trace-settings.ts';
import { openTraces, type SpanLosses } from '../../src/telemetry/traces.ts';
import { type Collector, openCollector } from '../fake/otlp.ts';
import { attempt, run } from './lively.ts';

/** Timers that ring when told, so that nobody waits for a collector that is dead. */
const makeTimers = () => {
  const waiting = new Map<() => void, number>();
  return {
    waiting,
    after: (ms: number, call: () => void) => {
      waiting.set(call, ms);
      return () => waiting.delete(call);
    },
    ring: () => {
      for (const call of waiting.keys()) call();
    },
  };
};

const open = async (collector: Pick<Collector, 'endpoint'>, env: Record<string, string> = {}) => {
  const result = traceSettings(
    { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, ...env },
    { version: '1.2.3', instanceId: 'i-1' },
  );
  assert.ok(result.kind === 'on');
  const counts = { dropped: 0, failed: 0, exported: 0 };
  const losses: SpanLosses = {
    dropped: (count) => {
      counts.dropped += count;
    },
    exportFailed: () => {
      counts.failed += 1;
    },
    exported: () => {
      counts.exported += 1;
    },
  };
  const timers = makeTimers();
  const random = {
    uniform: () => 0.5,
    uuid: () => 'unused',
    hex: (bytes: number) => randomBytes(bytes).toString('hex'),
  };
  const traces = await openTraces(result.settings, { clock: timers, random, losses });
  return { traces, counts, timers };
};

describe('what a collector receives', () => {
  test('a run with its own ids, exact times and status', async () => {
    await using collector = await openCollector();
    const { traces, counts, timers } = await open(collector);
    traces.run(run({ startedAt: instant(1_795_401_000_001), endedAt: instant(1_795_401_090_999) }));
    traces.run(run({ result: 'failed', exitCode: 2, reason: 'exit code 2' }));
    await traces.close();
    const [ok, failed] = collector.spans;
    assert.deepEqual(
      [ok?.traceId, ok?.spanId, ok?.parentSpanId],
      [run().trace.traceId, run().trace.spanId, undefined],
    );
    assert.deepEqual(
      [ok?.start, ok?.end],
      [1_795_401_000_001_000_000n, 1_795_401_090_999_000_000n],
    );
    assert.deepEqual([ok?.kind, ok?.status, ok?.name], [2, 0, 'run nightly-backup']);
    assert.deepEqual([failed?.status, failed?.statusMessage], [2, undefined]);
    assert.equal(failed?.attributes['error.type'], 'exit_code');
    assert.equal(failed?.attributes['process.exit.code'], 2);
    assert.deepEqual(counts, { dropped: 0, failed: 0, exported: 1 });
    assert.equal(timers.waiting.size, 0);
  });

  test('times near the beginning of the calendar stay times', async () => {
    await using collector = await openCollector();
    const { traces } = await open(collector);
    traces.run(run({ startedAt: instant(1), endedAt: instant(2_002) }));
    await traces.close();
    assert.deepEqual(
      [collector.spans[0]?.start, collector.spans[0]?.end],
      [1_000_000n, 2_002_000_000n],
    );
  });

  test('a run under the span that started it', async () => {
    await using collector = await openCollector();
    const { traces } = await open(collector);
    const trace = { ...run().trace, parentSpanId: '00f067aa0ba902b7', sampled: false };
    traces.run(run({ result: 'failed', trace }));
    await traces.close();
    const [span] = collector.spans;
    assert.deepEqual(
      [span?.traceId, span?.spanId, span?.parentSpanId],
      [trace.traceId, trace.spanId, trace.parentSpanId],
    );
  });

  test('an alert and a delivery in traces of their own, linked to the run', async () => {
    await using collector = await openCollector();
    const { traces } = await open(collector);
    const { traceId, spanId } = run().trace;
    const links = [
      { traceId, spanId },
      { traceId: '', spanId: 'broken' },
    ];
    const at = instant(1_795_401_000_000);
    traces.alert({
      source: 'job',
      status: 'firing',
      alertname: 'JobFailed',
      severity: 'P0',
      at,
      links,
    });
    const span = traces.attempt(attempt({ links }));
    span.end({ outcome: 'retry', reason: 'server_error', at, durationMs: 125.25 });
    await traces.close();
    const [alert, delivery] = collector.spans;
    assert.deepEqual([alert?.kind, alert?.links], [1, [{ traceId, spanId }]]);
    assert.equal(delivery?.kind, 3);
    assert.deepEqual(delivery?.links, [{ traceId, spanId }]);
    assert.equal(span.traceparent, ['00', delivery?.traceId, delivery?.spanId, '01'].join('-'));
    assert.equal((delivery?.end ?? 0n) - (delivery?.start ?? 0n), 125_250_000n);
    assert.notEqual(delivery?.traceId, traceId);
    assert.deepEqual([delivery?.status, delivery?.parentSpanId], [2, undefined]);
  });

  test('who sent it, compressed, with the headers that were configured', async () => {
    await using collector = await openCollector();
    const { traces } = await open(collector, {
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod',
    });
    traces.run(run());
    await traces.close();
    assert.deepEqual(collector.resource, {
      'service.name': 'tocsin',
      'service.version': '1.2.3',
      'service.instance.id': 'i-1',
      'deployment.environment.name': 'prod',
    });
    const [request] = collector.requests;
    assert.equal(request?.path, '/v1/traces');
    assert.equal(request?.headers['content-encoding'], 'gzip');
    assert.equal(request?.headers['x-tenant'], 'a b');
  });

  test('a burst larger than the default queue of the SDK', async () => {
    await using collector = await openCollector();
    const { traces, counts } = await open(collector);
    for (let n = 0; n < 10_000; n += 1) {
      const id = n.toString(16).padStart(16, '0');
      traces.run(run({ trace: { ...run().trace, spanId: `f${id.slice(1)}` } }));
    }
    await traces.close();
    assert.equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, 10_000);
    assert.equal(counts.dropped, 0);
  });
});

describe('a collector that is no good', () => {
  test('that refuses costs its spans, and they are counted', async () => {
    await using collector = await openCollector(400);
    const { traces, counts } = await open(collector);
    for (const result of ['ok', 'failed', 'missed'] as const) traces.run(run({ result }));
    await traces.close();
    assert.deepEqual(counts, { dropped: 3, failed: 1, exported: 0 });
  });

  test('that hangs holds up the end for three seconds and no more', async () => {
    await using collector = await openCollector('hang');
    // The request itself is given up soon after, so that nothing of it outlives this test for long.
    const { traces, counts, timers } = await open(collector, { OTEL_EXPORTER_OTLP_TIMEOUT: '50' });
    traces.run(run());
    const closed = traces.close();
    await collector.reached;
    assert.deepEqual([...timers.waiting.values()], [3_000]);
    timers.ring();
    await closed;
    assert.equal(counts.dropped, 1);
  });
});

describe('tracing leaves nothing behind', () => {
  test('and can be opened again in the same process', async () => {
    for (let round = 0; round < 2; round += 1) {
      await using collector = await openCollector();
      const { traces } = await open(collector);
      traces.run(run());
      await traces.close();
      assert.equal(collector.spans.length, 1);
    }
  });

  test('and what comes after its end is ignored', async () => {
    await using collector = await openCollector();
    const { traces } = await open(collector);
    await traces.close();
    assert.doesNotThrow(() => traces.run(run()));
    assert.equal(collector.spans.length, 0);
  });
});
