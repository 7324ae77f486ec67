/**
 * The rows of the dashboard that look inside: whether faults are noticed in time and reach people, what comes in,
 * and how Tocsin itself fares.
 */
import type { Panel, Row } from './grafana.ts';
import { AT, quantile, WINDOW } from './queries.ts';

const UP_STATES = [
  ['down', 'red'],
  ['up', 'green'],
] as const;

export const detection: Row = {
  title: 'Detection',
  panels: [
    {
      kind: 'timeseries',
      title: 'Detection delay',
      description:
        'From a deadline until the job was judged. Seconds at most, or alerts come late.',
      width: 12,
      height: 7,
      unit: 's',
      queries: [
        { expr: quantile(0.5, 'tocsin_scheduler_detection_delay_seconds'), legend: 'p50' },
        { expr: quantile(0.99, 'tocsin_scheduler_detection_delay_seconds'), legend: 'p99' },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Sweep',
      description: 'Time since the last sweep for overdue jobs, and how long 99 % of sweeps take.',
      width: 12,
      height: 7,
      unit: 's',
      queries: [
        {
          expr: `max(time() - tocsin_scheduler_last_tick_timestamp_seconds{${AT}})`,
          legend: 'since the last one',
        },
        { expr: quantile(0.99, 'tocsin_scheduler_tick_duration_seconds'), legend: 'duration, p99' },
      ],
    },
  ],
};

export const notifications: Row = {
  title: 'Alerts and notifications',
  panels: [
    {
      kind: 'timeseries',
      title: 'Alerts received',
      description: 'From jobs, from Tocsin itself, and from others by the API.',
      width: 8,
      height: 7,
      unit: 'ops',
      queries: [
        {
          expr: `sum by (source, status) (rate(tocsin_alerts_received_total{${AT}}${WINDOW}))`,
          legend: '{{source}} {{status}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Alerts held',
      description: 'What fires now, by tier and state.',
      width: 8,
      height: 7,
      unit: 'short',
      queries: [
        {
          expr: `sum by (severity, state) (tocsin_alerts{${AT}})`,
          legend: '{{severity}} {{state}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Suppressed',
      description: 'Notifications that were not sent, by reason.',
      width: 8,
      height: 7,
      unit: 'ops',
      queries: [
        {
          expr: `sum by (reason) (rate(tocsin_notifications_suppressed_total{${AT}}${WINDOW}))`,
          legend: '{{reason}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Notifications by channel',
      description: 'Finished notifications, delivered or not.',
      width: 8,
      height: 7,
      unit: 'ops',
      queries: [
        {
          expr: `sum by (channel_type) (rate(tocsin_notifications_total{${AT}}${WINDOW}))`,
          legend: '{{channel_type}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Never delivered, by channel and class',
      description: 'Each is in the list of failures, and somebody was told over another channel.',
      width: 8,
      height: 7,
      unit: 'short',
      look: 'bars',
      queries: [
        {
          expr: `sum by (channel_type, reason) (increase(tocsin_notifications_failed_total{${AT}}${WINDOW})) > 0`,
          legend: '{{channel_type}} {{reason}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'Outbox',
      description: 'Notifications that wait to be sent or tried again.',
      width: 8,
      height: 7,
      unit: 'short',
      queries: [
        {
          expr: `sum by (channel_type) (tocsin_notification_queue_length{${AT}})`,
          legend: '{{channel_type}}',
        },
      ],
    },
    {
      kind: 'timeseries',
      title: 'From fault to delivery',
      description: '95 % reached their provider in this time; waiting for a group is part of it.',
      width: 12,
      height: 7,
      unit: 's',
      queries: [
        {
          expr: quantile(0.95, 'tocsin_notification_delivery_delay_seconds', ['severity']),
          legend: '{{severity}}',
        },
      ],
    },
    {
      kind: 'table',
      title: 'Channels',
      description: 'Whether the last attempt worked, failures in a row, and the last success.',
      width: 12,
      height: 7,
      unit: 'short',
      queries: [
        { expr: `max by (channel, channel_type) (tocsin_channel_up{${AT}})` },
        {
          expr: `max by (channel, channel_type) (tocsin_channel_consecutive_failures{${AT}})`,
        },
        {
          expr: `max by (channel, channel_type) (tocsin_channel_last_success_timestamp_seconds{${AT}} > 0) * 1000`,
        },
      ],
      columns: [
        { name: 'State', states: UP_STATES },
        { name: 'Failures in a row' },
        { name: 'Last success', unit: 'dateTimeFromNow' },
      ],
    },
  ],
};

const line = (
  title: string,
  description: string,
  unit: Extract<Panel, { kind: 'timeseries' }>['unit'],
  ...queries: readonly (readonly [expr: string, legend: string])[]
): Panel => ({
  kind: 'timeseries',
  title,
  description,
  width: 8,
  height: 7,
  unit,
  queries: queries.map(([expr, legend]) => ({ expr, legend })),
});

export const intake: Row = {
  title: 'Pings and store',
  panels: [
    line('Pings', 'Reports of jobs, by kind and what became of them.', 'reqps', [
      `sum by (kind, outcome) (rate(tocsin_pings_total{${AT}}${WINDOW})) > 0`,
      '{{kind}} {{outcome}}',
    ]),
    line(
      'Commit',
      'Time until a batch of pings is on disk; a ping is answered after that.',
      's',
      [quantile(0.5, 'tocsin_ping_commit_duration_seconds'), 'p50'],
      [quantile(0.99, 'tocsin_ping_commit_duration_seconds'), 'p99'],
    ),
    line('Ping queue', 'Pings that wait for the next commit.', 'short', [
      `max(tocsin_ping_queue_length{${AT}})`,
      'pings',
    ]),
    line('HTTP requests', 'By route, the pings included.', 'reqps', [
      `sum by (route) (rate(tocsin_http_requests_total{${AT}}${WINDOW}))`,
      '{{route}}',
    ]),
    line('HTTP latency', '99 % of requests are answered in this time.', 's', [
      quantile(0.99, 'tocsin_http_request_duration_seconds', ['route']),
      '{{route}}',
    ]),
    line('Store', 'Size on disk; retention keeps it bounded.', 'bytes', [
      `max(tocsin_db_size_bytes{${AT}})`,
      'size',
    ]),
  ],
};

export const self: Row = {
  title: 'Tocsin itself',
  panels: [
    {
      kind: 'stat',
      title: 'Health',
      description: 'The store takes writes; the last reload worked; all jobs have series.',
      width: 8,
      height: 7,
      unit: 'bool_yes_no',
      queries: [
        { expr: `min(tocsin_store_up{${AT}})`, legend: 'store takes writes' },
        { expr: `min(tocsin_config_last_reload_successful{${AT}})`, legend: 'configuration good' },
        { expr: `max(tocsin_metrics_job_series_limited{${AT}})`, legend: 'job series limited' },
      ],
    },
    line(
      'Event loop',
      'Delay of 99 % of the turns of the event loop. Above 0.1 s answers become slow.',
      's',
      [`max(nodejs_eventloop_lag_p99_seconds{${AT}})`, 'p99'],
    ),
    line(
      'Memory',
      'Resident memory and the part that JavaScript holds.',
      'bytes',
      [`max(process_resident_memory_bytes{${AT},job!="prometheus"})`, 'resident'],
      [`max(nodejs_heap_size_used_bytes{${AT}})`, 'heap'],
    ),
    line('CPU', 'Cores in use.', 'short', [
      `sum(rate(process_cpu_seconds_total{${AT},job!="prometheus"}${WINDOW}))`,
      'cores',
    ]),
    line(
      'Failures inside',
      'Reconcilers that failed, errors of the store, and spans that were lost.',
      'short',
      [
        `sum by (name) (increase(tocsin_activations_total{${AT},result="failed"}${WINDOW})) > 0`,
        '{{name}} failed',
      ],
      [`sum(increase(tocsin_db_errors_total{${AT}}${WINDOW}))`, 'store errors'],
      [`sum(increase(tocsin_otel_spans_dropped_total{${AT}}${WINDOW}))`, 'spans lost'],
    ),
    line(
      'Away',
      'Restarts, suspends and stepped clocks; jobs get time to catch up after each.',
      'short',
      [`sum(increase(tocsin_scheduler_catchup_total{${AT}}${WINDOW}))`, 'gaps'],
    ),
  ],
};
