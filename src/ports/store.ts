/**
 * The store: where truth lives. Every write is one `commit`, and a resolved commit is on disk.
 * Invariant: what one commit holds is there together or not at all; nothing here decides anything.
 */
import type { Alert, Labels, Severity } from '../core/alert/alert.ts';
import type { JobState, LogEntry } from '../core/job/job.ts';
import type {
  FailureReason,
  Notification,
  NotifiedEntry,
  NotifyReason,
} from '../core/notify/notify.ts';
import type { ChannelType } from '../core/route/route.ts';
import type { Duration, Instant } from '../core/time.ts';

export interface JobRecord {
  readonly id: number;
  readonly name: string;
  readonly uuid: string;
  /** `config`: written in YAML; `auto`: made by its first ping. */
  readonly origin: 'config' | 'auto';
  /** Cache of the fold; null when never folded. `state.head` says up to which entry. */
  readonly state: JobState | null;
  /** Set while no config names the job: its history waits for the retention time. */
  readonly retiredAt: Instant | null;
}

export interface JobWanted {
  readonly name: string;
  readonly was?: string;
  readonly uuid?: string;
}

/** An entry as read back: its body is fetched apart. */
export type LogView = Omit<LogEntry, 'body'> & { readonly bodyBytes: number };

export interface Incident {
  readonly id: number;
  readonly groupKey: string;
  readonly routeKey: string;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly openedAt: Instant;
  /** When the group is looked at next; null once closed. */
  readonly flushAt: Instant | null;
  readonly closedAt: Instant | null;
}

export type DeliveryState = 'pending' | 'sent' | 'dead' | 'cancelled';

export interface Delivery {
  /** `dlv_` and 20 hex digits; stable over attempts. */
  readonly id: string;
  readonly incidentId: number;
  readonly groupKey: string;
  readonly receiver: string;
  readonly channelId: string;
  readonly channelType: ChannelType;
  readonly severity: Severity;
  readonly reason: NotifyReason;
  readonly notification: Notification;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: Instant;
  readonly nextAt: Instant;
  /** After this it is dead, however many attempts were made. */
  readonly deadlineAt: Instant;
  readonly leaseOwner: string | null;
  readonly leaseUntil: Instant | null;
  readonly lastReason: FailureReason | 'sent' | 'partial' | null;
  readonly lastDetail: string;
  readonly providerRef: string;
  /** Recipients still to be tried; null: all. */
  readonly only: readonly string[] | null;
  readonly finishedAt: Instant | null;
}

/** One readable line of an incident's story. */
export interface TimelineEntry {
  readonly incidentId: number;
  readonly at: Instant;
  readonly kind: string;
  readonly detail: string;
}

/** A time in which Tocsin did not listen, or its clock stepped. */
export interface Gap {
  readonly from: Instant;
  readonly to: Instant;
  readonly kind: 'stopped' | 'suspended' | 'clock_forward' | 'clock_back';
}

/** An alert that belongs to a group: opens the incident of that group unless one is open. */
export interface Grouped {
  readonly fingerprint: string;
  readonly groupKey: string;
  readonly routeKey: string;
  readonly receiver: string;
  readonly groupLabels: Labels;
  /** For an incident that this opens; an open one keeps its own. */
  readonly flushAt: Instant;
  readonly openedAt: Instant;
}

/** Everything that one decision changes. All of it is on disk when `commit` resolves, or none. */
export interface Changes {
  /** The log must end here before this commit, else it is refused: it was decided on top of one that failed. */
  readonly after?: number;
  /** `n` is given by the caller (`lastPosition` + 1, …) in order. */
  readonly log?: readonly LogEntry[];
  readonly idempotency?: readonly { jobId: number; key: string; n: number; at: Instant }[];
  /** Caches of the fold; `state.head` must not lie beyond the log of this commit. */
  readonly states?: readonly { jobId: number; state: JobState }[];
  /** Every job's stored state holds at least what the log says up to here. */
  readonly foldedThrough?: number;
  readonly alerts?: readonly Alert[];
  readonly grouped?: readonly Grouped[];
  /**
   * Alerts that leave an incident, because their resolution was told or is not to be told. `asOf`: when that was
   * decided; one that has fired again since stays.
   */
  readonly ungrouped?: readonly { incidentId: number; fingerprint: string; asOf?: Instant }[];
  /**
   * With both times: it closes, unless an alert has joined it since that was decided; then it is looked at again at
   * `flushAt`.
   */
  readonly incidents?: readonly {
    id: number;
    flushAt: Instant | null;
    closedAt: Instant | null;
  }[];
  /**
   * New rows, or rows replaced by id, since flush and send decide on what each read a while ago. Of a row that is
   * stored, `pending` may become anything; `cancelled` may only become `sent` or `dead`, since the attempt that was
   * on its way then did take place; `sent` and `dead` are final. A row that would break this is left out in silence,
   * and the rest of the commit is stored.
   */
  readonly deliveries?: readonly Delivery[];
  readonly notified?: readonly NotifiedEntry[];
  readonly timeline?: readonly TimelineEntry[];
  /**
   * `clock_back`: what the store noted as later than `from` moves back by the length of the gap: flushes, deliveries
   * and leases that wait come due as much sooner, `from` at the earliest. Only rows that were there before this
   * commit. A gap that is there already is not taken twice, so that a commit of which nobody heard may be repeated.
   */
  readonly gaps?: readonly Gap[];
  /** Heartbeat: Tocsin was listening at this instant. */
  readonly aliveAt?: Instant;
}

/** What a flush of one incident is decided from. */
export interface DueIncident {
  readonly incident: Incident;
  readonly alerts: readonly Alert[];
  /** What was told of this group, on any channel. */
  readonly notified: readonly NotifiedEntry[];
  /** Deliveries of this group that are not finished. */
  readonly pending: readonly Delivery[];
  /** Messages so far per channel id, for the sequence number. */
  readonly sequence: Readonly<Record<string, number>>;
}

export interface Limits {
  readonly entriesPerJob: number;
  readonly maxAge: Duration;
  readonly deliveriesMaxAge: Duration;
  readonly idempotencyMaxAge: Duration;
  readonly idempotencyMaxKeys: number;
}

/** `refused`: what was asked breaks a rule of the store, or a newer Tocsin wrote it; trying again is no use. */
export type StoreFault = 'full' | 'readonly' | 'busy' | 'corrupt' | 'io' | 'closed' | 'refused';

/** A commit or read that did not happen. The message says what was being done; `cause` says why. */
export class StoreError extends Error {
  readonly fault: StoreFault;
  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.fault = fault;
  }
}

export interface Store {
  /** Rejects with StoreError; then nothing of `changes` is stored. Commits run in the order of the calls. */
  commit(changes: Changes): Promise<void>;

  /** Position of the newest log entry; 0 in an empty store. Read once at start. */
  lastPosition(): Promise<number>;
  /** When Tocsin last said that it was listening; null in a fresh store. */
  aliveAt(): Promise<Instant | null>;
  /** A value that outlives restarts, made by `make` the first time (the ping key of a fresh install). */
  secret(name: string, make: () => string): Promise<string>;

  /**
   * Makes the stored jobs match `wanted`: adds, renames (`was`), retires those that are gone, brings back
   * those that returned. `auto` jobs are kept. One transaction. `uuid` fills in ids for new jobs.
   * A uuid that two jobs would share, or a `was` that is still wanted, is a rejected promise and no change.
   */
  syncJobs(wanted: readonly JobWanted[], now: Instant, uuid: () => string): Promise<void>;
  /** Adds one job made by its first ping; returns its id. */
  addAutoJob(job: { name: string; uuid: string; spec: string }, now: Instant): Promise<number>;
  /** All jobs, retired ones too, in order of id, in chunks so that a large store does not block. */
  jobs(each: (chunk: readonly (JobRecord & { spec: string | null })[]) => void): Promise<void>;
  /** Entries after the stored states, oldest first: `n` > the `foldedThrough` of the last such commit. */
  unfolded(each: (chunk: readonly LogEntry[]) => void): Promise<void>;
  /** Keys still remembered, oldest first. */
  idempotencyKeys(): Promise<readonly { jobId: number; key: string; n: number; at: Instant }[]>;

  /** A job's log from entry `head` backwards, newest first, at most `limit` entries that `kinds` admit. */
  log(query: {
    head: number;
    kinds?: readonly LogEntry['kind'][];
    limit: number;
  }): Promise<readonly LogView[]>;
  /** The ping with number `seq` on the chain from `head`; null when it is gone or never was. */
  ping(query: { head: number; seq: number }): Promise<LogEntry | null>;

  /** Open incidents with flushAt <= now, oldest first, and all that their flush needs. */
  dueIncidents(now: Instant, limit: number): Promise<readonly DueIncident[]>;
  /** One incident as a flush would see it, open or closed; null when there is none. */
  incident(id: number): Promise<DueIncident | null>;
  /** Leases pending deliveries with nextAt <= now and no live lease, P0 first, then oldest. */
  claimDeliveries(query: {
    now: Instant;
    owner: string;
    leaseUntil: Instant;
    limit: number;
    /** Channels that are held back now. */
    except: readonly string[];
  }): Promise<readonly Delivery[]>;
  /** Frees leases of owners that are gone: with one owner, all but `owner`'s. */
  releaseLeases(owner: string): Promise<number>;
  /** Earliest flushAt and nextAt that wait; null when none do. */
  nextDue(): Promise<{ flushAt: Instant | null; deliveryAt: Instant | null }>;

  alert(fingerprint: string): Promise<Alert | null>;
  /** `firing`: those not ended at `now`. Ordered by startsAt, newest first. */
  alerts(query: {
    now: Instant;
    firing?: boolean;
    limit: number;
    offset?: number;
  }): Promise<readonly Alert[]>;
  incidents(query: {
    open?: boolean;
    limit: number;
    before?: number;
  }): Promise<readonly (Incident & { alerts: number })[]>;
  timeline(incidentId: number, limit: number): Promise<readonly TimelineEntry[]>;
  deliveries(query: {
    state?: DeliveryState;
    incidentId?: number;
    limit: number;
    /** createdAt and id of the last row of the page before. */
    before?: { createdAt: Instant; id: string };
  }): Promise<readonly Delivery[]>;
  delivery(id: string): Promise<Delivery | null>;
  /** Sends of one channel since an instant, for its rate limit. */
  attemptsSince(since: Instant): Promise<Readonly<Record<string, readonly Instant[]>>>;
  /** Firing alerts by severity, and deliveries that are not finished by channel type. */
  counts(now: Instant): Promise<{
    firing: readonly { severity: Severity; count: number }[];
    pending: readonly { channelType: ChannelType; count: number }[];
  }>;
  gaps(limit: number): Promise<readonly Gap[]>;

  /**
   * Deletes what the limits no longer keep, a bounded piece at a time; `more`: it stopped before all was looked at.
   * `finished`: ids of those jobs of `heads` whose log is no longer than the limit now. The others are to be asked
   * for again: there was no room for them, or no stored state holds yet what they have too much.
   */
  retain(query: {
    now: Instant;
    limits: Limits;
    /** Jobs whose log may be too long. */
    heads: readonly { jobId: number; head: number }[];
  }): Promise<{
    deleted: Readonly<Record<string, number>>;
    more: boolean;
    finished: readonly number[];
  }>;
  /** A consistent copy at `file`, made while running. Refuses to overwrite. */
  backup(file: string): Promise<{ bytes: number }>;
  /** Tries a write; resolves when writing works. */
  probe(): Promise<void>;
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}
