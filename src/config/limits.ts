/**
 * How much a configuration may hold. Every limit stands here, so that a person who meets one can find it
 * and so that no file, alias or list can make a load unbounded.
 */
import { DAY, type Duration, duration, SECOND } from '../core/time.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const CONFIG_LIMITS = {
  files: 1_000,
  fileBytes: 64 * MIB,
  /** Over all files. */
  totalChars: 256 * MIB,
  /** Nesting of YAML lists and maps. */
  depth: 100,
  /** Nodes that aliases may add over the nodes that are written. */
  aliasNodes: 4_000_000,
  mergeKeys: 10_000_000,
  /** Issues reported one by one; the rest is counted. */
  issues: 100,

  jobs: 1_000_000,
  /** Distinct groups: each is a label of metrics. */
  groups: 10_000,
  labelsPerJob: 32,
  labelNameChars: 128,
  labelValueChars: 1_024,
  jobNameChars: 64,
  groupChars: 64,
  descriptionChars: 4_096,
  urlChars: 2_048,
  expressionChars: 1_024,
  keywordsChars: 1_024,
  /** failures, recoveries. */
  inRow: 1_000,
  /** grace, max_runtime. */
  patience: duration(365 * DAY),

  routes: 10_000,
  routeDepth: 32,
  receivers: 10_000,
  channelsPerReceiver: 100,
  inhibitRules: 10_000,
  timeIntervals: 10_000,
  entriesPerInterval: 1_000,
  silences: 10_000,
  matchersPerList: 100,
  matcherChars: 4_096,
  nameChars: 256,
  commentChars: 1_024,

  keysPerRole: 100,
  pingKeyChars: 8,
  otherKeyChars: 16,
  keyCharsMax: 256,
  secretFileBytes: 64 * KIB,
  trustedProxies: 1_000,
} as const;

/** Longest and shortest lengths of `server:` and of route timers. */
export const LENGTHS = {
  routeTimer: duration(365 * DAY),
  silence: duration(366 * DAY),
  catchUp: duration(DAY),
  retentionLeast: duration(3_600 * SECOND),
  retentionMost: duration(3_650 * DAY),
  resolveTimeoutLeast: SECOND,
  resolveTimeoutMost: duration(30 * DAY),
} as const satisfies Record<string, Duration>;
