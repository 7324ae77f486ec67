/**
 * The promise that comes first: nothing acknowledged is lost, whenever the process dies. A real server takes
 * pings and raises alerts, dies by kill -9 at seeded random moments, starts again on the same data, and is
 * asked what it remembers.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { startSink } from '../fake/sink.ts';
import { getJson, makePlace, pause, type Server, startServer, until } from './server.ts';

const SEED = 20_261_123;
const KILLS = 200;
/** Two campaigns side by side, each with its own server, so that 200 starts fit into minutes. */
const LANES = 2;
const CLIENTS = 3;
const LOAD_JOBS = 3;
const KILL_AFTER_MS_MAX = 220;
/** One kill in so many strikes while the server is still starting. */
const EARLY_EVERY = 10;
const PAGE = 500;
const DELIVERY_TIMEOUT_MS = 60_000;

/** A small seeded generator (mulberry32), so that a failing run can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const uuidOf = (kind: number, index: number): string =>
  `0000000${kind}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
const LOAD = 1;
const FAILING = 2;

const failingName = (round: number): string => `failing-${String(round).padStart(3, '0')}`;

const yaml = (sinkUrl: string, rounds: number): string => `
server: { retention: { entries_per_job: 1000000 } }
jobs:
${Array.from({ length: LOAD_JOBS }, (_, index) => `  - { name: load-${index}, uuid: ${uuidOf(LOAD, index)}, every: 1d, grace: 1d }\n`).join('')}
${Array.from({ length: rounds }, (_, round) => `  - { name: ${failingName(round)}, uuid: ${uuidOf(FAILING, round)}, every: 1d, grace: 1d }\n`).join('')}
route: { receiver: sink, group_by: [job_name], group_wait: 0s, group_interval: 1s, repeat_interval: 4h }
receivers:
  - name: sink
    webhook_configs: [{ url: "${sinkUrl}/hook", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }]
`;

interface Lane {
  readonly random: () => number;
  /** Run ids of pings by job, as sent and as answered 200. */
  readonly sent: Map<string, Set<string>>;
  readonly acknowledged: Map<string, Set<string>>;
  /** Run ids answered 200 since the last start, by job. */
  fresh: Map<string, Set<string>>;
}

/** True when it was answered 200; false when the connection broke. Any other answer is a fault. */
async function ping(url: string): Promise<boolean> {
  let answer: Response;
  try {
    answer = await fetch(url, { method: 'POST', body: 'ok' });
    await answer.arrayBuffer();
  } catch {
    return false;
  }
  assert.equal(answer.status, 200, `${url} was answered ${answer.status}`);
  return true;
}

const add = (map: Map<string, Set<string>>, job: string, run: string): void => {
  const known = map.get(job);
  if (known === undefined) map.set(job, new Set([run]));
  else known.add(run);
};

async function loadUntilDead(lane: Lane, server: Server): Promise<void> {
  const client = async (index: number): Promise<void> => {
    const job = index % LOAD_JOBS;
    for (;;) {
      const run = randomUUID();
      add(lane.sent, `load-${job}`, run);
      if (!(await ping(`${server.url}/ping/${uuidOf(LOAD, job)}?rid=${run}`))) return;
      add(lane.acknowledged, `load-${job}`, run);
      add(lane.fresh, `load-${job}`, run);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
}

/** Every ping acknowledged since the last look is there, and no more than were sent. */
async function checkPings(lane: Lane, server: Server): Promise<void> {
  for (const [job, runs] of lane.fresh) {
    const about = await getJson<{ pings: number }>(`${server.url}/api/v1/jobs/${job}`);
    const acknowledged = lane.acknowledged.get(job)?.size ?? 0;
    const sent = lane.sent.get(job)?.size ?? 0;
    assert.ok(about.pings >= acknowledged, `${job}: ${about.pings} of ${acknowledged} are left`);
    assert.ok(about.pings <= sent, `${job}: ${about.pings} counted, ${sent} sent`);
    const found = await storedRuns(server, job, runs.size + PAGE);
    const lost = [...runs].filter((run) => !found.has(run));
    assert.deepEqual(lost, [], `${job}: acknowledged and lost`);
  }
  lane.fresh = new Map();
}

/** Run ids of the newest pings of a job; fails when one ping is listed twice. */
async function storedRuns(server: Server, job: string, atLeast: number): Promise<Set<string>> {
  const runs: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: { run: string | null }[]; next: string | null } = await getJson(
      `${server.url}/api/v1/jobs/${job}/pings?limit=${PAGE}${query}`,
    );
    for (const { run } of page.items) if (run !== null) runs.push(run);
    cursor = page.next;
  } while (cursor !== null && runs.length < atLeast);
  const distinct = new Set(runs);
  assert.equal(distinct.size, runs.length, `${job}: a ping is stored twice`);
  return distinct;
}

interface SinkView {
  /** How often each delivery id arrived. */
  readonly times: Map<string, number>;
  readonly jobs: Set<string>;
  readonly alertnames: Set<string>;
}

function view(received: readonly { headers: Record<string, unknown>; body: string }[]): SinkView {
  const result: SinkView = { times: new Map(), jobs: new Set(), alertnames: new Set() };
  for (const { headers, body } of received) {
    const id = String(headers['webhook-id']);
    result.times.set(id, (result.times.get(id) ?? 0) + 1);
    const { alerts } = JSON.parse(body) as { alerts: { labels: Record<string, string> }[] };
    for (const { labels } of alerts) {
      result.jobs.add(labels['job_name'] ?? '');
      result.alertnames.add(labels['alertname'] ?? '');
    }
  }
  return result;
}

/** Ids of deliveries that the store holds as sent. */
async function sentIds(server: Server): Promise<Set<string>> {
  const ids = new Set<string>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { items: { id: string }[]; next: string | null } = await getJson(
      `${server.url}/api/v1/deliveries?state=sent&limit=${PAGE}${query}`,
    );
    for (const { id } of page.items) ids.add(id);
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

interface Figures {
  kills: number;
  early: number;
  acknowledged: number;
  unanswered: number;
  messages: number;
  duplicates: number;
  startMs: number[];
}

/** One campaign: `rounds` kills of one server. */
async function campaign(laneNumber: number, rounds: number): Promise<Figures> {
  await using sink = await startSink();
  using place = makePlace(yaml(sink.url, rounds));
  const lane: Lane = {
    random: seeded(SEED + laneNumber),
    sent: new Map(),
    acknowledged: new Map(),
    fresh: new Map(),
  };
  const figures: Figures = {
    kills: 0,
    early: 0,
    acknowledged: 0,
    unanswered: 0,
    messages: 0,
    duplicates: 0,
    startMs: [],
  };
  /** Failures that no server has acknowledged yet: a client reports until it is answered. */
  const toReport = new Set<number>();
  /** Deliveries that the store knew as sent, and how often the sink had seen each by then. */
  const settled = new Map<string, number>();

  const settle = async (server: Server): Promise<void> => {
    const known = await sentIds(server);
    const { times } = view(sink.received);
    for (const id of known) if (!settled.has(id)) settled.set(id, times.get(id) ?? 0);
  };
  const report = async (server: Server): Promise<void> => {
    for (const round of toReport) {
      if (await ping(`${server.url}/ping/${uuidOf(FAILING, round)}/fail`)) toReport.delete(round);
    }
  };

  for (let round = 0; round < rounds; round++) {
    if (round % EARLY_EVERY === EARLY_EVERY - 1) {
      const killAfterMs = lane.random() * 500;
      const [start] = await Promise.allSettled([startServer(place, { killAfterMs })]);
      if (start.status === 'fulfilled') await start.value.kill();
      else figures.early++;
      figures.kills++;
      toReport.add(round);
      continue;
    }
    await using server = await startServer(place);
    figures.startMs.push(server.startMs);
    await checkPings(lane, server);
    await settle(server);
    toReport.add(round);
    const load = Promise.all([loadUntilDead(lane, server), report(server)]);
    await pause(lane.random() * KILL_AFTER_MS_MAX);
    await server.kill();
    figures.kills++;
    await load;
  }

  await using server = await startServer(place);
  await checkPings(lane, server);
  await report(server);
  const all = Array.from({ length: rounds }, (_, round) => failingName(round));
  await until('every alert to be delivered', DELIVERY_TIMEOUT_MS, () => {
    const { jobs } = view(sink.received);
    return all.every((name) => jobs.has(name));
  });
  await until('the outbox to be empty', DELIVERY_TIMEOUT_MS, async () => {
    const pending = await getJson<{ items: unknown[] }>(
      `${server.url}/api/v1/deliveries?state=pending&limit=1`,
    );
    return pending.items.length === 0;
  });
  const { times, alertnames, jobs } = view(sink.received);
  assert.deepEqual([...alertnames], ['JobFailed'], 'alerts that nobody caused');
  assert.deepEqual([...jobs].toSorted(), all, 'jobs that did not fail');
  for (const [id, before] of settled) {
    assert.equal(times.get(id), before, `${id} was sent, known as sent, and sent again`);
  }
  const dead = await getJson<{ items: unknown[] }>(`${server.url}/api/v1/deliveries?state=dead`);
  assert.deepEqual(dead.items, []);
  assert.equal(await server.stop(), 0);

  const count = (map: Map<string, Set<string>>): number =>
    [...map.values()].reduce((sum, runs) => sum + runs.size, 0);
  figures.acknowledged = count(lane.acknowledged);
  figures.unanswered = count(lane.sent) - figures.acknowledged;
  figures.messages = sink.received.length;
  figures.duplicates = sink.received.length - times.size;
  return figures;
}

describe('kill -9', () => {
  test(`${KILLS} kills at random moments lose nothing and repeat nothing that is known as sent`, async (t) => {
    // Settled, not all: a lane that fails must not leave the other's server behind.
    const settled = await Promise.allSettled(
      Array.from({ length: LANES }, (_, index) => campaign(index, Math.ceil(KILLS / LANES))),
    );
    const results = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    const sum = (pick: (one: Figures) => number): number =>
      results.reduce((total, one) => total + pick(one), 0);
    const starts = results.flatMap((one) => one.startMs).toSorted((a, b) => a - b);
    assert.ok(sum((one) => one.kills) >= KILLS);
    // A campaign in which nothing was under way proves nothing.
    assert.ok(sum((one) => one.acknowledged) > KILLS);
    assert.ok(sum((one) => one.unanswered) > KILLS / 2);
    t.diagnostic(
      `seed ${SEED}: ${sum((one) => one.kills)} kills (${sum((one) => one.early)} while starting), ` +
        `${sum((one) => one.acknowledged)} pings acknowledged, 0 lost, ` +
        `${sum((one) => one.unanswered)} cut off unanswered; ` +
        `${sum((one) => one.messages)} messages, ${sum((one) => one.duplicates)} of them repeated ` +
        `because the kill came between sending and writing that down; ` +
        `start ${Math.round(starts[Math.floor(starts.length / 2)] ?? 0)} ms`,
    );
  });
});
