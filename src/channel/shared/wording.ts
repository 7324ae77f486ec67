/**
 * Every word that a message says, in each language. Sentences are functions, so that each language puts its words in
 * its own order; `Wording` names them all, so that a missing translation does not compile.
 * They are read at three in the morning: short, the subject first, no word that needs knowledge of Tocsin.
 */
import type { ProblemKind } from '../../core/job/job.ts';
import type { NotifyReason } from '../../core/notify/notify.ts';
import type { Locale } from '../../core/route/route.ts';
import type { Duration } from '../../core/time.ts';

export interface Wording {
  /** Language tag of the page that the words stand in. */
  readonly language: string;
  /** What kind of message it is, in a word or two. */
  readonly badge: Readonly<Record<NotifyReason, string>>;
  /** What is wrong in a word, for a subject line. */
  readonly kind: Readonly<Record<ProblemKind, string>>;

  readonly headline: {
    readonly missed: (job: string) => string;
    readonly failed: (job: string, exitCode: string) => string;
    readonly overrun: (job: string) => string;
    readonly slow: (job: string) => string;
    readonly recovered: (name: string) => string;
    /** Several problems: of one kind, of one job, or neither. */
    readonly many: (count: number, same: { kind?: ProblemKind; job?: string }) => string;
    readonly manyRecovered: (count: number) => string;
    readonly someRecovered: (recovered: number, open: number) => string;
    /** A group that nothing in its labels names. */
    readonly alertsOf: (receiver: string) => string;
  };

  readonly lead: {
    readonly late: (due: string, late: string) => string;
    readonly due: (due: string) => string;
    readonly overdue: (since: string, length: string) => string;
    readonly failed: (at: string) => string;
    readonly overrun: (since: string, length: string) => string;
    readonly slow: (at: string) => string;
    readonly since: (at: string, length: string) => string;
    readonly wasDown: (length: string, from: string, to: string) => string;
    readonly lasted: (length: string, from: string, to: string) => string;
    /** Names of what is open and of what is over, when there are both. */
    readonly mixed: (open: string, recovered: string) => string;
  };

  /** What to do now, by kind of problem, and when it will be over. */
  readonly advice: Readonly<Record<ProblemKind, string>>;
  readonly closesItself: string;
  readonly reminder: (length: string) => string;
  readonly gap: (from: string, to: string) => string;
  readonly gapNote: (text: string) => string;

  readonly label: {
    readonly since: string;
    readonly lastSuccess: string;
    readonly exitCode: string;
    readonly environment: string;
    readonly labels: string;
    readonly log: string;
    readonly next: string;
  };
  readonly link: {
    readonly incident: string;
    readonly job: string;
    readonly run: string;
    readonly runbook: string;
    readonly source: string;
  };

  readonly more: (count: number) => string;
  /** A label in front of its value, in plain text. */
  readonly pair: (label: string, value: string) => string;
  /** Two sentences after one another. */
  readonly join: (sentences: readonly string[]) => string;
  readonly list: (names: readonly string[]) => string;
  readonly sentTo: (receiver: string, message: number) => string;
  readonly zone: (zone: string, offset: string) => string;
  readonly ago: (length: string) => string;
  readonly duration: (length: Duration) => string;
  /** `year`: the one that need not be said. */
  readonly time: (at: Temporal.ZonedDateTime, year: number) => string;
  /** A time on a day that was just named. */
  readonly clock: (at: Temporal.ZonedDateTime) => string;
}

type Unit = 'day' | 'hour' | 'minute' | 'second';
const UNITS: readonly (readonly [Unit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** The two largest units that follow each other, as people say it; seconds only below a minute. */
function parts(length: Duration): readonly { unit: Unit; count: number }[] {
  const seconds = Math.floor(length / 1_000);
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) return [{ unit: 'second', count: 0 }];
  let left = seconds;
  const found: { unit: Unit; count: number }[] = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && !(unit === 'second' && found.length > 0)) found.push({ unit, count });
  }
  return found;
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');
const clock: Wording['clock'] = (at) => `${twoDigits(at.hour)}:${twoDigits(at.minute)}`;

const weekdaysEn = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const monthsEn = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const en: Wording = {
  language: 'en',
  badge: {
    first: 'ALERT',
    new_alerts: 'MORE ALERTS',
    repeat: 'STILL OPEN',
    some_resolved: 'PARTLY RECOVERED',
    all_resolved: 'RECOVERED',
  },
  kind: { missed: 'missed', failed: 'failed', overrun: 'overrun', slow: 'slow' },
  headline: {
    missed: (job) => `${job} did not run`,
    failed: (job, exitCode) =>
      exitCode === '' ? `${job} failed` : `${job} failed with exit code ${exitCode}`,
    overrun: (job) => `${job} is running too long`,
    slow: (job) => `${job} was slower than usual`,
    recovered: (name) => `${name} has recovered`,
    many: (count, { kind, job }) => {
      if (job !== undefined) return `${job}: ${plural(count, 'problem')}`;
      if (kind === 'missed') return `${count} jobs did not run`;
      if (kind === 'failed') return `${count} jobs failed`;
      if (kind === 'overrun') return `${count} jobs are running too long`;
      if (kind === 'slow') return `${count} jobs were slower than usual`;
      return plural(count, 'problem');
    },
    manyRecovered: (count) => `${plural(count, 'problem')} recovered`,
    someRecovered: (recovered, open) => `${recovered} recovered, ${open} still open`,
    alertsOf: (receiver) => `Alerts for ${receiver}`,
  },
  lead: {
    late: (due, late) => `It is ${late} late: no report came by ${due}.`,
    due: (due) => `No report came by ${due}.`,
    overdue: (since, length) => `No report in time. Overdue since ${since}, ${length} ago.`,
    failed: (at) => `It reported a failure on ${at}.`,
    overrun: (since, length) =>
      `It should have finished by ${since}, ${length} ago, and is not done.`,
    slow: (at) => `It took much longer than it usually does, on ${at}.`,
    since: (at, length) => `Since ${at}, for ${length}.`,
    wasDown: (length, from, to) => `It was down for ${length}, from ${from} to ${to}.`,
    lasted: (length, from, to) => `It lasted ${length}, from ${from} to ${to}.`,
    mixed: (open, recovered) => `Open: ${open}. Recovered: ${recovered}.`,
  },
  advice: {
    missed: 'Check that its host and its scheduler are up, then run it by hand.',
    failed: 'Read the log, fix the cause and run it again.',
    overrun: 'See whether it hangs. If it does, stop it and run it again.',
    slow: 'Nothing is broken yet. See what takes longer than before.',
  },
  closesItself: 'The next good run closes this by itself.',
  reminder: (length) => `Reminder: you were told before. Open for ${length}.`,
  gap: (from, to) =>
    `Tocsin itself was not listening from ${from} to ${to}. A report from that time may be missing.`,
  gapNote: (text) => `Tocsin itself was not listening: ${text}`,
  label: {
    since: 'Since',
    lastSuccess: 'Last success',
    exitCode: 'Exit code',
    environment: 'Environment',
    labels: 'Labels',
    log: 'End of the log',
    next: 'Next',
  },
  link: {
    incident: 'Open incident',
    job: 'See the job',
    run: 'See the run',
    runbook: 'Runbook',
    source: 'Source',
  },
  more: (count) => `… and ${count} more`,
  pair: (label, value) => `${label}: ${value}`,
  join: (sentences) => sentences.filter((one) => one !== '').join(' '),
  list: (names) => names.join(', '),
  sentTo: (receiver, message) => `Message ${message} to receiver ${receiver}.`,
  zone: (zone, offset) => `Times are in ${zone} (${offset}).`,
  ago: (length) => `${length} ago`,
  duration: (length) =>
    parts(length)
      .map(({ unit, count }) => plural(count, unit))
      .join(' '),
  time: (at, year) =>
    `${weekdaysEn[at.dayOfWeek - 1]} ${at.day} ${monthsEn[at.month - 1]}` +
    `${at.year === year ? '' : ` ${at.year}`} ${clock(at)}`,
  clock,
};

const weekdaysZh = '一二三四五六日';
const unitsZh: Readonly<Record<Unit, string>> = {
  day: '天',
  hour: '小时',
  minute: '分钟',
  second: '秒',
};

const zh: Wording = {
  language: 'zh-CN',
  badge: {
    first: '告警',
    new_alerts: '新增告警',
    repeat: '仍未恢复',
    some_resolved: '部分恢复',
    all_resolved: '已恢复',
  },
  kind: { missed: '未按时运行', failed: '失败', overrun: '超时', slow: '变慢' },
  headline: {
    missed: (job) => `${job} 没有按时运行`,
    failed: (job, exitCode) =>
      exitCode === '' ? `${job} 运行失败` : `${job} 运行失败，退出码 ${exitCode}`,
    overrun: (job) => `${job} 运行超时`,
    slow: (job) => `${job} 比平时慢`,
    recovered: (name) => `${name} 已恢复`,
    many: (count, { kind, job }) => {
      if (job !== undefined) return `${job}：${count} 个问题`;
      if (kind === 'missed') return `${count} 个任务没有按时运行`;
      if (kind === 'failed') return `${count} 个任务运行失败`;
      if (kind === 'overrun') return `${count} 个任务运行超时`;
      if (kind === 'slow') return `${count} 个任务比平时慢`;
      return `${count} 个问题`;
    },
    manyRecovered: (count) => `${count} 个问题已恢复`,
    someRecovered: (recovered, open) => `${recovered} 个已恢复，${open} 个仍未恢复`,
    alertsOf: (receiver) => `${receiver} 的告警`,
  },
  lead: {
    late: (due, late) => `已晚了 ${late}：到 ${due} 仍没有上报。`,
    due: (due) => `到 ${due} 仍没有上报。`,
    overdue: (since, length) => `没有按时上报，自 ${since} 起已逾期 ${length}。`,
    failed: (at) => `${at} 上报了失败。`,
    overrun: (since, length) => `应在 ${since} 前完成，已超出 ${length}，仍未结束。`,
    slow: (at) => `${at} 的运行耗时明显长于平时。`,
    since: (at, length) => `自 ${at} 起，已持续 ${length}。`,
    wasDown: (length, from, to) => `中断了 ${length}，从 ${from} 到 ${to}。`,
    lasted: (length, from, to) => `持续了 ${length}，从 ${from} 到 ${to}。`,
    mixed: (open, recovered) => `未恢复：${open}。已恢复：${recovered}。`,
  },
  advice: {
    missed: '请检查主机和调度器是否正常，然后手动补跑。',
    failed: '请查看日志，排除原因后重新运行。',
    overrun: '请确认是否卡住；如已卡住，请终止后重新运行。',
    slow: '任务仍然成功，请留意耗时变长的原因。',
  },
  closesItself: '下次成功运行后自动恢复。',
  reminder: (length) => `重复提醒：此前已通知过，至今已持续 ${length}。`,
  gap: (from, to) => `Tocsin 自身在 ${from} 至 ${to} 期间没有监听，这段时间的上报可能缺失。`,
  gapNote: (text) => `Tocsin 自身曾停止监听：${text}`,
  label: {
    since: '开始于',
    lastSuccess: '上次成功',
    exitCode: '退出码',
    environment: '环境',
    labels: '标签',
    log: '日志末尾',
    next: '下一步',
  },
  link: {
    incident: '查看事件',
    job: '查看任务',
    run: '查看本次运行',
    runbook: '处理手册',
    source: '来源',
  },
  more: (count) => `…… 另有 ${count} 条`,
  pair: (label, value) => `${label}：${value}`,
  join: (sentences) => sentences.join(''),
  list: (names) => names.join('、'),
  sentTo: (receiver, message) => `发给接收组 ${receiver} 的第 ${message} 条消息。`,
  zone: (zone, offset) => `时间均为 ${zone}（${offset}）。`,
  ago: (length) => `${length}前`,
  duration: (length) =>
    parts(length)
      .map(({ unit, count }) => `${count} ${unitsZh[unit]}`)
      .join(' '),
  time: (at, year) =>
    `${at.year === year ? '' : `${at.year}年`}${at.month}月${at.day}日` +
    ` 周${weekdaysZh[at.dayOfWeek - 1]} ${clock(at)}`,
  clock,
};

export const wordings: Readonly<Record<Locale, Wording>> = { en, 'zh-CN': zh };
