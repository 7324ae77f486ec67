/** Where the news of a dead letter goes. Invariant: never to the channel that lost it, under whatever name. */
import type { ChannelSpec, Receiver } from '../route/route.ts';

/** Two receivers may hold the same target; it fails for both. */
const sameTarget = (one: ChannelSpec, other: ChannelSpec): boolean =>
  one.type === other.type && JSON.stringify(one.config) === JSON.stringify(other.config);

/**
 * Channels that may carry the alert about a dead letter, best first: the other channels of the same receiver, then
 * those of the other receivers in the order of the configuration.
 */
export function fallbackChannels(
  receivers: Iterable<Receiver>,
  failedChannelId: string,
): readonly ChannelSpec[] {
  const all = [...receivers].flatMap(({ channels }) => channels);
  const failed = all.find(({ id }) => id === failedChannelId);
  if (failed === undefined) return all.filter(({ id }) => id !== failedChannelId);
  const others = all.filter((one) => one.id !== failedChannelId && !sameTarget(one, failed));
  const own = others.filter(({ receiver }) => receiver === failed.receiver);
  return [...own, ...others.filter(({ receiver }) => receiver !== failed.receiver)];
}
