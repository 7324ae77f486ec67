/**
 * The load generator: a process of its own that holds N keep-alive connections to one server and asks for
 * one path over and over, each connection with one request in flight. Raw sockets, because a full HTTP
 * client costs more than the server that is measured. Prints one line of JSON.
 *
 *     node test/bench/load.ts '{"port":8686,"path":"/ping/…","connections":64,"durationMs":5000}'
 */
import { connect, type Socket } from 'node:net';
import process from 'node:process';

export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly durationMs: number;
}

export interface LoadResult {
  /** Answered 200. */
  readonly ok: number;
  /** Answered otherwise, or cut off. */
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const SAMPLES_MAX = 5_000_000;
const HEAD_END = '\r\n\r\n';

/** Length of the first whole answer in the text, or 0 while more has to come. */
function answerLength(text: string): number {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd === -1) return 0;
  const length = /content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1];
  if (length === undefined) throw new Error(`an answer without Content-Length:\n${text}`);
  const total = headEnd + HEAD_END.length + Number(length);
  return text.length >= total ? total : 0;
}

async function load(plan: LoadPlan): Promise<LoadResult> {
  const request = `GET ${plan.path} HTTP/1.1\r\nHost: 127.0.0.1:${plan.port}\r\nUser-Agent: bench\r\n\r\n`;
  const samples = new Float32Array(SAMPLES_MAX);
  let ok = 0;
  let failed = 0;
  const startedAt = performance.now();
  const endAt = startedAt + plan.durationMs;

  const converse = (socket: Socket): Promise<void> =>
    new Promise((resolve) => {
      let text = '';
      let sentAt = 0;
      const ask = (): void => {
        sentAt = performance.now();
        socket.write(request);
      };
      socket.setNoDelay(true);
      socket.setEncoding('latin1');
      socket.on('connect', ask);
      socket.on('data', (chunk: string) => {
        text = text === '' ? chunk : text + chunk;
        const length = answerLength(text);
        if (length === 0) return;
        const now = performance.now();
        if (text.startsWith('HTTP/1.1 200')) {
          samples[Math.min(ok, SAMPLES_MAX - 1)] = now - sentAt;
          ok++;
        } else failed++;
        text = text.slice(length);
        if (now >= endAt) socket.end();
        else ask();
      });
      socket.on('error', () => failed++);
      socket.on('close', () => resolve());
    });

  await Promise.all(
    Array.from({ length: plan.connections }, () => converse(connect(plan.port, '127.0.0.1'))),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const sorted = samples.subarray(0, Math.min(ok, SAMPLES_MAX)).toSorted();
  const quantile = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return {
    ok,
    failed,
    seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: quantile(1),
  };
}

const [, , argument] = process.argv;
if (import.meta.main && argument !== undefined) {
  console.log(JSON.stringify(await load(JSON.parse(argument) as LoadPlan)));
}
