/**
 * A real Prometheus on loopback that scrapes what our telemetry renders, served by a small server that lets
 * something happen before each scrape. Nothing here waits for a guessed time: it listens for the log line that
 * names the port, and for the scrapes themselves.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { jobMetrics } from '../../src/telemetry/job-metrics.ts';
import { find } from '../program.ts';
import { beat, fleet, livelyMetrics } from '../telemetry/lively.ts';

interface Answer {
  readonly status: string;
  readonly error: string;
  /** Number of series found. */
  readonly found: number;
}

export interface RealPrometheus extends AsyncDisposable {
  query(expr: string): Promise<Answer>;
  /** Settles when the samples of so many scrapes of both endpoints are stored. */
  scraped(count: number): Promise<void>;
  /** Why the last scrapes failed, if they did. */
  scrapeErrors(): Promise<readonly string[]>;
}

const clock = { monotonic: () => performance.now() };

/** Serves `/metrics` and `/metrics/jobs` of a lively Tocsin, and counts how often each was read. */
const serveMetrics = async () => {
  const metrics = livelyMetrics(Date.now());
  const reads = { '/metrics': 0, '/metrics/jobs': 0 };
  const waiting: { count: number; resolve: () => void }[] = [];
  const answer = async (url: string, response: ServerResponse): Promise<void> => {
    response.setHeader('content-type', metrics.contentType);
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/metrics') {
      beat(metrics, Date.now());
      response.end(await metrics.render());
    } else {
      const query = { families: 'full', jobsMax: 100 } as const;
      await pipeline(Readable.from(jobMetrics(fleet(Date.now()), query, clock)), response);
    }
    reads[pathname as keyof typeof reads] += 1;
    // A scrape is asked for only after the one before is stored.
    const stored = Math.min(...Object.values(reads)) - 1;
    for (const { count, resolve } of waiting) if (stored >= count) resolve();
  };
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scraped = (count: number): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ count, resolve });
    });
  return { server, port, scraped };
};

const configFor = (port: number): string => `
global: { scrape_interval: 1s, scrape_timeout: 1s }
scrape_configs:
  - job_name: tocsin
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
  - job_name: tocsin-jobs
    metrics_path: /metrics/jobs
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`;

/** `signal` ends the process when a test runs out of time. */
export const startPrometheus = async (signal: AbortSignal): Promise<RealPrometheus> => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tocsin-prometheus-'));
  const { server, port, scraped } = await serveMetrics();
  writeFileSync(path.join(folder, 'prometheus.yml'), configFor(port));
  const child = spawn(
    find('prometheus') ?? 'prometheus',
    [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], signal, killSignal: 'SIGKILL' },
  );
  // Told by its exit.
  child.on('error', () => {});
  const gone = once(child, 'exit');
  const lines: string[] = [];
  const base = new Promise<string>((resolve, reject) => {
    createInterface(child.stderr).on('line', (line) => {
      if (lines.length < 200) lines.push(line);
      const found = /msg="Listening on".* address=(127\.0\.0\.1:\d+)/.exec(line);
      if (found !== null) resolve(`http://${found[1]}`);
    });
    void gone.then(() => reject(new Error(`Prometheus ended:\n${lines.join('\n')}`)));
  });
  base.catch(() => {});

  const get = async (query: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${await base}/api/v1/${query}`);
    return (await response.json()) as Record<string, unknown>;
  };
  return {
    // A Prometheus that ends early is told of at once, not after the patience of the test.
    scraped: async (count) => {
      await Promise.all([base, scraped(count)]);
    },
    query: async (expr) => {
      const answer = await get(`query?${new URLSearchParams({ query: expr }).toString()}`);
      const { result = [] } = (answer['data'] ?? {}) as { result?: readonly unknown[] };
      return {
        status: answer['status'] as string,
        error: (answer['error'] as string | undefined) ?? '',
        found: result.length,
      };
    },
    scrapeErrors: async () => {
      const { data } = (await get('targets')) as {
        data?: { activeTargets: { lastError: string }[] };
      };
      return (data?.activeTargets ?? []).map((one) => one.lastError).filter((one) => one !== '');
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await gone;
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
