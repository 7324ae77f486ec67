/** `tocsin schedule`: what an expression means, without a server. */
import { parseDuration } from '../core/duration.ts';
import { type PreviewItem, type PreviewResult, previewSchedule } from '../core/schedule/preview.ts';
import { instant } from '../core/time.ts';
import type { CliDeps } from './deps.ts';
import { Failure } from './failure.ts';
import { inZone } from './times.ts';

export interface ScheduleOptions {
  readonly json?: boolean;
  readonly dialect?: 'vixie' | 'wall';
  readonly timezone?: string;
  readonly from?: string;
  readonly count?: number;
  readonly lang?: 'en' | 'zh';
}

const POLICIES = {
  vixie: 'daylight saving as Debian cron has it',
  wall: 'daylight saving by the wall clock, as Kubernetes has it',
  calendar: 'daylight saving as systemd has it',
  every: 'an interval, from one report to the next',
} as const;

export const schedule = (deps: CliDeps, expression: string, options: ScheduleOptions): number => {
  const result = preview(deps, expression, options);
  if (options.json) {
    const { kind, ...rest } = result;
    deps.out(`${JSON.stringify(kind === 'ok' ? rest : { error: rest })}\n`);
    return kind === 'ok' ? 0 : 1;
  }
  if (result.kind === 'invalid') throw new Failure(faultText(expression, result));
  const times = result.next.map((text) => {
    const at = instant(Date.parse(text));
    return `  ${inZone(at, result.timezone)}   ${text}\n`;
  });
  const notes = result.notes.map((note) => `${note}\n`).join('');
  const zone = result.policy === 'every' ? '' : `${result.timezone}, `;
  deps.out(`${result.text}\n${zone}${POLICIES[result.policy]}\n\n${times.join('')}`);
  if (notes !== '') deps.out(`\n${notes}`);
  return 0;
};

/** A length is an interval; else it is cron, or a calendar when only that understands it. */
const preview = (deps: CliDeps, expression: string, options: ScheduleOptions): PreviewResult => {
  const { dialect, timezone, from, count } = options;
  const shared = {
    ...(timezone !== undefined && { timezone }),
    ...(from !== undefined && { from }),
    ...(count !== undefined && { count }),
  };
  const ask = (item: PreviewItem): PreviewResult =>
    previewSchedule(item, deps.now(), options.lang === 'zh' ? 'zh-CN' : 'en');
  const length = expression.replace(/^every\s+/, '');
  if (parseDuration(length).kind === 'ok') return ask({ every: length, ...shared });
  const cron = ask({ schedule: expression, ...shared, ...(dialect !== undefined && { dialect }) });
  if (cron.kind === 'ok' || cron.field !== 'schedule' || dialect !== undefined) return cron;
  const calendar = ask({ calendar: expression, ...shared });
  return calendar.kind === 'ok' ? calendar : cron;
};

/** The fault, and a mark below the place where it is. */
const faultText = (
  expression: string,
  { field, message, expected, at }: Extract<PreviewResult, { kind: 'invalid' }>,
): string => {
  const isExpression = field === 'schedule' || field === 'every' || field === 'calendar';
  const where = isExpression && at !== undefined ? `${expression}\n${' '.repeat(at)}^\n` : '';
  return `${where}${message}; expected ${expected}`;
};
