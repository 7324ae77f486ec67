/** Plays reports and the passing of time against the pure job core, as the engine does, and notes what happened. */
import { type CatchUp, shownState, verdict } from '../../../src/core/job/deadline.ts';
import { foldPing } from '../../../src/core/job/fold.ts';
import { newState } from '../../../src/core/job/fresh.ts';
import type { JobSpec, JobState, PingKind } from '../../../src/core/job/job.ts';
import { type Folded } from '../../../src/core/job/settle.ts';
import {
  foldAbandoned,
  foldEarly,
  foldMissed,
  foldOverrun,
} from '../../../src/core/job/verdicts.ts';
import type { Schedule } from '../../../src/core/schedule/schedule.ts';
import { duration, type Instant, instant } from '../../../src/core/time.ts';

const S = 1_000;

/** A schedule on every multiple of `period`, like `0 * * * *`, or `every` when `relative`. */
export function periodic(periodS: number, relative = false): Schedule {
  const period = periodS * S;
  return {
    spec: relative
      ? { kind: 'every', every: duration(period) }
      : { kind: 'cron', expression: `each ${periodS}s`, timezone: 'UTC' },
    dialect: relative ? 'every' : 'vixie',
    next: (after) => instant(relative ? after + period : (Math.floor(after / period) + 1) * period),
  };
}

export function jobSpec(over: Partial<JobSpec> = {}): JobSpec {
  return {
    name: 'job',
    schedule: periodic(3600),
    timezone: 'UTC',
    grace: duration(600 * S),
    maxRuntime: null,
    severity: 'P1',
    group: 'default',
    labels: {},
    failures: 1,
    recoveries: 1,
    description: '',
    runbook: '',
    paused: false,
    ...over,
  };
}

/** `t`: seconds when it arrives; `at`: the client's own time, when it gives one. */
export interface Step {
  readonly t: number;
  readonly kind?: PingKind;
  readonly at?: number;
  readonly rid?: string;
  readonly exit?: number;
}

export class Play {
  readonly spec: JobSpec;
  state: JobState;
  readonly events: string[] = [];
  readonly reasons: string[] = [];
  catchUp: CatchUp | null = null;
  #n = 0;

  constructor(spec: JobSpec, startS = 0) {
    this.spec = spec;
    this.state = newState(spec, instant(startS * S));
  }

  step(step: Step): this {
    const now = instant(step.t * S);
    if (step.kind === undefined) return this.judge(now, now);
    const at = instant(Math.min(step.at ?? step.t, step.t) * S);
    this.judge(at, now);
    this.#n += 1;
    const folded = foldPing(this.spec, this.state, {
      n: this.#n,
      kind: step.kind,
      at,
      receivedAt: now,
      runId: step.rid ?? null,
      exitCode: step.exit ?? null,
      env: null,
      host: null,
      traceId: null,
      spanId: null,
      parentSpanId: null,
      sampled: true,
    });
    this.reasons.push(folded.reason);
    return this.#take(folded, step.t);
  }

  play(steps: readonly Step[]): this {
    for (const step of steps) this.step(step);
    return this;
  }

  judge(asOf: Instant, now: Instant): this {
    for (let i = 0; i < 100; i += 1) {
      const found = verdict(this.spec, this.state, asOf, this.catchUp);
      if (found === null) return this;
      if (found.kind === 'early') {
        this.state = foldEarly(this.spec, this.state);
        continue;
      }
      this.#n += 1;
      const n = this.#n;
      if (found.kind === 'missed')
        this.#take(
          foldMissed(this.spec, this.state, { n, at: found.dueAt, afterSlot: found.afterSlot }),
          now / S,
        );
      else if (found.kind === 'overrun')
        this.#take(foldOverrun(this.state, { n, ...found }), now / S);
      else this.#take(foldAbandoned(this.spec, this.state, { n, ...found }), now / S);
    }
    throw new Error('verdicts without end');
  }

  shown(t: number): string {
    return shownState(this.spec, this.state, instant(t * S));
  }

  /** Problem kinds that stand, in order. */
  get problems(): string[] {
    return this.state.problems.map((problem) => problem.kind).sort();
  }

  #take(folded: Folded, t: number): this {
    for (const problem of folded.closed) this.events.push(`${t} -${problem.kind}`);
    for (const problem of folded.opened)
      this.events.push(`${t} +${problem.kind}@${problem.since / S}`);
    this.state = folded.state;
    return this;
  }
}
