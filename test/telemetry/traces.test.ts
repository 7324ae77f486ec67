import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant } from '../../src/core/time.ts';
import type { FinishedRun } from '../../src/ports/telemetry.ts';
import { type FinishedSpan, makeTraces } from '../../src/telemetry/traces.ts';
import { attempt, run } from './lively.ts';

const open = () => {
  const spans: FinishedSpan[] = [];
  let made = 0;
  const random = {
    hex: (bytes: number): string => {
      made += 1;
      return `${made}`.padStart(bytes * 2, '0');
    },
  };
  const traces = makeTraces(
    { write: (span) => spans.push(span), close: () => Promise.resolve() },
    random,
  );
  return { traces, spans };
};

const spanOf = (over: Partial<FinishedRun>): FinishedSpan => {
  const { traces, spans } = open();
  traces.run(run(over));
  assert.equal(spans.length, 1);
  return spans[0] as FinishedSpan;
};

describe('a run', () => {
  const scheduledAt = instant(1_000);
  const startedAt = instant(2_000);
  const endedAt = instant(9_000);
  const times: readonly [string, Partial<FinishedRun>, [number, number]][] = [
    ['from start to end', { startedAt, endedAt }, [2_000, 9_000]],
    ['without a reported start has no length', { startedAt: null, endedAt }, [9_000, 9_000]],
    [
      'that was missed, from its schedule to its deadline',
      { result: 'missed', startedAt: null, scheduledAt, endedAt },
      [1_000, 9_000],
    ],
    ['never ends before it starts', { startedAt: endedAt, endedAt: startedAt }, [2_000, 2_000]],
  ];
  for (const [name, over, expected] of times) {
    test(`spans: ${name}`, () => {
      const { startMs, endMs } = spanOf(over);
      assert.deepEqual([startMs, endMs], expected);
    });
  }

  const results: readonly [
    string,
    Partial<FinishedRun>,
    { failed: boolean; pipeline: string; error: string | undefined },
  ][] = [
    ['ok', { result: 'ok' }, { failed: false, pipeline: 'success', error: undefined }],
    [
      'failed with an exit code',
      { result: 'failed', exitCode: 2 },
      { failed: true, pipeline: 'failure', error: 'exit_code' },
    ],
    [
      'killed by a signal',
      { result: 'failed', exitCode: 137 },
      { failed: true, pipeline: 'failure', error: 'signal' },
    ],
    [
      'reported as failed',
      { result: 'failed', exitCode: null },
      { failed: true, pipeline: 'failure', error: 'reported' },
    ],
    ['overrun', { result: 'overrun' }, { failed: true, pipeline: 'timeout', error: 'timeout' }],
    ['abandoned', { result: 'abandoned' }, { failed: true, pipeline: 'error', error: 'abandoned' }],
    ['missed', { result: 'missed' }, { failed: true, pipeline: 'error', error: 'missed' }],
  ];
  for (const [name, over, { failed, pipeline, error }] of results) {
    test(`tells how it went: ${name}`, () => {
      const span = spanOf(over);
      assert.equal(span.failed, failed);
      assert.equal(span.attributes['tocsin.run.result'], over.result);
      assert.equal(span.attributes['cicd.pipeline.result'], pipeline);
      assert.equal(span.attributes['error.type'], error);
    });
  }

  test('has the ids that were handed out at its start, and its name', () => {
    const span = spanOf({});
    const { traceId, spanId } = run().trace;
    assert.deepEqual(
      [span.traceId, span.spanId, span.name],
      [traceId, spanId, 'run nightly-backup'],
    );
    assert.equal(span.kind, 'server');
  });

  test('leaves out what is not known', () => {
    const { attributes } = spanOf({ runId: null, host: null, exitCode: null, scheduledAt: null });
    for (const name of ['tocsin.run.id', 'host.name', 'process.exit.code', 'tocsin.run.env']) {
      assert.ok(!(name in attributes), name);
    }
    assert.equal(attributes['tocsin.run.start_observed'], true);
  });

  for (const [schedule, cron] of [
    ['30 2 * * *', '30 2 * * *'],
    ['@daily', '@daily'],
    ['every 10m', undefined],
    ['Mon..Fri 18:00', undefined],
  ] as const) {
    test(`says faas.cron only of cron: ${schedule}`, () => {
      assert.equal(spanOf({ schedule }).attributes['faas.cron'], cron);
    });
  }

  test('that is not sampled is told of only when it went wrong', () => {
    const { traces, spans } = open();
    const trace = { ...run().trace, sampled: false };
    for (const result of ['ok', 'failed', 'missed'] as const) traces.run(run({ result, trace }));
    assert.deepEqual(
      spans.map(({ attributes }) => attributes['tocsin.run.result']),
      ['failed', 'missed'],
    );
  });
});

describe('an alert and its deliveries', () => {
  const links = [{ traceId: run().trace.traceId, spanId: run().trace.spanId }];

  test('an alert is a point in time, linked to its run', () => {
    const { traces, spans } = open();
    traces.alert({
      source: 'job',
      status: 'firing',
      alertname: 'JobFailed',
      severity: 'P0',
      at: instant(5_000),
      links,
    });
    const [span] = spans;
    assert.deepEqual(
      [span?.name, span?.kind, span?.startMs, span?.endMs, span?.links, span?.parentSpanId],
      ['alert JobFailed', 'internal', 5_000, 5_000, links, null],
    );
  });

  test('the name of an alert from outside is cut', () => {
    const { traces, spans } = open();
    const alertname = 'x'.repeat(10_000);
    const rest = { source: 'api', status: 'firing', severity: '', at: instant(0), links } as const;
    traces.alert({ ...rest, alertname });
    assert.equal(spans[0]?.name.length, 128);
  });

  test('an attempt hands out its context before it is over, and spans exactly its duration', () => {
    const { traces, spans } = open();
    const span = traces.attempt(attempt());
    assert.match(span.traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(spans.length, 0);
    span.end({ outcome: 'sent', reason: null, at: instant(10_000), durationMs: 250.5 });
    const [done] = spans;
    assert.equal(span.traceparent, ['00', done?.traceId, done?.spanId, '01'].join('-'));
    assert.deepEqual(
      [done?.name, done?.kind, done?.startMs, done?.endMs, done?.failed],
      ['deliver wecom', 'client', 9_749.5, 10_000, false],
    );
    assert.deepEqual(done?.links, links);
    assert.notEqual(done?.traceId, links[0]?.traceId);
  });

  for (const [outcome, reason, failed, error] of [
    ['sent', null, false, undefined],
    ['partial', null, false, undefined],
    ['retry', 'timeout', true, 'timeout'],
    ['failed', 'auth', true, 'auth'],
    ['failed', null, true, 'unknown'],
  ] as const) {
    test(`an attempt that ended ${outcome} for ${reason ?? 'no reason'}`, () => {
      const { traces, spans } = open();
      traces.attempt(attempt()).end({ outcome, reason, at: instant(1), durationMs: 1 });
      assert.equal(spans[0]?.failed, failed);
      assert.equal(spans[0]?.attributes['error.type'], error);
    });
  }
});
