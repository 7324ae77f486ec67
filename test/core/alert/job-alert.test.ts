import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { jobAlert, jobAlertLabels, resolveJobAlert } from '../../../src/core/alert/job-alert.ts';
import { fingerprint, labelOf, labelsFrom } from '../../../src/core/alert/labels.ts';
import { logTail, TAIL_CHARS_MAX, TAIL_LINES_MAX } from '../../../src/core/alert/log-tail.ts';
import type { JobSpec, JobState, Problem, ProblemKind } from '../../../src/core/job/job.ts';
import { duration, HOUR, type Instant, instant, MINUTE } from '../../../src/core/time.ts';

const at = (text: string): Instant => instant(Temporal.Instant.from(text).epochMilliseconds);

const job = {
  name: 'nightly-backup',
  timezone: 'Asia/Shanghai',
  grace: duration(15 * MINUTE),
  maxRuntime: duration(2 * HOUR),
  severity: 'P0',
  group: 'data',
  labels: { team: 'data' },
  description: 'Dumps the orders.',
  runbook: 'https://wiki/backup',
} as unknown as JobSpec;

const state = {
  lastSuccessAt: at('2026-02-27T18:41:00Z'),
  lastDurationMs: 5_400_000,
  failuresInRow: 1,
  runs: [],
} as unknown as JobState;

const due = at('2026-02-28T18:45:00Z');
const now = at('2026-02-28T18:45:01Z');

const problem = (kind: ProblemKind, more: Partial<Problem> = {}): Problem => ({
  kind,
  since: due,
  reason: '',
  exitCode: null,
  runId: null,
  traceId: null,
  spanId: null,
  labels: null,
  ...more,
});

const raise = (
  one: Problem,
  more: Partial<Parameters<typeof jobAlert>[0]> = {},
): ReturnType<typeof jobAlert> =>
  jobAlert({
    job,
    state,
    problem: one,
    now,
    externalUrl: 'https://tocsin',
    logTail: null,
    ...more,
  });

describe('jobAlert', () => {
  const rows: readonly {
    kind: ProblemKind;
    exitCode?: number;
    alertname: string;
    summary: string;
    description: string;
  }[] = [
    {
      kind: 'missed',
      alertname: 'JobMissed',
      summary: 'nightly-backup did not report in time',
      description:
        'A report was expected at 2026-03-01 02:30:00 (Asia/Shanghai) and a grace of 15m has passed.',
    },
    {
      kind: 'failed',
      exitCode: 3,
      alertname: 'JobFailed',
      summary: 'nightly-backup failed with exit code 3',
      description: 'It failed at 2026-03-01 02:45:00 (Asia/Shanghai).',
    },
    {
      kind: 'overrun',
      alertname: 'JobOverrun',
      summary: 'nightly-backup has been running for more than 2h',
      description:
        'The run should have ended by 2026-03-01 02:45:00 (Asia/Shanghai) and has not reported its end.',
    },
    {
      kind: 'slow',
      alertname: 'JobSlow',
      summary: 'nightly-backup took longer than usual',
      description: 'The run ended at 2026-03-01 02:45:00 (Asia/Shanghai) after 1h30m.',
    },
  ];
  for (const { kind, exitCode = null, alertname, summary, description } of rows) {
    test(kind, () => {
      const alert = raise(problem(kind, { exitCode }));
      assert.deepEqual(alert.labels, {
        team: 'data',
        alertname,
        job_name: 'nightly-backup',
        group: 'data',
        severity: 'P0',
      });
      assert.equal(alert.fingerprint, fingerprint(alert.labels));
      assert.deepEqual([alert.startsAt, alert.endsAt, alert.source], [due, null, 'job']);
      assert.equal(labelOf(alert.annotations, 'summary'), summary);
      assert.equal(
        labelOf(alert.annotations, 'description'),
        `${description} Its last success was at 2026-02-28 02:41:00 (Asia/Shanghai). Dumps the orders.`,
      );
    });
  }

  test('every annotation that there is something to say in, and no other', () => {
    assert.deepEqual(Object.keys(raise(problem('missed')).annotations), [
      'summary',
      'description',
      'about',
      'runbook_url',
      'last_success',
      'run_url',
      'due_at',
      'late_by',
    ]);
    const failed = raise(problem('failed', { exitCode: 1, runId: 'a b', traceId: 'abc' }), {
      logTail: 'boom\n',
      gap: { from: due, to: now },
    });
    const { annotations } = failed;
    assert.equal(labelOf(annotations, 'exit_code'), '1');
    assert.equal(labelOf(annotations, 'log_tail'), 'boom');
    assert.equal(labelOf(annotations, 'trace_id'), 'abc');
    assert.equal(labelOf(annotations, 'run_url'), 'https://tocsin/jobs/nightly-backup?run=a%20b');
    assert.equal(
      labelOf(annotations, 'gap'),
      'Tocsin did not listen from 2026-02-28T18:45:00Z to 2026-02-28T18:45:01Z',
    );
    assert.equal(failed.generatorUrl, 'https://tocsin/jobs/nightly-backup');
  });

  test('lateness counts from the schedule, not from the end of grace', () => {
    const { annotations } = raise(problem('missed'));
    assert.equal(labelOf(annotations, 'due_at'), '2026-02-28T18:45:00Z');
    assert.equal(labelOf(annotations, 'late_by'), '15m1s');
    assert.equal(labelOf(annotations, 'last_success'), '2026-02-27T18:41:00Z');
  });

  test('a job that never succeeded, without a page, failing again and again', () => {
    const young = { ...state, lastSuccessAt: null, failuresInRow: 3 };
    const { annotations, generatorUrl } = raise(problem('failed'), {
      state: young,
      externalUrl: '',
    });
    assert.match(
      labelOf(annotations, 'description'),
      /^It has failed 3 times in a row.* never reported a success/,
    );
    assert.equal(
      labelOf(annotations, 'last_success') + labelOf(annotations, 'run_url') + generatorUrl,
      '',
    );
  });

  test('free labels stand beside the fixed ones, never in their place', () => {
    const labels = labelsFrom([
      ['alertname', 'Mine'],
      ['severity', 'P2'],
      ['env', 'from-config'],
      ['__proto__', 'x'],
    ]);
    const named = jobAlertLabels({ job: { ...job, labels }, kind: 'failed', env: 'prod' });
    assert.equal(labelOf(named, 'alertname'), 'JobFailed');
    assert.equal(labelOf(named, 'severity'), 'P0');
    assert.equal(labelOf(named, 'env'), 'prod');
    assert.equal(labelOf(named, '__proto__'), 'x');
    const silent = jobAlertLabels({ job: { ...job, labels }, kind: 'failed', env: null });
    assert.equal(labelOf(silent, 'env'), 'from-config');
  });

  test('the resolved alert is the same alert, ended, and never before it began', () => {
    const alert = raise(problem('missed'));
    const ended = resolveJobAlert({ alert, at: now, now });
    assert.deepEqual(ended, { ...alert, endsAt: now, updatedAt: now });
    const early = resolveJobAlert({ alert, at: instant(due - 60_000), now });
    assert.equal(early.endsAt, due);
  });
});

describe('logTail', () => {
  const lines = (n: number): string =>
    Array.from({ length: n }, (_, i) => `line ${i + 1}`).join('\n');
  const rows: readonly { name: string; text: string; is: string }[] = [
    { name: 'short text as it is', text: 'a\n b\tc', is: 'a\n b\tc' },
    { name: 'blank lines around it go', text: '\n\r\na\n\nb\n\n', is: 'a\n\nb' },
    { name: 'nothing', text: ' \n\u0007', is: '' },
    {
      name: 'colours and cursor moves',
      text: '\u001b[31mERROR\u001b[0m \u001b]0;title\u0007x',
      is: 'ERROR x',
    },
    { name: 'a progress bar shows its end', text: ' 10%\r 50%\r100%\r\ndone', is: '100%\ndone' },
    { name: 'marks that reorder text', text: 'a\u202eb\u2066c', is: 'abc' },
    { name: 'half a surrogate pair', text: 'a\ud800', is: 'a\ufffd' },
    {
      name: 'the last twenty lines, and a sign that more was there',
      text: lines(30),
      is: `…\n${lines(30).split('\n').slice(-19).join('\n')}`,
    },
    { name: 'just twenty lines', text: lines(20), is: lines(20) },
  ];
  for (const { name, text, is } of rows) test(name, () => assert.equal(logTail(text), is));

  test('a long line is cut at a whole character', () => {
    const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';
    const tail = logTail(family.repeat(1_000));
    assert.ok(tail.length <= TAIL_CHARS_MAX && tail.length > TAIL_CHARS_MAX - 20);
    assert.equal(tail.replaceAll(family, ''), '…\n');
  });

  test('never longer than it may be, never a control character', () => {
    const unit = fc.constantFrom(
      'a',
      '\n',
      '\r',
      '\u001b',
      '[',
      'm',
      '😀',
      '\u0300',
      '\u0000',
      'word ',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 4_000 }), fc.nat(3), (text, times) => {
        const tail = logTail(text.repeat(times + 1));
        assert.ok(tail.length <= TAIL_CHARS_MAX);
        assert.ok(tail.split('\n').length <= TAIL_LINES_MAX);
        assert.doesNotMatch(tail, /[^\P{Cc}\n\t]/u);
        assert.ok(tail.isWellFormed());
      }),
    );
  });
});
