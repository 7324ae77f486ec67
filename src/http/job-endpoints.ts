/**
 * Jobs over the API: the list, one, its pings and their bodies, its runs, pause and resume.
 */
import { isUtf8 } from 'node:buffer';
import type { PingKind } from '../core/job/job.ts';
import type { JobHandle } from '../engine/desk.ts';
import type { LogView } from '../ports/store.ts';
import {
  type Call,
  CURSOR_EXPECTED,
  choiceOf,
  cursorOf,
  type Handle,
  type HttpDeps,
  limitOf,
} from './call.ts';
import { listByName, STATES } from './job-list.ts';
import { ENDING, endedRunJson, iso, jobJson, openRunJson, pingJson } from './job-view.ts';
import { badParameter, notFound, Refusal } from './problem.ts';
import { json, type Reply } from './reply.ts';

const PINGS = ['start', 'success', 'fail', 'log', 'ign'] as const satisfies PingKind[];

export interface JobEndpoints {
  readonly list: Handle;
  readonly one: Handle;
  readonly pings: Handle;
  readonly body: Handle;
  readonly runs: Handle;
  readonly pause: Handle;
  readonly resume: Handle;
}

export const makeJobEndpoints = (deps: HttpDeps): JobEndpoints => {
  const show = (job: JobHandle, call: Call): object =>
    jobJson(job, { now: call.now, base: pingBaseOf(deps, call) });
  return {
    list: (call) => {
      const { jobs, next } = listByName({
        jobs: deps.desk.jobs(),
        filter: {
          state: choiceOf(call, 'state', STATES) ?? null,
          group: call.query.get('group') ?? '',
          q: call.query.get('q') ?? '',
        },
        cursor: call.query.get('cursor'),
        limit: limitOf(call),
        now: call.now,
      });
      return json({ items: jobs.map((job) => show(job, call)), next });
    },
    one: (call) => json(show(jobOf(deps, call), call)),
    pings: async (call) => {
      const job = jobOf(deps, call);
      const { entries, next } = await page(deps, call, { job, kinds: PINGS });
      return json({ items: entries.map((entry) => pingJson(entry, job.spec.name)), next });
    },
    body: (call) => pingBody(deps, call),
    runs: async (call) => {
      const job = jobOf(deps, call);
      const { entries, next } = await page(deps, call, { job, kinds: ENDING });
      // Runs that go on come first, all of them on the first page; the engine bounds their number.
      const open = call.query.has('cursor') ? [] : job.state.runs.toReversed();
      return json({ items: [...open.map(openRunJson), ...entries.map(endedRunJson)], next });
    },
    pause: async (call) => {
      const job = jobOf(deps, call);
      await deps.desk.pause(job);
      return json(show(job, call));
    },
    resume: async (call) => {
      const job = jobOf(deps, call);
      await deps.desk.resume(job);
      if (job.state.status === 'paused') throw pausedByConfig(job);
      return json(show(job, call));
    },
  };
};

const pausedByConfig = (job: JobHandle): Refusal =>
  new Refusal({
    code: 'conflict',
    detail: `${job.spec.name} is paused in the configuration; take \`paused: true\` away there.`,
  });

/** Where ping URLs begin; null for readers, who may not know them. */
export const pingBaseOf = (
  deps: Pick<HttpDeps, 'configuration' | 'baseUrl'>,
  { level }: Call,
): string | null => {
  const { externalUrl } = deps.configuration.state.config.server;
  return level === 'admin' ? externalUrl || deps.baseUrl() : null;
};

export const jobOf = (deps: Pick<HttpDeps, 'desk'>, { params }: Call): JobHandle => {
  const name = params['name'] ?? '';
  const job = deps.desk.jobByName(name);
  if (job === undefined)
    throw notFound(`There is no job named ${JSON.stringify(name.slice(0, 100))}.`);
  return job;
};

/** The cursor is the position of the entry that the page starts with, which has to be one of this job. */
const page = async (
  deps: HttpDeps,
  call: Call,
  { job, kinds }: { job: JobHandle; kinds: readonly LogView['kind'][] },
): Promise<{ entries: readonly LogView[]; next: string | null }> => {
  const limit = limitOf(call);
  const cursor = cursorOf(call);
  const head = cursor ?? job.state.head;
  const found = await deps.store.log({ head, kinds, limit: limit + 1 });
  const [first] = found;
  const isOwn = first === undefined || (first.jobId === job.id && first.n <= job.state.head);
  if (cursor !== undefined && !isOwn) throw badParameter('cursor', CURSOR_EXPECTED);
  const beyond = found[limit];
  return { entries: found.slice(0, limit), next: beyond === undefined ? null : String(beyond.n) };
};

/** Bytes that a client sent: shown as text or handed out, never run. */
const pingBody = async (deps: HttpDeps, call: Call): Promise<Reply> => {
  const job = jobOf(deps, call);
  const text = call.params['n'] ?? '';
  const seq = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0;
  const entry = seq === 0 ? null : await deps.store.ping({ head: job.state.head, seq });
  if (entry === null) throw notFound(`${job.spec.name} has no ping ${text.slice(0, 20)}.`);
  const { body } = entry;
  if (body === null || body.length === 0)
    throw notFound(`Ping ${seq} of ${job.spec.name}, at ${iso(entry.at)}, has no body.`);
  const isText = isUtf8(body) && !body.includes(0);
  const type = isText ? 'text/plain; charset=utf-8' : 'application/octet-stream';
  return { kind: 'bytes', bytes: body, type };
};
