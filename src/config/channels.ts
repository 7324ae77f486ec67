/** The kinds of channel that a receiver can have, and the shape of an entry of each. */
import type { z } from 'zod';
import { emailSchema } from '../channel/email/config.ts';
import { sentrySchema } from '../channel/sentry/config.ts';
import { webhookSchema } from '../channel/webhook/config.ts';
import { wecomSchema } from '../channel/wecom/config.ts';
import type { ChannelType } from '../core/route/route.ts';

export const channelSchemas = {
  email: emailSchema,
  wecom: wecomSchema,
  sentry: sentrySchema,
  webhook: webhookSchema,
} as const satisfies Record<ChannelType, z.ZodType>;

/** Alertmanager's default for `send_resolved`: mail tells of faults only, everything else of their end too. */
export const sendResolvedByDefault = (type: ChannelType): boolean => type !== 'email';
