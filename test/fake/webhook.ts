/**
 * A web hook target on a real socket. Answers by script, and can also do what no framework lets one do: never answer,
 * cut the line, or speak something that is not HTTP. The other HTTP fakes stand on it.
 * Documented in: github.com/standard-webhooks (specification), prometheus.io/docs/alerting/latest/configuration.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Reply =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'reset'
  | 'garbage'
  /** Headers, half of the body, and then the line is cut. */
  | 'half';

export interface FakeTarget {
  readonly origin: string;
  readonly calls: Call[];
  /** Resolves when a request has been read whole. */
  arrived(): Promise<Call>;
  close(): Promise<void>;
}

/** `answer` decides per request. */
export async function fakeTarget(answer: (call: Call) => Reply): Promise<FakeTarget> {
  const calls: Call[] = [];
  const waiting: ((call: Call) => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const call: Call = { path: request.url ?? '', headers: request.headers, body };
      calls.push(call);
      const reply = answer(call);
      if (reply === 'reset') {
        request.socket.resetAndDestroy();
      } else if (reply === 'garbage') {
        request.socket.end('220 this is not HTTP\r\n');
      } else if (reply === 'half') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"errcode"', () => request.socket.resetAndDestroy());
      } else if (reply !== 'hang') {
        response.writeHead(reply.status, reply.headers);
        response.end(reply.body);
      }
      for (const resolve of waiting.splice(0)) resolve(call);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    arrived: () => new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface FakeWebhook extends FakeTarget {
  /** Requests that were answered with 2xx. */
  accepted(): number;
  /** Answers in order; the last one stays. */
  script(...replies: readonly Reply[]): void;
}

export async function fakeWebhook(): Promise<FakeWebhook> {
  let replies: readonly Reply[] = [];
  let accepted = 0;
  const target = await fakeTarget(() => {
    const next = replies[0] ?? { status: 200 };
    if (replies.length > 1) replies = replies.slice(1);
    if (typeof next === 'object' && next.status >= 200 && next.status < 300) accepted += 1;
    return next;
  });
  return {
    ...target,
    accepted: () => accepted,
    script: (...next) => void (replies = next),
  };
}
