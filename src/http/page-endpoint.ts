/** `/`: gathers what the list of jobs shows, and a job's line for other pages. */
import { formatIssue } from '../config/issue.ts';
import type { Locale } from '../core/route/route.ts';
import { describeSchedule } from '../core/schedule/describe.ts';
import { HOUR, type Instant, MINUTE } from '../core/time.ts';
import type { JobHandle } from '../engine/desk.ts';
import type { Gap } from '../ports/store.ts';
import { isWebAddress } from '../ui/cells.ts';
import { jobsPage } from '../ui/jobs-page.ts';
import type { JobRow } from '../ui/jobs-page-model.ts';
import type { Handle, HttpDeps } from './call.ts';
import { countStates, listByUrgency, STATES } from './job-list.ts';
import { awaited, scheduleOf, stateOf } from './job-view.ts';
import { readerOf } from './language.ts';

const ROWS = 100;
const ISSUES_SHOWN = 5;
/** Shorter outages are restarts, older ones history: neither asks for anybody's attention. */
const GAP_LENGTH_LEAST = MINUTE;
const GAP_AGE_MOST = 12 * HOUR;
const TEXT_CHARS_MAX = 100;

export const makePageEndpoint =
  (deps: HttpDeps): Handle =>
  async (call) => {
    const { query, now } = call;
    const { config, issues } = deps.configuration.state;
    const reader = readerOf(call, config.server);
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
      ...reader,
      rows: jobs.map((job) => rowOf(job, now, reader.locale)),
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
  const gap = gaps.find(isLong);
  return gap !== undefined && now - gap.to <= GAP_AGE_MOST ? gap : null;
};

/** Long enough to be told of. */
export const isLong = ({ from, to }: Gap): boolean => Math.abs(to - from) >= GAP_LENGTH_LEAST;

/** What is awaited; and where nothing is, when a crontab would run the job next. An interval begins with a report. */
const nextRunOf = (job: JobHandle, now: Instant): Instant | null => {
  const { nextAt } = awaited(job);
  const { schedule } = job.spec;
  if (nextAt !== null || job.state.status === 'paused' || schedule.spec.kind === 'every')
    return nextAt;
  return schedule.next(now);
};

export const rowOf = (job: JobHandle, now: Instant, locale: Locale): JobRow => {
  const { spec, state } = job;
  const { dueAt } = awaited(job);
  const nextAt = nextRunOf(job, now);
  return {
    name: spec.name,
    description: spec.description,
    runbook: isWebAddress(spec.runbook) ? spec.runbook : '',
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
