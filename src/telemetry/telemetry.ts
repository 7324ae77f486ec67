/**
 * The telemetry port over a log, metrics and, where a collector is configured, traces. Invariant: no method
 * throws or waits: a fault in here is told once and stops nothing, since what it watches matters more.
 */
import type { Log, Telemetry } from '../ports/telemetry.ts';
import type { Metrics } from './metrics.ts';
import type { SpanLosses, Traces } from './traces.ts';

export const makeTelemetry = ({
  log,
  metrics,
  traces,
}: {
  log: Log;
  metrics: Metrics;
  traces: Traces | null;
}): Telemetry => {
  let told = false;
  const safely = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (told) return;
      told = true;
      log.error({ err: error }, 'telemetry failed; the first fault is shown, later ones are not');
    }
  };

  return {
    log,
    ping: (kind, outcome) => metrics.ping(kind, outcome),
    commit: (result) => safely(() => metrics.commit(result)),
    run: (run) =>
      safely(() => {
        metrics.run(run);
        traces?.run(run);
        const { jobName, group, result, runId, exitCode, reason } = run;
        const { traceId, spanId } = run.trace;
        const fields = {
          job_name: jobName,
          group,
          result,
          run: runId,
          exit_code: exitCode,
          reason,
        };
        const level = result === 'ok' ? 'debug' : 'info';
        log[level]({ ...fields, traceId, spanId }, `run ${result}`);
      }),
    detected: (delayMs) => safely(() => metrics.detected(delayMs)),
    alert: (alert) =>
      safely(() => {
        metrics.alert(alert);
        traces?.alert(alert);
      }),
    held: (reason) => safely(() => metrics.held(reason)),
    attempt: (attempt) => {
      let span: ReturnType<Traces['attempt']> | undefined;
      safely(() => {
        span = traces?.attempt(attempt);
      });
      return {
        traceparent: span?.traceparent,
        end: (result) =>
          safely(() => {
            metrics.attempted(attempt, result);
            span?.end(result);
          }),
      };
    },
    delivery: (result) => safely(() => metrics.delivery(result)),
    reload: (result) => safely(() => metrics.reload(result)),
    activation: (result) => safely(() => metrics.activation(result)),
    gap: (kind) => safely(() => metrics.gap(kind)),
    retained: (table, rows, at) => safely(() => metrics.retained(table, rows, at)),
  };
};

/** Counts lost spans, and tells when the collector goes away and when it is back. */
export const makeSpanLosses = ({ log, metrics }: { log: Log; metrics: Metrics }): SpanLosses => {
  let failing = false;
  return {
    dropped: (count) => metrics.spansDropped(count),
    exportFailed: (error) => {
      metrics.exportFailed();
      if (failing) return;
      failing = true;
      log.warn({ err: error }, 'traces cannot be exported; the spans of these batches are lost');
    },
    exported: () => {
      if (failing) log.info({}, 'traces are exported again');
      failing = false;
    },
  };
};
