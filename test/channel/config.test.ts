/** Entries of a config file: which are taken, and what a person is told about the others. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { emailSchema, parseMailboxes, parseSmarthost } from '../../src/channel/email/config.ts';
import { parseDsn, sentrySchema } from '../../src/channel/sentry/config.ts';
import { parseSigningSecret, webhookSchema } from '../../src/channel/webhook/config.ts';
import { wecomSchema } from '../../src/channel/wecom/config.ts';

const schemas = {
  email: emailSchema,
  wecom: wecomSchema,
  sentry: sentrySchema,
  webhook: webhookSchema,
} as const;
type Kind = keyof typeof schemas;

const mail = {
  to: 'ann@example.org',
  from: 'tocsin@example.org',
  smarthost: 'smtp.example.org:587',
};
const dsn = 'https://a94ae32be2584e0bbd7a4cbb95971fee@sentry.example.org/sub/42';
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const hook = { url: 'https://example.org/hook' };

describe('entries that are taken', () => {
  const rows: readonly [kind: Kind, name: string, entry: object][] = [
    ['email', 'the least', mail],
    [
      'email',
      'everything',
      {
        ...mail,
        to: 'Ann <ann@example.org>, bob@example.org',
        hello: 'mon.example.org',
        auth_username: 'u',
        auth_password: 'p',
        require_tls: false,
        force_implicit_tls: true,
        tls_config: { server_name: 'smtp.example.org', insecure_skip_verify: true },
        headers: { 'Reply-To': 'team@example.org' },
        send_resolved: true,
        locale: 'zh-CN',
        timezone: 'Asia/Shanghai',
      },
    ],
    [
      'email',
      "Alertmanager's own template",
      { ...mail, html: '{{ template "email.default.html" . }}', text: '' },
    ],
    ['email', 'an IPv6 server', { ...mail, smarthost: '[::1]:25' }],
    [
      'email',
      'a password in a file',
      { ...mail, auth_username: 'u', auth_password_file: '/run/p' },
    ],
    ['wecom', 'a key', { key: '693a91f6-7aoc-4bc4' }],
    ['wecom', 'an address', { url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x' }],
    ['wecom', 'a key in a file', { key_file: '/run/key' }],
    [
      'wecom',
      'people',
      {
        key: 'k',
        mentioned_list: ['li', '@all'],
        mentioned_mobile_list: ['138'],
        mention_for: ['P0', 'P1'],
        msgtype: 'text',
      },
    ],
    ['sentry', 'a DSN', { dsn }],
    ['sentry', 'everything', { dsn, environment: 'prod', release: '1', tags: { site: 'eu' } }],
    ['webhook', 'an address', hook],
    [
      'webhook',
      'everything',
      {
        ...hook,
        max_alerts: 0,
        timeout: '1m30s',
        secret,
        http_config: {
          authorization: { type: 'Token', credentials: 'c' },
          headers: { 'X-Tenant': 'a' },
          tls_config: {},
          follow_redirects: false,
        },
      },
    ],
    [
      'webhook',
      'a name and a password',
      { ...hook, http_config: { basic_auth: { username: 'u', password: 'p' } } },
    ],
  ];
  for (const [kind, name, entry] of rows) {
    test(`${kind}: ${name}`, () => {
      const result = schemas[kind].safeParse(entry);
      assert.ok(result.success, result.success ? '' : z.prettifyError(result.error));
    });
  }
});

describe('entries that are refused', () => {
  const rows: readonly [kind: Kind, path: string, entry: object, message: RegExp][] = [
    ['email', 'to', { ...mail, to: 'nobody' }, /expected up to 100 addresses/],
    ['email', 'to', { ...mail, to: '{{ .CommonLabels.email }}' }, /templates .* not supported/],
    ['email', 'to', { from: mail.from, smarthost: mail.smarthost }, /expected up to 100 addresses/],
    ['email', 'from', { ...mail, from: 'a@x.org, b@x.org' }, /expected one address/],
    ['email', 'smarthost', { ...mail, smarthost: 'smtp.example.org' }, /expected host:port/],
    ['email', 'smarthost', { ...mail, smarthost: 'smtp.example.org:99999' }, /expected host:port/],
    ['email', 'auth_username', { ...mail, auth_username: 'u' }, /needs auth_password/],
    ['email', '', { ...mail, auth_password: 'a', auth_password_file: 'b' }, /give only one of/],
    ['email', 'html', { ...mail, html: '<b>{{ .Status }}</b>' }, /remove this field/],
    [
      'email',
      'headers.Subject',
      { ...mail, headers: { Subject: 'x' } },
      /Tocsin sets this header itself/,
    ],
    ['email', 'headers.X-A', { ...mail, headers: { 'X-A': 'a\r\nBcc: b' } }, /expected one line/],
    ['email', 'headers.X-A', { ...mail, headers: { 'X-A': '{{ .Status }}' } }, /templates/],
    [
      'email',
      '',
      { ...mail, smtp_from: 'x' },
      /unknown field smtp_from; known are send_resolved, .*smarthost/,
    ],
    ['email', 'timezone', { ...mail, timezone: 'Asia/Peking' }, /no such time zone/],
    ['email', 'locale', { ...mail, locale: 'fr' }, /expected en or zh-CN/],
    ['email', 'send_resolved', { ...mail, send_resolved: 'yes' }, /expected true or false/],
    ['wecom', '', {}, /give exactly one of url and key/],
    ['wecom', '', { key: 'k', url: 'https://x.org' }, /give exactly one of url and key/],
    ['wecom', 'key', { key: 'https://x.org?key=1' }, /expected letters, digits and hyphens/],
    ['wecom', 'url', { url: 'qyapi.weixin.qq.com' }, /expected the address of the robot/],
    [
      'wecom',
      'api_url',
      { url: 'https://x.org', api_url: 'https://y.org' },
      /api_url goes with key/,
    ],
    ['wecom', 'mention_for.0', { key: 'k', mention_for: ['critical'] }, /expected P0, P1 or P2/],
    ['wecom', 'mentioned_list.0', { key: 'k', mentioned_list: ['<@all>'] }, /expected user ids/],
    ['wecom', 'msgtype', { key: 'k', msgtype: 'news' }, /expected markdown or text/],
    ['sentry', '', {}, /give exactly one of dsn/],
    ['sentry', 'dsn', { dsn: 'https://sentry.example.org/42' }, /expected a DSN, such as/],
    ['sentry', 'tags.a b', { dsn, tags: { 'a b': 'c' } }, /up to 32 letters/],
    ['webhook', '', {}, /give exactly one of url/],
    ['webhook', 'url', { url: 'ftp://x.org' }, /expected an address such as/],
    ['webhook', 'url', { url: 'https://x.org/{{ .GroupKey }}' }, /templates/],
    ['webhook', 'timeout', { ...hook, timeout: '10' }, /expected a duration such as 30s/],
    ['webhook', 'max_alerts', { ...hook, max_alerts: -1 }, /expected 0/],
    ['webhook', 'secret', { ...hook, secret: 'whsec_c2hvcnQ=' }, /24 to 64 random bytes/],
    [
      'webhook',
      'http_config.follow_redirects',
      { ...hook, http_config: { follow_redirects: true } },
      /never followed/,
    ],
    [
      'webhook',
      'http_config',
      { ...hook, http_config: { authorization: {}, basic_auth: { username: 'u' } } },
      /only one of/,
    ],
    [
      'webhook',
      'http_config',
      { ...hook, http_config: { proxy_url: 'x' } },
      /unknown field proxy_url; known are/,
    ],
    [
      'webhook',
      'http_config.headers.Host',
      { ...hook, http_config: { headers: { Host: 'x' } } },
      /sets this header itself/,
    ],
  ];
  for (const [kind, path, entry, message] of rows) {
    test(`${kind}: ${message.source} at "${path}" for ${JSON.stringify(entry).slice(0, 90)}`, () => {
      const result = schemas[kind].safeParse(entry);
      assert.ok(!result.success);
      const issue = result.error.issues.find((one) => one.path.join('.') === path);
      assert.match(issue?.message ?? JSON.stringify(result.error.issues), message);
    });
  }

  test('no message repeats a value, which may be a secret', () => {
    const value = 'hunter2-hunter2';
    for (const [kind, entry] of [
      ['email', { ...mail, auth_password: [value], auth_username: [value], smarthost: value }],
      ['wecom', { key: `${value}?`, url: value }],
      ['sentry', { dsn: `https://${value}@` }],
      [
        'webhook',
        {
          url: value,
          secret: value,
          http_config: { basic_auth: { username: 'u', password: [value] } },
        },
      ],
    ] as const) {
      const result = schemas[kind].safeParse(entry);
      assert.ok(!result.success);
      assert.ok(!JSON.stringify(result.error.issues).includes(value), kind);
    }
  });
});

test('a JSON Schema can be made from each', () => {
  for (const schema of Object.values(schemas)) {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    assert.equal(json.type, 'object');
    assert.equal(json.additionalProperties, false);
  }
});

describe('what the entries hold', () => {
  const dsns: readonly [text: string, endpoint: string | undefined][] = [
    ['https://abc123@o1.ingest.sentry.io/77', 'https://o1.ingest.sentry.io/api/77/envelope/'],
    ['http://abc123@localhost:9000/77', 'http://localhost:9000/api/77/envelope/'],
    ['https://abc123:old@example.org/a/b/77', 'https://example.org/a/b/api/77/envelope/'],
    ['https://abc123@example.org/', undefined],
    ['https://abc123@example.org/name', undefined],
    ['ftp://abc123@example.org/7', undefined],
    ['abc', undefined],
  ];
  for (const [text, endpoint] of dsns) {
    test(`DSN ${text}`, () => assert.equal(parseDsn(text)?.endpoint, endpoint));
  }

  const boxes: readonly [text: string, addresses: readonly string[] | undefined][] = [
    ['a@x.org', ['a@x.org']],
    ['"Last, First" <a@x.org>, b@x.org', ['a@x.org', 'b@x.org']],
    ['值班 <oncall@例子.公司>', ['oncall@例子.公司']],
    ['a@x.org, nonsense', undefined],
    ['a@x.org\r\nBcc: b@x.org', undefined],
    ['', undefined],
  ];
  for (const [text, addresses] of boxes) {
    test(`mailboxes ${JSON.stringify(text)}`, () =>
      assert.deepEqual(
        parseMailboxes(text)?.map(({ address }) => address),
        addresses,
      ));
  }

  test('smarthosts', () => {
    assert.deepEqual(parseSmarthost('[2001:db8::1]:465'), { host: '2001:db8::1', port: 465 });
    assert.deepEqual(parseSmarthost('mail:25'), { host: 'mail', port: 25 });
    for (const bad of ['mail', ':25', 'mail:0', 'mail:25:26', 'mail :25']) {
      assert.equal(parseSmarthost(bad), null, bad);
    }
  });

  test('signing secrets have 24 to 64 bytes', () => {
    const of = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;
    assert.equal(parseSigningSecret(of(24))?.length, 24);
    assert.equal(parseSigningSecret(of(64))?.length, 64);
    for (const bad of [of(23), of(65), of(24).slice(6), 'whsec_!']) {
      assert.equal(parseSigningSecret(bad), null);
    }
  });
});
