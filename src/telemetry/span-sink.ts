/**
 * The OpenTelemetry SDK behind `SpanSink`: spans with ids of our choice, batched and sent as OTLP over HTTP.
 * Invariant: the queue is bounded and every span that does not reach the collector is counted; closing takes
 * CLOSE_MS at most, whatever the collector does. Loaded on demand only.
 */
import {
  context,
  logs,
  metrics,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../ports/clock.ts';
import type { TraceSettings } from './trace-settings.ts';
import type { FinishedSpan, SpanLosses, SpanSink } from './traces.ts';

/** With the SDK's own 2,048 and 512, half of a midnight's burst of 100,000 runs is lost. */
const QUEUE_MAX = 65_536;
const BATCH_MAX = 4_096;
const DELAY_MS = 1_000;
/** Docker kills after 10 s, and the SDK takes about as long to give up a dead collector. */
const CLOSE_MS = 3_000;

const KINDS = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
} as const satisfies Record<FinishedSpan['kind'], SpanKind>;

export const openSpanSink = (
  settings: TraceSettings,
  { clock, losses }: { clock: Pick<Clock, 'after'>; losses: SpanLosses },
): SpanSink => {
  const ids = makeIdSlot();
  const queue = { length: 0 };
  const exporter = counted(makeExporter(settings), queue, losses);
  const processor = bounded(
    new BatchSpanProcessor({
      exporter,
      maxQueueSize: QUEUE_MAX,
      maxExportBatchSize: BATCH_MAX,
      scheduledDelayMillis: DELAY_MS,
    }),
    queue,
    losses,
  );
  // The SDK's home is one global slot; whoever had it before is gone.
  trace.disable();
  const sdk = new NodeSDK({
    resource: resourceFromAttributes(settings.resource),
    autoDetectResources: false,
    instrumentations: [],
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    textMapPropagator: null,
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
  });
  sdk.start();
  const tracer = trace.getTracer('tocsin', settings.resource['service.version']);

  const write = (span: FinishedSpan): void => {
    ids.set(span);
    const started = tracer.startSpan(
      span.name,
      {
        kind: KINDS[span.kind],
        startTime: hrTime(span.startMs),
        attributes: span.attributes,
        links: span.links.filter(isValid).map((link) => ({ context: sampled(link) })),
      },
      parentContext(span),
    );
    if (span.failed) started.setStatus({ code: SpanStatusCode.ERROR });
    started.end(hrTime(span.endMs));
  };

  const close = async (): Promise<void> => {
    const shutDown = sdk.shutdown().then(
      () => 'in time',
      () => 'in time',
    );
    for (const api of [trace, context, metrics, logs]) api.disable();
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const cancel = clock.after(CLOSE_MS, () => resolve('late'));
    const ended = await Promise.race([shutDown, late]);
    cancel();
    if (ended === 'late') losses.dropped(queue.length);
  };

  return { write, close };
};

/** Traces have an id before they have a span: a run's was handed to its script when it started. */
const makeIdSlot = (): IdGenerator & { set(ids: { traceId: string; spanId: string }): void } => {
  let slot = { traceId: '', spanId: '' };
  return {
    set: ({ traceId, spanId }) => {
      slot = { traceId, spanId };
    },
    generateTraceId: () => slot.traceId,
    generateSpanId: () => slot.spanId,
  };
};

const makeExporter = (settings: TraceSettings): SpanExporter => {
  const { url, headers, timeoutMs: timeoutMillis, compression } = settings;
  const config = { url, headers, timeoutMillis, compression };
  // `compression` is an enum of a package that is not ours to import; its values are these words.
  return new OTLPTraceExporter(config as ConstructorParameters<typeof OTLPTraceExporter>[0]);
};

/** Tells of every batch what became of it. */
const counted = (
  exporter: SpanExporter,
  queue: { length: number },
  losses: SpanLosses,
): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      queue.length -= spans.length;
      if (result.code === ExportResultCode.SUCCESS) {
        losses.exported();
      } else {
        losses.dropped(spans.length);
        losses.exportFailed(result.error);
      }
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
});

/** The SDK drops silently when its queue is full; here the queue ends before that, and says so. */
const bounded = (
  processor: SpanProcessor,
  queue: { length: number },
  losses: SpanLosses,
): SpanProcessor => ({
  onStart: (span, parent) => processor.onStart(span, parent),
  onEnd: (span) => {
    if (queue.length >= QUEUE_MAX) {
      losses.dropped(1);
      return;
    }
    queue.length += 1;
    processor.onEnd(span);
  },
  forceFlush: () => processor.forceFlush(),
  shutdown: () => processor.shutdown(),
});

/** Seconds and nanoseconds: the SDK would take a small number of milliseconds for time since start. */
const hrTime = (epochMs: number): [number, number] => {
  const seconds = Math.floor(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
};

const isValid = ({ traceId, spanId }: { traceId: string; spanId: string }): boolean =>
  /^(?!0+$)[0-9a-f]{32}$/.test(traceId) && /^(?!0+$)[0-9a-f]{16}$/.test(spanId);

const sampled = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
});

const parentContext = ({ traceId, parentSpanId }: FinishedSpan) =>
  parentSpanId === null || !isValid({ traceId, spanId: parentSpanId })
    ? ROOT_CONTEXT
    : trace.setSpanContext(ROOT_CONTEXT, sampled({ traceId, spanId: parentSpanId }));
