/**
 * A ping handler behind a real socket on a free port, with a fake desk, a clock that stands still, and a client
 * that sends any bytes and reads one whole answer.
 */
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { PingKind } from '../../../src/core/job/job.ts';
import { DAY, duration } from '../../../src/core/time.ts';
import type { PingOutcome } from '../../../src/ports/telemetry.ts';
import { makePingHandler, type PingSettings } from '../../../src/protocol/healthchecks/handler.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeDesk } from '../../fake/desk.ts';

export const UUID = '8116e449-d71c-4112-8f5d-a66f60902091';
export const UNKNOWN = '07c2f548-9850-4b27-af5d-6c9dc157ec02';
export const KEY = 'pk_abcdefghijklmnopqrstuv';
export const JOB = 'nightly-backup';
/** 2026-03-01T12:00:00Z */
export const NOW_MS = 1_772_366_400_000;

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Station extends AsyncDisposable {
  readonly desk: FakeDesk;
  readonly clock: FakeClock;
  readonly counted: { kind: PingKind; outcome: PingOutcome }[];
  readonly errors: object[];
  readonly server: Server;
  readonly port: number;
  settings: PingSettings;
  /** Sends the bytes as they are; resolves with the first answer that is no `100 Continue`. */
  send(bytes: string | Buffer): Promise<Answer>;
  request(given: {
    method?: string;
    path: string;
    headers?: Readonly<Record<string, string>>;
    body?: Uint8Array | null;
  }): Promise<Answer>;
}

export const openStation = async (): Promise<Station> => {
  const desk = new FakeDesk();
  desk.add(JOB, { uuid: UUID });
  const clock = new FakeClock(NOW_MS);
  const counted: Station['counted'] = [];
  const errors: object[] = [];
  const nothing = (): void => {};
  const log = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (fields: object) => errors.push(fields),
  };
  let settings: PingSettings = {
    pingKeys: ['another-key-0000000000', KEY],
    bodyLimitBytes: 10_000,
    trustedProxies: ['*'],
    maxAge: duration(90 * DAY),
  };
  const handle = makePingHandler({
    desk,
    clock,
    telemetry: { ping: (kind, outcome) => counted.push({ kind, outcome }), log },
    settings: () => settings,
  });
  const server = createServer((request, response) => {
    if (handle(request, response)) return;
    response.writeHead(418).end('not a ping');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const send = (bytes: string | Buffer): Promise<Answer> => exchange(port, bytes);
  return {
    desk,
    clock,
    counted,
    errors,
    server,
    port,
    get settings() {
      return settings;
    },
    set settings(next) {
      settings = next;
    },
    send,
    request: ({ method = 'GET', path, headers = {}, body = null }) => {
      const all: Record<string, string> = { Host: 'localhost', ...headers };
      if (body !== null) all['Content-Length'] = String(body.length);
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
      return send(Buffer.concat([Buffer.from(head, 'latin1'), body ?? Buffer.alloc(0)]));
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const exchange = (port: number, bytes: string | Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const request = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    const isHead = request.toString('latin1', 0, 5) === 'HEAD ';
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = parse(received, isHead);
      if (answer === null) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('end', () => reject(new Error(`closed after ${JSON.stringify(String(received))}`)));
    socket.on('error', reject);
  });

/** null: not whole yet. */
export const parse = (received: Buffer, isHead: boolean): Answer | null => {
  const text = received.toString('latin1');
  const start = text.startsWith('HTTP/1.1 100') ? text.indexOf('\r\n\r\n') + 4 : 0;
  const headEnd = text.indexOf('\r\n\r\n', start);
  if (headEnd < start) return null;
  const [statusLine = '', ...lines] = text.slice(start, headEnd).split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const length = isHead ? 0 : Number(headers.get('content-length') ?? 0);
  const body = received.subarray(headEnd + 4);
  if (body.length < length) return null;
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.toString() };
};
