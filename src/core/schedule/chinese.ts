/** Schedules in Chinese words. Large before small, as Chinese dates go: year, month, day, time. */
import type { DaylightNote, IntervalUnit } from './english.ts';
import { type DayReading, type DayTerm, type Run, type TimeReading } from './reading.ts';

const WEEKDAYS = ['周日', '周一', '周二', '周三', '周四', '周五', '周六', '周日'];
const UNITS: Readonly<Record<IntervalUnit, string>> = {
  day: '天',
  hour: '小时',
  minute: '分钟',
  second: '秒',
  millisecond: '毫秒',
};

export const chinese = {
  sentence(time: TimeReading, days: DayReading): string {
    const day = dayWords(days);
    const prefix = day === '' && time.kind === 'times' ? '每天' : day;
    return [prefix, timeWords(time)].filter((part) => part !== '').join(' ');
  },
  interval(parts: readonly { count: number; unit: IntervalUnit }[]): string {
    return `每 ${parts.map(({ count, unit }) => `${count} ${UNITS[unit]}`).join(' ')}`;
  },
  inZone: (text: string, timezone: string): string => `${text}（${timezone}）`,
  join: (texts: readonly string[]): string => texts.join('；或 '),
  gap(note: DaylightNote): string {
    const then =
      note.effect === 'moved' ? `其间应有的运行改在 ${note.to}` : '其间应有的运行当天不会发生';
    return `${note.date}，${note.timezone} 的时钟从 ${note.from} 跳到 ${note.to}：${then}。`;
  },
  repeat(note: DaylightNote): string {
    const then = note.effect === 'once' ? '其间的运行只在第一遍发生' : '其间的运行两遍都会发生';
    return `${note.date}，${note.timezone} 的时钟从 ${note.from} 拨回 ${note.to}，这段时间出现两遍：${then}。`;
  },
};

function timeWords(time: TimeReading): string {
  switch (time.kind) {
    case 'times':
      return list(time.times);
    case 'each': {
      const each = `每${time.step === 1 ? '' : ` ${time.step} `}${UNITS[time.unit]}`;
      return time.span === null ? each : `${time.span.from} 至 ${time.span.to} ${each}`;
    }
    case 'fields':
      return [
        numbered('小时', '点', time.hours),
        numbered('分钟', '分', time.minutes),
        numbered('秒', '秒', time.seconds),
      ]
        .filter((part) => part !== '')
        .join('的');
    default:
      return time satisfies never;
  }
}

function numbered(every: string, unit: string, runs: readonly Run[] | null): string {
  if (runs === null) return `每${every}`;
  return runs.length === 0 ? '' : `第 ${list(runs.map((one) => runWords(one)))} ${unit}`;
}

function dayWords({ days, weekdays, rule, months, years }: DayReading): string {
  const year = years === null ? '' : `${list(years.map((one) => runWords(one)))} 年`;
  const month = months === null ? '' : `${list(months.map((one) => runWords(one)))} 月`;
  const named = [year, month].filter((part) => part !== '').join(' ');
  const byDay = days === null ? '' : list(days.map(dayWord));
  const byWeekday = weekdays === null ? '' : list(weekdays.map(dayOfWeekWord));
  const counted = days !== null || (weekdays?.every((term) => term.kind !== 'run') ?? false);
  const scope = named === '' && counted ? '每月' : named;
  if (byDay === '' && byWeekday === '') return scope === '' ? '' : `${scope}每天`;
  if (byDay === '' || byWeekday === '') return `${scope} ${byDay}${byWeekday}`.trim();
  if (rule === 'both') return `${scope} ${byDay} 且为 ${byWeekday}`;
  return `${scope}内 ${byDay} 或 ${byWeekday}（满足其一即可）`;
}

function dayWord(term: DayTerm): string {
  switch (term.kind) {
    case 'run':
      return `${runWords(term)} 日`;
    case 'last':
      return term.before === 0 ? '最后一天' : `倒数第 ${term.before + 1} 天`;
    case 'lastDays':
      return `最后 ${term.count} 天`;
    case 'lastWorkday':
      return '最后一个工作日（周一至周五）';
    case 'nearestWorkday':
      return `离 ${term.day} 日最近的工作日（周一至周五）`;
    case 'lastOf':
    case 'nth':
      return dayOfWeekWord(term);
    default:
      return term satisfies never;
  }
}

function dayOfWeekWord(term: DayTerm): string {
  if (term.kind === 'run') {
    const { from, to } = term;
    const name = (weekday: number): string => WEEKDAYS[weekday] ?? '';
    if (from === to) return name(from);
    return `${name(from)}至${name(to)}`;
  }
  if (term.kind === 'lastOf') return `最后一个${WEEKDAYS[term.weekday] ?? ''}`;
  if (term.kind === 'nth') return `第 ${term.nth} 个${WEEKDAYS[term.weekday] ?? ''}`;
  return dayWord(term);
}

function runWords({ from, to, step }: Run): string {
  if (from === to) return String(from);
  return step === 1 ? `${from} 至 ${to}` : `${from}、${from + step}、…、${to}`;
}

function list(items: readonly string[]): string {
  return items.join('、');
}
