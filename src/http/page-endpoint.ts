/** `/` and `/jobs/{name}`: gather what the pages show. */
import { formatIssue } from '../config/issue.ts';
import type { Locale } from '../core/route/route.ts';
import { describeSchedule } from '../core/schedule/describe.ts';
import { HOUR, type Instant, MINUTE } from '../core/time.ts';
import type { JobHandle } from '../engine/desk.ts';
import { type Gap, type LogView, StoreError } from '../ports/store.ts';
import { type HistoryLine, jobPage } from '../ui/job-page.ts';
import { jobsPage } from '../ui/jobs-page.ts';
import type { JobRow } from '../ui/jobs-page-model.ts';
import { CURSOR_EXPECTED, cursorOf, type Handle, type HttpDeps } from './call.ts';
import { jobOf } from './job-endpoints.ts';
import { countStates, listByUrgency, STATES } from './job-list.ts';
import { awaited, bodyUrlOf, durationOf, scheduleOf, stateOf } from './job-view.ts';
import { localeOf } from './language.ts';
import { badParameter } from './problem.ts';

const ROWS = 100;
const ISSUES_SHOWN = 5;
/** Shorter outages are restarts, older ones history: neither asks for anybody's attention. */
const GAP_LENGTH_LEAST = MINUTE;
const GAP_AGE_MOST = 12 * HOUR;
const TEXT_CHARS_MAX = 100;

const HISTORY_LINES = 50;

export const makeJobPageEndpoint =
  (deps: HttpDeps): Handle =>
  async (call) => {
    const { query, acceptLanguage, now } = call;
    const job = jobOf(deps, call);
    const { server } = deps.configuration.state.config;
    const fallback = server.locale;
    const { locale, chosen } = localeOf({ lang: query.get('lang'), acceptLanguage, fallback });
    const cursor = cursorOf(call) ?? null;
    const found = await historyOf(deps, job, cursor ?? job.state.head);
    const beyond = found?.[HISTORY_LINES];
    const page = jobPage({
      locale,
      localeChosen: chosen,
      now,
      timezone: server.timezone,
      row: rowOf(job, now, locale),
      history: found?.slice(0, HISTORY_LINES).map((entry) => lineOf(entry, job)) ?? null,
      run: query.get('run'),
      cursor: cursor === null ? null : String(cursor),
      next: beyond === undefined ? null : String(beyond.n),
    });
    return { kind: 'page', page };
  };

/** null: the store cannot be read. One entry more than is shown. */
const historyOf = async (
  deps: HttpDeps,
  job: JobHandle,
  head: number,
): Promise<readonly LogView[] | null> => {
  try {
    const found = await deps.store.log({ head, limit: HISTORY_LINES + 1 });
    const isOwn = found.every(({ jobId }) => jobId === job.id);
    if (!isOwn || head > job.state.head) throw badParameter('cursor', CURSOR_EXPECTED);
    return found;
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
};

const lineOf = (entry: LogView, job: JobHandle): HistoryLine => ({
  at: entry.at,
  kind: entry.kind,
  runId: entry.runId,
  exitCode: entry.exitCode,
  durationMs: durationOf(entry),
  reason: entry.reason,
  from: [entry.host, entry.env].filter(Boolean).join(' · '),
  bodyUrl: bodyUrlOf(entry, job.spec.name),
});

export const makePageEndpoint =
  (deps: HttpDeps): Handle =>
  async ({ query, acceptLanguage, now }) => {
    const { config, issues } = deps.configuration.state;
    const fallback = config.server.locale;
    const { locale, chosen } = localeOf({ lang: query.get('lang'), acceptLanguage, fallback });
    const filter = {
      state: STATES.find((state) => state === query.get('state')) ?? null,
      group: (query.get('group') ?? '').slice(0, TEXT_CHARS_MAX),
      q: (query.get('q') ?? '').slice(0, TEXT_CHARS_MAX),
    };
    const all = deps.desk.jobs();
    const cursor = query.get('cursor');
    const { jobs, next } = listByUrgency({ jobs: all, filter, cursor, limit: ROWS, now });
    const health = deps.health();
    const page = jobsPage({
      locale,
      localeChosen: chosen,
      now,
      timezone: config.server.timezone,
      rows: jobs.map((job) => rowOf(job, now, locale)),
      counts: countStates(all, now),
      filter,
      refresh: query.get('refresh') === '1',
      cursor,
      next,
      storeFault: health.ok ? null : health.reason,
      configIssues: issues.slice(0, ISSUES_SHOWN).map(formatIssue),
      configIssuesTotal: issues.length,
      gap: await recentGap(deps, now),
    });
    return { kind: 'page', page };
  };

/** A store that cannot be read is told of by its own banner; the page is shown all the same. */
const recentGap = async (deps: HttpDeps, now: Instant): Promise<Gap | null> => {
  const gaps = await deps.store.gaps(1).catch(() => []);
  const gap = gaps.find(({ from, to }) => Math.abs(to - from) >= GAP_LENGTH_LEAST);
  return gap !== undefined && now - gap.to <= GAP_AGE_MOST ? gap : null;
};

const rowOf = (job: JobHandle, now: Instant, locale: Locale): JobRow => {
  const { spec, state } = job;
  const { nextAt, dueAt } = awaited(job);
  return {
    name: spec.name,
    description: spec.description,
    runbook: /^https?:\/\//i.test(spec.runbook) ? spec.runbook : '',
    group: spec.group,
    severity: spec.severity,
    state: stateOf(job, now),
    runningSince: state.runs.at(-1)?.startedAt ?? null,
    problems: state.problems,
    scheduleText: describeSchedule(spec.schedule, locale),
    schedule: scheduleOf(spec),
    timezone: spec.schedule.spec.kind === 'every' ? '' : spec.timezone,
    nextAt,
    dueAt,
    lastPingAt: state.lastPingAt,
    lastDurationMs: state.lastDurationMs,
  };
};
