/**
 * Answers pings, in front of everything else that listens: Healthchecks' contract on the wire, and what Tocsin
 * adds to it. It turns a request into a `Ping`, hands it to the desk, and answers when the desk says it is on disk.
 * Invariant: a request whose job is known and whose words can be meant is reported, whatever else is odd about it.
 *
 * Where it differs from Healthchecks, on purpose: OPTIONS is answered and not counted; verbs other than GET, HEAD
 * and POST are refused; a job is not created by a request that is refused; a body of any size, chunked or not, is
 * taken; junk in a header loses nothing. Names of jobs are unique, so there is no 409 for an ambiguous slug.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Ping } from '../../core/job/job.ts';
import type { Duration } from '../../core/time.ts';
import type { Desk, JobHandle, PingAnswer } from '../../engine/desk.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { makeOriginOf } from './address.ts';
import { takeBody } from './body.ts';
import type { PingHead } from './head.ts';
import { readHead } from './head.ts';
import { makeKeyRing } from './key.ts';
import type { PingPath, Signal } from './path.ts';
import { parsePingPath } from './path.ts';
import type { PingQuery } from './query.ts';
import { asksToCreate, isIdempotencyKey, parsePingQuery } from './query.ts';
import {
  answer,
  answerMalformed,
  answerPreflight,
  commonHeaders,
  METHODS,
  refuse,
} from './reply.ts';
import { validTraceparent } from './traceparent.ts';

/** Immutable; a reload hands out another object, by which this room knows to compile anew. */
export interface PingSettings {
  readonly pingKeys: readonly string[];
  readonly bodyLimitBytes: number;
  /** Addresses, CIDR blocks, or `['*']`. */
  readonly trustedProxies: readonly string[];
  /** Reports older than this (`?at=`) are refused: their log would be deleted at once. */
  readonly maxAge: Duration;
}

export interface PingHandlerDeps {
  readonly desk: Pick<Desk, 'jobByUuid' | 'jobByName' | 'report' | 'create'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly telemetry: Pick<Telemetry, 'ping' | 'log'>;
  settings(): PingSettings;
}

/** true: the request was a ping's, and is or will be answered. */
export type PingHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

/** How long a connection is read on, into nothing, after an endless body was answered. */
const LINGER_MS = 1_000;
/** Longest name of a job that a ping may create. */
const CREATED_NAME_CHARS_MAX = 100;
const RETRY_AFTER_S = 5;

interface Arrival {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly compiled: Compiled;
}

/** One ping on its way. One object for all of it: this is the hot path. */
interface Visit extends Arrival {
  readonly head: PingHead;
  readonly query: PingQuery;
  readonly signal: Signal;
  /** undefined: to be created under `name`. */
  readonly job: JobHandle | undefined;
  readonly name: string;
  body: Uint8Array | null;
  /** The body was not read to its end. */
  endless: boolean;
  created: boolean;
}

export const makePingHandler = (deps: PingHandlerDeps): PingHandler => {
  let settings = deps.settings();
  let compiled = compile(settings);
  return (request, response) => {
    const path = parsePingPath(request.url ?? '');
    if (path === null) return false;
    const current = deps.settings();
    if (current !== settings) {
      settings = current;
      compiled = compile(current);
    }
    try {
      receive(deps, { request, response, compiled }, path);
    } catch (error) {
      fail(deps, response, error);
    }
    return true;
  };
};

const receive = (deps: PingHandlerDeps, arrival: Arrival, path: PingPath): void => {
  const { request, response, compiled } = arrival;
  if (path.form === 'malformed') return answerMalformed(response);
  const { method } = request;
  if (method !== 'GET' && method !== 'POST' && method !== 'HEAD') {
    if (method === 'OPTIONS') return answerPreflight(response);
    const extra = ['Allow', METHODS];
    return refuse(response, compiled.headers, { status: 405, text: 'method not allowed', extra });
  }
  if (path.form === 'capital_slug') return refuseInvalid(deps, arrival, 'invalid url format');
  const allowed = path.form === 'uuid' || compiled.isPingKey(path.key);
  const job = allowed ? find(deps.desk, path) : undefined;
  const queryText = queryOf(request.url ?? '');
  if (job === undefined && !(allowed && path.form === 'slug' && asksToCreate(queryText))) {
    deps.telemetry.ping(path.signal?.kind ?? 'fail', 'unknown_job');
    return refuse(response, compiled.headers, { status: 404, text: 'not found' });
  }
  const name = path.form === 'slug' ? path.slug : '';
  if (path.signal === null || (job === undefined && name.length > CREATED_NAME_CHARS_MAX))
    return refuseInvalid(deps, arrival, 'invalid url format');
  const now = deps.clock.now();
  const parsed = parsePingQuery(queryText, { now, maxAge: compiled.settings.maxAge });
  if (parsed.kind === 'invalid') return refuseInvalid(deps, arrival, parsed.message);
  const head = readHead(request);
  if (head.idempotencyKey !== null && !isIdempotencyKey(head.idempotencyKey))
    return refuseInvalid(deps, arrival, INVALID_IDEMPOTENCY_KEY);
  const { signal } = path;
  const { query } = parsed;
  const visit = { request, response, compiled, head, query, signal, job, name };
  takeIn(deps, { ...visit, body: null, endless: false, created: false });
};

const INVALID_IDEMPOTENCY_KEY =
  'invalid idempotency key: expected 1 to 255 printable ASCII characters';

/** Counted under `fail`: what a refused request meant to say is not known for sure. */
const refuseInvalid = (
  deps: PingHandlerDeps,
  { response, compiled }: Arrival,
  text: string,
): void => {
  deps.telemetry.ping('fail', 'invalid');
  refuse(response, compiled.headers, { status: 400, text });
};

const find = (
  desk: PingHandlerDeps['desk'],
  path: Extract<PingPath, { form: 'uuid' | 'slug' }>,
): JobHandle | undefined =>
  path.form === 'uuid' ? desk.jobByUuid(path.uuid) : desk.jobByName(path.slug);

const queryOf = (url: string): string => {
  const question = url.indexOf('?');
  return question < 0 ? '' : url.slice(question + 1);
};

const takeIn = (deps: PingHandlerDeps, visit: Visit): void => {
  if (!visit.head.hasBody) return submit(deps, visit);
  takeBody(visit.request, visit.compiled.settings.bodyLimitBytes, (end) => {
    if (end.kind === 'aborted') return deps.telemetry.ping(visit.signal.kind, 'invalid');
    visit.body = end.kept;
    visit.endless = end.kind === 'endless';
    submit(deps, visit);
  });
};

/** Runs later than `receive` when there was a body, so it has to catch what the desk may throw. */
const submit = (deps: PingHandlerDeps, visit: Visit): void => {
  try {
    if (visit.job !== undefined) report(deps, visit, visit.job);
    else create(deps, visit).catch((error: unknown) => fail(deps, visit.response, error));
  } catch (error) {
    fail(deps, visit.response, error);
  }
};

const report = (deps: PingHandlerDeps, visit: Visit, job: JobHandle): void =>
  deps.desk.report(job, pingOf(deps, visit), (result) => conclude(deps, visit, result));

const create = async (deps: PingHandlerDeps, visit: Visit): Promise<void> => {
  // Another ping may have created it while this one's body came in.
  const known = deps.desk.jobByName(visit.name);
  if (known !== undefined) return report(deps, visit, known);
  const job = await deps.desk.create(visit.name);
  if (job === 'limit') {
    deps.telemetry.ping(visit.signal.kind, 'unknown_job');
    refuse(visit.response, visit.compiled.headers, { status: 404, text: 'not found' });
  } else if (job === 'unavailable') {
    deps.telemetry.ping(visit.signal.kind, 'unavailable');
    refuseForNow(visit, RETRY_AFTER_S);
  } else {
    visit.created = true;
    report(deps, visit, job);
  }
};

const pingOf = (deps: PingHandlerDeps, visit: Visit): Ping => {
  const { request, head, query, signal, compiled } = visit;
  const origin = compiled.originOf(request.socket, head);
  return {
    kind: signal.kind,
    at: query.at,
    receivedAt: deps.clock.now(),
    runId: query.runId,
    exitCode: signal.exitCode,
    body: visit.body,
    host: query.host,
    env: query.env,
    metrics: query.metrics,
    idempotencyKey: head.idempotencyKey,
    traceparent: head.traceparent === null ? null : validTraceparent(head.traceparent),
    remoteAddr: origin.remoteAddr,
    userAgent: head.userAgent,
    method: request.method ?? 'GET',
    scheme: origin.scheme,
  };
};

const conclude = (deps: PingHandlerDeps, visit: Visit, result: PingAnswer): void => {
  const { response, compiled, query, signal, created, endless } = visit;
  if (result.kind === 'unavailable') return refuseForNow(visit, result.retryAfterS);
  if (result.kind === 'gone')
    return refuse(response, compiled.headers, { status: 404, text: 'not found' });
  let headers = created ? compiled.createdHeaders : compiled.okHeaders;
  const isStart = signal.kind === 'start';
  if (isStart || query.warnings.length > 0 || endless) {
    headers = [...headers];
    if (isStart && result.traceparent !== null) headers.push('traceparent', result.traceparent);
    if (isStart && query.runId !== null) headers.push('Tocsin-Run', query.runId);
    if (query.warnings.length > 0) headers.push('Tocsin-Warning', query.warnings.join('; '));
    if (endless) headers.push('Connection', 'close');
  }
  const text = created ? 'Created' : 'OK';
  if (endless) answerAndLinger(deps, visit, { status: created ? 201 : 200, headers, text });
  else answer(response, created ? 201 : 200, headers, text);
};

const refuseForNow = ({ response, compiled }: Visit, retryAfterS: number): void => {
  const extra = ['Retry-After', String(Math.max(1, Math.ceil(retryAfterS)))];
  refuse(response, compiled.headers, { status: 503, text: 'unavailable', extra });
};

/**
 * Closing a socket that still receives makes the kernel reset it, and the client may lose the answer. So the
 * answer goes out whole, and the connection closes when the client has stopped sending, or a little later.
 */
const answerAndLinger = (
  deps: PingHandlerDeps,
  { request, response }: Visit,
  reply: { status: number; headers: string[]; text: string },
): void => {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(reply.status, reply.headers);
  response.write(reply.text);
  const close = (): void => {
    cancel();
    response.end();
  };
  const cancel = deps.clock.after(LINGER_MS, close);
  request.once('end', close);
  request.once('close', close);
};

interface Compiled {
  readonly settings: PingSettings;
  readonly isPingKey: (guess: string) => boolean;
  readonly originOf: ReturnType<typeof makeOriginOf>;
  readonly okHeaders: string[];
  readonly createdHeaders: string[];
  readonly headers: string[];
}

const compile = (settings: PingSettings): Compiled => {
  const common = commonHeaders(settings.bodyLimitBytes);
  return {
    settings,
    isPingKey: makeKeyRing(settings.pingKeys),
    originOf: makeOriginOf(settings.trustedProxies),
    okHeaders: [...common, 'Content-Length', '2'],
    createdHeaders: [...common, 'Content-Length', '7'],
    headers: common,
  };
};

const fail = (deps: PingHandlerDeps, response: ServerResponse, error: unknown): void => {
  deps.telemetry.log.error({ err: error }, 'A ping could not be handled.');
  const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', '14'];
  answer(response, 500, headers, 'internal error');
};
