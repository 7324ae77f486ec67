import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TraceSettings, traceSettings } from '../../src/telemetry/trace-settings.ts';

const self = { version: '1.2.3', instanceId: 'i-1' };
const read = (env: Record<string, string>) => traceSettings(env, self);
const settings = (env: Record<string, string>): TraceSettings => {
  const result = read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', ...env });
  assert.ok(result.kind === 'on', result.kind);
  return result.settings;
};

describe('there is no tracing', () => {
  const rows: readonly [string, Record<string, string>][] = [
    ['without an endpoint', {}],
    ['with an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    [
      'when the SDK is disabled',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_SDK_DISABLED: 'True' },
    ],
    [
      'when no exporter is wanted',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_EXPORTER: 'none' },
    ],
  ];
  for (const [name, env] of rows) test(name, () => assert.equal(read(env).kind, 'off'));
});

describe('a setting that cannot be obeyed is said', () => {
  const rows: readonly [string, Record<string, string>, RegExp][] = [
    ['an endpoint without a scheme', { OTEL_EXPORTER_OTLP_ENDPOINT: 'c:4318' }, /http:\/\/host/],
    [
      'gRPC',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      /http\/json/,
    ],
  ];
  for (const [name, env, message] of rows) {
    test(name, () => {
      const result = read(env);
      assert.ok(result.kind === 'invalid');
      assert.match(result.message, message);
    });
  }
});

describe('a setting is read', () => {
  const rows: readonly [string, Record<string, string>, Partial<TraceSettings>][] = [
    ['base endpoint gets the path', {}, { url: 'http://c:4318/v1/traces' }],
    [
      'base endpoint with a path and a slash',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' },
      { url: 'https://c/otlp/v1/traces' },
    ],
    [
      'endpoint for traces is taken as it is',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' },
      { url: 'http://t/x' },
    ],
    [
      'headers are percent-decoded, and those for traces win',
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi, x=1,broken,=2,bad=%zz',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2',
      },
      { headers: { Authorization: 'Basic YTpi', x: '2' } },
    ],
    ['timeout', { OTEL_EXPORTER_OTLP_TIMEOUT: '700' }, { timeoutMs: 700 }],
    ['timeout that is none', { OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, { timeoutMs: 5_000 }],
    ['compression', { OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: 'none' }, { compression: 'none' }],
    ['compression by default', {}, { compression: 'gzip' }],
  ];
  for (const [name, env, expected] of rows) {
    test(name, () => {
      const found = settings(env);
      assert.deepEqual({ ...found, ...expected }, found);
    });
  }
});

describe('the resource', () => {
  test('says who and which instance this is', () => {
    assert.deepEqual(settings({}).resource, {
      'service.name': 'tocsin',
      'service.version': '1.2.3',
      'service.instance.id': 'i-1',
    });
  });

  test('takes attributes, and the name of the service before all', () => {
    const { resource } = settings({
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,service.name=other',
      OTEL_SERVICE_NAME: 'bell',
    });
    assert.equal(resource['deployment.environment.name'], 'prod');
    assert.equal(resource['service.name'], 'bell');
  });
});
