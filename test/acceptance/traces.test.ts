/**
 * Traces as a collector gets them from the real process: runs, misses, alerts and deliveries, with the ids that the
 * outside was given; and that a collector which is away holds nothing up.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { openCollector, type ReceivedSpan } from '../fake/otlp.ts';
import { startSink } from '../fake/sink.ts';
import { getJson, makePlace, type Server, startServer, until } from './server.ts';

const WAIT_MS = 20_000;
const STOP_MS = 5_000;
const UNSET = 0;
const ERROR = 2;
const SERVER_KIND = 2;
const INTERNAL_KIND = 1;
const CLIENT_KIND = 3;
const GRACE_MS = 60_000;
const HOUR_MS = 3_600_000;

const yaml = (sinkUrl: string): string => `
jobs:
  - { name: nightly, schedule: "30 2 * * *", grace: 1d, group: data, severity: P0 }
  - { name: hourly, every: 1h, grace: 1m }
route: { receiver: sink, group_by: [job_name], group_wait: 0s, group_interval: 1s, repeat_interval: 4h }
receivers: [{ name: sink, webhook_configs: [{ url: "${sinkUrl}/hook" }] }]
keys: { ping: [pingkey-0123456789] }
`;

interface Context {
  readonly traceId: string;
  readonly spanId: string;
}

const contextOf = (traceparent: string | null | undefined): Context & { sampled: boolean } => {
  const found = /^00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])$/.exec(traceparent ?? '');
  assert.ok(found !== null, `no traceparent: ${traceparent}`);
  return { traceId: found[1] ?? '', spanId: found[2] ?? '', sampled: found[3] === '1' };
};

const makeContext = (): Context & { header: string } => {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, header: `00-${traceId}-${spanId}-01` };
};

async function ping(server: Server, rest: string, traceparent?: string): Promise<Response> {
  const headers: Record<string, string> = traceparent === undefined ? {} : { traceparent };
  const answer = await fetch(`${server.url}/ping/pingkey-0123456789/${rest}`, { headers });
  await answer.arrayBuffer();
  assert.equal(answer.status, 200, rest);
  return answer;
}

interface Entry {
  readonly n: number;
  readonly at: string;
  readonly trace_id: string;
}

const pingsOf = async (server: Server, name: string): Promise<Entry[]> =>
  (await getJson<{ items: Entry[] }>(`${server.url}/api/v1/jobs/${name}/pings`)).items;

const ms = (nanoseconds: bigint): number => Number(nanoseconds / 1_000_000n);
const iso = (nanoseconds: bigint): string => new Date(ms(nanoseconds)).toISOString();
const idsOf = ({ traceId, spanId }: Context): Context => ({ traceId, spanId });

/** Picks some attributes, so that a failure shows all that are wrong at once. */
const some = (span: ReceivedSpan, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, span.attributes[name]]));

describe('a collector gets', () => {
  test('runs with the ids that were handed out, and what followed from them', async () => {
    await using collector = await openCollector();
    await using sink = await startSink();
    using place = makePlace(yaml(sink.url));
    await using server = await startServer(place, {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
        TOCSIN_LOG_LEVEL: 'debug',
      },
    });
    const span = (what: string, is: (one: ReceivedSpan) => boolean): Promise<ReceivedSpan> =>
      until(what, WAIT_MS, () => collector.spans.find(is));
    const ofRun = (what: string, runId: string): Promise<ReceivedSpan> =>
      span(what, ({ attributes }) => attributes['tocsin.run.id'] === runId);

    // Start and success: the span has the ids that the start was answered with, and the times of the two reports.
    const good = randomUUID();
    const own = contextOf(
      (await ping(server, `nightly/start?rid=${good}`)).headers.get('traceparent'),
    );
    assert.equal(own.sampled, true);
    await ping(server, `nightly?rid=${good}&host=db1&env=prod`);
    const ran = await ofRun('the good run', good);
    const [ended, began] = await pingsOf(server, 'nightly');
    assert.deepEqual(idsOf(ran), idsOf(own));
    assert.deepEqual(
      [ran.name, ran.kind, ran.status, ran.parentSpanId, ran.links],
      ['run nightly', SERVER_KIND, UNSET, undefined, []],
    );
    assert.deepEqual([iso(ran.start), iso(ran.end)], [began?.at, ended?.at]);
    assert.deepEqual([began?.trace_id, ended?.trace_id], [own.traceId, own.traceId]);
    const picked = [
      'tocsin.run.result',
      'tocsin.run.start_observed',
      'tocsin.job.group',
      'host.name',
    ];
    assert.deepEqual(some(ran, [...picked, 'tocsin.run.env', 'faas.cron']), {
      'tocsin.run.result': 'ok',
      'tocsin.run.start_observed': true,
      'tocsin.job.group': 'data',
      'host.name': 'db1',
      'tocsin.run.env': 'prod',
      'faas.cron': '30 2 * * *',
    });
    assert.equal(collector.resource['service.name'], 'tocsin');
    assert.equal(collector.resource['deployment.environment.name'], 'test');

    // A lone success joins the trace that its request came from.
    const caller = makeContext();
    await ping(server, 'nightly', caller.header);
    const lone = await span('the lone success', ({ traceId }) => traceId === caller.traceId);
    assert.deepEqual(
      [lone.name, lone.parentSpanId, lone.status],
      ['run nightly', caller.spanId, UNSET],
    );
    assert.notEqual(lone.spanId, caller.spanId);
    assert.equal(lone.start, lone.end);
    assert.equal(lone.attributes['tocsin.run.start_observed'], false);

    // Start and failure, below a span of the caller's; the failure becomes an alert and a delivery.
    const parent = makeContext();
    const bad = randomUUID();
    const given = contextOf(
      (await ping(server, `nightly/start?rid=${bad}`, parent.header)).headers.get('traceparent'),
    );
    assert.equal(given.traceId, parent.traceId);
    await ping(server, `nightly/3?rid=${bad}`);
    const failed = await ofRun('the failed run', bad);
    assert.deepEqual(idsOf(failed), idsOf(given));
    assert.deepEqual([failed.parentSpanId, failed.status], [parent.spanId, ERROR]);
    assert.deepEqual(some(failed, ['process.exit.code', 'error.type', 'cicd.pipeline.result']), {
      'process.exit.code': 3,
      'error.type': 'exit_code',
      'cicd.pipeline.result': 'failure',
    });
    await checkStory({ span, sink, server, of: given });

    // A run that never came has a span as well, from its slot to its deadline.
    const lastAt = Math.floor((Date.now() - 2 * HOUR_MS) / 1_000);
    await ping(server, `hourly?at=${lastAt}`);
    const missed = await span(
      'the miss',
      ({ attributes }) => attributes['tocsin.run.result'] === 'missed',
    );
    assert.deepEqual(
      [missed.name, missed.status, missed.attributes['error.type']],
      ['run hourly', ERROR, 'missed'],
    );
    const slotMs = lastAt * 1_000 + HOUR_MS;
    assert.deepEqual([ms(missed.start), ms(missed.end)], [slotMs, slotMs + GRACE_MS]);
    await span('the alert of the miss', ({ name }) => name === 'alert JobMissed');

    assert.equal(await server.stop(), 0);
    checkLog(server, { ok: own, failed: given });
    const ids = collector.spans.map(({ spanId }) => spanId);
    assert.equal(new Set(ids).size, ids.length, 'a span came twice');
  });
});

/** The alert and the delivery that a failed run led to, each linked to it. */
async function checkStory({
  span,
  sink,
  server,
  of,
}: {
  span: (what: string, is: (one: ReceivedSpan) => boolean) => Promise<ReceivedSpan>;
  sink: Awaited<ReturnType<typeof startSink>>;
  server: Server;
  of: Context;
}): Promise<void> {
  const linked = ({ links }: ReceivedSpan): boolean =>
    links.some(({ traceId, spanId }) => traceId === of.traceId && spanId === of.spanId);
  const alert = await span('the alert', (one) => one.name === 'alert JobFailed' && linked(one));
  assert.deepEqual(
    [alert.kind, alert.status, alert.parentSpanId],
    [INTERNAL_KIND, UNSET, undefined],
  );
  assert.deepEqual(some(alert, ['tocsin.alert.status', 'tocsin.alert.severity']), {
    'tocsin.alert.status': 'firing',
    'tocsin.alert.severity': 'P0',
  });
  const delivery = await span(
    'the delivery',
    (one) => one.name === 'deliver webhook' && linked(one),
  );
  assert.deepEqual([delivery.kind, delivery.status], [CLIENT_KIND, UNSET]);
  assert.notEqual(delivery.traceId, of.traceId, 'linked, not a child');
  const [hook] = sink.received;
  assert.ok(hook !== undefined, 'nothing was delivered');
  assert.equal(delivery.attributes['tocsin.delivery.id'], hook.headers['webhook-id']);
  // Whatever the receiver does hangs below the attempt.
  assert.deepEqual(idsOf(contextOf(String(hook.headers['traceparent']))), idsOf(delivery));
  const { alerts } = JSON.parse(hook.body) as { alerts: { annotations: Record<string, string> }[] };
  assert.equal(alerts[0]?.annotations['trace_id'], of.traceId);
  const { problems } = await getJson<{ problems: { trace_id: string }[] }>(
    `${server.url}/api/v1/jobs/nightly`,
  );
  assert.deepEqual(
    problems.map(({ trace_id }) => trace_id),
    [of.traceId],
  );
}

/** Every line is JSON, and those about a run carry its ids where OpenTelemetry looks for them. */
function checkLog(server: Server, runs: Readonly<Record<string, Context>>): void {
  const lines = server
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const [result, { traceId, spanId }] of Object.entries(runs)) {
    const line = lines.find(({ msg, trace_id }) => msg === `run ${result}` && trace_id === traceId);
    assert.equal(line?.['span_id'], spanId, `the log line of the run that was ${result}`);
    assert.equal(line['job_name'], 'nightly');
  }
  for (const { time, level, msg } of lines) {
    assert.ok(Number.isFinite(Date.parse(String(time))));
    assert.equal(typeof msg, 'string');
    assert.ok(['debug', 'info', 'warn', 'error'].includes(String(level)));
  }
}

describe('a collector that is away', () => {
  const worksAndStops = async (
    env: Readonly<Record<string, string>>,
    untilNoticed: (server: Server) => Promise<unknown>,
  ): Promise<string> => {
    await using sink = await startSink();
    using place = makePlace(yaml(sink.url));
    await using server = await startServer(place, { env });
    await ping(server, 'nightly/start');
    await ping(server, 'nightly/3');
    await until('the message', WAIT_MS, () => sink.received.length > 0);
    await untilNoticed(server);
    await ping(server, 'nightly');
    const stoppedAt = performance.now();
    assert.equal(await server.stop(), 0);
    const took = performance.now() - stoppedAt;
    assert.ok(took < STOP_MS, `stopping took ${Math.round(took)} ms`);
    return server.logs();
  };

  test('because nothing listens there: said once, counted, and nothing waits', async () => {
    const gone = await openCollector();
    await gone[Symbol.asyncDispose]();
    // Shorter than by default, so that giving up can be seen soon.
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: gone.endpoint,
      OTEL_EXPORTER_OTLP_TIMEOUT: '1500',
    };
    const logs = await worksAndStops(env, (server) =>
      until('the failure to be counted', WAIT_MS, async () => {
        const metrics = await (await fetch(`${server.url}/metrics`)).text();
        return /^tocsin_otel_export_failures_total\{[^}]*\} [1-9]/m.test(metrics);
      }),
    );
    assert.equal(logs.match(/traces cannot be exported/g)?.length, 1);
  });

  test('because it hangs: the process stops all the same', async () => {
    await using collector = await openCollector('hang');
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint };
    await worksAndStops(env, () => collector.reached);
  });

  test('an endpoint that is none is refused at the start, in words', async () => {
    using place = makePlace(yaml('http://127.0.0.1:1'));
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' };
    await assert.rejects(startServer(place, { env }), (error: Error) => {
      assert.match(
        error.message,
        /OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4317\b.*", expected http/,
      );
      return true;
    });
  });
});
