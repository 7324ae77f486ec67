/** The list of channels: the only place that knows every kind. */
import type { ChannelSpec } from '../core/route/route.ts';
import type { Channel } from '../ports/channel.ts';
import type { EmailConfig } from './email/config.ts';
import { makeEmail } from './email/send.ts';
import type { SentryConfig } from './sentry/config.ts';
import { makeSentry } from './sentry/send.ts';
import type { ChannelDeps } from './shared/deps.ts';
import type { WebhookConfig } from './webhook/config.ts';
import { makeWebhook } from './webhook/send.ts';
import type { WecomConfig } from './wecom/config.ts';
import { makeWecom } from './wecom/send.ts';

/** `spec.config` was checked against the schema of its kind when the file was loaded. */
export function makeChannel(spec: ChannelSpec, deps: ChannelDeps): Channel {
  switch (spec.type) {
    case 'email':
      return makeEmail(spec.config as EmailConfig, deps);
    case 'wecom':
      return makeWecom(spec.config as WecomConfig, deps);
    case 'sentry':
      return makeSentry(spec.config as SentryConfig, deps);
    case 'webhook':
      return makeWebhook(spec.config as WebhookConfig, deps);
    default:
      return spec.type satisfies never;
  }
}
