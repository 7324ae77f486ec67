/** `tocsin check`: reads the configuration as the server would, and says what is wrong or what is there. */
import type { Config, Issue } from '../config/config.ts';
import { formatIssue } from '../config/issue.ts';
import { loadConfig } from '../config/load.ts';
import type { Instant } from '../core/time.ts';
import type { CliDeps } from './deps.ts';
import { table } from './table.ts';
import { inZone } from './times.ts';

const NEXT_SHOWN = 3;

/** Resolves with the exit code. */
export const check = async (
  deps: CliDeps,
  folder: string,
  { json }: { json?: boolean },
): Promise<number> => {
  const loaded = await loadConfig(folder, { env: deps.env });
  if (loaded.kind === 'invalid') {
    if (json) deps.out(`${JSON.stringify({ ok: false, issues: loaded.issues })}\n`);
    else deps.out(faults(loaded.issues));
    return 1;
  }
  const { config } = loaded;
  const next = nextDue(config, deps.now());
  if (json)
    deps.out(
      `${JSON.stringify({ ok: true, ...counts(config), warnings: config.warnings, next })}\n`,
    );
  else deps.out(summary(folder, config, next));
  return 0;
};

const faults = (issues: readonly Issue[]): string =>
  `${issues.map((issue) => `${formatIssue(issue)}\n`).join('')}${plural(issues.length, 'fault')}\n`;

const counts = (config: Config) => ({
  files: config.files.length,
  jobs: config.jobs.length,
  receivers: config.receivers.size,
  silences: config.silences.length,
});

const summary = (
  folder: string,
  config: Config,
  next: readonly { job: string; at: string }[],
): string => {
  const { files, jobs, receivers, silences } = counts(config);
  const warnings = config.warnings.map((issue) => `warning: ${formatIssue(issue)}\n`).join('');
  const what = [
    plural(jobs, 'job'),
    plural(receivers, 'receiver'),
    plural(silences, 'silence'),
  ].join(', ');
  const heads = ['NEXT', 'AT'];
  const rows = next.map(({ job, at }) => [job, at]);
  const due = rows.length === 0 ? '' : `\n${table(heads, rows)}`;
  return `${warnings}${folder} is good: ${what} in ${plural(files, 'file')}.\n${due}`;
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** The jobs that are due first. An interval counts from the last report, so that it has no time of its own. */
const nextDue = (config: Config, now: Instant): { job: string; at: string }[] =>
  config.jobs
    .filter(({ schedule, paused }) => schedule.spec.kind !== 'every' && !paused)
    .flatMap(({ name, schedule, timezone }) => {
      const at = schedule.next(now);
      return at === null ? [] : [{ name, timezone, at }];
    })
    .sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1))
    .slice(0, NEXT_SHOWN)
    .map(({ name, timezone, at }) => ({ job: name, at: inZone(at, timezone) }));
