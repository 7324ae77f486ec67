/**
 * How many pings a second one server process takes, as a share of what bare node:http answers on the same
 * machine in the same minute. Rounds alternate, so that a noisy neighbour strikes both; the ratio is the
 * median over pairs. Every ping answered 200 has to be in the store afterwards, or the figure is void.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { getJson, makePlace, startServer } from '../acceptance/server.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import {
  canPin,
  mebibytes,
  median,
  onClientCore,
  onServerCore,
  residentBytes,
  round,
} from './machine.ts';

const CONNECTIONS = 64;
const ROUNDS = 3;
const WARM_UP_MS = 2_000;
const ROUND_MS = 5_000;

const uuid = '6f6e0f0a-2f3e-4c57-9d0b-1a2b3c4d5e6f';
const yaml = `
jobs:
  - { name: bench, uuid: ${uuid}, every: 1h, grace: 1h }
route: { receiver: nobody }
receivers: [{ name: nobody }]
`;

/** Where the processes run: wherever the system puts them, or the server on one core and its clients on another. */
interface Placement {
  readonly server: readonly string[];
  readonly client: readonly string[];
}

async function generate(plan: LoadPlan, { client }: Placement): Promise<LoadResult> {
  const script = path.join(import.meta.dirname, 'load.ts');
  const [program, ...args] = [...client, process.execPath, script, JSON.stringify(plan)];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  return JSON.parse(text) as LoadResult;
}

async function startBare(
  placement: Placement,
): Promise<{ port: number; pid: number; stop: () => void }> {
  const [program, ...args] = [
    ...placement.server,
    process.execPath,
    path.join(import.meta.dirname, 'bare.ts'),
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { port: Number(line), pid: child.pid ?? 0, stop: () => child.kill() };
}

/** Both placements: with the store's thread on a core of its own, and all of the server on one. */
export async function benchPing(): Promise<object> {
  const free = await measure({ server: [], client: [] });
  if (!canPin) return { free };
  return { free, serverOnOneCore: await measure({ server: onServerCore, client: onClientCore }) };
}

/** One row per server and round, and what follows from them. */
async function measure(placement: Placement): Promise<object> {
  using place = makePlace(yaml);
  await using server = await startServer(place, { prefix: placement.server });
  const bare = await startBare(placement);
  try {
    const shared = { connections: CONNECTIONS };
    const toBare = { ...shared, port: bare.port, path: '/' };
    const toTocsin = { ...shared, port: server.port, path: `/ping/${uuid}` };
    await generate({ ...toBare, durationMs: WARM_UP_MS }, placement);
    const warm = await generate({ ...toTocsin, durationMs: WARM_UP_MS }, placement);
    const pairs: { bare: LoadResult; tocsin: LoadResult }[] = [];
    for (let index = 0; index < ROUNDS; index++) {
      pairs.push({
        bare: await generate({ ...toBare, durationMs: ROUND_MS }, placement),
        tocsin: await generate({ ...toTocsin, durationMs: ROUND_MS }, placement),
      });
    }
    const rate = (result: LoadResult): number => result.ok / result.seconds;
    const answered = [warm, ...pairs.map((pair) => pair.tocsin)];
    const acknowledged = answered.reduce((sum, result) => sum + result.ok, 0);
    const stored = (await getJson<{ pings: number }>(`${server.url}/api/v1/jobs/bench`)).pings;
    const row = (name: 'bare' | 'tocsin'): object => ({
      requestsPerSecond: pairs.map((pair) => round(rate(pair[name]))),
      p50Ms: round(median(pairs.map((pair) => pair[name].p50Ms)), 2),
      p99Ms: round(median(pairs.map((pair) => pair[name].p99Ms)), 2),
      maxMs: round(Math.max(...pairs.map((pair) => pair[name].maxMs)), 1),
    });
    return {
      connections: CONNECTIONS,
      bare: { ...row('bare'), rssMiB: mebibytes(residentBytes(bare.pid)) },
      tocsin: { ...row('tocsin'), rssMiB: mebibytes(residentBytes(server.pid)) },
      ratio: round(median(pairs.map((pair) => rate(pair.tocsin) / rate(pair.bare))), 3),
      notAnswered200: answered.reduce((sum, result) => sum + result.failed, 0),
      acknowledged,
      stored,
      nothingLost: stored === acknowledged,
    };
  } finally {
    bare.stop();
  }
}
