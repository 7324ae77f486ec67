/**
 * Names, help, labels and buckets of everything on `/metrics`. Invariant: every label here has a bounded set of
 * values, and a name or label once published is not changed, since dashboards and rules of others depend on it.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const makers = (registry: Registry) => {
  const registers = [registry];
  return {
    counter: <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Counter<L>({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, ...labelNames: L[]) =>
      new Gauge<L>({ name, help, labelNames, registers }),
    histogram: <L extends string>(
      name: string,
      help: string,
      buckets: number[],
      ...labelNames: L[]
    ) => new Histogram<L>({ name, help, buckets, labelNames, registers }),
  };
};
type Makers = ReturnType<typeof makers>;

/** Up to a day, since that is how long jobs run. */
const RUN_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
const HTTP_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const COMMIT_BUCKETS = [0.0005, ...HTTP_BUCKETS];
const TICK_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];
const DETECTION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const REQUEST_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const DELIVERY_BUCKETS = [1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

const jobFamilies = ({ counter, gauge, histogram }: Makers) => ({
  jobs: gauge('tocsin_jobs', 'Jobs by current state.', 'group', 'state'),
  runs: counter('tocsin_runs_total', 'Finished runs.', 'group', 'result'),
  runsActive: gauge('tocsin_runs_active', 'Runs started and not finished.', 'group'),
  runsMissed: counter(
    'tocsin_runs_missed_total',
    'Expected runs that did not report before their deadline.',
    'group',
  ),
  runDuration: histogram(
    'tocsin_run_duration_seconds',
    'Time from start to end of runs whose start was reported.',
    RUN_BUCKETS,
    'group',
    'result',
  ),
  pings: counter('tocsin_pings_total', 'Pings received.', 'kind', 'outcome'),
  pingQueue: gauge('tocsin_ping_queue_length', 'Pings waiting to be committed.'),
  commitDuration: histogram(
    'tocsin_ping_commit_duration_seconds',
    'Time until a batch of pings is on disk.',
    COMMIT_BUCKETS,
  ),
  httpRequests: counter(
    'tocsin_http_requests_total',
    'HTTP requests answered.',
    'method',
    'route',
    'code',
  ),
  httpDuration: histogram(
    'tocsin_http_request_duration_seconds',
    'Time to answer an HTTP request.',
    HTTP_BUCKETS,
    'method',
    'route',
  ),
  lastTick: gauge(
    'tocsin_scheduler_last_tick_timestamp_seconds',
    'When the sweep for overdue jobs last completed.',
  ),
  tickDuration: histogram(
    'tocsin_scheduler_tick_duration_seconds',
    'Duration of a sweep for overdue jobs.',
    TICK_BUCKETS,
  ),
  detectionDelay: histogram(
    'tocsin_scheduler_detection_delay_seconds',
    'Time from a deadline until the job was judged.',
    DETECTION_BUCKETS,
  ),
  catchups: counter(
    'tocsin_scheduler_catchup_total',
    'Times that Tocsin came back late: restarts, suspends and stepped clocks.',
  ),
  activations: counter(
    'tocsin_activations_total',
    'Activations of the reconcilers that do what is due.',
    'name',
    'result',
  ),
});

const alertFamilies = ({ counter, gauge }: Makers) => ({
  alertsReceived: counter(
    'tocsin_alerts_received_total',
    'Alerts that entered the router.',
    'source',
    'status',
  ),
  alerts: gauge('tocsin_alerts', 'Alerts held now.', 'severity', 'state'),
});

const notificationFamilies = ({ counter, gauge, histogram }: Makers) => ({
  suppressed: counter(
    'tocsin_notifications_suppressed_total',
    'Notifications not sent, by reason.',
    'reason',
  ),
  notifications: counter(
    'tocsin_notifications_total',
    'Notifications that were finished, delivered or not.',
    'channel_type',
  ),
  notificationsFailed: counter(
    'tocsin_notifications_failed_total',
    'Notifications that were never delivered, by the last reason.',
    'channel_type',
    'reason',
  ),
  notificationsDropped: counter(
    'tocsin_notifications_dropped_total',
    'Of the failed: given up at the deadline, while another try might have worked.',
    'channel_type',
    'reason',
  ),
  requests: counter(
    'tocsin_notification_requests_total',
    'Attempts to notify, retries included.',
    'channel_type',
  ),
  requestsFailed: counter(
    'tocsin_notification_requests_failed_total',
    'Attempts to notify that failed.',
    'channel_type',
  ),
  requestDuration: histogram(
    'tocsin_notification_request_duration_seconds',
    'Duration of one attempt to notify.',
    REQUEST_BUCKETS,
    'channel_type',
  ),
  deliveryDelay: histogram(
    'tocsin_notification_delivery_delay_seconds',
    'Time from the oldest fault of a notification until its provider accepted it.',
    DELIVERY_BUCKETS,
    'channel_type',
    'severity',
  ),
  notificationQueue: gauge(
    'tocsin_notification_queue_length',
    'Notifications in the outbox that are not finished.',
    'channel_type',
  ),
  channelUp: gauge(
    'tocsin_channel_up',
    'Whether the last attempt on the channel worked; 1 before the first.',
    'channel',
    'channel_type',
  ),
  channelLastSuccess: gauge(
    'tocsin_channel_last_success_timestamp_seconds',
    'When the channel last accepted a notification; 0 for not since the start.',
    'channel',
    'channel_type',
  ),
  channelFailures: gauge(
    'tocsin_channel_consecutive_failures',
    'Attempts on the channel that failed in a row.',
    'channel',
    'channel_type',
  ),
});

const selfFamilies = ({ counter, gauge, histogram }: Makers) => ({
  storeUp: gauge('tocsin_store_up', 'Whether the store takes writes.'),
  dbSize: gauge('tocsin_db_size_bytes', 'Size of the store.'),
  dbErrors: counter('tocsin_db_errors_total', 'Operations that the store failed.', 'operation'),
  retentionRows: counter(
    'tocsin_retention_deleted_rows_total',
    'Rows deleted because they were too old or too many.',
    'table',
  ),
  retentionSuccess: gauge(
    'tocsin_retention_last_success_timestamp_seconds',
    'When old rows were last deleted.',
    'table',
  ),
  buildInfo: gauge(
    'tocsin_build_info',
    'Always 1; the labels say what runs.',
    'version',
    'revision',
    'node_version',
  ),
  reloadOk: gauge(
    'tocsin_config_last_reload_successful',
    'Whether the last attempt to load the configuration worked.',
  ),
  reloadSuccess: gauge(
    'tocsin_config_last_reload_success_timestamp_seconds',
    'When a configuration was last taken into use.',
  ),
  snapshotErrors: counter(
    'tocsin_metrics_snapshot_errors_total',
    'Scrapes that lack the gauges of current state, because it could not be read.',
  ),
  renderDuration: histogram(
    'tocsin_metrics_render_duration_seconds',
    'Time to render the previous scrapes.',
    TICK_BUCKETS,
  ),
  spansDropped: counter(
    'tocsin_otel_spans_dropped_total',
    'Spans that were never exported.',
    'signal',
  ),
  exportFailures: counter(
    'tocsin_otel_export_failures_total',
    'Batches that the collector did not take.',
    'signal',
  ),
});

export const makeFamilies = (registry: Registry) => {
  const make = makers(registry);
  return {
    ...jobFamilies(make),
    ...alertFamilies(make),
    ...notificationFamilies(make),
    ...selfFamilies(make),
  };
};

export type Families = ReturnType<typeof makeFamilies>;
