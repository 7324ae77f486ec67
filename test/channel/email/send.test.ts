/** Mail over a real SMTP dialogue: who got it, who did not, and what is tried again. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { EmailConfig } from '../../../src/channel/email/config.ts';
import { makeEmail } from '../../../src/channel/email/send.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import type { Channel } from '../../../src/ports/channel.ts';
import { contextOf } from '../../contract/channel-contract.ts';
import { type FakeSmtp, fakeSmtp, type SmtpScript } from '../../fake/smtp.ts';
import { deps } from '../deps.ts';
import { failed, notificationOf } from '../sample.ts';

const ann = 'ann@example.org';
const bob = 'bob@example.org';
const eve = 'eve@example.org';

const channelTo = (server: FakeSmtp, config: Partial<EmailConfig> = {}): Channel =>
  makeEmail(
    {
      to: `Ann <${ann}>, ${bob}, ${eve}`,
      from: 'Tocsin 警钟 <tocsin@example.org>',
      smarthost: `127.0.0.1:${server.port}`,
      require_tls: false,
      ...config,
    },
    deps,
  );

describe('a mail server', () => {
  let smtp: FakeSmtp;
  let others: FakeSmtp[] = [];
  beforeEach(async () => {
    smtp = await fakeSmtp();
  });
  afterEach(async () => {
    await smtp.close();
    for (const other of others) await other.close();
    others = [];
  });

  const make = (config: Partial<EmailConfig> = {}, server = smtp): Channel =>
    channelTo(server, config);

  test('one mail for all recipients, with what a program needs to sort it', async () => {
    const result = await make({ headers: { 'X-Team': 'data' } }).send(
      notificationOf({ alerts: [failed()], locale: 'zh-CN' }),
      contextOf(),
    );
    assert.equal(result.kind, 'sent');
    const [mail] = smtp.mails;
    assert.deepEqual(mail?.to, [ann, bob, eve]);
    assert.equal(mail?.from, 'tocsin@example.org');
    const raw = mail?.raw ?? '';
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    // Everything on the wire is ASCII, so no server has to know of 8 bits.
    assert.match(raw, /^[\t\r\n\x20-\x7e]*$/);
    for (const line of [
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: All',
      'Precedence: list',
      'List-ID: Tocsin <alerts.example.org>',
      'X-Tocsin-Incident: INC-42',
      'X-Tocsin-Tier: P0',
      'X-Tocsin-State: firing',
      'X-Team: data',
      'Subject: [P0] nightly-backup (INC-42)',
      'Date: Sun, 22 Nov 2026 18:45:15 +0000',
    ]) {
      assert.ok(head.split('\r\n').includes(line), `${line}\n${head}`);
    }
    const root = /^In-Reply-To: (<[^>]+>)$/m.exec(head)?.[1];
    assert.equal(/^References: (<[^>]+>)$/m.exec(head)?.[1], root);
    assert.match(head, /^Content-Type: multipart\/alternative;/m);
    assert.ok(!head.includes('X-Mailer'));
    assert.ok(!/警钟/.test(head) && /^From: =\?UTF-8\?/m.test(head));
  });

  test('a Chinese subject is encoded and folded', async () => {
    await make().send(
      notificationOf({ groupLabels: { job_name: '夜间备份任务'.repeat(12) } }),
      contextOf(),
    );
    const raw = smtp.mails[0]?.raw ?? '';
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    assert.match(head, /^Subject: .*=\?UTF-8\?/m);
    assert.match(head, /^Thread-Topic: .*=\?UTF-8\?/m);
    assert.ok(
      head.split('\r\n').every((line) => line.length <= 100 && /^[\x20-\x7e\t]*$/.test(line)),
      head,
    );
  });

  test('all attempts have one Message-ID', async () => {
    smtp.script = { line: 'drop' };
    const channel = make();
    const first = await channel.send(notificationOf(), contextOf());
    assert.equal(first.kind === 'retry' && first.reason, 'network');
    smtp.script = {};
    await channel.send(notificationOf(), contextOf({ attempt: 2 }));
    const ids = smtp.mails.map(({ raw }) => /^Message-ID: (.*)$/m.exec(raw)?.[1]);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  });

  test('the detail names who was refused and why', async () => {
    smtp.script = { rcpt: { [bob]: '550 5.1.1 no such user' } };
    const result = await make().send(notificationOf(), contextOf());
    assert.match(
      result.detail ?? '',
      /refused for good: bob@example\.org \(bob@example\.org: 550 .*no such user\)/,
    );
  });

  describe('logging in', () => {
    const credentials = { auth_username: 'tocsin', auth_password: 'pa ss' };
    const server = async (script: SmtpScript = {}): Promise<FakeSmtp> => {
      const one = await fakeSmtp({ auth: true });
      one.script = script;
      others.push(one);
      return one;
    };

    test('with name and password', async () => {
      const one = await server();
      assert.equal((await make(credentials, one).send(notificationOf(), contextOf())).kind, 'sent');
      assert.deepEqual(one.logins, [{ username: 'tocsin', password: 'pa ss' }]);
    });

    const rows: readonly [reply: string, is: Partial<SendResult>][] = [
      ['535 5.7.8 bad credentials', { kind: 'failed', reason: 'auth' }],
      ['534 5.7.9 needs an app password', { kind: 'failed', reason: 'auth' }],
      ['535 too many messages, too many failures', { kind: 'failed', reason: 'auth' }],
      ['454 4.7.0 temporary failure', { kind: 'retry', reason: 'auth', only: [ann, bob, eve] }],
    ];
    for (const [reply, is] of rows) {
      test(`${reply} is ${is.kind}`, async () => {
        const result = await make(credentials, await server({ auth: reply })).send(
          notificationOf(),
          contextOf(),
        );
        const { detail: _, ...rest } = { detail: '', ...result };
        assert.deepEqual(rest, is);
      });
    }
  });

  describe('encryption', () => {
    test('is needed unless switched off', async () => {
      const { require_tls: _, ...config } = { require_tls: false };
      const channel = makeEmail(
        { to: ann, from: 'tocsin@example.org', smarthost: `127.0.0.1:${smtp.port}`, ...config },
        deps,
      );
      const first = await channel.send(notificationOf(), contextOf());
      assert.equal(first.kind, 'retry');
      assert.equal(smtp.mails.length, 0);
    });

    test('by STARTTLS, with a certificate that is not checked when so configured', async () => {
      const one = await fakeSmtp({ tls: true });
      others.push(one);
      const config = { require_tls: true, tls_config: { insecure_skip_verify: true } };
      assert.equal((await make(config, one).send(notificationOf(), contextOf())).kind, 'sent');
    });

    test('with an unknown certificate is retried twice and then reported', async () => {
      const one = await fakeSmtp({ tls: true });
      others.push(one);
      const channel = make({ require_tls: true }, one);
      for (const attempt of [1, 2]) {
        const result = await channel.send(notificationOf(), contextOf({ attempt }));
        assert.equal(result.kind === 'retry' && result.reason, 'network');
      }
      const last = await channel.send(notificationOf(), contextOf({ attempt: 3 }));
      assert.equal(last.kind === 'failed' && last.reason, 'config');
      assert.match(last.detail ?? '', /certificate/i);
      assert.equal(one.mails.length, 0);
    });
  });

  test('entries of one account share a limit, others do not', () => {
    assert.equal(make().limitKey, make({ to: 'x@example.org' }).limitKey);
    assert.notEqual(make().limitKey, make({ auth_username: 'other' }).limitKey);
    assert.equal(make().perMinute, 30);
  });
});

const replies: readonly {
  name: string;
  script: SmtpScript;
  attempt?: number;
  only?: readonly string[];
  is: Partial<SendResult>;
  got?: readonly string[];
}[] = [
  {
    name: 'one is delayed',
    script: { rcpt: { [bob]: '450 4.2.0 greylisted' } },
    is: { kind: 'retry', reason: 'recipient', only: [bob] },
    got: [ann, eve],
  },
  {
    name: 'one is refused for good',
    script: { rcpt: { [bob]: '550 5.1.1 no such user' } },
    is: { kind: 'partial' },
    got: [ann, eve],
  },
  {
    name: 'one is delayed and one refused: only the first is tried again, the other not forgotten',
    script: { rcpt: { [ann]: '451 4.3.0 later', [eve]: '554 5.7.1 blocked' } },
    is: { kind: 'retry', reason: 'recipient', only: [ann, `!${eve}`] },
    got: [bob],
  },
  {
    name: 'the delayed one gets it, the refused one is told of',
    script: {},
    attempt: 2,
    only: [ann, `!${eve}`],
    is: { kind: 'partial' },
    got: [ann],
  },
  {
    name: 'the last of those delayed gets it',
    script: {},
    attempt: 2,
    only: [bob],
    is: { kind: 'sent' },
    got: [bob],
  },
  {
    name: 'the last of those delayed is refused in the end',
    script: { rcpt: { [bob]: '550 5.1.1 no' } },
    attempt: 2,
    only: [bob, `!${ann}`, `!${eve}`],
    is: { kind: 'failed', reason: 'recipient' },
  },
  {
    name: 'all are delayed',
    script: { rcpt: { [ann]: '450 a', [bob]: '451 b', [eve]: '452 c' } },
    is: { kind: 'retry', reason: 'recipient', only: [ann, bob, eve] },
  },
  {
    name: 'all are refused',
    script: { rcpt: { [ann]: '550 a', [bob]: '551 b', [eve]: '553 c' } },
    is: { kind: 'failed', reason: 'recipient' },
  },
  {
    name: 'delayed and refused, none got it',
    script: { rcpt: { [ann]: '450 a', [bob]: '554 b', [eve]: '550 c' } },
    is: { kind: 'retry', reason: 'recipient', only: [ann, `!${bob}`, `!${eve}`] },
  },
  {
    name: 'too fast, as Tencent says it',
    script: {
      rcpt: {
        [ann]: '550 Domain frequency limited',
        [bob]: '550 Domain frequency limited',
        [eve]: '550 Domain frequency limited',
      },
    },
    is: { kind: 'retry', reason: 'rate_limited', only: [ann, bob, eve] },
  },
  {
    name: 'the sender is refused',
    script: { mailFrom: '553 5.1.8 no such sender' },
    is: { kind: 'failed', reason: 'config' },
  },
  {
    name: 'the server is busy',
    script: { mailFrom: '421 4.3.2 closing' },
    is: { kind: 'retry', reason: 'server_error', only: [ann, bob, eve] },
  },
  {
    name: 'the mail is too large',
    script: { data: '552 5.3.4 too big' },
    is: { kind: 'failed', reason: 'too_large' },
  },
  {
    name: 'the mail looks like spam',
    script: { data: '554 5.7.1 spam' },
    is: { kind: 'failed', reason: 'client_error' },
  },
  {
    name: 'the disk of the server is full',
    script: { data: '452 4.3.1 full' },
    is: { kind: 'retry', reason: 'server_error', only: [ann, bob, eve] },
  },
  {
    name: 'a fault in a later attempt does not bring back those who have it',
    script: { data: '451 4.3.0 later' },
    attempt: 2,
    only: [bob, `!${eve}`],
    is: { kind: 'retry', reason: 'server_error', only: [bob, `!${eve}`] },
  },
  {
    name: 'all that were left have gone from the list',
    script: {},
    attempt: 2,
    only: ['gone@example.org'],
    is: { kind: 'sent' },
  },
];
// The server of the tests waits a moment before it greets, so these run side by side, each with its own.
describe('answers', { concurrency: replies.length }, () => {
  for (const { name, script, attempt = 1, only, is, got = [] } of replies) {
    test(name, async () => {
      const own = await fakeSmtp();
      own.script = script;
      const context = contextOf({ attempt, ...(only === undefined ? {} : { only }) });
      const result = await channelTo(own).send(notificationOf(), context);
      await own.close();
      const { detail = '', ...rest } = result;
      const { providerRef: _, ...bare } = { providerRef: '', ...rest };
      assert.deepEqual(bare, is);
      assert.deepEqual(own.mails[0]?.to ?? [], got);
      if (result.kind !== 'sent') assert.notEqual(detail, '');
    });
  }
});
