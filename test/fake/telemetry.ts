/** Telemetry that only remembers: log lines, and counts of what was reported. */
import type { AttemptSpan, FinishedRun, Log, Telemetry } from '../../src/ports/telemetry.ts';

export interface QuietTelemetry extends Telemetry {
  readonly lines: { level: string; message: string; fields: object }[];
  readonly runs: FinishedRun[];
  readonly held: Telemetry['held'];
  readonly counts: Map<string, number>;
}

export function quietTelemetry(): QuietTelemetry {
  const lines: QuietTelemetry['lines'] = [];
  const runs: FinishedRun[] = [];
  const counts = new Map<string, number>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const line = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  const log: Log = {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  };
  const span: AttemptSpan = { traceparent: undefined, end: () => undefined };
  return {
    log,
    lines,
    runs,
    counts,
    ping: (kind, outcome) => void count(`ping ${kind} ${outcome}`),
    commit: () => undefined,
    run: (run) => void runs.push(run),
    detected: () => undefined,
    alert: ({ alertname, status }) => void count(`alert ${alertname} ${status}`),
    held: (reason) => void count(`held ${reason}`),
    attempt: () => span,
    delivery: ({ outcome }) => void count(`delivery ${outcome}`),
    reload: () => undefined,
    activation: () => undefined,
    gap: (kind) => void count(`gap ${kind}`),
    retained: () => undefined,
  };
}
