/**
 * The shapes of the API's answers, for the OpenAPI document. Invariant: an object lists every field that it may have,
 * and all of them are always there unless its text says otherwise.
 */
type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer' };
const bool: Schema = { type: 'boolean' };
const time: Schema = { type: 'string', format: 'date-time' };
const map: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] });
const said = (schema: Schema, description: string): Schema => ({ ...schema, description });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const problem = object({
  kind: oneOf('missed', 'failed', 'overrun', 'slow'),
  since: said(time, 'When the fault was, not when it was noticed.'),
  reason: text,
  exit_code: orNull(number),
  run: orNull(text),
  trace_id: orNull(text),
});

const job = object({
  name: text,
  uuid: said(orNull(text), 'A ping secret: null unless asked with an admin key.'),
  ping_url: said(orNull(text), 'Null as `uuid` is.'),
  state: said(
    oneOf('new', 'up', 'late', 'down', 'paused'),
    '`late`: past its schedule and inside its grace.',
  ),
  running: bool,
  problems: listOf(problem),
  since: said(time, 'Start of the present state; `late` does not begin another.'),
  schedule: text,
  timezone: text,
  next_at: said(orNull(time), 'The awaited instant; null when new, paused or down.'),
  due_at: said(orNull(time), 'When silence becomes a fault.'),
  last_ping_at: orNull(time),
  last_success_at: orNull(time),
  last_duration_ms: orNull(number),
  last_exit_code: orNull(number),
  pings: said(number, 'Pings ever received.'),
  group: text,
  severity: oneOf('P0', 'P1', 'P2'),
  labels: map,
  grace: text,
  max_runtime: orNull(text),
  paused: bool,
  origin: said(oneOf('config', 'auto'), '`auto`: made by its first ping.'),
  description: text,
  runbook: text,
});

const ping = object({
  n: said(number, 'Counts the pings of this job, from 1.'),
  kind: said(oneOf('start', 'success', 'fail', 'log', 'ign'), '`ign`: a filter ignored it.'),
  at: time,
  received_at: time,
  run: orNull(text),
  exit_code: orNull(number),
  duration_ms: said(orNull(number), 'From the start of the run that this ends.'),
  body_bytes: number,
  body_url: orNull(text),
  metrics: { type: ['object', 'null'], additionalProperties: { type: 'number' } },
  host: orNull(text),
  env: orNull(text),
  remote_addr: orNull(text),
  user_agent: orNull(text),
  method: orNull(text),
  scheme: orNull(text),
  trace_id: orNull(text),
  reason: text,
});

const run = object({
  run: orNull(text),
  state: oneOf('running', 'overrun', 'ok', 'failed', 'abandoned'),
  started_at: said(orNull(time), 'Null when only its end was reported.'),
  ended_at: orNull(time),
  duration_ms: orNull(number),
  overran: bool,
  exit_code: orNull(number),
  host: orNull(text),
  env: orNull(text),
  trace_id: orNull(text),
  reason: text,
});

const alert = object({
  fingerprint: text,
  state: oneOf('firing', 'resolved'),
  labels: map,
  annotations: map,
  starts_at: time,
  ends_at: orNull(time),
  updated_at: time,
  source: oneOf('job', 'tocsin', 'api'),
  generator_url: text,
  trace_id: orNull(text),
});

const incidentFields = {
  id: number,
  state: oneOf('open', 'closed'),
  receiver: text,
  group_key: text,
  group_labels: map,
  route_key: text,
  alerts: said(number, 'Alerts in it now.'),
  opened_at: time,
  closed_at: orNull(time),
  flush_at: said(orNull(time), 'When the group is looked at next.'),
};

const timelineEntry = object({ at: time, kind: text, detail: text });

const deliveryFields = {
  id: text,
  state: oneOf('pending', 'sent', 'dead', 'cancelled'),
  incident: number,
  receiver: text,
  channel: text,
  channel_type: text,
  severity: oneOf('P0', 'P1', 'P2'),
  status: oneOf('firing', 'resolved'),
  reason: said(text, 'Why it is sent.'),
  alerts: number,
  attempts: number,
  created_at: time,
  next_at: said(orNull(time), 'Of the next attempt; null when none is to come.'),
  deadline_at: time,
  finished_at: orNull(time),
  last_result: orNull(text),
  last_detail: text,
  provider_ref: text,
};

const issue = object({
  file: text,
  line: number,
  column: number,
  path: text,
  message: text,
  expected: text,
  text: said(text, 'All of it in one line.'),
});

export const SCHEMAS = {
  Job: job,
  Ping: ping,
  Run: run,
  Alert: alert,
  Incident: object(incidentFields),
  IncidentDetail: object({ ...incidentFields, timeline: listOf(timelineEntry) }),
  TimelineEntry: timelineEntry,
  Delivery: object(deliveryFields),
  DeliveryDetail: object({ ...deliveryFields, notification: { type: 'object' } }),
  Silence: object({
    name: text,
    state: oneOf('active', 'pending', 'expired'),
    matchers: listOf(text),
    starts_at: said(orNull(time), 'Of the present or the next window.'),
    ends_at: orNull(time),
    schedule: orNull(text),
    timezone: orNull(text),
    duration: orNull(text),
    comment: text,
    created_by: text,
    origin: said(text, 'Where it is written, `file:line`.'),
  }),
  Gap: object({
    kind: oneOf('stopped', 'suspended', 'clock_forward', 'clock_back'),
    from: time,
    to: time,
  }),
  Config: object({
    version: text,
    started_at: time,
    hash: text,
    files: listOf(text),
    loaded_at: time,
    last_reload: object({ at: time, ok: bool }),
    issues: said(listOf(issue), 'Of the newest try; empty when that one is running.'),
    warnings: listOf(issue),
    jobs: number,
    receivers: listOf(object({ name: text, channels: listOf(object({ id: text, type: text })) })),
    silences: number,
    keys: said(object({ ping: number, read: number, admin: number }), 'How many of each kind.'),
    server: { type: 'object' },
  }),
  Preview: object({
    text: said(text, 'In words.'),
    next: listOf(time),
    policy: said(oneOf('vixie', 'wall', 'calendar', 'every'), 'Whose daylight-saving rules count.'),
    timezone: text,
    notes: said(listOf(text), 'What daylight saving will do to it.'),
  }),
  PreviewError: object({
    error: {
      type: 'object',
      required: ['field', 'message'],
      properties: { field: text, message: text, expected: text, at: number },
    },
  }),
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'detail'],
    properties: {
      type: text,
      title: text,
      status: number,
      code: said(text, 'Stable, for programs.'),
      detail: said(text, 'For a person.'),
      errors: listOf({
        type: 'object',
        required: ['detail'],
        properties: { pointer: text, parameter: text, detail: text },
      }),
    },
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type SchemaName = keyof typeof SCHEMAS;
