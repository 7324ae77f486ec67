/**
 * A configuration that changes under a running process: each of the three ways to load it, a bad one that changes
 * nothing and is told of everywhere, a job that goes and one that is renamed.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { startSink } from '../fake/sink.ts';
import { getJson, makePlace, type Place, type Server, startServer, until } from './server.ts';

const WAIT_MS = 20_000;
const uuid = '9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d';
const routes = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';
const job = (name: string, more = ''): string =>
  `  - { name: ${name}, every: 1d, grace: 1d${more} }\n`;

interface Job {
  readonly name: string;
  readonly uuid: string;
  readonly pings: number;
  readonly state: string;
  readonly grace: string;
  readonly next_at: string | null;
}

async function names(server: Server): Promise<string> {
  const { items } = await getJson<{ items: Job[] }>(`${server.url}/api/v1/jobs`);
  return items.map(({ name }) => name).join(' ');
}

const about = (server: Server, name: string): Promise<Job> =>
  getJson<Job>(`${server.url}/api/v1/jobs/${name}`);

async function text(server: Server, place: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${server.url}${place}`, init);
  return `${answer.status} ${await answer.text()}`;
}

const reload = (server: Server): Promise<string> => text(server, '/-/reload', { method: 'POST' });

async function ping(server: Server, rest: string): Promise<number> {
  const answer = await fetch(`${server.url}/ping/${rest}`);
  await answer.arrayBuffer();
  return answer.status;
}

/** A second that no write falls into by itself. */
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

/**
 * Replaces words by others of the same length and gives the file its old time back, so that whoever watches the
 * folder sees nothing: only a reload that was asked for can load it.
 */
function swapUnseen(place: Place, from: string, to: string): void {
  assert.equal(from.length, to.length);
  const file = path.join(place.config, 'tocsin.yml');
  const { ino } = statSync(file);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
  utimesSync(file, LONG_AGO, LONG_AGO);
  assert.equal(statSync(file).ino, ino);
}

function unseenPlace(yaml: string): Place {
  const place = makePlace(yaml);
  utimesSync(path.join(place.config, 'tocsin.yml'), LONG_AGO, LONG_AGO);
  return place;
}

/** What `/metrics` says of the newest try. */
async function lastReload(server: Server): Promise<string | undefined> {
  const metrics = await text(server, '/metrics');
  return /^tocsin_config_last_reload_successful (\d)$/m.exec(metrics)?.[1];
}

const logged = (server: Server): Record<string, unknown>[] =>
  server
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a new job is loaded', () => {
  test('by POST /-/reload', async () => {
    using place = unseenPlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    swapUnseen(place, 'alpha', 'bravo');
    assert.equal(await reload(server), '200 Reloaded: 1 job.\n');
    assert.equal(await names(server), 'bravo');
    assert.equal(await reload(server), '200 Nothing has changed: 1 job.\n');
    assert.equal(await server.stop(), 0);
  });

  test('by SIGHUP, which an unchanged file survives as well', async () => {
    using place = unseenPlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    process.kill(server.pid, 'SIGHUP');
    await until('the file to be read', WAIT_MS, () =>
      logged(server).some(({ changed }) => changed === false),
    );
    swapUnseen(place, 'alpha', 'bravo');
    process.kill(server.pid, 'SIGHUP');
    await until('the job', WAIT_MS, async () => (await names(server)) === 'bravo');
    assert.equal(await server.stop(), 0);
  });

  test('by a change of a file, an added file and a removed one', async () => {
    using place = makePlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    place.write(`jobs:\n${job('alpha')}${job('bravo')}${routes}`);
    await until('a changed file', WAIT_MS, async () => (await names(server)) === 'alpha bravo');
    place.write(`jobs:\n${job('charlie')}`, 'more.yml');
    await until('a new file', WAIT_MS, async () => (await names(server)) === 'alpha bravo charlie');
    rmSync(path.join(place.config, 'more.yml'));
    await until('a removed file', WAIT_MS, async () => (await names(server)) === 'alpha bravo');
    assert.equal(await server.stop(), 0);
  });
});

describe('a bad file', () => {
  test('changes nothing and is told on the answer, in the log, in the metrics and on the page', async () => {
    using place = makePlace(`jobs:\n${job('alpha', `, uuid: ${uuid}`)}${routes}`);
    await using server = await startServer(place);
    assert.equal(await ping(server, uuid), 200);
    assert.equal(await lastReload(server), '1');
    assert.doesNotMatch(await text(server, '/'), /more\.yml/);

    place.write(`jobs:\n${job('bravo')}  - { name: charlie, every: soon }\n`, 'more.yml');
    const answer = await reload(server);
    assert.match(answer, /^500 The configuration has faults; the old one goes on running\.\n/);
    assert.match(answer, /more\.yml:3:\d+: .*soon/);

    const lines = logged(server).filter(({ level }) => level === 'error');
    assert.ok(lines.some(({ issue }) => /more\.yml:3:\d+: .*soon/.test(String(issue))));
    assert.ok(lines.some(({ msg }) => /the old one goes on/.test(String(msg))));
    assert.equal(await lastReload(server), '0');
    const headers = { Accept: 'text/html' };
    assert.match(await text(server, '/', { headers }), /more\.yml:3:\d+[\s\S]*soon/);
    const config = await getJson<{ last_reload: { ok: boolean }; issues: { line: number }[] }>(
      `${server.url}/api/v1/config`,
    );
    assert.equal(config.last_reload.ok, false);
    assert.deepEqual(
      config.issues.map(({ line }) => line),
      [3],
    );

    assert.equal(await names(server), 'alpha', 'not even the good half is taken');
    assert.equal(await ping(server, uuid), 200);
    assert.equal((await about(server, 'alpha')).pings, 2);

    place.write(`jobs:\n${job('bravo')}`, 'more.yml');
    assert.equal(await reload(server), '200 Reloaded: 2 jobs.\n');
    assert.equal(await lastReload(server), '1');
    assert.doesNotMatch(await text(server, '/', { headers }), /more\.yml:/);
    assert.equal(await server.stop(), 0);
  });

  test('that is found by SIGHUP or by the watch is told as well', async () => {
    using place = unseenPlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    swapUnseen(place, 'every: 1d', 'every: 1x');
    process.kill(server.pid, 'SIGHUP');
    await until('SIGHUP to be refused', WAIT_MS, async () => (await lastReload(server)) === '0');
    swapUnseen(place, 'every: 1x', 'every: 2d');
    process.kill(server.pid, 'SIGHUP');
    await until('SIGHUP to be taken', WAIT_MS, async () => (await lastReload(server)) === '1');
    place.write(`jobs: [\n`, 'half.yml');
    await until('the watch to tell', WAIT_MS, async () => (await lastReload(server)) === '0');
    assert.equal(await names(server), 'alpha');
    assert.equal(await server.stop(), 0);
  });
});

describe('a job', () => {
  test('that is removed is gone, its alert resolves, and its history comes back with it', async () => {
    await using sink = await startSink();
    const receivers = `route: { receiver: sink, group_by: [job_name], group_wait: 0s, group_interval: 1s }
receivers: [{ name: sink, webhook_configs: [{ url: "${sink.url}/hook" }] }]
`;
    const both = `jobs:\n${job('alpha')}${job('bravo', `, uuid: ${uuid}`)}${receivers}`;
    using place = makePlace(both);
    await using server = await startServer(place);
    const told = (): string[] =>
      sink.received.map(({ body }) => {
        const { alerts } = JSON.parse(body) as {
          alerts: { status: string; labels: Record<string, string> }[];
        };
        return alerts.map(({ status, labels }) => `${status} ${labels['job_name']}`).join(', ');
      });
    assert.equal(await ping(server, `${uuid}/fail`), 200);
    await until('the alert', WAIT_MS, () => told().includes('firing bravo'));

    place.write(`jobs:\n${job('alpha')}${receivers}`);
    assert.equal(await reload(server), '200 Reloaded: 1 job.\n');
    assert.equal(await names(server), 'alpha');
    assert.equal(await ping(server, uuid), 404);
    assert.match(await text(server, '/api/v1/jobs/bravo'), /^404 /);
    await until('the end of the alert', WAIT_MS, () => told().includes('resolved bravo'));

    place.write(both);
    assert.equal(await reload(server), '200 Reloaded: 2 jobs.\n');
    assert.equal((await about(server, 'bravo')).pings, 1);
    assert.equal(await ping(server, uuid), 200);
    assert.deepEqual(told(), ['firing bravo', 'resolved bravo']);
    assert.equal(await server.stop(), 0);
  });

  test('that is renamed with `was` keeps its history, its uuid and what is awaited', async () => {
    using place = makePlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    const before = await about(server, 'alpha');
    assert.equal(await ping(server, before.uuid), 200);
    const known = await getJson<Record<string, unknown>>(`${server.url}/api/v1/jobs/alpha`);

    place.write(`jobs:\n${job('bravo', ', was: alpha')}${routes}`);
    assert.equal(await reload(server), '200 Reloaded: 1 job.\n');
    const renamed = await getJson<Record<string, unknown>>(`${server.url}/api/v1/jobs/bravo`);
    assert.deepEqual(renamed, { ...known, name: 'bravo' });
    assert.match(await text(server, '/api/v1/jobs/alpha'), /^404 /);
    assert.equal(await ping(server, before.uuid), 200);
    await server.kill();

    await using again = await startServer(place);
    const kept = await about(again, 'bravo');
    assert.deepEqual([kept.pings, kept.uuid, kept.state], [2, before.uuid, 'up']);
    assert.equal(await again.stop(), 0);
  });

  test('that is edited keeps its state, and an edit never makes it late at once', async () => {
    using place = makePlace(`jobs:\n${job('alpha')}${routes}`);
    await using server = await startServer(place);
    const { uuid: own } = await about(server, 'alpha');
    const anHourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    assert.equal(await ping(server, `${own}?at=${anHourAgo}`), 200);
    place.write(`jobs:\n  - { name: alpha, every: 10m, grace: 1m }\n${routes}`);
    assert.equal(await reload(server), '200 Reloaded: 1 job.\n');
    const edited = await about(server, 'alpha');
    assert.deepEqual([edited.state, edited.pings, edited.grace], ['up', 1, '1m']);
    assert.ok(Date.parse(edited.next_at ?? '') > Date.now());
    assert.equal(await server.stop(), 0);
  });
});
