/**
 * What Tocsin says of itself: probes, reload, metrics, configuration and its own outages.
 */
import type { Issue } from '../config/config.ts';
import { formatIssue } from '../config/issue.ts';
import { formatDuration } from '../core/duration.ts';
import { instant } from '../core/time.ts';
import { choiceOf, type Handle, type HttpDeps, limitOf } from './call.ts';
import { iso } from './job-view.ts';
import { json } from './reply.ts';

export interface StatusEndpoints {
  readonly healthy: Handle;
  readonly ready: Handle;
  readonly reload: Handle;
  readonly metrics: Handle;
  readonly jobMetrics: Handle;
  readonly config: Handle;
  readonly gaps: Handle;
}

export const makeStatusEndpoints = (deps: HttpDeps): StatusEndpoints => ({
  healthy: () => ({ kind: 'text', text: 'Tocsin is healthy.\n' }),
  ready: () => {
    const reasons = notReady(deps);
    if (reasons.length === 0) return { kind: 'text', text: 'Tocsin is ready.\n' };
    return { kind: 'text', status: 503, text: `Tocsin is not ready: ${reasons.join('; ')}.\n` };
  },
  reload: async () => {
    const result = await deps.configuration.reload();
    if (result.kind === 'ok') {
      const jobs = deps.configuration.state.config.jobs.length;
      const what = result.changed ? 'Reloaded' : 'Nothing has changed';
      return { kind: 'text', text: `${what}: ${jobs} ${jobs === 1 ? 'job' : 'jobs'}.\n` };
    }
    const lines = result.issues.map((issue) => `${formatIssue(issue)}\n`).join('');
    const text = `The configuration has faults; the old one goes on running.\n${lines}`;
    return { kind: 'text', status: 500, text };
  },
  metrics: async () => ({
    kind: 'text',
    type: deps.metrics.contentType,
    text: await deps.metrics.render(),
  }),
  jobMetrics: (call) => {
    const families = choiceOf(call, 'families', ['minimal', 'full']) ?? 'full';
    const group = call.query.get('group');
    const chunks = deps.jobMetrics({ families, ...(group !== null && { group }) });
    return { kind: 'stream', type: deps.metrics.contentType, chunks };
  },
  config: () => json(configJson(deps)),
  gaps: async (call) => {
    const gaps = await deps.store.gaps(limitOf(call));
    const items = gaps.map(({ from, to, kind }) => ({ kind, from: iso(from), to: iso(to) }));
    return json({ items, next: null });
  },
});

const notReady = (deps: HttpDeps): string[] => {
  const health = deps.health();
  return [
    ...(health.ok ? [] : [`the store takes no writes: ${health.reason}`]),
    ...(deps.stopping() ? ['shutting down'] : []),
  ];
};

/** Never a key, a target URL or a password: what a channel is called, and what it is. */
const configJson = (deps: HttpDeps): object => {
  const { config, issues, loadedAtMs, triedAtMs } = deps.configuration.state;
  const { server } = config;
  return {
    version: deps.version,
    started_at: iso(deps.startedAt),
    hash: config.hash,
    files: config.files,
    loaded_at: iso(instant(loadedAtMs)),
    last_reload: { at: iso(instant(triedAtMs)), ok: issues.length === 0 },
    issues: issues.map(issueJson),
    warnings: config.warnings.map(issueJson),
    jobs: config.jobs.length,
    receivers: [...config.receivers.values()].map(({ name, channels }) => ({
      name,
      channels: channels.map(({ id, type }) => ({ id, type })),
    })),
    silences: config.silences.length,
    keys: {
      ping: config.keys.ping.length,
      read: config.keys.read.length,
      admin: config.keys.admin.length,
    },
    server: {
      external_url: server.externalUrl,
      locale: server.locale,
      timezone: server.timezone,
      ping_body_limit: server.pingBodyLimit,
      auto_created_jobs_max: server.autoCreatedJobsMax,
      catch_up: formatDuration(server.catchUp),
      resolve_timeout: formatDuration(server.resolveTimeout),
      metrics_jobs_max: server.metricsJobsMax,
      trusted_proxies: server.trustedProxies,
      retention: {
        entries_per_job: server.retention.entriesPerJob,
        max_age: formatDuration(server.retention.maxAge),
        deliveries_max_age: formatDuration(server.retention.deliveriesMaxAge),
      },
    },
  };
};

const issueJson = (issue: Issue): object => ({ ...issue, text: formatIssue(issue) });
