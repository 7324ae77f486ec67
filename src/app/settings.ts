/** From a configuration to what the engine works by: channels are made here, whole, before anything is swapped. */
import { makeChannel } from '../channel/all.ts';
import type { ChannelDeps } from '../channel/shared/deps.ts';
import type { Config } from '../config/config.ts';
import { DAY, duration } from '../core/time.ts';
import { IDEMPOTENCY_KEYS_MAX } from '../engine/idempotency.ts';
import type { Settings } from '../engine/settings.ts';
import type { Channel } from '../ports/channel.ts';

/** `baseUrl` is asked when a link is written: the port may be known only once the server listens. */
export function buildSettings(config: Config, deps: ChannelDeps, baseUrl: () => string): Settings {
  const channels = new Map<string, Channel>();
  for (const receiver of config.receivers.values())
    for (const spec of receiver.channels) channels.set(spec.id, makeChannel(spec, deps));
  const { retention } = config.server;
  return {
    route: config.route,
    receivers: config.receivers,
    timeIntervals: config.timeIntervals,
    silences: config.silences,
    inhibitRules: config.inhibitRules,
    severityAliases: config.severityAliases,
    channels,
    get externalUrl() {
      return config.server.externalUrl || baseUrl();
    },
    catchUp: config.server.catchUp,
    autoCreatedJobsMax: config.server.autoCreatedJobsMax,
    limits: {
      entriesPerJob: retention.entriesPerJob,
      maxAge: retention.maxAge,
      deliveriesMaxAge: retention.deliveriesMaxAge,
      idempotencyMaxAge: duration(7 * DAY),
      idempotencyMaxKeys: IDEMPOTENCY_KEYS_MAX,
    },
  };
}

export async function closeChannels(settings: Settings): Promise<void> {
  const channels = [...settings.channels.values()];
  await Promise.allSettled(channels.map(async (channel) => await channel.close?.()));
}
