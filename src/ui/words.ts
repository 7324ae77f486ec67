/**
 * Every word of the pages, in both languages. Invariant: the two have the same keys, which the compiler checks.
 */
import type { ProblemKind } from '../core/job/job.ts';
import type { Locale } from '../core/route/route.ts';
import type { GapKind, RowState } from './jobs-page-model.ts';

const english = {
  lang: 'en',
  other: '中文',
  otherCode: 'zh',
  jobs: 'Jobs',
  states: {
    down: 'Down',
    late: 'Late',
    up: 'Up',
    new: 'New',
    paused: 'Paused',
  } satisfies Record<RowState, string>,
  all: 'All',
  running: 'running',
  runningFor: (length: string) => `running for ${length}`,
  problems: {
    missed: 'Missed',
    failed: 'Failed',
    overrun: 'Overrun',
    slow: 'Slow',
  } satisfies Record<ProblemKind, string>,
  since: (when: string) => `since ${when}`,
  columns: {
    job: 'Job',
    state: 'State',
    last: 'Last report',
    took: 'Took',
    next: 'Next due',
    schedule: 'Schedule',
  },
  never: 'never',
  none: '—',
  overdue: 'was due',
  silentUntil: (when: string) => `fault at ${when}`,
  runbook: 'runbook',
  search: 'Search',
  searchLabel: 'Name or description',
  group: 'Group',
  clear: 'Show all',
  nextPage: 'Next page',
  firstPage: 'First page',
  refresh: 'Refresh every 30 s',
  noRefresh: 'Stop refreshing',
  asOf: (when: string, zone: string) => `As of ${when}, ${zone}`,
  well: (count: string) => `All ${count} jobs are well`,
  wellOne: 'The only job is well',
  attention: (bad: string, count: string) => `${bad} of ${count} jobs need attention`,
  attentionOne: (count: string) => `1 of ${count} jobs needs attention`,
  noJobs: 'No jobs yet',
  noJobsHint:
    'Write one into a .yml file of the config folder, or let its first ping make it: add ?create=1 to a ping by name.',
  noMatch: 'No job matches',
  banner: {
    store: 'Reports are refused',
    storeText: (reason: string) =>
      `The store takes no writes: ${reason}. Clients are told to come again; nothing acknowledged is lost.`,
    config: 'The configuration on disk has errors',
    configText: 'The last good one goes on running.',
    more: (count: string) => `and ${count} more`,
    gap: 'Tocsin itself was away',
    gapText: {
      stopped: (from: string, to: string) => `It did not run from ${from} to ${to}.`,
      suspended: (from: string, to: string) => `Its machine stood still from ${from} to ${to}.`,
      clock_forward: (from: string, to: string) =>
        `Its clock jumped forward, from ${from} to ${to}.`,
      clock_back: (from: string, to: string) => `Its clock went back, from ${from} to ${to}.`,
    } satisfies Record<GapKind, (from: string, to: string) => string>,
    gapAfter: 'Jobs get time to report before any of them counts as missed.',
  },
  errors: {
    back: 'All jobs',
    titles: {
      400: 'This cannot be read',
      401: 'A key is needed',
      403: 'Not allowed',
      404: 'Nothing here',
      405: 'Not like this',
      500: 'Something broke here',
      503: 'Not now',
    } as Readonly<Record<number, string>>,
    otherwise: 'This did not work',
  },
};

export type Words = typeof english;

const chinese: Words = {
  lang: 'zh-CN',
  other: 'English',
  otherCode: 'en',
  jobs: '任务',
  states: { down: '故障', late: '迟到', up: '正常', new: '未上报', paused: '已暂停' },
  all: '全部',
  running: '运行中',
  runningFor: (length) => `已运行 ${length}`,
  problems: { missed: '未按时运行', failed: '失败', overrun: '运行超时', slow: '变慢' },
  since: (when) => `自 ${when}`,
  columns: {
    job: '任务',
    state: '状态',
    last: '最近上报',
    took: '耗时',
    next: '下次运行',
    schedule: '计划',
  },
  never: '从未',
  none: '—',
  overdue: '应于',
  silentUntil: (when) => `${when} 后视为故障`,
  runbook: '处理手册',
  search: '搜索',
  searchLabel: '名称或说明',
  group: '分组',
  clear: '显示全部',
  nextPage: '下一页',
  firstPage: '第一页',
  refresh: '每 30 秒刷新',
  noRefresh: '停止刷新',
  asOf: (when, zone) => `截至 ${when}，${zone}`,
  well: (count) => `全部 ${count} 个任务正常`,
  wellOne: '唯一的任务正常',
  attention: (bad, count) => `${count} 个任务中有 ${bad} 个需要处理`,
  attentionOne: (count) => `${count} 个任务中有 1 个需要处理`,
  noJobs: '还没有任务',
  noJobsHint:
    '在配置目录的 .yml 文件中写一个任务，或在按名称上报时加上 ?create=1，由第一次上报创建。',
  noMatch: '没有符合条件的任务',
  banner: {
    store: '暂不接收上报',
    storeText: (reason) =>
      `存储无法写入：${reason}。客户端会被要求稍后重试；已确认的上报不会丢失。`,
    config: '磁盘上的配置有错误',
    configText: '上一份正确的配置仍在运行。',
    more: (count) => `另有 ${count} 处`,
    gap: 'Tocsin 自身曾中断',
    gapText: {
      stopped: (from, to) => `${from} 至 ${to} 未运行。`,
      suspended: (from, to) => `${from} 至 ${to} 所在机器停顿。`,
      clock_forward: (from, to) => `时钟从 ${from} 向前跳到 ${to}。`,
      clock_back: (from, to) => `时钟从 ${from} 向后退到 ${to}。`,
    },
    gapAfter: '各任务有补报时间，其间不会判为未按时运行。',
  },
  errors: {
    back: '全部任务',
    titles: {
      400: '无法读懂这个请求',
      401: '需要密钥',
      403: '不允许',
      404: '这里什么也没有',
      405: '不能这样访问',
      500: '服务器内部出错',
      503: '暂时不可用',
    },
    otherwise: '没有成功',
  },
};

export const wordsOf = (locale: Locale): Words => (locale === 'zh-CN' ? chinese : english);
