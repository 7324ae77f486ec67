/** What every channel is given besides its configuration. */
import type { LookupFunction } from 'node:net';
import type { Dispatcher } from 'undici';
import type { Random } from '../../ports/clock.ts';
import type { Log } from '../../ports/telemetry.ts';

export interface ChannelDeps {
  readonly random: Random;
  readonly log?: Log;
  /** Version of Tocsin, for the User-Agent. */
  readonly version: string;
  /**
   * true: any address may be called, as for targets that the operator wrote into a file. false: public addresses
   * only. A list: public addresses and those of these CIDR blocks.
   */
  readonly allowPrivateTargets: boolean | readonly string[];
  /** Sends requests instead of an own agent, which is then not closed here. */
  readonly dispatcher?: Dispatcher;
  /** Resolves names for the guard; the system's resolver when absent. */
  readonly lookup?: LookupFunction;
}

export const userAgent = (deps: Pick<ChannelDeps, 'version'>): string => `Tocsin/${deps.version}`;
