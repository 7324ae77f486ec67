/**
 * README.md does what it says: its lines are taken out of it and run as they stand, in a shell, against a real
 * server. Only the port, the ping key and what `…` stands for are filled in.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { openCollector } from '../fake/otlp.ts';
import { type Sink, startSink } from '../fake/sink.ts';
import { codeBlocks, codeSpans, tables } from '../markdown.ts';
import { needs } from '../program.ts';
import { read, root } from '../repository.ts';
import { getJson, makePlace, type Place, type Server, startServer, until } from './server.ts';

const document = read('README.md');
const skip = needs('curl');
const WAIT_MS = 20_000;
const COMMAND_TIMEOUT_MS = 60_000;
const [variants = [], operations = []] = tables(document);

/** The cell next to the one with these words. */
function cell(rows: readonly string[][], words: string): string {
  const row = rows.find(([first = '']) => first.includes(words));
  assert.ok(row !== undefined, `README.md has no row about "${words}"`);
  return row[1] ?? '';
}

function block(language: string, beginning: string): string {
  const found = codeBlocks(document).find(
    (one) => one.language === language && one.text.startsWith(beginning),
  );
  assert.ok(found !== undefined, `README.md has no ${language} that begins with "${beginning}"`);
  return found.text.trim();
}

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface Job {
  readonly state: string;
  readonly pings: number;
  readonly running: boolean;
  readonly last_exit_code: number | null;
  readonly last_duration_ms: number | null;
  readonly schedule: string;
  readonly grace: string;
}

interface Ping {
  readonly kind: string;
  readonly at: string;
  readonly run: string | null;
  readonly duration_ms: number | null;
  readonly metrics: Readonly<Record<string, number>> | null;
}

let place: Place;
let server: Server;
let sink: Sink;
let key = '';

/** Somebody to tell, and a silence to look at, in the place of the receiver without channels that comes with it. */
const alerting = (url: string): string => `
route: { receiver: hook, group_by: [job_name], group_wait: 0s, group_interval: 1s }
receivers: [{ name: hook, webhook_configs: [{ url: "${url}" }] }]
silences:
  - { name: sunday, matchers: ['job_name="queue-cleanup"'], schedule: "0 1 * * 0", duration: 3h, comment: rest }
`;

/** What a person has: the jobs that come with it, `npx tocsin`, and a script to back up with. */
function furnish(at: Place): void {
  copyFileSync(path.join(root, 'rules/jobs.yml'), path.join(at.config, 'jobs.yml'));
  symlinkSync(at.config, path.join(at.folder, 'rules'));
  const programs = path.join(at.folder, 'programs');
  mkdirSync(programs);
  const program = (name: string, text: string): void => {
    const file = path.join(programs, name);
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
  };
  const main = path.join(root, 'src/main.ts');
  program('npx', `shift\nexec "${process.execPath}" "${main}" "$@"`);
  program('backup.sh', 'echo "dumping to tape 7"\nexit "${BACKUP_STATUS:-0}"');
}

/** A line of README.md with port and key filled in; a short `curl` gets the options that it is to keep. */
const filledIn = (line: string): string =>
  line
    .replaceAll(/\bcurl (?!-fsS)/g, 'curl -fsS -m 10 ')
    .replaceAll('…', `http://127.0.0.1:8686/ping/KEY`)
    .replaceAll('127.0.0.1:8686', `127.0.0.1:${server.port}`)
    .replaceAll('/KEY/', `/${key}/`);

function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', filledIn(line)], {
      cwd: place.folder,
      env: {
        ...process.env,
        PATH: `${path.join(place.folder, 'programs')}${path.delimiter}${process.env['PATH'] ?? ''}`,
        TOCSIN_URL: server.url,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

/** Runs a line that has to succeed. */
async function run(line: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, out, err } = await shell(line, env);
  assert.equal(code, 0, `${line}\nended with ${code}: ${out}${err}`);
  return out;
}

/** What cron hands to the shell. */
const crontabCommand = (): string => /^(?:\S+ ){5}(.*)$/.exec(block('crontab', '30 2'))?.[1] ?? '';

const job = (name = 'nightly-backup'): Promise<Job> => getJson(`${server.url}/api/v1/jobs/${name}`);
const newest = async (name = 'nightly-backup'): Promise<Ping> => {
  const { items } = await getJson<{ items: Ping[] }>(`${server.url}/api/v1/jobs/${name}/pings`);
  assert.ok(items[0] !== undefined, `${name} has no pings`);
  return items[0];
};

describe('README.md', { skip }, () => {
  before(async () => {
    sink = await startSink();
    place = makePlace(alerting(sink.url));
    furnish(place);
    server = await startServer(place);
  });
  after(async () => {
    await server.kill();
    place[Symbol.dispose]();
    await sink[Symbol.asyncDispose]();
  });

  test('the server prints the line of the quick start, and the line works', async () => {
    const printed = /Try it: +(curl .*)/.exec(server.logs())?.[1]?.replaceAll("'", '') ?? '';
    key = /\/ping\/([\w-]{8,})\//.exec(printed)?.[1] ?? '';
    assert.notEqual(key, '');
    const line = block('sh', 'curl');
    assert.equal(printed, filledIn(line));
    assert.equal(await run(line), 'OK');
    const about = await job();
    assert.equal(about.state, 'up');
    assert.equal(about.pings, 1);
  });

  test('the page shows the job', async () => {
    const page = await fetch(server.url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /nightly-backup/);
  });

  test('the crontab line tells success and failure by the exit code', async () => {
    const command = crontabCommand();
    await run(command);
    assert.equal((await job()).state, 'up');
    assert.equal((await newest()).kind, 'success');
    await run(command, { BACKUP_STATUS: '3' });
    const { state, last_exit_code } = await job();
    assert.deepEqual([state, last_exit_code], ['down', 3]);
    await run(command);
    assert.equal((await job()).state, 'up');
  });

  test('start and end make a duration', async () => {
    const [start = ''] = codeSpans(cell(variants, 'the duration'));
    await run(start);
    assert.equal((await job()).running, true);
    await run(block('sh', 'curl'));
    const { running, last_duration_ms } = await job();
    assert.equal(running, false);
    assert.equal(typeof last_duration_ms, 'number');
  });

  test('the last lines of the output stand in the alert', async () => {
    const [line = ''] = codeSpans(cell(variants, 'its output'));
    await run(line, { BACKUP_STATUS: '3' });
    const { items } = await getJson<{ items: { annotations: Record<string, string> }[] }>(
      `${server.url}/api/v1/alerts`,
    );
    assert.equal(items.length, 1);
    assert.equal(items[0]?.annotations['log_tail'], 'dumping to tape 7');
    assert.equal(items[0]?.annotations['exit_code'], '3');
    await run(line);
    assert.equal((await job()).state, 'up');
  });

  test('overlapping runs are told apart', async () => {
    const [start = '', end = '', name = ''] = codeSpans(cell(variants, 'overlapping'));
    assert.equal(name, 'id=$(uuidgen)');
    const [one, other] = [randomUUID(), randomUUID()];
    for (const id of [one, other]) await run(start, { id });
    await run(end, { id: other });
    const { run: ended, duration_ms } = await newest();
    assert.equal(ended, other);
    assert.equal(typeof duration_ms, 'number');
    assert.equal((await job()).running, true, 'the other run goes on');
    await run(end, { id: one });
    assert.equal((await job()).running, false);
  });

  test('what happened earlier is reported with its time', async () => {
    const [line = '', time = ''] = codeSpans(cell(variants, 'earlier'));
    assert.match(await run(`${time}; echo "$time"`), /^\d{10}\n$/);
    const hourAgo = Math.floor(Date.now() / 1_000) - 3_600;
    const text = new Date(hourAgo * 1_000).toISOString();
    for (const one of [String(hourAgo), text]) {
      await run(line, { time: one });
      assert.equal((await newest()).at, text);
    }
  });

  test('a repeat with its key does not count', async () => {
    const [line = ''] = codeSpans(cell(variants, 'retry'));
    const { pings } = await job();
    for (let attempt = 0; attempt < 3; attempt += 1) await run(line, { id: 'run-1' });
    assert.equal((await job()).pings, pings + 1);
  });

  test('a number goes with the run', async () => {
    await run(codeSpans(cell(variants, 'a number'))[0] ?? '');
    assert.deepEqual((await newest()).metrics, { rows: 1_200 });
  });

  test('a job is made by its first report', async () => {
    const [line = ''] = codeSpans(cell(variants, 'first report'));
    assert.equal(await run(line), 'Created');
    const { state, schedule, grace } = await job('new-job');
    assert.deepEqual([state, schedule, grace], ['up', 'every 1d', '1h']);
  });

  test('no variant is left untried', () => assert.equal(variants.length, 7));

  describe('commands', () => {
    const [first = '', ...others] = codeSpans(cell(operations, 'look'));
    const lists = [
      first,
      ...others.filter((one) => one !== '--json').map((one) => `npx tocsin ${one}`),
    ];
    const shown: Readonly<Record<string, RegExp>> = {
      'npx tocsin jobs': /^JOB .*\n(?:.*\n)*nightly-backup +down, failed /,
      'npx tocsin alerts': /^ALERT .*\nJobFailed +nightly-backup +P0 +firing /,
      'npx tocsin incidents': /^ID .*\n\d+ +open +hook +1 +.*job_name=nightly-backup\n/,
      'npx tocsin deliveries': /^DELIVERY .*\ndlv_\w+ +sent +hook\/webhook\/0 +P0 firing /,
      'npx tocsin silence list': /^SILENCE .*\nsunday +(?:pending|active) /,
    };
    before(async () => {
      await run(crontabCommand(), { BACKUP_STATUS: '3' });
      await until('the failure to be told', WAIT_MS, async () => {
        const { items } = await getJson<{ items: { state: string; status: string }[] }>(
          `${server.url}/api/v1/deliveries?limit=1`,
        );
        return items[0]?.state === 'sent' && items[0].status === 'firing';
      });
    });

    test('those that look are these', () => assert.deepEqual(lists, Object.keys(shown)));
    for (const [command, expected] of Object.entries(shown)) {
      test(command, async () => assert.match(await run(command), expected));
      test(`${command} --json`, async () => {
        const { items } = JSON.parse(await run(`${command} --json`)) as { items: unknown[] };
        assert.ok(items.length > 0);
      });
    }

    test('an incident tells its story', async () => {
      assert.match(document, /`npx tocsin incidents` lists what happened; with a number behind it/);
      const { items } = JSON.parse(await run('npx tocsin incidents --json')) as {
        items: { id: number }[];
      };
      const story = await run(`npx tocsin incidents ${items[0]?.id}`);
      assert.match(story, /^Incident \d+ at hook, open: job_name=nightly-backup\n/);
      assert.match(story, / sent +firing message to hook\/webhook\/0, attempt 1 was accepted/);
    });

    test('the list of dead deliveries', async () => {
      const [line = ''] = codeSpans(document).filter((one) => one.includes('--state dead'));
      assert.match(await run(line), /^No deliveries\.\n$/);
    });

    test('a report by hand', async () => {
      const { pings } = await job();
      assert.equal(await run(codeSpans(cell(operations, 'by hand'))[0] ?? ''), 'OK\n');
      assert.equal((await job()).pings, pings + 1);
    });

    test('a schedule in words', async () => {
      const out = await run(codeSpans(cell(operations, 'schedule'))[0] ?? '');
      assert.match(out, /02:30/);
      assert.match(out, /Asia\/Shanghai/);
      assert.match(out, /T18:30:00(?:\.000)?Z/);
    });

    test('check, of the rules as they come and of a bad file', async () => {
      assert.ok(codeSpans(document).includes('npx tocsin check'));
      assert.match(await run('npx tocsin check'), /is good: 2 jobs, /);
      mkdirSync(path.join(place.folder, 'bad'));
      place.write('jobs: [{ name: a, every: soon }]\n', '../bad/a.yml');
      const { code, out } = await shell('npx tocsin check bad');
      assert.equal(code, 1);
      assert.match(out, /^bad\/a\.yml:1:\d+: .*soon.*; expected /);
    });

    test('a backup while the server runs, which another server can open', async () => {
      const line = codeSpans(cell(operations, 'back up'))[0] ?? '';
      assert.match(await run(line), /^tocsin-backup\.db: \d+ bytes\n$/);
      const file = path.join(place.folder, 'tocsin-backup.db');
      await using copy = await startServer(place, { args: ['--store', `sqlite:${file}`] });
      const { pings } = await getJson<Job>(`${copy.url}/api/v1/jobs/nightly-backup`);
      assert.equal(pings, (await job()).pings);
    });

    test('every command that is shown was run', () => {
      const commands = codeSpans(document).filter((one) => one.startsWith('npx tocsin '));
      const words = new Set(commands.map((one) => one.split(' ')[2]));
      const tried = ['check', 'deliveries', 'incidents', 'jobs', 'ping', 'schedule', 'backup'];
      assert.deepEqual(words, new Set(tried));
    });
  });

  describe('a changed file is taken up', () => {
    const another = (name: string): void =>
      place.write(`jobs: [{ name: ${name}, every: 1d }]\n`, `${name}.yml`);
    const appears = (name: string): Promise<boolean> =>
      until(`the job ${name}`, WAIT_MS, async () => {
        const answer = await fetch(`${server.url}/api/v1/jobs/${name}`);
        await answer.arrayBuffer();
        return answer.status === 200;
      });

    test('at SIGHUP', async () => {
      assert.ok(codeSpans(cell(operations, 'reload')).includes('SIGHUP'));
      // Nothing was saved, so that it is not the watched folder that causes this.
      const reloads = (): number => server.logs().split('the configuration is unchanged').length;
      const known = reloads();
      process.kill(server.pid, 'SIGHUP');
      await until('a reload', WAIT_MS, () => reloads() > known);
    });

    test('when it is saved', async () => {
      another('saved');
      await appears('saved');
    });

    test('when it is asked to', async () => {
      const line = codeSpans(cell(operations, 'reload')).find((one) => one.startsWith('curl'));
      another('asked');
      assert.match(await run(line ?? ''), /^(?:Reloaded|Nothing has changed): 4 jobs\.\n$/);
      await appears('asked');
    });
  });

  for (const address of codeSpans(cell(operations, 'health'))) {
    test(`${address} answers 200`, async () => {
      const answer = await fetch(`${server.url}${address}`);
      assert.equal(answer.status, 200);
      assert.notEqual(await answer.text(), '');
    });
  }

  test('the data is where it says, and the key is the same after a restart', async () => {
    assert.ok(existsSync(path.join(place.folder, 'data')));
    assert.equal(await server.stop(), 0);
    server = await startServer(place);
    assert.ok(server.logs().includes(`/ping/${key}/`));
  });
});

describe('README.md, of a server by itself', { skip }, () => {
  test('each run is a trace', async () => {
    const variable = codeSpans(cell(operations, 'traces'))[0] ?? '';
    await using collector = await openCollector();
    using at = makePlace('jobs: [{ name: a, every: 1d }]\n');
    await using traced = await startServer(at, {
      env: { [variable]: collector.endpoint, TOCSIN_PING_KEY: 'a-key-of-our-own' },
    });
    for (const kind of ['/start', '', '/start', '/fail'])
      await (await fetch(`${traced.url}/ping/a-key-of-our-own/a${kind}`)).arrayBuffer();
    assert.equal(await traced.stop(), 0);
    const runs = collector.spans.filter(({ name }) => name === 'run a');
    assert.equal(runs.length, 2);
    assert.equal(new Set(runs.map(({ traceId }) => traceId)).size, 2);
  });

  test('without keys it refuses to listen on another address', async () => {
    using at = makePlace('jobs: []\n');
    await assert.rejects(startServer(at, { listen: '0.0.0.0:0' }), /TOCSIN_ADMIN_KEY/);
  });

  test('with keys it does, and wants them', async () => {
    using at = makePlace('jobs: []\n');
    const keys = {
      TOCSIN_PING_KEY: 'a-ping-key-of-ours',
      TOCSIN_READ_KEY: 'a-read-key-of-ours',
      TOCSIN_ADMIN_KEY: 'an-admin-key-of-ours',
    };
    for (const name of Object.keys(keys)) assert.ok(codeSpans(document).includes(name));
    await using open = await startServer(at, { listen: '0.0.0.0:0', env: keys });
    const status = async (headers: Record<string, string>): Promise<number> => {
      const answer = await fetch(`${open.url}/api/v1/jobs`, { headers });
      await answer.arrayBuffer();
      return answer.status;
    };
    assert.equal(await status({}), 401);
    assert.equal(await status({ 'X-Api-Key': keys.TOCSIN_PING_KEY }), 403);
    assert.equal(await status({ 'X-Api-Key': keys.TOCSIN_READ_KEY }), 200);
  });
});
