/**
 * The whole way, with nothing pretended but the far ends: the cron daemon of the system runs a job every
 * minute, which reports by curl; the job is taken away and comes back. One mail and one chat message tell of
 * each, at the right moment and in the right words.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { describe, test } from 'node:test';
import { readMail } from '../fake/mail-text.ts';
import { startSink } from '../fake/sink.ts';
import { fakeSmtp } from '../fake/smtp.ts';
import { find, needs } from '../program.ts';
import { getJson, makePlace, startServer, until } from './server.ts';

const MINUTE_MS = 60_000;
const GRACE_MS = 5_000;
const GROUP_WAIT_MS = 1_000;
/** From the deadline to the message, beside group_wait. */
const TOLERANCE_MS = 1_000;
/** Cron reads its folder once a minute and runs once a minute. */
const CRON_PATIENCE_MS = 2.5 * MINUTE_MS;
const uuid = '7c1d2e3f-4a5b-4c6d-8e7f-8a9b0c1d2e3f';

const yaml = (mailPort: number, robot: string): string => `
jobs:
  - name: every-minute
    uuid: ${uuid}
    schedule: "* * * * *"
    grace: 5s
    severity: P0
    runbook: https://runbooks.example.org/every-minute
global: { smtp_smarthost: 127.0.0.1:${mailPort}, smtp_from: tocsin@example.org, smtp_require_tls: false }
route: { receiver: oncall, group_by: [job_name], group_wait: 1s, group_interval: 1s, repeat_interval: 4h }
receivers:
  - name: oncall
    email_configs: [{ to: oncall@example.org, send_resolved: true }]
    wecom_configs: [{ url: "${robot}/cgi-bin/webhook/send?key=robot-key", send_resolved: true }]
`;

const cronRuns = (): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'cron';
      } catch {
        return false; // It ended while we looked.
      }
    });

/** The daemon of the system when it runs, else one of our own until the test is over. */
function ensureCron(): Disposable {
  let own: ChildProcess | undefined;
  if (!cronRuns()) own = spawn(find('cron') ?? 'cron', ['-f', '-L', '0'], { stdio: 'ignore' });
  return { [Symbol.dispose]: () => void own?.kill() };
}

/** A line in /etc/cron.d while it is wanted; names with a dot are ignored by cron. */
function crontab(url: string): Disposable & { write(): void; remove(): void } {
  const file = `/etc/cron.d/tocsin-test-${process.pid}`;
  const command = `curl -fsS -m 10 -o /dev/null ${url}/ping/${uuid}`;
  const remove = (): void => rmSync(file, { force: true });
  return {
    write: () => writeFileSync(file, `* * * * * root ${command}\n`, { mode: 0o644 }),
    remove,
    [Symbol.dispose]: remove,
  };
}

describe('a job that the system runs', () => {
  test('cron runs it, stops running it, runs it again: one mail and one chat message for each', {
    skip: needs('cron', 'curl', 'root'),
  }, async (t) => {
    await using cleanup = new AsyncDisposableStack();
    const mailbox = cleanup.adopt(await fakeSmtp(), (smtp) => smtp.close());
    await using robot = await startSink();
    using place = makePlace(yaml(mailbox.port, robot.url));
    await using server = await startServer(place);
    using _cron = ensureCron();
    using table = crontab(server.url);
    const job = (): Promise<{ state: string; pings: number; due_at: string | null }> =>
      getJson(`${server.url}/api/v1/jobs/every-minute`);

    table.write();
    await until('cron to run the job', CRON_PATIENCE_MS, async () => (await job()).pings > 0);
    table.remove();
    const { state, pings, due_at } = await job();
    assert.equal(state, 'up');
    const dueAt = Date.parse(due_at ?? '');
    assert.equal(dueAt % MINUTE_MS, GRACE_MS, 'due at the full minute plus grace');
    assert.equal(mailbox.mails.length, 0, 'nothing is told before there is a fault');

    /** When the first mail was seen; the poll is some milliseconds late. */
    let mailAtMs = 0;
    await until('both messages', dueAt - Date.now() + GROUP_WAIT_MS + 5_000, () => {
      if (mailbox.mails.length > 0 && mailAtMs === 0) mailAtMs = Date.now();
      return mailAtMs > 0 && robot.received.length > 0;
    });
    assert.equal((await job()).pings, pings, 'the job was taken away in time');
    const [mail] = mailbox.mails;
    const [chat] = robot.received;
    assert.ok(mail !== undefined && chat !== undefined);
    const delays = [mailAtMs, chat.atMs].map((atMs) => atMs - dueAt);
    for (const delay of delays) {
      assert.ok(delay >= 0, `told ${-delay} ms before the deadline`);
      assert.ok(delay <= GROUP_WAIT_MS + TOLERANCE_MS, `told ${delay} ms after the deadline`);
    }
    assert.deepEqual(mail.to, ['oncall@example.org']);
    const letter = readMail(mail.raw);
    assert.match(letter.subject, /every-minute/);
    assert.match(letter.subject, /P0/);
    assert.match(letter.text, /every-minute did not run/);
    assert.match(letter.text, /https:\/\/runbooks\.example\.org\/every-minute/);
    assert.match(chat.path, /key=robot-key$/);
    const said = JSON.parse(chat.body) as { msgtype: string; markdown?: { content: string } };
    assert.equal(said.msgtype, 'markdown');
    assert.match(said.markdown?.content ?? '', /every-minute did not run/);

    table.write();
    await until(
      'cron to run the job again',
      CRON_PATIENCE_MS,
      async () => (await job()).pings > pings,
    );
    const backAt = Date.now();
    table.remove();
    await until(
      'both recoveries',
      10_000,
      () => mailbox.mails.length > 1 && robot.received.length > 1,
    );
    const recovery = readMail(mailbox.mails[1]?.raw ?? '');
    assert.equal(
      recovery.subject,
      letter.subject,
      'one subject, so that mail programs keep a thread',
    );
    assert.match(recovery.text, /every-minute has recovered/);
    assert.match(robot.received[1]?.body ?? '', /every-minute has recovered/);
    assert.equal((await job()).state, 'up');
    assert.equal(await server.stop(), 0);
    assert.equal(mailbox.mails.length, 2, 'one mail for the fault, one for the recovery');
    assert.equal(robot.received.length, 2, 'one chat message for each as well');
    t.diagnostic(
      `deadline to mail ${delays[0]} ms, to chat ${delays[1]} ms (group_wait ${GROUP_WAIT_MS} ms); ` +
        `recovery told ${(robot.received[1]?.atMs ?? 0) - backAt} ms after it was seen`,
    );
  });
});
