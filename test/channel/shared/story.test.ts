/** What a message says: the sentences, by kind of problem and language. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Story, tell } from '../../../src/channel/shared/story.ts';
import { wordings } from '../../../src/channel/shared/wording.ts';
import type { Labels } from '../../../src/core/alert/alert.ts';
import { jobAlert } from '../../../src/core/alert/job-alert.ts';
import type { JobState, Problem } from '../../../src/core/job/job.ts';
import type { Notification } from '../../../src/core/notify/notify.ts';
import type { Schedule } from '../../../src/core/schedule/schedule.ts';
import { duration, type Instant } from '../../../src/core/time.ts';
import { alertOf, at, diskFull, failed, missed, notificationOf } from '../sample.ts';

const of = (alertname: string, annotations: Labels = {}, labels: Labels = {}): Notification =>
  notificationOf({ alerts: [alertOf({ alertname, job_name: 'sync', ...labels }, annotations)] });
const both = (notification: Notification): { en: Story; zh: Story } => ({
  en: tell(notification),
  zh: tell({ ...notification, locale: 'zh-CN' }),
});

const every: Schedule = {
  spec: { kind: 'every', every: duration(86_400_000) },
  dialect: 'every',
  next: () => null,
};
const job = {
  name: 'nightly-backup',
  timezone: 'Asia/Shanghai',
  grace: duration(15 * 60_000),
  maxRuntime: null,
  severity: 'P0' as const,
  group: 'default',
  labels: {},
  failures: 1,
  recoveries: 1,
  description: 'Dumps the order database.',
  runbook: 'https://wiki.example.org/backup',
  paused: false,
};
/** No more of a state than an alert is written from. */
const state = {
  lastSuccessAt: at('2026-11-21T18:41:12Z'),
  lastDurationMs: null,
  failuresInRow: 0,
} as JobState;

describe('durations in words', () => {
  const rows: readonly [ms: number, en: string, zh: string][] = [
    [0, '0 seconds', '0 秒'],
    [999, '0 seconds', '0 秒'],
    [1_000, '1 second', '1 秒'],
    [59_999, '59 seconds', '59 秒'],
    [60_000, '1 minute', '1 分钟'],
    [14 * 60_000 + 40_000, '14 minutes', '14 分钟'],
    [3_600_000, '1 hour', '1 小时'],
    [3_600_000 + 5 * 60_000, '1 hour 5 minutes', '1 小时 5 分钟'],
    [26 * 3_600_000 + 59 * 60_000, '1 day 2 hours', '1 天 2 小时'],
    [86_400_000 + 59_000, '1 day', '1 天'],
    [400 * 86_400_000, '400 days', '400 天'],
  ];
  for (const [ms, en, zh] of rows) {
    test(`${ms} ms`, () => {
      assert.equal(wordings.en.duration(duration(ms)), en);
      assert.equal(wordings['zh-CN'].duration(duration(ms)), zh);
    });
  }
});

describe('headline and lead', () => {
  const rows: readonly {
    name: string;
    is: Notification;
    en: readonly [headline: string, lead: string];
    zh: readonly [headline: string, lead: string];
  }[] = [
    {
      name: 'missed, with the time it was due',
      is: notificationOf(),
      en: [
        'nightly-backup did not run',
        'It is 15 minutes late: no report came by Mon 23 Nov 02:45.',
      ],
      zh: ['nightly-backup 没有按时运行', '已晚了 15 分钟：到 11月23日 周一 02:45 仍没有上报。'],
    },
    {
      name: 'missed, without it',
      is: of('JobMissed'),
      en: [
        'sync did not run',
        'No report in time. Overdue since Mon 23 Nov 02:45, 15 seconds ago.',
      ],
      zh: ['sync 没有按时运行', '没有按时上报，自 11月23日 周一 02:45 起已逾期 15 秒。'],
    },
    {
      name: 'missed, the lateness that was found is longer',
      is: of('JobMissed', { due_at: '2026-11-22T18:45:15Z', late_by: '14m' }),
      en: ['sync did not run', 'It is 14 minutes late: no report came by Mon 23 Nov 02:45.'],
      zh: ['sync 没有按时运行', '已晚了 14 分钟：到 11月23日 周一 02:45 仍没有上报。'],
    },
    {
      name: 'failed with an exit code',
      is: of('JobFailed', { exit_code: '137' }),
      en: ['sync failed with exit code 137', 'It reported a failure on Mon 23 Nov 02:45.'],
      zh: ['sync 运行失败，退出码 137', '11月23日 周一 02:45 上报了失败。'],
    },
    {
      name: 'overrun',
      is: of('JobOverrun'),
      en: [
        'sync is running too long',
        'It should have finished by Mon 23 Nov 02:45, 15 seconds ago, and is not done.',
      ],
      zh: ['sync 运行超时', '应在 11月23日 周一 02:45 前完成，已超出 15 秒，仍未结束。'],
    },
    {
      name: 'slow, the summary knows more',
      is: of('JobSlow', { summary: 'took 3h, usually 20m' }),
      en: ['sync was slower than usual', 'took 3h, usually 20m'],
      zh: ['sync 比平时慢', 'took 3h, usually 20m'],
    },
    {
      name: 'recovered',
      is: notificationOf({
        reason: 'all_resolved',
        alerts: [missed({ status: 'resolved', endsAt: at('2026-11-23T20:02:40Z') })],
      }),
      en: [
        'nightly-backup has recovered',
        'It was down for 1 day 1 hour, from Mon 23 Nov 02:45 to Tue 24 Nov 04:02.',
      ],
      zh: [
        'nightly-backup 已恢复',
        '中断了 1 天 1 小时，从 11月23日 周一 02:45 到 11月24日 周二 04:02。',
      ],
    },
    {
      name: 'an alert that is not about a job',
      is: notificationOf({ alerts: [diskFull()] }),
      en: ['Disk of db1 is 98 % full', 'Since Mon 23 Nov 02:10, for 35 minutes.'],
      zh: ['Disk of db1 is 98 % full', '自 11月23日 周一 02:10 起，已持续 35 分钟。'],
    },
    {
      name: 'an alert with nothing but labels',
      is: notificationOf({ alerts: [alertOf({ instance: 'a' })] }),
      en: ['alert', 'Since Mon 23 Nov 02:45, for 15 seconds.'],
      zh: ['alert', '自 11月23日 周一 02:45 起，已持续 15 秒。'],
    },
    {
      name: 'two problems of one job',
      is: notificationOf({ alerts: [missed(), failed()] }),
      en: ['nightly-backup: 2 problems', 'nightly-backup'],
      zh: ['nightly-backup：2 个问题', 'nightly-backup'],
    },
    {
      name: 'problems of many jobs',
      is: notificationOf({
        alerts: Array.from({ length: 7 }, (_, n) =>
          alertOf({ alertname: 'JobFailed', job_name: `job-${n}` }),
        ),
        truncatedAlerts: 2,
      }),
      en: ['9 jobs failed', 'job-0, job-1, job-2, job-3, job-4 … and 2 more'],
      zh: ['9 个任务运行失败', 'job-0、job-1、job-2、job-3、job-4 …… 另有 2 条'],
    },
    {
      name: 'some recovered',
      is: notificationOf({
        reason: 'some_resolved',
        alerts: [diskFull(), missed({ status: 'resolved', endsAt: at('2026-11-22T18:45:10Z') })],
      }),
      en: ['1 recovered, 1 still open', 'Open: DiskAlmostFull. Recovered: nightly-backup.'],
      zh: ['1 个已恢复，1 个仍未恢复', '未恢复：DiskAlmostFull。已恢复：nightly-backup。'],
    },
    {
      name: 'another year is named',
      is: notificationOf({ alerts: [diskFull({ startsAt: at('2025-12-31T15:00:00Z') })] }),
      en: ['Disk of db1 is 98 % full', 'Since Wed 31 Dec 2025 23:00, for 326 days 3 hours.'],
      zh: ['Disk of db1 is 98 % full', '自 2025年12月31日 周三 23:00 起，已持续 326 天 3 小时。'],
    },
    {
      name: 'nothing but alerts left out',
      is: notificationOf({ alerts: [], truncatedAlerts: 4 }),
      en: ['4 problems', ''],
      zh: ['4 个问题', ''],
    },
  ];
  for (const { name, is, en, zh } of rows) {
    test(name, () => {
      const told = both(is);
      assert.deepEqual([told.en.headline, told.en.lead], en);
      assert.deepEqual([told.zh.headline, told.zh.lead], zh);
    });
  }
});

describe('what else is said', () => {
  test('a repeat says that it is one, and for how long', () => {
    const { en, zh } = both(notificationOf({ reason: 'repeat', at: at('2026-11-22T19:47:00Z') }));
    assert.equal(en.badge, 'STILL OPEN');
    assert.equal(en.reminder, 'Reminder: you were told before. Open for 1 hour 2 minutes.');
    assert.equal(zh.reminder, '重复提醒：此前已通知过，至今已持续 1 小时 2 分钟。');
    assert.equal(tell(notificationOf()).reminder, '');
  });

  const gapRows: readonly [name: string, gap: string, expected: string][] = [
    [
      'an interval',
      'Tocsin did not listen from 2026-11-22T18:20:00Z to 2026-11-22T18:36:30.5Z',
      'Tocsin itself was not listening from Mon 23 Nov 02:20 to 02:36. A report from that time may be missing.',
    ],
    ['other words', 'restarted at two', 'Tocsin itself was not listening: restarted at two'],
    ['none', '', ''],
  ];
  for (const [name, gap, expected] of gapRows) {
    test(`gap: ${name}`, () =>
      assert.equal(tell(of('JobMissed', { gap })).alerts[0]?.gap, expected));
  }

  test('times are those of the target', () => {
    const story = tell(notificationOf({ timezone: 'America/New_York' }));
    assert.match(story.lead, /Sun 22 Nov 13:45/);
    assert.equal(story.footer.at(-1), 'Times are in America/New_York (UTC-05:00).');
  });

  test('only links of the web', () => {
    const story = tell(
      of('JobFailed', {
        run_url: 'javascript:alert(1)',
        runbook_url: 'https://wiki.example.org/a b"c',
      }),
    );
    assert.deepEqual(story.alerts[0]?.links, [
      { text: 'Runbook', url: 'https://wiki.example.org/a%20b%22c' },
    ]);
  });

  test('without an address of its own there is no link to the incident', () => {
    assert.equal(tell(notificationOf({ externalUrl: '' })).link, null);
    assert.equal(tell(notificationOf()).link?.url, 'https://tocsin.example.org/incidents/42');
  });

  test('labels that all alerts have are said once', () => {
    const story = tell(notificationOf({ alerts: [missed(), failed()] }));
    assert.equal(story.common?.value, 'group=data · team=data');
    assert.ok(story.alerts.every(({ facts }) => facts.every(({ label }) => label !== 'Labels')));
  });

  test('one piece of advice when all is of one kind, none when not', () => {
    assert.match(tell(notificationOf()).next, /run it by hand.*closes this by itself/);
    assert.equal(tell(notificationOf({ alerts: [missed(), failed()] })).next, '');
    assert.equal(tell(notificationOf({ alerts: [diskFull()] })).next, '');
  });

  test('a label named as a part of every object is a label', () => {
    const labels = Object.fromEntries([
      ['alertname', 'X'],
      ['__proto__', 'p'],
    ]);
    const [alert] = tell(notificationOf({ alerts: [alertOf(labels)] })).alerts;
    assert.match(alert?.facts[0]?.value ?? '', /__proto__=p/);
    assert.doesNotThrow(() => tell(notificationOf({ alerts: [alertOf({ constructor: 'c' })] })));
  });
});

describe('the alert of a job, as core writes it', () => {
  const found = at('2026-11-22T18:45:15Z');
  const told = (
    kind: 'missed' | 'overrun',
    gap: { from: Instant; to: Instant } | null = null,
  ): Story => {
    const since = at('2026-11-22T18:45:00Z');
    const problem = { kind, since, exitCode: null, runId: null, traceId: null } as Problem;
    const alert = jobAlert({
      job: { ...job, schedule: every },
      state,
      problem,
      now: found,
      externalUrl: 'https://tocsin.example.org',
      logTail: 'no space left\n',
      gap,
    });
    return tell(notificationOf({ alerts: [{ ...alert, status: 'firing' }], locale: 'zh-CN' }));
  };

  test('says how late it is, when it last went well and where to look', () => {
    const story = told('missed');
    assert.equal(story.headline, 'nightly-backup 没有按时运行');
    assert.equal(story.lead, '已晚了 15 分钟：到 11月23日 周一 02:45 仍没有上报。');
    const [alert] = story.alerts;
    assert.ok(alert);
    assert.deepEqual(
      alert.facts.map(({ label }) => label),
      ['上次成功'],
    );
    assert.equal(alert.log, 'no space left');
    assert.deepEqual(
      alert.links.map(({ text }) => text),
      ['查看任务', '处理手册'],
    );
    // The job's own words come as they are; nothing else in another language slips in.
    assert.equal(alert.about, 'Dumps the order database.');
    assert.doesNotMatch(JSON.stringify([story.lead, alert.next]), /[a-z]{4}/);
  });

  test('says when Tocsin was away', () => {
    const story = told('overrun', {
      from: at('2026-11-22T18:20:00Z'),
      to: at('2026-11-22T18:36:30Z'),
    });
    assert.match(
      story.alerts[0]?.gap ?? '',
      /^Tocsin 自身在 11月23日 周一 02:20 至 02:36 期间没有监听/,
    );
  });
});
