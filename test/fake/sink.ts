/**
 * An HTTP server that takes whatever is posted to it and remembers it: the far end of a webhook, a chat
 * robot or any channel that speaks HTTP.
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  /** Wall clock when the whole request was there. */
  readonly atMs: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sink extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly Received[];
}

export interface SinkAnswer {
  readonly status: number;
  readonly body?: string;
}

const ok: SinkAnswer = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };

/** Listens on a free port of loopback. The default answer pleases chat robots and webhooks alike. */
export async function startSink(
  answer: (request: Received) => SinkAnswer = () => ok,
): Promise<Sink> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Received = {
        atMs: Date.now(),
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      received.push(one);
      const { status, body = '' } = answer(one);
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
