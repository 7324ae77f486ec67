/** Rows for tests of a store: each has every field, so that a field which is not stored is noticed. */
import type { Alert } from '../../../src/core/alert/alert.ts';
import type { JobState, LogEntry } from '../../../src/core/job/job.ts';
import type { Notification } from '../../../src/core/notify/notify.ts';
import { type Instant, instant } from '../../../src/core/time.ts';
import type { Delivery, Grouped, Limits } from '../../../src/ports/store.ts';

/** A Monday noon, in UTC. */
export const START = instant(1_763_985_600_000);
export const after = (ms: number): Instant => instant(START + ms);

const DAY_MS = 86_400_000;

export const entryOf = (given: Partial<LogEntry> & { n: number }): LogEntry => ({
  jobId: 1,
  seq: given.n,
  previous: given.n - 1,
  kind: 'success',
  at: after(given.n * 1_000),
  receivedAt: after(given.n * 1_000 + 5),
  runId: null,
  exitCode: null,
  startedAt: null,
  overran: false,
  reason: '',
  traceId: null,
  spanId: null,
  body: null,
  host: null,
  env: null,
  metrics: null,
  remoteAddr: '192.0.2.7',
  userAgent: 'curl/8.5.0',
  method: 'GET',
  scheme: 'http',
  ...given,
});

/** Entries 1..count of one job, each pointing to the one before. */
export const entriesOf = (count: number, given: Partial<LogEntry> = {}): LogEntry[] =>
  Array.from({ length: count }, (_, index) => entryOf({ n: index + 1, ...given }));

export const fullEntry = (n: number): LogEntry =>
  entryOf({
    n,
    kind: 'fail',
    runId: '0d9f7a5c-1111-4222-8333-444455556666',
    exitCode: 137,
    startedAt: after(-60_000),
    overran: true,
    reason: 'exit code 137',
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    body: new Uint8Array([0, 255, 10, 128]),
    host: 'db-1',
    env: 'prod',
    metrics: { rows: 1.5, 'größe "x"': -3 },
    remoteAddr: '2001:db8::1',
    userAgent: 'Ünïcode 🛎',
    method: 'POST',
    scheme: 'https',
  });

export const stateOf = (head: number, given: Partial<JobState> = {}): JobState => ({
  status: 'up',
  since: START,
  head,
  pings: head,
  lastPingAt: after(head),
  lastSuccessAt: null,
  lastDurationMs: 1_234,
  lastExitCode: 0,
  expectedAt: after(DAY_MS),
  earlyAt: null,
  failuresInRow: 0,
  successesInRow: 3,
  problems: [],
  runs: [],
  outcomes: [{ at: START, kind: 'success', runId: null }],
  base: { missed: false, failed: false, failuresInRow: 0, successesInRow: 0 },
  scheduleKey: '30 2 * * *',
  pausedBy: null,
  ...given,
});

export const alertOf = (fingerprint: string, given: Partial<Alert> = {}): Alert => ({
  fingerprint,
  // A label may have any name, also one that means something to JavaScript.
  labels: JSON.parse(
    `{"alertname":"JobFailed","__proto__":"x","job_name":"${fingerprint}"}`,
  ) as Record<string, string>,
  annotations: { summary: 'it "failed"' },
  startsAt: START,
  endsAt: null,
  updatedAt: START,
  generatorUrl: 'https://example.org/jobs/1',
  timeout: false,
  source: 'job',
  traceId: null,
  spanId: null,
  ...given,
});

export const groupedOf = (fingerprint: string, given: Partial<Grouped> = {}): Grouped => ({
  fingerprint,
  groupKey: '{}:{}',
  routeKey: '{}',
  receiver: 'team',
  groupLabels: { job_name: 'nightly' },
  flushAt: after(10_000),
  openedAt: START,
  ...given,
});

const notificationOf = (id: string, incidentId: number, seq: number): Notification => ({
  id,
  incident: { id: incidentId, groupKey: '{}:{}', seq, openedAt: START },
  receiver: 'team',
  status: 'firing',
  reason: 'first',
  severity: 'P1',
  alerts: [],
  truncatedAlerts: 0,
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  locale: 'en',
  timezone: 'UTC',
  externalUrl: '',
  at: START,
});

export const deliveryOf = (
  id: string,
  given: Partial<Delivery> & { seq?: number } = {},
): Delivery => {
  const { seq = 1, ...fields } = given;
  return {
    id,
    incidentId: 1,
    groupKey: '{}:{}',
    receiver: 'team',
    channelId: 'team/webhook/0',
    channelType: 'webhook',
    severity: 'P1',
    reason: 'first',
    notification: notificationOf(id, fields.incidentId ?? 1, seq),
    state: 'pending',
    attempts: 0,
    createdAt: START,
    nextAt: START,
    deadlineAt: after(DAY_MS),
    leaseOwner: null,
    leaseUntil: null,
    lastReason: null,
    lastDetail: '',
    providerRef: '',
    only: null,
    finishedAt: null,
    ...fields,
  };
};

/** Everything is kept, unless a test says otherwise. */
export const limitsOf = (given: Partial<Record<keyof Limits, number>> = {}): Limits =>
  ({
    entriesPerJob: 1_000_000,
    maxAge: 10_000 * DAY_MS,
    deliveriesMaxAge: 10_000 * DAY_MS,
    idempotencyMaxAge: 10_000 * DAY_MS,
    idempotencyMaxKeys: 1_000_000,
    ...given,
  }) as Limits;
