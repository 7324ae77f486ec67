/**
 * Brings one job up to an instant: every deadline that has passed becomes a verdict in its log, with its alert.
 * Used by the sweep, and by ingest before a ping is folded, so that a late success cannot hide a miss that no sweep
 * had seen yet.
 */
import { verdict } from '../core/job/deadline.ts';
import type { LogEntry, OpenRun, VerdictKind } from '../core/job/job.ts';
import { type Folded } from '../core/job/settle.ts';
import { foldAbandoned, foldEarly, foldMissed, foldOverrun } from '../core/job/verdicts.ts';
import type { Instant } from '../core/time.ts';
import type { Gap } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Alerting } from './alerting.ts';
import type { Draft } from './ledger.ts';
import type { Job, Registry } from './registry.ts';
import { RunReports } from './runs.ts';

/** Verdicts for one job in one go. One that has more coming, after a long stop of the store, stays due. */
const VERDICTS_MAX = 64;

export class Judge {
  readonly #registry: Registry;
  readonly #alerting: Alerting;
  readonly #telemetry: Telemetry;
  readonly #runs: RunReports;
  /** The newest own outage, named on alerts whose slot lies in it. */
  gap: Gap | null = null;

  constructor(deps: {
    registry: Registry;
    alerting: Alerting;
    telemetry: Telemetry;
    runs: RunReports;
  }) {
    this.#registry = deps.registry;
    this.#alerting = deps.alerting;
    this.#telemetry = deps.telemetry;
    this.#runs = deps.runs;
  }

  /** Writes all verdicts that are true at `asOf` into the draft; `now` is when they are found. */
  bringUpTo(draft: Draft, job: Job, { asOf, now }: { asOf: Instant; now: Instant }): void {
    for (let i = 0; i < VERDICTS_MAX; i += 1) {
      const before = draft.state(job);
      const found = verdict(job.spec, before, asOf, this.#registry.catchUp);
      if (found === null) return;
      if (found.kind === 'early') {
        draft.put(job, foldEarly(job.spec, before), { write: true });
        continue;
      }
      const n = draft.nextPosition();
      let folded: Folded;
      let run: OpenRun | null = null;
      let at: Instant;
      switch (found.kind) {
        case 'missed':
          at = found.dueAt;
          folded = foldMissed(job.spec, before, { n, at, afterSlot: found.afterSlot });
          break;
        case 'overrun':
          ({ at, run } = found);
          folded = foldOverrun(before, { n, at, run });
          break;
        case 'abandoned':
          ({ at, run } = found);
          folded = foldAbandoned(job.spec, before, { n, at, run });
          break;
        default:
          return found satisfies never;
      }
      draft.log.push(
        verdictEntry({ n, job, previous: before.head, kind: found.kind, at, now, run }),
      );
      const gap = this.#gapOf(at);
      const state = this.#alerting.follow(draft, job, folded, now, {
        body: null,
        env: run?.env ?? null,
        gap,
      });
      draft.put(job, state, { write: true });
      this.#runs.ended(draft, job, folded.ended, { exitCode: null, reason: found.kind });
      if (found.kind === 'missed') this.#runs.missed(draft, job, before.expectedAt, at);
      if (found.kind !== 'abandoned')
        draft.after(() => this.#telemetry.detected(Math.max(0, now - at)));
    }
  }

  #gapOf(at: Instant): Gap | null {
    const { gap } = this;
    return gap !== null && at >= gap.from && at <= gap.to ? gap : null;
  }
}

export function verdictEntry(given: {
  n: number;
  job: Job;
  previous: number;
  kind: VerdictKind;
  at: Instant;
  now: Instant;
  run: OpenRun | null;
  reason?: string;
}): LogEntry {
  const { run } = given;
  return {
    n: given.n,
    jobId: given.job.id,
    seq: null,
    previous: given.previous,
    kind: given.kind,
    at: given.at,
    receivedAt: given.now,
    runId: run?.runId ?? null,
    exitCode: null,
    startedAt: run?.startedAt ?? null,
    overran: given.kind === 'overrun' || run?.overran === true,
    reason: given.reason ?? '',
    traceId: run?.traceId || null,
    spanId: run?.spanId || null,
    body: null,
    host: run?.host ?? null,
    env: run?.env ?? null,
    metrics: null,
    remoteAddr: null,
    userAgent: null,
    method: null,
    scheme: null,
  };
}
