/**
 * From problems to alerts: raises, updates and resolves the alerts of a job, and puts each into its groups.
 * Everything lands in the draft of the decision that found the problem, so that job, alert and timers commit together.
 */
import { type Alert, isResolved, type Labels } from '../core/alert/alert.ts';
import { jobAlert, resolveJobAlert } from '../core/alert/job-alert.ts';
import { fingerprint } from '../core/alert/labels.ts';
import type { JobState, Problem } from '../core/job/job.ts';
import type { Folded } from '../core/job/settle.ts';
import { firstFlushAt, groupOf, routesFor } from '../core/route/match.ts';
import type { Instant } from '../core/time.ts';
import type { Gap } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { ownGroup } from './dead-letter.ts';
import type { Draft } from './ledger.ts';
import type { Job } from './registry.ts';
import type { SettingsBox } from './settings.ts';

interface Evidence {
  readonly body: Uint8Array | null;
  readonly env: string | null;
  /** The own outage in which the fault lies, when it does. */
  readonly gap: Gap | null;
}

const decoder = new TextDecoder();

const NO_EVIDENCE: Evidence = { body: null, env: null, gap: null };

export class Alerting {
  readonly #settings: SettingsBox;
  readonly #telemetry: Telemetry;

  readonly #wakeFlush: (at: Instant) => void;

  constructor(deps: {
    settings: SettingsBox;
    telemetry: Telemetry;
    wakeFlush: (at: Instant) => void;
  }) {
    this.#settings = deps.settings;
    this.#telemetry = deps.telemetry;
    this.#wakeFlush = deps.wakeFlush;
  }

  /** Turns what a fold found into alerts; returns the state with the labels under which each was raised. */
  follow(
    draft: Draft,
    job: Job,
    folded: Pick<Folded, 'state' | 'opened' | 'updated' | 'closed'>,
    now: Instant,
    evidence: Evidence = NO_EVIDENCE,
  ): JobState {
    let { state } = folded;
    for (const problem of folded.closed) this.#resolve(draft, job, state, problem, now);
    for (const problem of [...folded.opened, ...folded.updated]) {
      const fresh = this.#jobAlert(job, state, problem, now, evidence);
      // A problem keeps the labels under which it was raised, so that its alert can be told from all others' end.
      const alert =
        problem.labels === null
          ? fresh
          : { ...fresh, labels: problem.labels, fingerprint: fingerprint(problem.labels) };
      state = withLabels(state, problem, alert.labels);
      this.raise(draft, alert, now);
    }
    return state;
  }

  /** Puts an alert into the draft and into the groups of all its routes. */
  raise(draft: Draft, alert: Alert, now: Instant): void {
    draft.alerts.set(alert.fingerprint, alert);
    this.group(draft, alert, now);
    this.#count(draft, alert, now);
  }

  /** Only the groups: for alerts that stand already, when the routes may have changed. */
  group(draft: Draft, alert: Alert, now: Instant): void {
    const settings = this.#settings.current;
    for (const route of routesFor(settings.route, alert.labels)) {
      const group = ownGroup(alert, groupOf(route, alert.labels));
      const flushAt = firstFlushAt({ group, alert, now });
      draft.after(() => this.#wakeFlush(flushAt));
      draft.grouped.push({
        fingerprint: alert.fingerprint,
        groupKey: group.groupKey,
        routeKey: group.routeKey,
        receiver: group.receiver,
        groupLabels: group.groupLabels,
        flushAt,
        openedAt: now,
      });
    }
  }

  #jobAlert(job: Job, state: JobState, problem: Problem, now: Instant, evidence: Evidence): Alert {
    return jobAlert({
      job: job.spec,
      state,
      problem,
      now,
      externalUrl: this.#settings.current.externalUrl,
      logTail: evidence.body === null ? null : decoder.decode(evidence.body),
      env: evidence.env,
      gap: evidence.gap,
    });
  }

  #resolve(draft: Draft, job: Job, state: JobState, problem: Problem, now: Instant): void {
    // Without labels the problem was never raised.
    if (problem.labels === null) return;
    const raised = this.#jobAlert(job, state, problem, now, NO_EVIDENCE);
    // Under the labels it was raised with, whatever the job is called by now.
    const { labels } = problem;
    const known = { ...raised, labels, fingerprint: fingerprint(labels) };
    const alert = resolveJobAlert({ alert: known, at: now, now });
    draft.alerts.set(alert.fingerprint, alert);
    this.#count(draft, alert, now);
  }

  #count(draft: Draft, alert: Alert, now: Instant): void {
    const links =
      alert.traceId !== null && alert.spanId !== null
        ? [{ traceId: alert.traceId, spanId: alert.spanId }]
        : [];
    draft.after(() =>
      this.#telemetry.alert({
        source: alert.source,
        status: isResolved(alert, now) ? 'resolved' : 'firing',
        alertname: alert.labels['alertname'] ?? '',
        severity: alert.labels['severity'] ?? '',
        at: now,
        links,
      }),
    );
  }
}

function withLabels(state: JobState, problem: Problem, labels: Labels): JobState {
  const problems = state.problems.map((one) =>
    one.kind === problem.kind ? { ...one, labels } : one,
  );
  return { ...state, problems };
}
