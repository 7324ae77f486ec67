/** What the channels under test are given. */
import type { ChannelDeps } from '../../src/channel/shared/deps.ts';

export const deps: ChannelDeps = {
  random: { uniform: () => 0.5, hex: (bytes) => 'ab'.repeat(bytes), uuid: () => 'uuid' },
  version: '0.1.0',
  allowPrivateTargets: true,
};
