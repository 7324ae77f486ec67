/**
 * The API as an OpenAPI 3.1 document, written by hand. Invariant: it names exactly the routes under `/api/v1` and
 * the fields that are answered; a test compares both.
 */
import { LIMIT_DEFAULT, LIMIT_MAX } from './call.ts';
import { SCHEMAS, type SchemaName } from './openapi-schemas.ts';
import { PROBLEMS, type ProblemCode } from './problem.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: true;
  readonly description: string;
  readonly schema: object;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: object;
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, object>>;
}

export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: object;
  readonly security: readonly object[];
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<'get' | 'post', Operation>>>>>;
  readonly components: object;
}

const ref = (name: SchemaName): object => ({ $ref: `#/components/schemas/${name}` });
const jsonOf = (schema: object): object => ({ 'application/json': { schema } });

const ok = (description: string, schema: object): Readonly<Record<string, object>> => ({
  200: { description, content: jsonOf(schema) },
});

const page = (of: SchemaName): object => ({
  type: 'object',
  required: ['items', 'next'],
  properties: {
    items: { type: 'array', items: ref(of) },
    next: {
      type: ['string', 'null'],
      description: 'The `cursor` of the next page; null on the last.',
    },
  },
});

/** `401` and `403` may come from everywhere but the document itself. */
const fails = (...codes: ProblemCode[]): Readonly<Record<string, object>> =>
  Object.fromEntries(
    ['unauthorized' as const, 'forbidden' as const, ...codes].map((code) => [
      PROBLEMS[code].status,
      {
        description: PROBLEMS[code].title,
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  );

const text = { type: 'string' };
const query = (name: string, description: string, schema: object = text): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const inPath = (name: string, description: string, schema: object = text): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
});

const LIMIT = query('limit', 'Items on a page.', {
  type: 'integer',
  minimum: 1,
  maximum: LIMIT_MAX,
  default: LIMIT_DEFAULT,
});
const CURSOR = query('cursor', 'The `next` of the page before.');
const PAGED = [LIMIT, CURSOR];
const NAME = inPath('name', 'Name of the job.');
const INCIDENT_ID = inPath('id', 'Number of the incident.', { type: 'integer' });

const one = (...values: string[]): object => ({ type: 'string', enum: values });

const operation = (
  tag: string,
  operationId: string,
  summary: string,
  rest: Omit<Operation, 'operationId' | 'summary' | 'tags'>,
): Operation => ({ operationId, summary, tags: [tag], ...rest });

const jobPaths: OpenApi['paths'] = {
  '/api/v1/jobs': {
    get: operation('jobs', 'listJobs', 'Jobs by name', {
      parameters: [
        ...PAGED,
        query('state', 'Only jobs in this state.', one('new', 'up', 'late', 'down', 'paused')),
        query('group', 'Only jobs of this group.'),
        query('q', 'Only jobs with this in their name or description.'),
      ],
      responses: { ...ok('A page of jobs.', page('Job')), ...fails('bad_request') },
    }),
  },
  '/api/v1/jobs/{name}': {
    get: operation('jobs', 'getJob', 'One job', {
      parameters: [NAME],
      responses: { ...ok('The job.', ref('Job')), ...fails('not_found') },
    }),
  },
  '/api/v1/jobs/{name}/pings': {
    get: operation('jobs', 'listPings', 'Pings of a job, newest first', {
      parameters: [NAME, ...PAGED],
      responses: { ...ok('A page of pings.', page('Ping')), ...fails('bad_request', 'not_found') },
    }),
  },
  '/api/v1/jobs/{name}/pings/{n}/body': {
    get: operation('jobs', 'getPingBody', 'The kept bytes of a ping’s body', {
      parameters: [NAME, inPath('n', 'Number of the ping.', { type: 'integer' })],
      responses: {
        200: {
          description: 'The bytes, as text when they are UTF-8.',
          content: { 'text/plain': {}, 'application/octet-stream': {} },
        },
        ...fails('not_found'),
      },
    }),
  },
  '/api/v1/jobs/{name}/runs': {
    get: operation('jobs', 'listRuns', 'Runs of a job: open ones, then ended ones, newest first', {
      parameters: [NAME, ...PAGED],
      responses: { ...ok('A page of runs.', page('Run')), ...fails('bad_request', 'not_found') },
    }),
  },
  '/api/v1/jobs/{name}/pause': {
    post: operation('jobs', 'pauseJob', 'Expect nothing of a job until it is resumed', {
      parameters: [NAME],
      responses: { ...ok('The job.', ref('Job')), ...fails('not_found', 'unavailable') },
    }),
  },
  '/api/v1/jobs/{name}/resume': {
    post: operation('jobs', 'resumeJob', 'Expect reports of a job again', {
      parameters: [NAME],
      responses: {
        ...ok('The job.', ref('Job')),
        ...fails('not_found', 'conflict', 'unavailable'),
      },
    }),
  },
};

const alertPaths: OpenApi['paths'] = {
  '/api/v1/alerts': {
    get: operation('alerts', 'listAlerts', 'Alerts, newest first', {
      parameters: [...PAGED, query('state', '`firing` unless given.', one('firing', 'all'))],
      responses: { ...ok('A page of alerts.', page('Alert')), ...fails('bad_request') },
    }),
  },
  '/api/v1/incidents': {
    get: operation('alerts', 'listIncidents', 'Incidents, newest first', {
      parameters: [...PAGED, query('state', 'Only these.', one('open', 'closed'))],
      responses: { ...ok('A page of incidents.', page('Incident')), ...fails('bad_request') },
    }),
  },
  '/api/v1/incidents/{id}': {
    get: operation('alerts', 'getIncident', 'One incident with its timeline', {
      parameters: [INCIDENT_ID],
      responses: { ...ok('The incident.', ref('IncidentDetail')), ...fails('not_found') },
    }),
  },
  '/api/v1/incidents/{id}/timeline': {
    get: operation('alerts', 'listTimeline', 'What happened in an incident, and why', {
      parameters: [INCIDENT_ID, LIMIT],
      responses: {
        ...ok('The timeline.', page('TimelineEntry')),
        ...fails('bad_request', 'not_found'),
      },
    }),
  },
  '/api/v1/deliveries': {
    get: operation('alerts', 'listDeliveries', 'Notifications to channels, newest first', {
      parameters: [
        ...PAGED,
        query('state', 'Only these.', one('pending', 'sent', 'dead', 'cancelled')),
        query('incident', 'Only those of this incident.', { type: 'integer' }),
      ],
      responses: { ...ok('A page of deliveries.', page('Delivery')), ...fails('bad_request') },
    }),
  },
  '/api/v1/deliveries/{id}': {
    get: operation('alerts', 'getDelivery', 'One delivery with what it says', {
      parameters: [inPath('id', '`dlv_` and hexadecimal digits.')],
      responses: { ...ok('The delivery.', ref('DeliveryDetail')), ...fails('not_found') },
    }),
  },
  '/api/v1/silences': {
    get: operation('alerts', 'listSilences', 'Silences of the configuration', {
      parameters: PAGED,
      responses: { ...ok('A page of silences.', page('Silence')), ...fails('bad_request') },
    }),
  },
};

const previewItem = {
  type: 'object',
  description: 'Exactly one of `schedule`, `every` and `calendar`.',
  additionalProperties: false,
  properties: {
    schedule: { type: 'string', description: 'Cron, 5 or 6 fields, or @daily and the like.' },
    every: { type: 'string', examples: ['10m'] },
    calendar: { type: 'string', examples: ['Mon..Fri 18:00'] },
    dialect: one('vixie', 'wall'),
    timezone: { type: 'string', default: 'UTC' },
    from: { type: 'string', format: 'date-time', description: 'Now unless given.' },
    count: { type: 'integer', minimum: 1, maximum: 100, default: 5 },
  },
};

const otherPaths: OpenApi['paths'] = {
  '/api/v1/schedules/preview': {
    post: operation('schedules', 'previewSchedules', 'What a schedule means, and its next times', {
      requestBody: {
        required: true,
        content: jsonOf({
          oneOf: [
            previewItem,
            {
              type: 'object',
              required: ['items'],
              properties: { items: { type: 'array', maxItems: 1_000, items: previewItem } },
            },
          ],
        }),
      },
      responses: {
        ...ok('The preview, or a list of previews and errors in the order asked.', {
          oneOf: [
            ref('Preview'),
            {
              type: 'object',
              required: ['items'],
              properties: {
                items: { type: 'array', items: { oneOf: [ref('Preview'), ref('PreviewError')] } },
              },
            },
          ],
        }),
        ...fails('bad_request', 'too_large', 'unsupported_media_type'),
      },
    }),
  },
  '/api/v1/config': {
    get: operation('tocsin', 'getConfig', 'The running configuration, without its secrets', {
      responses: { ...ok('The configuration.', ref('Config')), ...fails() },
    }),
  },
  '/api/v1/gaps': {
    get: operation('tocsin', 'listGaps', 'Times in which Tocsin itself was away', {
      parameters: [LIMIT],
      responses: { ...ok('The newest outages.', page('Gap')), ...fails('bad_request') },
    }),
  },
  '/api/v1/openapi.json': {
    get: operation('tocsin', 'getOpenApi', 'This document', {
      security: [],
      responses: ok('OpenAPI 3.1.', { type: 'object' }),
    }),
  },
};

export const openApi = (version: string): OpenApi => ({
  openapi: '3.1.0',
  info: {
    title: 'Tocsin',
    version,
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      'Times are RFC 3339 in UTC. Errors are RFC 9457 problem details. Unknown query parameters are ignored.',
  },
  security: [{ apiKey: [] }, { bearer: [] }],
  paths: { ...jobPaths, ...alertPaths, ...otherPaths },
  components: {
    securitySchemes: {
      apiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      bearer: { type: 'http', scheme: 'bearer' },
    },
    schemas: SCHEMAS,
  },
});
