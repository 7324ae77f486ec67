/** The contract of channels, over all four. */
import { makeChannel } from '../../src/channel/all.ts';
import type { ChannelDeps } from '../../src/channel/shared/deps.ts';
import type { ChannelSpec, ChannelType } from '../../src/core/route/route.ts';
import { channelContract } from '../contract/channel-contract.ts';
import { fakeSentry, refusal } from '../fake/sentry.ts';
import { fakeSmtp } from '../fake/smtp.ts';
import { fakeWebhook, type Reply } from '../fake/webhook.ts';
import { errcode, fakeWecom } from '../fake/wecom.ts';
import { deps } from './deps.ts';

const specOf = (type: ChannelType, config: unknown): ChannelSpec => ({
  type,
  id: `oncall/${type}/0`,
  receiver: 'oncall',
  index: 0,
  sendResolved: true,
  locale: 'en',
  timezone: 'UTC',
  config,
});
const make = (type: ChannelType, config: unknown, more: Partial<ChannelDeps> = {}) =>
  makeChannel(specOf(type, config), { ...deps, ...more });

const html: Reply = { status: 200, body: '<html><title>Sign in to the network</title></html>' };

channelContract('email', async () => {
  const fake = await fakeSmtp({ auth: true });
  const password = 'correct horse battery';
  return {
    channel: make('email', {
      to: 'Ann <ann@example.org>, bob@example.org',
      from: 'Tocsin <tocsin@example.org>',
      smarthost: `127.0.0.1:${fake.port}`,
      require_tls: false,
      auth_username: 'tocsin',
      auth_password: password,
    }),
    secrets: [password, Buffer.from(`\0tocsin\0${password}`).toString('base64')],
    taken: () => fake.mails.length,
    permanent: () => void (fake.script = { auth: `535 5.7.8 bad credentials ${password}` }),
    transient: () => void (fake.script = { data: `451 4.3.0 try later ${password}` }),
    rateLimited: () => void (fake.script = { mailFrom: '550 Sender frequency limited' }),
    hang: () => void (fake.script = { line: 'hang' }),
    reset: () => void (fake.script = { line: 'drop' }),
    garbage: () => void (fake.script = { line: 'garbage' }),
    reached: () => fake.connected(),
    down: () => fake.close(),
    close: () => fake.close(),
  };
});

channelContract('wecom', async () => {
  const fake = await fakeWecom();
  return {
    channel: make('wecom', { key: fake.key, api_url: `${fake.origin}/cgi-bin/` }),
    secrets: [fake.key],
    taken: () => fake.shown.length,
    permanent: () => fake.failAlways(errcode(93000, `invalid webhook url ?key=${fake.key}`)),
    transient: () => fake.failAlways(-1),
    rateLimited: () => fake.failAlways(45009),
    hang: () => fake.failAlways('hang'),
    reset: () => fake.failAlways('reset'),
    garbage: () => fake.failAlways(html),
    reached: () => fake.arrived(),
    down: () => fake.close(),
    close: () => fake.close(),
  };
});

channelContract('sentry', async () => {
  const fake = await fakeSentry();
  return {
    channel: make('sentry', { dsn: fake.dsn }),
    secrets: [fake.publicKey, fake.dsn],
    taken: () => fake.events.length,
    permanent: () => fake.failAlways(refusal(403, `bad sentry_key=${fake.publicKey}`)),
    transient: () => fake.failAlways({ status: 503, body: `busy ${fake.dsn}` }),
    rateLimited: () => fake.failAlways({ status: 429 }),
    hang: () => fake.failAlways('hang'),
    reset: () => fake.failAlways('reset'),
    garbage: () => fake.failAlways(html),
    reached: () => fake.arrived(),
    down: () => fake.close(),
    close: () => fake.close(),
  };
});

channelContract('webhook', async () => {
  const fake = await fakeWebhook();
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  return {
    channel: make('webhook', {
      url: `${fake.origin.replace('://', '://user:p4ssw0rd@')}/services/T0001/B0002/XyZ?token=abc123`,
      secret,
    }),
    secrets: [secret, 'p4ssw0rd', 'T0001/B0002/XyZ', 'abc123'],
    taken: () => fake.accepted(),
    permanent: () => fake.script({ status: 400, body: secret }),
    transient: () => fake.script({ status: 503, body: secret }),
    rateLimited: () => fake.script({ status: 429 }),
    hang: () => fake.script('hang'),
    reset: () => fake.script('reset'),
    garbage: () => fake.script('garbage'),
    reached: () => fake.arrived(),
    down: () => fake.close(),
    close: () => fake.close(),
  };
});
