/** `/jobs/{name}`: gathers what the page of one job shows. */
import { daylightNotes } from '../core/schedule/daylight.ts';
import type { Instant } from '../core/time.ts';
import type { JobHandle } from '../engine/desk.ts';
import { type Gap, type LogView, StoreError } from '../ports/store.ts';
import { jobPage } from '../ui/job-page.ts';
import type { HistoryLine, JobPage } from '../ui/job-page-model.ts';
import { type Call, CURSOR_EXPECTED, cursorOf, type Handle, type HttpDeps } from './call.ts';
import { jobOf, pingBaseOf } from './job-endpoints.ts';
import { bodyUrlOf, durationOf, pingUrlOf } from './job-view.ts';
import { readerOf } from './language.ts';
import { isLong, rowOf } from './page-endpoint.ts';
import { badParameter } from './problem.ts';

const HISTORY_LINES = 50;
const NEXT_TIMES = 5;
const GAPS_READ = 100;
const RUN_CHARS_MAX = 100;

export const makeJobPageEndpoint =
  (deps: HttpDeps): Handle =>
  async (call) => {
    const job = jobOf(deps, call);
    const reader = readerOf(call, deps.configuration.state.config.server);
    const { locale, now } = reader;
    const { spec, state } = job;
    const base = pingBaseOf(deps, call);
    const page = jobPage({
      ...reader,
      row: rowOf(job, now, locale),
      lastSuccessAt: state.lastSuccessAt,
      pings: state.pings,
      failuresInRow: state.failuresInRow,
      pausedBy: state.pausedBy,
      openRuns: state.runs.toReversed().map(({ runId, startedAt, overran, host, env }) => ({
        runId,
        startedAt,
        overran,
        from: fromText(host, env),
      })),
      nextTimes: nextTimes(job, now),
      daylight: daylightNotes(spec.schedule, now, locale)[0] ?? '',
      settings: {
        graceMs: spec.grace,
        maxRuntimeMs: spec.maxRuntime,
        failures: spec.failures,
        recoveries: spec.recoveries,
        labels: spec.labels,
      },
      pingUrl: base === null ? null : pingUrlOf(job, base),
      run: call.query.get('run')?.slice(0, RUN_CHARS_MAX) ?? null,
      ...(await historyOf(deps, job, call)),
    });
    return { kind: 'page', page };
  };

/** From the awaited time on; an interval has no other beginning. */
const nextTimes = ({ spec: { schedule }, state }: JobHandle, now: Instant): Instant[] => {
  const { expectedAt } = state;
  const isInterval = schedule.spec.kind === 'every';
  const isAhead = expectedAt !== null && expectedAt > now;
  let at = isAhead ? expectedAt : isInterval ? null : schedule.next(now);
  const times: Instant[] = [];
  while (at !== null && times.length < NEXT_TIMES) {
    times.push(at);
    at = schedule.next(at);
  }
  return times;
};

const historyOf = async (
  deps: HttpDeps,
  job: JobHandle,
  call: Call,
): Promise<Pick<JobPage, 'history' | 'gaps' | 'cursor' | 'next'>> => {
  const cursor = cursorOf(call) ?? null;
  const head = cursor ?? job.state.head;
  if (head > job.state.head) throw badParameter('cursor', CURSOR_EXPECTED);
  const read = await readHistory(deps, head);
  if (read === null) return { history: null, gaps: [], cursor: null, next: null };
  const { entries, gaps } = read;
  if (entries.some(({ jobId }) => jobId !== job.id)) throw badParameter('cursor', CURSOR_EXPECTED);
  const shown = entries.slice(0, HISTORY_LINES);
  const beyond = entries[HISTORY_LINES];
  return {
    history: shown.map((entry) => lineOf(entry, job.spec.name)),
    gaps: within(gaps, shown, cursor === null ? call.now : null),
    cursor: cursor === null ? null : String(cursor),
    next: beyond === undefined ? null : String(beyond.n),
  };
};

/** null: the store cannot be read. One entry more than is shown. */
const readHistory = async (
  { store }: HttpDeps,
  head: number,
): Promise<{ entries: readonly LogView[]; gaps: readonly Gap[] } | null> => {
  try {
    const [entries, gaps] = await Promise.all([
      store.log({ head, limit: HISTORY_LINES + 1 }),
      store.gaps(GAPS_READ),
    ]);
    return { entries, gaps };
  } catch (error) {
    if (error instanceof StoreError) return null;
    throw error;
  }
};

/** Those that touch the time of the entries; `until`: up to then, where the first entry is the job's newest. */
const within = (
  gaps: readonly Gap[],
  entries: readonly LogView[],
  until: Instant | null,
): readonly Gap[] => {
  const times = entries.map(({ at }) => at);
  const oldest = Math.min(...times);
  const newest = until ?? Math.max(...times);
  return gaps
    .filter(isLong)
    .filter(({ from, to }) => Math.max(from, to) >= oldest && Math.min(from, to) <= newest)
    .sort((one, other) => other.to - one.to);
};

const fromText = (host: string | null, env: string | null): string =>
  [host, env].filter(Boolean).join(' · ');

const lineOf = (entry: LogView, name: string): HistoryLine => ({
  at: entry.at,
  kind: entry.kind,
  runId: entry.runId,
  exitCode: entry.exitCode,
  durationMs: durationOf(entry),
  overran: entry.overran,
  reason: entry.reason,
  from: fromText(entry.host, entry.env),
  bodyBytes: entry.bodyBytes,
  bodyUrl: bodyUrlOf(entry, name),
});
