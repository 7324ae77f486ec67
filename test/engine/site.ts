/**
 * The real HTTP server before the real engine and the real SQLite store, in virtual time: all of Tocsin but the
 * channels and the folder watch.
 */
import { type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../../src/config/config.ts';
import { makeHttp } from '../../src/http/server.ts';
import { Harness, type HarnessOptions } from './harness.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asked {
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | null;
}

export class Site implements AsyncDisposable {
  readonly h: Harness;
  readonly #server: Server;
  /** What the next request is answered by; jobs and routes are those of the start. */
  config: Config;

  private constructor(h: Harness, config: Config) {
    this.h = h;
    this.config = config;
    const startedAt = h.clock.now();
    const siteOf = (): Site => this;
    this.#server = makeHttp({
      desk: h.engine,
      store: h.store,
      clock: h.clock,
      telemetry: h.telemetry,
      configuration: {
        get state() {
          const { config: current } = siteOf();
          return { config: current, loadedAtMs: startedAt, issues: [], triedAtMs: startedAt };
        },
        reload: async () => ({ kind: 'ok', changed: false }),
      },
      metrics: { contentType: 'text/plain', render: async () => '', http: () => undefined },
      async *jobMetrics() {},
      health: () => h.engine.health,
      stopping: () => false,
      baseUrl: () => 'http://tocsin.test',
      version: '0.0.0',
      startedAt,
    });
  }

  static async open(config: Config, options: HarnessOptions = {}): Promise<Site> {
    const site = new Site(await Harness.open({ jobs: config.jobs, ...options }), config);
    await new Promise<void>((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  ask({ method = 'GET', path, headers = {}, body = null }: Asked): Promise<Answer> {
    const { port } = this.#server.address() as AddressInfo;
    return new Promise((resolve, reject) => {
      const length = body === null ? {} : { 'Content-Length': String(body.length) };
      const sent = request({
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: { ...length, ...headers },
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status = 0 } = response;
          resolve({ status, headers: response.headers, body: Buffer.concat(chunks) });
        });
      });
      sent.end(body ?? undefined);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await this.h[Symbol.asyncDispose]();
  }
}
