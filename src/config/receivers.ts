/**
 * Receivers and their channels. An entry is filled with its secrets first, with `global` then, and is checked by
 * the shape of its channel last. No fault here shows a value, because any of them may be a secret.
 */
import type { ChannelSpec, ChannelType, Locale, Receiver } from '../core/route/route.ts';
import { channelSchemas, sendResolvedByDefault } from './channels.ts';
import { inside, type Place } from './issue.ts';
import type { Reader } from './read.ts';
import type { Secrets } from './secrets.ts';
import { receiverShape } from './shape.ts';
import { checkShape } from './shape-fault.ts';
import { isMap } from './yaml.ts';

export interface ReceiverContext {
  readonly reader: Reader;
  readonly secrets: Secrets;
  readonly locale: Locale;
  readonly timezone: string;
  /** Fields of email entries that `global` gives; null when it has faults, so that none are told twice. */
  readonly email: Readonly<Record<string, unknown>> | null;
}

const TYPES = ['email', 'wecom', 'sentry', 'webhook'] as const satisfies readonly ChannelType[];

export function compileReceiver(
  value: unknown,
  place: Place,
  context: ReceiverContext,
): Receiver | null {
  const { faults } = context.reader;
  const shaped = checkShape(receiverShape, value, { faults, place });
  if (shaped === null) return null;
  const { name } = shaped.value;
  const channels = TYPES.flatMap((type) => {
    const key = `${type}_configs` as const;
    return (shaped.value[key] ?? []).flatMap((entry, index) => {
      const here = inside(place, key, index);
      const channel = compileChannel(entry, here, { ...context, type, receiver: name, index });
      return channel === null ? [] : [channel];
    });
  });
  return { name, channels };
}

function compileChannel(
  entry: unknown,
  place: Place,
  context: ReceiverContext & Pick<ChannelSpec, 'type' | 'receiver' | 'index'>,
): ChannelSpec | null {
  const { reader, secrets, type, receiver, index } = context;
  if (type === 'email' && context.email === null) return null;
  const resolved = secrets.resolve(entry, place);
  if (resolved === null) return null;
  const inherited = type === 'email' ? context.email : null;
  const whole = isMap(resolved.value) ? { ...inherited, ...resolved.value } : resolved.value;
  const shaped = checkShape(channelSchemas[type], whole, {
    faults: reader.faults,
    place,
    secret: true,
  });
  if (shaped === null || shaped.dropped.size > 0) return null;
  const config = shaped.value;
  const timezone =
    config.timezone === undefined
      ? context.timezone
      : reader.timezone(config.timezone, inside(place, 'timezone'));
  return {
    type,
    id: `${receiver}/${type}/${index}`,
    receiver,
    index,
    sendResolved: config.send_resolved ?? sendResolvedByDefault(type),
    locale: config.locale ?? context.locale,
    timezone: timezone ?? context.timezone,
    config,
  };
}

/** `smtp_<field>` of `global` as fields of an email entry. */
export function emailDefaults(global: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(global)
      .filter(([key]) => key.startsWith('smtp_'))
      .map(([key, value]) => [key.slice('smtp_'.length), value]),
  );
}
