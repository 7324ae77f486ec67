/**
 * A configuration as compiled from all YAML files of a folder, and the faults found while doing so.
 * Invariant: a Config that exists is whole and consistent; there is no half-valid one.
 */
import type { Severity } from '../core/alert/alert.ts';
import type { JobSpec } from '../core/job/job.ts';
import type {
  InhibitRule,
  Locale,
  Receiver,
  Route,
  Silence,
  TimeInterval,
} from '../core/route/route.ts';
import type { Duration } from '../core/time.ts';

export interface Config {
  readonly jobs: readonly JobSpec[];
  readonly route: Route;
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>;
  readonly silences: readonly Silence[];
  readonly inhibitRules: readonly InhibitRule[];
  /** Other words for a severity, `critical` -> P0. */
  readonly severityAliases: ReadonlyMap<string, Severity>;
  readonly keys: {
    readonly ping: readonly string[];
    readonly read: readonly string[];
    readonly admin: readonly string[];
  };
  readonly server: ServerSettings;
  /** Things a person should know though nothing is wrong. */
  readonly warnings: readonly Issue[];
  /** Files read, in order. */
  readonly files: readonly string[];
  /** Hex digest of the text of all files. */
  readonly hash: string;
  /** Every secret value that is known, longest first, so that logs can be redacted. */
  readonly secrets: readonly string[];
}

/** Everything under `server:`; each has a default. */
export interface ServerSettings {
  /** Base of links in messages, without a final slash; '' means: derive from the listen address. */
  readonly externalUrl: string;
  readonly locale: Locale;
  readonly timezone: string;
  /** Bytes of a ping's body that are kept. */
  readonly pingBodyLimit: number;
  readonly autoCreatedJobsMax: number;
  /** Time that jobs get to report after Tocsin itself was away. */
  readonly catchUp: Duration;
  readonly resolveTimeout: Duration;
  readonly retention: {
    readonly entriesPerJob: number;
    readonly maxAge: Duration;
    readonly deliveriesMaxAge: Duration;
  };
  /** Series of `/metrics/jobs`: none beyond this many jobs. */
  readonly metricsJobsMax: number;
  /** First hops whose X-Forwarded-* headers are believed; ['*'] for all. */
  readonly trustedProxies: readonly string[];
}

/** One fault, with all that a person needs to mend it. Lines and columns count from 1. */
export interface Issue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document: `jobs[3].grace`. */
  readonly path: string;
  /** What is wrong, with the value found. */
  readonly message: string;
  /** What was expected, with an example; '' when the message says it all. */
  readonly expected: string;
}

export type LoadResult =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };
