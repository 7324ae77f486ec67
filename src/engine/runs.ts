/** Tells telemetry of runs that ended, with the context under which each began. */
import type { EndedRun } from '../core/job/settle.ts';
import type { Instant } from '../core/time.ts';
import type { Random } from '../ports/clock.ts';
import type { FinishedRun, Telemetry } from '../ports/telemetry.ts';
import type { Draft } from './ledger.ts';
import type { Job } from './registry.ts';

const scheduleText = (job: Job): string => {
  const { spec } = job.spec.schedule;
  return spec.kind === 'every' ? `every ${spec.every / 1000}s` : spec.expression;
};

export class RunReports {
  readonly #telemetry: Telemetry;
  readonly #random: Random;

  constructor(deps: { telemetry: Telemetry; random: Random }) {
    this.#telemetry = deps.telemetry;
    this.#random = deps.random;
  }

  ended(
    draft: Draft,
    job: Job,
    runs: readonly EndedRun[],
    end: {
      exitCode: number | null;
      reason: string;
      runId?: string | null;
      traceId?: string | null;
      spanId?: string | null;
      parentSpanId?: string | null;
      host?: string | null;
      env?: string | null;
    },
  ): void {
    for (const { run, result, startedAt, endedAt } of runs) {
      draft.after(() =>
        this.#report(job, {
          runId: run ? run.runId : (end.runId ?? null),
          result: run?.overran && result === 'ok' ? 'overrun' : result,
          startedAt,
          endedAt,
          scheduledAt: null,
          exitCode: end.exitCode,
          host: run?.host ?? end.host ?? null,
          env: run?.env ?? end.env ?? null,
          reason: end.reason,
          trace: {
            traceId: run?.traceId || end.traceId || this.#random.hex(16),
            spanId: run?.spanId || end.spanId || this.#random.hex(8),
            parentSpanId: run ? run.parentSpanId : (end.parentSpanId ?? null),
            sampled: run?.sampled ?? true,
          },
        }),
      );
    }
  }

  missed(draft: Draft, job: Job, scheduledAt: Instant | null, dueAt: Instant): void {
    draft.after(() =>
      this.#report(job, {
        runId: null,
        result: 'missed',
        startedAt: scheduledAt,
        endedAt: dueAt,
        scheduledAt,
        exitCode: null,
        host: null,
        env: null,
        reason: 'no report came in time',
        trace: {
          traceId: this.#random.hex(16),
          spanId: this.#random.hex(8),
          parentSpanId: null,
          sampled: true,
        },
      }),
    );
  }

  #report(
    job: Job,
    run: Omit<FinishedRun, 'jobId' | 'jobName' | 'group' | 'severity' | 'schedule'>,
  ): void {
    this.#telemetry.run({
      jobId: job.id,
      jobName: job.spec.name,
      group: job.spec.group,
      severity: job.spec.severity,
      schedule: scheduleText(job),
      ...run,
    });
  }
}
