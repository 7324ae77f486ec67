/**
 * The shape of the YAML, one zod schema a section. From it come the faults of shape (`shape-fault.ts`) and the
 * JSON Schema that editors read. The `error` of each schema is the end of the sentence "expected …".
 * What a shape cannot say (names that must exist, texts with a grammar) is checked where it is compiled.
 */
import { z } from 'zod';
import { emailSchema } from '../channel/email/config.ts';
import { channelSchemas } from './channels.ts';
import { CONFIG_LIMITS as LIMITS } from './limits.ts';

const DURATION_PATTERN =
  '^(?:0|(?:[0-9]+y)?(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?(?:[0-9]+ms)?)$';

export const text = (expected: string, chars: number) =>
  z.string({ error: expected }).max(chars, { error: `at most ${chars} characters` });
const flag = (what: string) => z.boolean({ error: 'true or false' }).describe(what);
const whole = (least: number, most: number) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const list = <Item extends z.ZodType>(item: Item, most: number, what = 'a list') =>
  z.array(item, { error: what }).max(most, { error: `at most ${most}` });
const map = <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  error = 'a map of keys and values',
) => z.strictObject(shape, { error });
/** The pattern is for editors only: the reader of durations says better what is wrong. */
const length = (what: string, example: string) =>
  text(`a duration such as ${example}`, 64).meta({
    description: what,
    pattern: DURATION_PATTERN,
    examples: [example],
  });
const zone = text('a time zone such as Asia/Shanghai or UTC', LIMITS.nameChars).meta({
  description: 'IANA time zone',
  examples: ['Asia/Shanghai', 'UTC'],
});
const name = (expected: string) => text(expected, LIMITS.nameChars).min(1, { error: expected });
const names = (expected: string, most: number) =>
  list(name(expected), most, `a list of ${expected}s`);
const matchers = list(
  text(`a matcher such as 'team="data"'`, LIMITS.matcherChars),
  LIMITS.matchersPerList,
  `a list of matchers such as 'team="data"'`,
).meta({ description: 'All must hold. Operators: = != =~ !~', examples: [['severity="P0"']] });
const equalities = z
  .record(z.string(), text('text (in quotes if it looks like a number)', LIMITS.matcherChars), {
    error: 'a map of label names and values',
  })
  .describe('Old form of matchers.');

const JOB_NAME = `lowercase letters, digits, - and _, at most ${LIMITS.jobNameChars}`;
const jobName = z
  .string({ error: JOB_NAME })
  .regex(new RegExp(`^[a-z0-9_-]{1,${LIMITS.jobNameChars}}$`), { error: JOB_NAME });
const UUID = 'a UUID in lower case, such as 5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278';
const labels = z
  .record(z.string(), text('text (in quotes if it looks like a number)', LIMITS.labelValueChars), {
    error: 'a map of label names and values',
  })
  .describe('Labels of the alerts of the job.');
const severity = text('P0, P1, P2 or an alias of one', LIMITS.nameChars).meta({
  description: 'P0 wakes someone now, P1 goes to the team, P2 is for the archive.',
  examples: ['P0', 'P1', 'P2', 'critical', 'page', 'warning', 'info'],
});
const keywords = (what: string) =>
  text('words separated by commas', LIMITS.keywordsChars).describe(what);
const group = text(`a short text`, LIMITS.groupChars)
  .min(1, { error: `a short text` })
  .describe('Bounded: a label of metrics and alerts.');
const severalFailures = whole(1, LIMITS.inRow).describe('Failures in a row before it alerts.');
const severalSuccesses = whole(1, LIMITS.inRow).describe('Successes in a row before it recovers.');
const grace = length('How late a report may be.', '15m');
const maxRuntime = length('How long a run may take.', '2h');

export const jobShape = map(
  {
    name: jobName.describe('Slug of the ping URL; unique.'),
    was: jobName.describe('Earlier name, whose history this job takes over.').optional(),
    uuid: z
      .string({ error: UUID })
      .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { error: UUID })
      .describe('Fixed ping secret; made once and kept when absent.')
      .optional(),
    schedule: text('a cron expression such as "30 2 * * *"', LIMITS.expressionChars)
      .meta({
        description: 'Cron, 5 or 6 fields, or @daily and the like.',
        examples: ['30 2 * * *'],
      })
      .optional(),
    every: length('A steady rhythm.', '10m').optional(),
    calendar: text('a calendar event such as "Mon..Fri 18:00"', LIMITS.expressionChars)
      .meta({ description: 'As OnCalendar= of systemd.', examples: ['Mon..Fri 18:00'] })
      .optional(),
    dialect: z
      .enum(['vixie', 'wall'], { error: 'vixie or wall' })
      .describe('Whose daylight-saving rules `schedule` follows: Debian cron or plain wall clock.')
      .optional(),
    timezone: zone.optional(),
    grace: grace.optional(),
    max_runtime: maxRuntime.optional(),
    severity: severity.optional(),
    group: group.optional(),
    labels: labels.nullish(),
    failures: severalFailures.optional(),
    recoveries: severalSuccesses.optional(),
    description: text('text', LIMITS.descriptionChars).optional(),
    runbook: text('a URL that begins with http:// or https://', LIMITS.urlChars).optional(),
    paused: flag('Nothing is awaited while true.').optional(),
    trace_sample_ratio: z
      .number({ error: 'a number from 0 to 1' })
      .min(0, { error: 'a number from 0 to 1' })
      .max(1, { error: 'a number from 0 to 1' })
      .describe('Share of runs whose children are sampled.')
      .optional(),
    methods: z
      .enum(['', 'POST'], { error: '"" or POST' })
      .describe('POST: other requests are logged and do not count.')
      .optional(),
    filter_http_body: flag('Keywords in the body say what a ping means.').optional(),
    filter_default_fail: flag('A body without a keyword is a failure.').optional(),
    success_kw: keywords('Words in the body that mean success.').optional(),
    failure_kw: keywords('Words in the body that mean failure.').optional(),
    start_kw: keywords('Words in the body that mean start.').optional(),
    manual_resume: flag('A ping does not end a pause.').optional(),
  },
  'a map with name and schedule, every or calendar',
).meta({ id: 'Job' });

export const defaultsShape = map({
  timezone: zone.optional(),
  grace: grace.optional(),
  max_runtime: maxRuntime.optional(),
  severity: severity.optional(),
  group: group.optional(),
  labels: labels.nullish(),
  failures: severalFailures.optional(),
  recoveries: severalSuccesses.optional(),
}).describe('Values for all jobs that do not say otherwise.');

const RECEIVER = 'the name of a receiver';
const INTERVAL = 'the name of a time interval';
const LABEL = 'label name';

const routeFields = {
  receiver: name(RECEIVER).optional(),
  group_by: list(
    text(`a label name or '...'`, LIMITS.labelNameChars),
    1_000,
    `a list of label names, or ['...']`,
  ).nullish(),
  group_wait: length('How long the first message of a group waits for more.', '30s').optional(),
  group_interval: length('How long changes of a group wait.', '5m').optional(),
  repeat_interval: length('When to tell again of what still fires.', '4h').optional(),
  matchers: matchers.nullish(),
  match: equalities.nullish(),
  match_re: equalities.nullish(),
  continue: flag('Also try the routes after this one.').optional(),
  mute_time_intervals: names(INTERVAL, LIMITS.timeIntervals).nullish(),
  active_time_intervals: names(INTERVAL, LIMITS.timeIntervals).nullish(),
};
/** One node; its children are checked one by one, so that one bad node does not hide the faults of others. */
export const routeNodeShape = map(
  { ...routeFields, routes: list(z.unknown(), LIMITS.routes, 'a list of routes').nullish() },
  'a map with receiver, matchers and so on',
);
/** The whole tree, for editors. */
const routeShape: z.ZodType = map({
  ...routeFields,
  routes: z.lazy(() => list(routeShape, LIMITS.routes)).nullish(),
}).meta({ id: 'Route', description: 'A node of the routing tree, as in Alertmanager.' });

export const inhibitRuleShape = map({
  name: name('a name').optional(),
  source_matchers: matchers.nullish(),
  target_matchers: matchers.nullish(),
  source_match: equalities.nullish(),
  source_match_re: equalities.nullish(),
  target_match: equalities.nullish(),
  target_match_re: equalities.nullish(),
  equal: list(text(`a ${LABEL}`, LIMITS.labelNameChars), 1_000, `a list of ${LABEL}s`).nullish(),
});

const range = (expected: string) => z.union([z.string(), z.int()], { error: expected });
const ranges = (example: string) =>
  list(
    range(`a range such as ${example}`),
    LIMITS.entriesPerInterval,
    `a list such as [${example}]`,
  );
const clock = text(`a time of day such as '22:00', in quotes`, 5);
const timesShape = map({ start_time: clock, end_time: clock });
const intervalFields = {
  weekdays: ranges(`'monday:friday'`).nullish(),
  days_of_month: ranges(`'1:5'`).nullish(),
  months: ranges(`'january:march'`).nullish(),
  years: ranges(`'2026:2030'`).nullish(),
  location: zone.optional(),
};
const several = <Item extends z.ZodType>(item: Item) =>
  list(item, LIMITS.entriesPerInterval).nullish();
/** The parts of a time interval, which are checked one by one. */
export const intervalShapes = {
  interval: map({ name: name('a name'), time_intervals: several(z.unknown()) }),
  entry: map({ times: several(z.unknown()), ...intervalFields }),
  times: timesShape,
};
/** The whole, for editors. */
const timeIntervalShape = map({
  name: name('a name'),
  time_intervals: several(map({ times: several(timesShape), ...intervalFields })),
});

const INSTANT = 'a time such as 2026-12-24T18:00:00+08:00';
const moment = text(INSTANT, 64);
export const silenceShape = map({
  name: name('a name'),
  matchers,
  starts_at: moment.optional(),
  ends_at: moment.optional(),
  schedule: text('a cron expression such as "0 1 * * 0"', LIMITS.expressionChars).optional(),
  duration: length('How long it lasts each time.', '3h').optional(),
  timezone: zone.optional(),
  comment: text('text', LIMITS.commentChars).optional(),
  created_by: text('text', LIMITS.nameChars).optional(),
}).describe('Once (starts_at, ends_at) or recurring (schedule, duration).');

const KEYS = 'a list of keys';
const keyList = list(text('a key', LIMITS.keyCharsMax), LIMITS.keysPerRole, KEYS).nullish();
const keyFile = text('the path of a file', LIMITS.urlChars).optional();
export const keysShape = map({
  ping: keyList.describe('May only report.'),
  read: keyList.describe('May only look.'),
  admin: keyList.describe('May do everything.'),
  ping_file: keyFile,
  read_file: keyFile,
  admin_file: keyFile,
}).describe('Access keys; environment variables in ${NAME} are filled in.');

/** Fields of an entry of email_configs that `global` can give, as `smtp_<field>`. */
const { smarthost, from, hello, auth_username, auth_password, auth_password_file } =
  emailSchema.shape;
const { require_tls, force_implicit_tls, tls_config } = emailSchema.shape;
export const globalShape = map({
  smtp_smarthost: smarthost.optional(),
  smtp_from: from.optional(),
  smtp_hello: hello,
  smtp_auth_username: auth_username,
  smtp_auth_password: auth_password,
  smtp_auth_password_file: auth_password_file,
  smtp_require_tls: require_tls,
  smtp_force_implicit_tls: force_implicit_tls,
  smtp_tls_config: tls_config,
  resolve_timeout: length('When an alert without an end ends.', '5m').optional(),
});

export const serverShape = map({
  external_url: text('a URL that begins with http:// or https://', LIMITS.urlChars)
    .describe('Base of links in messages.')
    .optional(),
  locale: z.enum(['en', 'zh-CN'], { error: 'en or zh-CN' }).optional(),
  timezone: zone.optional(),
  ping_body_limit: whole(0, 1_048_576).describe('Bytes of a ping body that are kept.').optional(),
  auto_created_jobs_max: whole(0, LIMITS.jobs)
    .describe('Most jobs that may be made by their first ping.')
    .optional(),
  catch_up: length(
    'Time that jobs get to report after the server itself was away.',
    '5m',
  ).optional(),
  retention: map({
    entries_per_job: whole(1, 1_000_000).describe('Log entries kept of each job.').optional(),
    max_age: length('Age at which log entries go.', '90d').optional(),
    deliveries_max_age: length('Age at which finished deliveries go.', '90d').optional(),
  }).optional(),
  metrics_jobs_max: whole(0, LIMITS.jobs)
    .describe('Above this many jobs /metrics/jobs has no series.')
    .optional(),
  trusted_proxies: list(
    text('an address such as 10.0.0.1, a network such as 10.0.0.0/8, or *', 64),
    LIMITS.trustedProxies,
    'a list of addresses and networks',
  )
    .describe(
      "First hops whose X-Forwarded-* headers are believed. Default ['*'], all, as in Healthchecks.",
    )
    .optional(),
});

const tier = map({ aliases: names('word', 100).optional() });
export const tiersShape = map({ P0: tier.optional(), P1: tier.optional(), P2: tier.optional() });

export type RawJob = z.infer<typeof jobShape>;
export type RawDefaults = z.infer<typeof defaultsShape>;
export type RawRoute = z.infer<typeof routeNodeShape>;
export type RawIntervalEntry = z.infer<typeof intervalShapes.entry>;
export type RawSilence = z.infer<typeof silenceShape>;
export type RawInhibitRule = z.infer<typeof inhibitRuleShape>;
export type RawServer = z.infer<typeof serverShape>;

const entries = z.unknown();
/** The channels of a receiver are checked one by one, after secrets were filled in. */
export const receiverShape = map({
  name: name('a name'),
  email_configs: list(entries, LIMITS.channelsPerReceiver).nullish(),
  wecom_configs: list(entries, LIMITS.channelsPerReceiver).nullish(),
  sentry_configs: list(entries, LIMITS.channelsPerReceiver).nullish(),
  webhook_configs: list(entries, LIMITS.channelsPerReceiver).nullish(),
});

/** A whole file, for editors. */
export const documentShape = map({
  jobs: list(jobShape, LIMITS.jobs).nullish(),
  defaults: defaultsShape.nullish(),
  route: routeShape.nullish(),
  receivers: list(
    map({
      name: name('a name'),
      email_configs: list(channelSchemas.email, LIMITS.channelsPerReceiver).nullish(),
      wecom_configs: list(channelSchemas.wecom, LIMITS.channelsPerReceiver).nullish(),
      sentry_configs: list(channelSchemas.sentry, LIMITS.channelsPerReceiver).nullish(),
      webhook_configs: list(channelSchemas.webhook, LIMITS.channelsPerReceiver).nullish(),
    }),
    LIMITS.receivers,
  ).nullish(),
  global: globalShape.nullish(),
  inhibit_rules: list(inhibitRuleShape, LIMITS.inhibitRules).nullish(),
  time_intervals: list(timeIntervalShape, LIMITS.timeIntervals).nullish(),
  mute_time_intervals: list(timeIntervalShape, LIMITS.timeIntervals).nullish(),
  silences: list(silenceShape, LIMITS.silences).nullish(),
  tiers: tiersShape.nullish(),
  keys: keysShape.nullish(),
  server: serverShape.nullish(),
}).describe(
  'Jobs, routes and receivers of Tocsin. All *.yml files of the folder are read and merged.',
);
