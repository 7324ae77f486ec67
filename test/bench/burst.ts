/**
 * Ten thousand jobs that fall due in the same second: how long from that instant until every fault is
 * detected, has a delivery in the outbox, and has reached the far end. Each job is its own group, so that
 * nothing is folded into one message.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makePlace, startServer, until } from '../acceptance/server.ts';
import { startSink } from '../fake/sink.ts';
import { round } from './machine.ts';

const JOBS = 10_000;
const MINUTE_MS = 60_000;
const GRACE_MS = 5_000;
/** Pings have to be in before the minute ends, or a job would wait for the next one. */
const ROOM_MS = 20_000;
const CLIENTS = 32;
const DEADLINE_MS = 300_000;

const nameOf = (index: number): string => `burst-${String(index).padStart(5, '0')}`;
const uuidOf = (index: number): string =>
  `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

const yaml = (url: string): string => `
jobs:
${Array.from(
  { length: JOBS },
  (_, index) =>
    `  - { name: ${nameOf(index)}, uuid: ${uuidOf(index)}, schedule: "* * * * *", grace: 5s }\n`,
).join('')}
route: { receiver: sink, group_by: [job_name], group_wait: 0s, group_interval: 5m, repeat_interval: 4h }
receivers: [{ name: sink, webhook_configs: [{ url: "${url}" }] }]
`;

async function pingAll(url: string): Promise<void> {
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < JOBS) {
      const answer = await fetch(`${url}/ping/${uuidOf(next++)}`);
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`a ping was answered ${answer.status}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** Reads beside the server, whose store is open to readers while it works. */
function openStore(folder: string): DatabaseSync {
  const file = readdirSync(folder).find((name) => /\.(?:db|sqlite)$/.test(name));
  if (file === undefined) throw new Error(`no store in ${folder}`);
  return new DatabaseSync(path.join(folder, file), { readOnly: true });
}

export async function benchBurst(): Promise<object> {
  await using sink = await startSink();
  using place = makePlace(yaml(sink.url));
  await using server = await startServer(place);
  await until('the first half of a minute', MINUTE_MS, () => Date.now() % MINUTE_MS < ROOM_MS);
  await pingAll(server.url);
  const dueAt = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS + GRACE_MS;

  using database = openStore(place.data);
  const count = (sql: string): number =>
    Number((database.prepare(sql).get() as { n: number | bigint }).n);
  const sinceDue = (): number => round(Date.now() - dueAt);
  const reached = async (what: string, sql: string): Promise<number> =>
    until(what, DEADLINE_MS, () => (count(sql) >= JOBS ? sinceDue() : undefined));
  const detectedMs = await reached('all faults detected', 'SELECT count(*) AS n FROM alert');
  const routedMs = await reached('all deliveries queued', 'SELECT count(*) AS n FROM delivery');
  await until('all messages at the sink', DEADLINE_MS, () => sink.received.length >= JOBS);
  const last = sink.received[JOBS - 1]?.atMs ?? 0;
  const first = sink.received[0]?.atMs ?? 0;
  return {
    jobs: JOBS,
    detectedMs,
    routedMs,
    firstDeliveredMs: first - dueAt,
    allDeliveredMs: last - dueAt,
    deliveriesPerSecond: round(JOBS / Math.max(0.001, (last - first) / 1_000)),
    receivedTwice: sink.received.length - new Set(sink.received.map((one) => one.body)).size,
  };
}
