/**
 * A collector for OTLP over HTTP in JSON: keeps what it is sent, decoded, or misbehaves as told.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

type AttributeValue = string | number | boolean;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** As OTLP numbers them: 1 internal, 2 server, 3 client. */
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
  readonly statusMessage: string | undefined;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** `hang`: takes the request and never answers; a number: answers with this status. */
type Manner = 'take' | 'hang' | number;

export interface Collector extends AsyncDisposable {
  /** Base URL, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Attributes of the resource that the last spans came from. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  /** Settles when the first request has arrived. */
  readonly reached: Promise<void>;
}

interface WireAttribute {
  readonly key: string;
  readonly value: {
    readonly stringValue?: string;
    readonly intValue?: number;
    readonly doubleValue?: number;
    readonly boolValue?: boolean;
  };
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly WireAttribute[];
  readonly links: readonly { traceId: string; spanId: string }[];
  readonly status: { readonly code: number; readonly message?: string };
}
interface WireRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly WireAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

const attributesOf = (wire: readonly WireAttribute[]): Record<string, AttributeValue> =>
  Object.fromEntries(
    wire.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? '',
    ]),
  );

const spanOf = (wire: WireSpan): ReceivedSpan => ({
  traceId: wire.traceId,
  spanId: wire.spanId,
  parentSpanId: wire.parentSpanId,
  name: wire.name,
  kind: wire.kind,
  start: BigInt(wire.startTimeUnixNano),
  end: BigInt(wire.endTimeUnixNano),
  status: wire.status.code,
  statusMessage: wire.status.message,
  attributes: attributesOf(wire.attributes),
  links: wire.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
});

export const openCollector = async (manner: Manner = 'take'): Promise<Collector> => {
  const spans: ReceivedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const resource: Record<string, AttributeValue> = {};
  const reached = Promise.withResolvers<void>();

  const take = (body: Buffer): void => {
    const wire = JSON.parse(body.toString('utf8')) as WireRequest;
    for (const one of wire.resourceSpans) {
      Object.assign(resource, attributesOf(one.resource.attributes));
      for (const scope of one.scopeSpans) spans.push(...scope.spans.map(spanOf));
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      requests.push({ path, headers });
      reached.resolve();
      if (manner === 'hang') return;
      const body = Buffer.concat(chunks);
      if (manner === 'take') take(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
      response.writeHead(manner === 'take' ? 200 : manner, { 'content-type': 'application/json' });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    resource,
    requests,
    reached: reached.promise,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
