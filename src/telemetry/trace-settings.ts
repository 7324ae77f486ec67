/**
 * Where traces go, read from the environment variables that OpenTelemetry's specification names. Invariant:
 * without an endpoint there is no tracing, and a setting that cannot be obeyed is said, not ignored.
 */
export interface TraceSettings {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'gzip' | 'none';
  /** `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
}

export type TraceSettingsResult =
  | { readonly kind: 'off' }
  | { readonly kind: 'on'; readonly settings: TraceSettings }
  | { readonly kind: 'invalid'; readonly message: string };

const TIMEOUT_MS = 5_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** An empty variable counts as unset, as the specification wants it. */
const read = (env: Environment, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
};

export const traceSettings = (
  env: Environment,
  self: { readonly version: string; readonly instanceId: string },
): TraceSettingsResult => {
  const forTraces = (name: string): string | undefined =>
    read(env, `OTEL_EXPORTER_OTLP_TRACES_${name}`) ?? read(env, `OTEL_EXPORTER_OTLP_${name}`);
  if (read(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return { kind: 'off' };
  if (read(env, 'OTEL_TRACES_EXPORTER') === 'none') return { kind: 'off' };
  const own = read(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT');
  const shared = read(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const url = own ?? (shared === undefined ? undefined : `${shared.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined) return { kind: 'off' };
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    return invalid(`OTEL_EXPORTER_OTLP_ENDPOINT is "${url}", expected http://host:4318`);
  }
  if (forTraces('PROTOCOL') === 'grpc') {
    return invalid(
      'OTEL_EXPORTER_OTLP_PROTOCOL is "grpc", expected http/json, to port 4318 of the collector',
    );
  }
  const headers = pairs([
    read(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
    read(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
  ]);
  const attributes = pairs([read(env, 'OTEL_RESOURCE_ATTRIBUTES')]);
  const name = read(env, 'OTEL_SERVICE_NAME');
  const timeoutMs = Number(forTraces('TIMEOUT') ?? TIMEOUT_MS);
  return {
    kind: 'on',
    settings: {
      url,
      headers,
      timeoutMs: Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs : TIMEOUT_MS,
      compression: forTraces('COMPRESSION') === 'none' ? 'none' : 'gzip',
      resource: {
        'service.name': 'tocsin',
        'service.version': self.version,
        'service.instance.id': self.instanceId,
        ...attributes,
        ...(name === undefined ? {} : { 'service.name': name }),
      },
    },
  };
};

const invalid = (message: string): TraceSettingsResult => ({ kind: 'invalid', message });

/** `key=value,key=value`, each side percent-encoded; later ones win, and a broken one is left out. */
const pairs = (texts: readonly (string | undefined)[]): Record<string, string> => {
  const all: Record<string, string> = {};
  for (const pair of texts.flatMap((text) => text?.split(',') ?? [])) {
    const at = pair.indexOf('=');
    if (at <= 0) continue;
    try {
      const key = decodeURIComponent(pair.slice(0, at).trim());
      all[key] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      // Not percent-encoding; the specification lets the whole pair go.
    }
  }
  return all;
};
