/**
 * Nothing that Tocsin says of itself holds a secret: not its log, its spans, its metrics, its answers, its pages or
 * its refusals, also when what it talks to throws the secret back at it.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openCollector } from '../fake/otlp.ts';
import { type Received, type SinkAnswer, startSink } from '../fake/sink.ts';
import { fakeSmtp } from '../fake/smtp.ts';
import { getJson, makePlace, type Server, startServer, until } from './server.ts';

const WAIT_MS = 20_000;

/** Each is looked for as it is and in the forms in which it travels. */
const SECRETS = {
  pingKey: 'pk-6f2a9c1e7b4d8053',
  readKey: 'rk-1d7e3b9a5c2f8064',
  adminKey: 'ak-9b4c8d2e6f1a7035',
  hookSecret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  hookToken: 'tok-5a8c2e9f1b7d4063',
  hookPassword: 'hpw-3e7d1c9b5a2f8046',
  robotKey: '0d9e8f7a-6b5c-4d3e-2f1a-0b9c8d7e6f5a',
  mailPassword: 'mpw-7c1b9e5d3a2f8064/ü',
  sentryKey: 'e3b0c44298fc1c149afbf4c8996fb924',
  collectorToken: 'ot-2b8d4f6a1c9e7053',
  jobUuid: '4e1f7a2b-9c3d-4e5f-8a6b-7c8d9e0f1a2b',
} as const;

/** As it stands in the header of a request. */
const HOOK_BASIC = Buffer.from(`tocsin:${SECRETS.hookPassword}`).toString('base64');

const formsOf = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  JSON.stringify(value).slice(1, -1),
  Buffer.from(value).toString('base64'),
];

const yaml = ({ target, mailPort }: { target: string; mailPort: number }): string => `
jobs: [{ name: nightly, uuid: ${SECRETS.jobUuid}, every: 1d, grace: 1d, severity: P0 }]
keys: { ping: [${SECRETS.pingKey}], read: [${SECRETS.readKey}], admin: [${SECRETS.adminKey}] }
global: { smtp_smarthost: 127.0.0.1:${mailPort}, smtp_from: tocsin@example.org, smtp_require_tls: false }
route: { receiver: all, group_by: [job_name], group_wait: 0s, group_interval: 1s, repeat_interval: 4h }
receivers:
  - name: all
    webhook_configs:
      - url: "${target}/hook?token=${SECRETS.hookToken}"
        secret: ${SECRETS.hookSecret}
        http_config: { basic_auth: { username: tocsin, password: ${SECRETS.hookPassword} } }
    wecom_configs: [{ url: "${target}/cgi-bin/webhook/send?key=${SECRETS.robotKey}" }]
    sentry_configs: [{ dsn: "${target.replace('http://', `http://${SECRETS.sentryKey}@`)}/42" }]
    email_configs:
      - { to: oncall@example.org, auth_username: tocsin, auth_password: "${SECRETS.mailPassword}" }
`;

/** Faults on the same lines as secrets: what is wrong has to be said without them. */
const badYaml = `
keys: { admin: [bad-${SECRETS.adminKey}, "${SECRETS.hookPassword} "] }
receivers:
  - name: bad
    webhook_configs: [{ url: "ftp://x:${SECRETS.hookPassword}@127.0.0.1/${SECRETS.hookToken}", secret: "${SECRETS.hookSecret.slice(0, -4)}" }]
    wecom_configs: [{ key: "${SECRETS.robotKey}!", url: "${SECRETS.hookToken}" }]
    sentry_configs: [{ dsn: "${SECRETS.sentryKey}" }]
    email_configs: [{ to: "${SECRETS.mailPassword}", auth_password: [${SECRETS.mailPassword}] }]
`;
const brokenYaml = `keys: { admin: [${SECRETS.adminKey}-2, ping: ${SECRETS.pingKey}-2 }\n`;

/** A peer that refuses and says what it was sent; the robot does so in an answer of 200. */
const echoing = ({ path, headers }: Received): SinkAnswer => {
  const { authorization = '', 'x-sentry-auth': sentry = '' } = headers;
  const errmsg = `${authorization} ${String(sentry)} ${path}`;
  const status = path.startsWith('/cgi-bin') ? 200 : 400;
  return { status, body: JSON.stringify({ errcode: 93000, errmsg }) };
};

interface Said {
  readonly where: string;
  readonly text: string;
}

class Listener {
  readonly said: Said[] = [];
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  async ask(path: string, init: RequestInit = {}, key?: string): Promise<string> {
    const headers = {
      ...(init.headers as Record<string, string>),
      ...(key && { 'X-Api-Key': key }),
    };
    const answer = await fetch(`${this.#server.url}${path}`, { ...init, headers });
    const text = `${answer.status} ${JSON.stringify([...answer.headers])}\n${await answer.text()}`;
    const who = key === SECRETS.adminKey ? 'admin' : key === SECRETS.readKey ? 'read' : 'other';
    this.said.push({ where: `${init.method ?? 'GET'} ${path} (${who})`, text });
    return text;
  }
}

/** Every address that can be asked, as the OpenAPI document lists them, with the names and numbers filled in. */
async function addresses(server: Server): Promise<string[]> {
  const admin = { 'X-Api-Key': SECRETS.adminKey };
  const { paths } = await getJson<{ paths: Record<string, Record<string, unknown>> }>(
    `${server.url}/api/v1/openapi.json`,
  );
  const first = async (list: string): Promise<string> => {
    const { items } = await getJson<{ items: { id: string | number }[] }>(
      `${server.url}/api/v1/${list}`,
      admin,
    );
    return String(items[0]?.id);
  };
  const incident = await first('incidents');
  const delivery = await first('deliveries');
  return [
    '/',
    '/?lang=zh-CN',
    '/jobs/nightly',
    ...Object.entries(paths)
      .filter(([, methods]) => 'get' in methods)
      .map(([path]) =>
        path
          .replace('/deliveries/{id}', `/deliveries/${delivery}`)
          .replace('{id}', incident)
          .replace('{name}', 'nightly')
          .replace('{n}', '1'),
      ),
  ];
}

const refusals: readonly (readonly [string, RequestInit])[] = [
  ['/nowhere', { headers: { Accept: 'text/html' } }],
  ['/api/v1/jobs/nobody', {}],
  ['/api/v1/jobs?limit=x', {}],
  ['/api/v1/jobs', { method: 'DELETE' }],
  [
    '/api/v1/schedules/preview',
    { method: 'POST', body: '{', headers: { 'Content-Type': 'application/json' } },
  ],
  [`/ping/${SECRETS.pingKey}/nobody`, {}],
  [`/ping/${SECRETS.pingKey}/nightly?rid=x`, {}],
  [`/ping/${SECRETS.pingKey}/nightly/`, {}],
  [`/ping/${SECRETS.pingKey}/nightly`, { method: 'PUT' }],
  [`/ping/${SECRETS.jobUuid}/300`, {}],
];

/** An admin is told how to report. */
const TELLS_HOW_TO_REPORT = /^GET (?:\/api\/v1\/jobs(?:\/nightly)?|\/jobs\/nightly) \(admin\)$/;

/** The line to try is for the person who starts the server. */
const withoutLineToTry = (output: string): string => output.replaceAll(/^Try it: .*$/gm, '');

const leaks = (said: readonly Said[]): string[] =>
  said.flatMap(({ where, text }) =>
    Object.entries({ ...SECRETS, HOOK_BASIC })
      .filter(([name]) => name !== 'jobUuid' || !TELLS_HOW_TO_REPORT.test(where))
      .flatMap(([name, secret]) =>
        formsOf(secret).flatMap((form) => {
          const at = text.indexOf(form);
          return at < 0 ? [] : [`${name} in ${where}: …${text.slice(Math.max(0, at - 60), at)}`];
        }),
      ),
  );

describe('secrets', () => {
  test('are in nothing that is said, whatever peers throw back', async () => {
    await using cleanup = new AsyncDisposableStack();
    const mailbox = cleanup.adopt(await fakeSmtp({ auth: true }), (smtp) => smtp.close());
    mailbox.script = { auth: `535 5.7.8 no such password ${SECRETS.mailPassword}` };
    await using target = await startSink(echoing);
    await using collector = await openCollector();
    using place = makePlace(yaml({ target: target.url, mailPort: mailbox.port }));
    await using server = await startServer(place, {
      env: {
        TOCSIN_LOG_LEVEL: 'debug',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRETS.collectorToken}`,
      },
    });
    const listener = new Listener(server);
    const ask = listener.ask.bind(listener);
    await ask(`/ping/${SECRETS.pingKey}/nightly/start`);
    await ask(`/ping/${SECRETS.jobUuid}/3`, { method: 'POST', body: 'out of space' });
    const refused = await until('every channel to have been refused', WAIT_MS, async () => {
      const { items } = await getJson<{ items: { channel_type: string; last_detail: string }[] }>(
        `${server.url}/api/v1/deliveries`,
        { 'X-Api-Key': SECRETS.adminKey },
      );
      const told = items.filter((one) => one.last_detail !== '');
      return new Set(told.map((one) => one.channel_type)).size === 4 ? told : undefined;
    });
    const spoken = target.received
      .map(({ path, headers }) => path + JSON.stringify(headers))
      .join();
    for (const secret of ['hookToken', 'robotKey', 'sentryKey'] as const)
      assert.ok(spoken.includes(SECRETS[secret]), `${secret} was used`);
    assert.deepEqual(mailbox.logins[0]?.password, SECRETS.mailPassword);
    const echoes = refused.filter(({ last_detail }) => last_detail.includes('***'));
    assert.ok(echoes.length >= 2, `nothing came back: ${JSON.stringify(refused)}`);

    for (const path of await addresses(server))
      for (const key of [SECRETS.adminKey, SECRETS.readKey, SECRETS.pingKey, undefined])
        await ask(path, {}, key);
    for (const [path, init] of refusals)
      for (const key of [SECRETS.adminKey, undefined]) await ask(path, init, key);
    for (const text of [badYaml, brokenYaml]) {
      place.write(text, 'bad.yml');
      const answer = await ask('/-/reload', { method: 'POST' }, SECRETS.adminKey);
      assert.match(answer, /^500 [\s\S]*bad\.yml:\d+:\d+/);
      for (const path of ['/', '/api/v1/config', '/metrics']) await ask(path, {}, SECRETS.adminKey);
    }
    await until('spans', WAIT_MS, () =>
      collector.spans.some(({ attributes }) => attributes['tocsin.channel.type'] === 'email'),
    );
    assert.equal(await server.stop(), 0);
    const plain = (_key: string, value: unknown): unknown =>
      typeof value === 'bigint' ? String(value) : value;
    listener.said.push(
      { where: 'output', text: withoutLineToTry(server.logs()) },
      { where: 'spans', text: JSON.stringify([collector.spans, collector.resource], plain) },
      { where: 'mail', text: mailbox.mails.map(({ raw }) => raw).join() },
      { where: 'messages', text: target.received.map(({ body }) => body).join() },
    );
    assert.deepEqual(leaks(listener.said), []);
  });

  test('are not in what a process says that cannot start', async () => {
    for (const text of [badYaml, brokenYaml]) {
      using place = makePlace(text);
      await assert.rejects(startServer(place), (error: Error) => {
        assert.match(error.message, /tocsin\.yml:\d+:\d+/);
        assert.deepEqual(leaks([{ where: 'refusal', text: error.message }]), []);
        return true;
      });
    }
  });
});
