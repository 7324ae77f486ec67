/**
 * The express app: everything but pings. It finds the route, asks the gate, calls the handler and writes what that
 * answers. Invariant: every answer, also to what cannot be parsed, is one of ours, and none says more of a failure
 * than a stranger may know.
 */

import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import { StoreError } from '../ports/store.ts';
import { errorPage } from '../ui/error-page.ts';
import { type Admission, type Gate, type Level, makeGate } from './access.ts';
import type { HttpDeps } from './call.ts';
import { localeOf } from './language.ts';
import { PROBLEMS, type Problem, Refusal } from './problem.ts';
import { type Reply, SECURITY_HEADERS, writeReply, writeWhole } from './reply.ts';
import { makeRoutes, type Route } from './routes.ts';

const JSON_BYTES_MAX = 1024 * 1024;
const OTHER = 'other';

export const makeApp = (deps: HttpDeps): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', false);
  const admit = makeAdmit(deps);
  app.use((_request, response, next) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    next();
  });
  for (const [path, routes] of Map.groupBy(makeRoutes(deps), (route) => route.path))
    mount(app, deps, { path, routes, admit });
  app.use((request: Request, response: Response, next: NextFunction) => {
    observe(deps, request, response, OTHER);
    const admission = admit(request, 'read');
    // What does not exist is told only to who may know what does.
    if (admission.kind === 'refused') return next(new Refusal(admission.problem));
    next(
      new Refusal({ code: 'not_found', detail: `Nothing is at ${request.path.slice(0, 200)}.` }),
    );
  });
  app.use(answerError(deps));
  return app;
};

type Admit = (request: Request, wants: Level) => Admission;

/** The gate of the running configuration. */
const makeAdmit = (deps: HttpDeps): Admit => {
  let keys = deps.configuration.state.config.keys;
  let gate: Gate = makeGate(keys);
  return (request, wants) => {
    const current = deps.configuration.state.config.keys;
    if (current !== keys) {
      keys = current;
      gate = makeGate(current);
    }
    return gate(request, wants);
  };
};

const mount = (
  app: Express,
  deps: HttpDeps,
  { path, routes, admit }: { path: string; routes: readonly Route[]; admit: Admit },
): void => {
  const place = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
  place.all((request, response, next) => {
    observe(deps, request, response, path);
    next();
  });
  for (const route of routes) {
    const steps = [guard(route, admit), ...(route.takesJson ? [wantsJson, readJson] : [])];
    const run = answerWith(deps, route);
    if (route.method === 'GET') place.get(...steps, run);
    else place.post(...steps, run);
  }
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  const allow = methods.join(', ');
  place.all((request, _response, next) => {
    const detail = `${request.method} is not possible here; ${allow} is.`;
    next(new Refusal({ code: 'method_not_allowed', detail, headers: { Allow: allow } }));
  });
};

const guard =
  (route: Route, admit: Admit) =>
  (request: Request, response: Response, next: NextFunction): void => {
    if (route.access === null) return next();
    const admission = admit(request, route.access);
    if (admission.kind === 'refused') return next(new Refusal(admission.problem));
    response.locals['level'] = admission.level;
    next();
  };

const wantsJson = (request: Request, _response: Response, next: NextFunction): void => {
  if (request.is(['json', '+json']) !== false) return next();
  const detail = 'The body has to be JSON, with Content-Type: application/json.';
  next(new Refusal({ code: 'unsupported_media_type', detail }));
};

const readJson = express.json({ limit: JSON_BYTES_MAX, type: ['json', '+json'], strict: false });

const answerWith =
  (deps: HttpDeps, route: Route) =>
  async (request: Request, response: Response): Promise<void> => {
    const reply = await route.handle({
      params: request.params as Readonly<Record<string, string>>,
      query: queryOf(request),
      body: request.body as unknown,
      now: deps.clock.now(),
      level: (response.locals['level'] as Level | undefined) ?? null,
      acceptLanguage: request.headers['accept-language'] ?? '',
    });
    await writeReply(response, reply);
  };

const queryOf = ({ originalUrl }: Request): URLSearchParams => {
  const question = originalUrl.indexOf('?');
  return new URLSearchParams(question < 0 ? '' : originalUrl.slice(question + 1));
};

/** Counts the request once it is over; the first to be asked names the route. */
const observe = (deps: HttpDeps, request: Request, response: Response, route: string): void => {
  if (response.locals['observed'] === true) return;
  response.locals['observed'] = true;
  const startedAt = deps.clock.monotonic();
  response.once('close', () => {
    const durationMs = deps.clock.monotonic() - startedAt;
    deps.metrics.http({ method: request.method, route, code: response.statusCode, durationMs });
  });
};

/** Express knows an error handler by its four parameters. */
const answerError =
  (deps: HttpDeps) =>
  (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    if (response.headersSent || response.destroyed) {
      // A stream broke off, or its reader went away: only cutting the connection says so.
      response.destroy();
      return;
    }
    const problem = problemOf(error);
    if (problem.code === 'internal')
      deps.telemetry.log.error({ err: error }, 'A request could not be answered.');
    writeWhole(response, replyTo(problem, request, deps));
  };

/** People get a page, programs get problem details. */
const replyTo = (
  problem: Problem,
  request: Request,
  deps: HttpDeps,
): Exclude<Reply, { kind: 'stream' }> => {
  const wantsPage = request.headers.accept?.includes('text/html') === true;
  if (!wantsPage || request.path.startsWith('/api/')) return { kind: 'problem', problem };
  const { locale } = localeOf({
    lang: queryOf(request).get('lang'),
    acceptLanguage: request.headers['accept-language'] ?? '',
    fallback: deps.configuration.state.config.server.locale,
  });
  const { status } = PROBLEMS[problem.code];
  const page = errorPage({ locale, status, detail: problem.detail });
  return { kind: 'page', page, status, headers: problem.headers ?? {} };
};

/** Failures of express's own parsers carry a `type` or a `status`; anything else that we did not throw is ours. */
const problemOf = (error: unknown): Problem => {
  if (error instanceof Refusal) return error.problem;
  if (error instanceof StoreError)
    return { code: 'unavailable', detail: `The store cannot be used: ${error.fault}.` };
  const { type, status } = Object(error) as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large')
    return { code: 'too_large', detail: `The body may have ${JSON_BYTES_MAX} bytes at most.` };
  if (type === 'entity.parse.failed')
    return {
      code: 'bad_request',
      detail: 'The body is not JSON.',
      errors: [{ pointer: '', detail: 'is not JSON' }],
    };
  if (status === 415)
    return {
      code: 'unsupported_media_type',
      detail: 'The body is in an encoding that is not known here.',
    };
  if (typeof status === 'number' && status >= 400 && status < 500)
    return { code: 'bad_request', detail: 'The request cannot be read.' };
  return { code: 'internal', detail: 'Something went wrong here; the log says what.' };
};
