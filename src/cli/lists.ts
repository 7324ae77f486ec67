/** The commands that show what a running server knows: jobs, alerts, incidents, deliveries, silences. */
import type { Instant } from '../core/time.ts';
import { makeClient } from './client.ts';
import type { CliDeps } from './deps.ts';
import { table } from './table.ts';
import { fromNow, took } from './times.ts';

export interface ListOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly limit: number;
}

interface Listing<T> {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly heads: readonly string[];
  readonly none: string;
  row(item: T, now: Instant): readonly string[];
}

const show = async <T>(
  deps: CliDeps,
  options: ListOptions,
  listing: Listing<T>,
): Promise<number> => {
  const client = await makeClient(deps, options);
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(listing.query))
    if (value !== undefined) query.set(name, value);
  const path = query.size === 0 ? listing.path : `${listing.path}?${query.toString()}`;
  const { items, next } = await client.list(path, options.limit);
  if (options.json) deps.out(`${JSON.stringify({ items, next })}\n`);
  else if (items.length === 0) deps.out(`${listing.none}\n`);
  else {
    const now = deps.now();
    deps.out(
      table(
        listing.heads,
        items.map((item) => listing.row(item as T, now)),
      ),
    );
    if (next !== null) deps.err(`More are there: these are the first ${items.length} (--limit).\n`);
  }
  return 0;
};

interface Job {
  readonly name: string;
  readonly state: string;
  readonly running: boolean;
  readonly problems: readonly { readonly kind: string }[];
  readonly schedule: string;
  readonly timezone: string;
  readonly next_at: string | null;
  readonly last_ping_at: string | null;
  readonly last_duration_ms: number | null;
}

export const jobs = (
  deps: CliDeps,
  options: ListOptions & { state?: string; group?: string; search?: string },
): Promise<number> =>
  show<Job>(deps, options, {
    path: '/api/v1/jobs',
    query: { state: options.state, group: options.group, q: options.search },
    heads: ['JOB', 'STATE', 'NEXT', 'LAST', 'TOOK', 'SCHEDULE'],
    none: 'No jobs.',
    row: (job, now) => [
      job.name,
      [
        job.state,
        ...job.problems.map(({ kind }) => kind),
        ...(job.running ? ['running'] : []),
      ].join(', '),
      fromNow(job.next_at, now),
      fromNow(job.last_ping_at, now),
      took(job.last_duration_ms),
      job.schedule.startsWith('every ') ? job.schedule : `${job.schedule} ${job.timezone}`,
    ],
  });

interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly starts_at: string;
}

export const alerts = (deps: CliDeps, options: ListOptions & { all?: boolean }): Promise<number> =>
  show<Alert>(deps, options, {
    path: '/api/v1/alerts',
    query: { state: options.all ? 'all' : undefined },
    heads: ['ALERT', 'ABOUT', 'SEVERITY', 'STATE', 'SINCE', 'SUMMARY'],
    none: 'No alerts.',
    row: ({ labels, annotations, state, starts_at }, now) => [
      labels['alertname'] ?? '-',
      labels['job_name'] ?? labels['instance'] ?? '-',
      labels['severity'] ?? '-',
      state,
      fromNow(starts_at, now),
      annotations['summary'] ?? '',
    ],
  });

interface Incident {
  readonly id: number;
  readonly state: string;
  readonly receiver: string;
  readonly alerts: number;
  readonly group_labels: Readonly<Record<string, string>>;
  readonly opened_at: string;
  readonly timeline?: readonly {
    readonly at: string;
    readonly kind: string;
    readonly detail: string;
  }[];
}

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

export const incidents = (
  deps: CliDeps,
  options: ListOptions & { open?: boolean },
): Promise<number> =>
  show<Incident>(deps, options, {
    path: '/api/v1/incidents',
    query: { state: options.open ? 'open' : undefined },
    heads: ['ID', 'STATE', 'RECEIVER', 'ALERTS', 'OPENED', 'GROUP'],
    none: 'No incidents.',
    row: (one, now) => [
      String(one.id),
      one.state,
      one.receiver,
      String(one.alerts),
      fromNow(one.opened_at, now),
      labelsText(one.group_labels),
    ],
  });

/** One incident with its story. */
export const incident = async (
  deps: CliDeps,
  id: string,
  options: ListOptions,
): Promise<number> => {
  const client = await makeClient(deps, options);
  const one = (await client.get(`/api/v1/incidents/${encodeURIComponent(id)}`)) as Incident;
  if (options.json) deps.out(`${JSON.stringify(one)}\n`);
  else {
    const rows = (one.timeline ?? []).map(({ at, kind, detail }) => [at, kind, detail]);
    deps.out(
      `Incident ${one.id} at ${one.receiver}, ${one.state}: ${labelsText(one.group_labels)}\n\n`,
    );
    deps.out(table(['AT', 'WHAT', 'DETAIL'], rows));
  }
  return 0;
};

interface Delivery {
  readonly id: string;
  readonly state: string;
  readonly channel: string;
  readonly severity: string;
  readonly status: string;
  readonly attempts: number;
  readonly created_at: string;
  readonly next_at: string | null;
  readonly last_result: string | null;
  readonly last_detail: string;
}

export const deliveries = (
  deps: CliDeps,
  options: ListOptions & { state?: string; incident?: string },
): Promise<number> =>
  show<Delivery>(deps, options, {
    path: '/api/v1/deliveries',
    query: { state: options.state, incident: options.incident },
    heads: ['DELIVERY', 'STATE', 'CHANNEL', 'TELLS', 'TRIES', 'MADE', 'NEXT', 'LAST'],
    none: 'No deliveries.',
    row: (one, now) => [
      one.id,
      one.state,
      one.channel,
      `${one.severity} ${one.status}`,
      String(one.attempts),
      fromNow(one.created_at, now),
      fromNow(one.next_at, now),
      [one.last_result ?? '', one.last_detail].filter(Boolean).join(': '),
    ],
  });

interface Silence {
  readonly name: string;
  readonly state: string;
  readonly matchers: readonly string[];
  readonly starts_at: string | null;
  readonly ends_at: string | null;
  readonly comment: string;
  readonly origin: string;
}

export const silences = (deps: CliDeps, options: ListOptions): Promise<number> =>
  show<Silence>(deps, options, {
    path: '/api/v1/silences',
    query: {},
    heads: ['SILENCE', 'STATE', 'STARTS', 'ENDS', 'MATCHES', 'COMMENT', 'WRITTEN IN'],
    none: 'No silences.',
    row: (one, now) => [
      one.name,
      one.state,
      fromNow(one.starts_at, now),
      fromNow(one.ends_at, now),
      one.matchers.join(', '),
      one.comment,
      one.origin,
    ],
  });
