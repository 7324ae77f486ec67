import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant } from '../../src/core/time.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import type { Metrics } from '../../src/telemetry/metrics.ts';
import { makeSpanLosses, makeTelemetry } from '../../src/telemetry/telemetry.ts';
import { type FinishedSpan, makeTraces, type Traces } from '../../src/telemetry/traces.ts';
import { parseExposition } from './exposition.ts';
import { attempt, quietMetrics, run } from './lively.ts';

const at = instant(Date.UTC(2026, 10, 23));

const open = () => {
  const lines: Record<string, unknown>[] = [];
  const spans: FinishedSpan[] = [];
  const log = makeLog({
    level: 'debug',
    clock: { now: () => at },
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const metrics = quietMetrics();
  const traces = makeTraces(
    { write: (span) => spans.push(span), close: () => Promise.resolve() },
    { hex: (bytes) => 'ab'.repeat(bytes) },
  );
  return { lines, spans, log, metrics, traces };
};

describe('telemetry', () => {
  test('a failed run is a count, a span and a line that know the same trace', async () => {
    const { lines, spans, ...parts } = open();
    makeTelemetry(parts).run(run({ result: 'failed', exitCode: 3, reason: 'exit code 3' }));
    const { value } = parseExposition(await parts.metrics.render());
    assert.equal(value('tocsin_runs_total', { group: 'data', result: 'failed' }), 1);
    assert.equal(spans[0]?.traceId, run().trace.traceId);
    assert.equal(lines[0]?.['level'], 'info');
    assert.equal(lines[0]?.['trace_id'], run().trace.traceId);
    assert.equal(lines[0]?.['job_name'], 'nightly-backup');
  });

  test('a run that went well is no news to the log', () => {
    const { lines, spans: _, ...parts } = open();
    makeTelemetry(parts).run(run());
    assert.equal(lines[0]?.['level'], 'debug');
  });

  test('an attempt counts once it is over, and hands out a context', async () => {
    const { lines: _, spans, ...parts } = open();
    const span = makeTelemetry(parts).attempt(attempt());
    assert.match(span.traceparent ?? '', /^00-/);
    span.end({ outcome: 'sent', reason: null, at, durationMs: 5 });
    const { value } = parseExposition(await parts.metrics.render());
    assert.equal(value('tocsin_notification_requests_total', { channel_type: 'wecom' }), 1);
    assert.equal(spans.length, 1);
  });

  test('without traces all the rest works, and no context is handed out', async () => {
    const { lines: _l, spans: _s, ...parts } = open();
    const telemetry = makeTelemetry({ ...parts, traces: null });
    telemetry.run(run());
    const span = telemetry.attempt(attempt());
    assert.equal(span.traceparent, undefined);
    span.end({ outcome: 'sent', reason: null, at, durationMs: 5 });
    const { value } = parseExposition(await parts.metrics.render());
    assert.equal(value('tocsin_runs_total', { group: 'data', result: 'ok' }), 1);
  });

  test('nothing throws, though all it is made of does, and one line tells of it', () => {
    const { lines, log } = open();
    const hostile = new Proxy({} as Metrics & Traces, {
      get: () => () => {
        throw new Error('broken');
      },
    });
    const telemetry = makeTelemetry({ log, metrics: hostile, traces: hostile });
    telemetry.commit({ entries: 1, durationMs: Number.NaN, ok: true });
    telemetry.run(run());
    telemetry.detected(Number.NaN);
    telemetry.alert({
      source: 'job',
      status: 'firing',
      alertname: 'x',
      severity: 'P0',
      at,
      links: [],
    });
    telemetry.held('silenced');
    telemetry.attempt(attempt()).end({ outcome: 'sent', reason: null, at, durationMs: 1 });
    const delivery = { channelType: 'email', channelId: 'x', outcome: 'sent' } as const;
    telemetry.delivery({ ...delivery, reason: null, at });
    telemetry.reload({ ok: true, at });
    telemetry.activation({ name: 'sweep', durationMs: 1, at, ok: true });
    telemetry.gap('stopped');
    telemetry.retained('log', 1, at);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['error'],
    );
  });

  test('a number that is none does no harm', async () => {
    const { lines: _l, spans: _s, ...parts } = open();
    const telemetry = makeTelemetry(parts);
    telemetry.detected(Number.NaN);
    telemetry.detected(250);
    const { value } = parseExposition(await parts.metrics.render());
    assert.equal(value('tocsin_scheduler_detection_delay_seconds_count'), 1);
    assert.equal(value('tocsin_scheduler_detection_delay_seconds_sum'), 0.25);
  });
});

test('a collector that goes away is told of once, and so is its return', async () => {
  const { lines, log, metrics } = open();
  const losses = makeSpanLosses({ log, metrics });
  losses.dropped(5);
  losses.exportFailed(new Error('refused'));
  losses.exportFailed(new Error('refused'));
  losses.exported();
  losses.exported();
  const { value } = parseExposition(await metrics.render());
  assert.equal(value('tocsin_otel_spans_dropped_total'), 5);
  assert.equal(value('tocsin_otel_export_failures_total'), 2);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn', 'info'],
  );
});
