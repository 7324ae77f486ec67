/**
 * All that the writer thread can be asked for, by name. Each is one synchronous function of the connection and
 * one argument, small enough that a commit may wait for it.
 */

import { readAlert, readAlerts } from './alerts.ts';
import { commit, describeCommit, type EncodedChanges } from './commit.ts';
import { readCounts } from './counts.ts';
import {
  claimDeliveries,
  readDeliveries,
  readDelivery,
  readNextDelivery,
  readSends,
  releaseLeases,
} from './deliveries.ts';
import { readGaps } from './gaps.ts';
import { readKeys } from './idempotency.ts';
import {
  readDueIncidents,
  readIncident,
  readIncidents,
  readNextFlush,
  readTimeline,
} from './incidents.ts';
import { addAutoJob, readJobs, syncJobs } from './jobs.ts';
import { findPing, lastPosition, readChain, readUnfolded } from './log.ts';
import { keepSecret, probe, readAliveAt, readSecret } from './meta.ts';
import { dropOld, trimChain, walkChain } from './retention.ts';

export const operations = {
  commit,
  lastPosition,
  readAliveAt,
  readSecret,
  keepSecret,
  syncJobs,
  addAutoJob,
  readJobs,
  readUnfolded,
  readKeys,
  readChain,
  findPing,
  readDueIncidents,
  claimDeliveries,
  releaseLeases,
  readNextDelivery,
  readNextFlush,
  readAlert,
  readAlerts,
  readIncident,
  readIncidents,
  readTimeline,
  readDeliveries,
  readDelivery,
  readSends,
  readGaps,
  readCounts,
  dropOld,
  walkChain,
  trimChain,
  probe,
};

export type Operations = typeof operations;
export type OperationName = keyof Operations;
export type Argument<Name extends OperationName> = Parameters<Operations[Name]>[1];
export type Result<Name extends OperationName> = ReturnType<Operations[Name]>;

const DOING: Readonly<Record<Exclude<OperationName, 'commit'>, string>> = {
  lastPosition: 'read the end of the log',
  readAliveAt: 'read the last heartbeat',
  readSecret: 'read a secret',
  keepSecret: 'keep a secret',
  syncJobs: 'match the jobs with the config',
  addAutoJob: 'add a job',
  readJobs: 'read the jobs',
  readUnfolded: 'read the end of the log',
  readKeys: 'read the idempotency keys',
  readChain: 'read the log of a job',
  findPing: 'read a ping',
  readDueIncidents: 'read the due incidents',
  claimDeliveries: 'claim deliveries',
  releaseLeases: 'release leases',
  readNextDelivery: 'read the next due time',
  readNextFlush: 'read the next due time',
  readAlert: 'read an alert',
  readAlerts: 'read alerts',
  readIncident: 'read an incident',
  readIncidents: 'read incidents',
  readTimeline: 'read a timeline',
  readDeliveries: 'read deliveries',
  readDelivery: 'read a delivery',
  readSends: 'count sent messages',
  readGaps: 'read the gaps',
  readCounts: 'count alerts and deliveries',
  dropOld: 'delete old rows',
  walkChain: 'walk the log of a job',
  trimChain: 'shorten the log of a job',
  probe: 'try a write',
};

export const describe = (name: OperationName, argument: unknown): string =>
  name === 'commit' ? describeCommit(argument as EncodedChanges) : DOING[name];
