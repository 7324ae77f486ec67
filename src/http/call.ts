/**
 * One request as a handler sees it, and what all handlers are given to answer it.
 */
import type { Config, Issue } from '../config/config.ts';
import type { Instant } from '../core/time.ts';
import type { Desk } from '../engine/desk.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Level } from './access.ts';
import { badParameter } from './problem.ts';
import type { Reply } from './reply.ts';

/** What is known of the configuration; the reloader of the app is one. */
export interface Configuration {
  /** Another object after each try. */
  readonly state: {
    readonly config: Config;
    readonly loadedAtMs: number;
    /** Faults of the newest try; empty when that one is running. */
    readonly issues: readonly Issue[];
    readonly triedAtMs: number;
  };
  reload(): Promise<
    | { readonly kind: 'ok'; readonly changed: boolean }
    | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  >;
}

export interface HttpDeps {
  readonly desk: Desk;
  readonly store: Pick<
    Store,
    | 'log'
    | 'ping'
    | 'alerts'
    | 'incident'
    | 'incidents'
    | 'timeline'
    | 'deliveries'
    | 'delivery'
    | 'gaps'
  >;
  readonly clock: Pick<Clock, 'now' | 'monotonic' | 'after'>;
  readonly telemetry: Pick<Telemetry, 'ping' | 'log'>;
  readonly configuration: Configuration;
  readonly metrics: {
    readonly contentType: string;
    render(): Promise<string>;
    /** `route` is a template, never the path of a request. Pings are counted as pings, not here. */
    http(request: { method: string; route: string; code: number; durationMs: number }): void;
  };
  jobMetrics(query: { families: 'minimal' | 'full'; group?: string }): AsyncIterable<string>;
  /** Whether the store takes writes, and else why not. */
  health(): { readonly ok: true } | { readonly ok: false; readonly reason: string };
  /** True from the signal to stop until the end. */
  stopping(): boolean;
  /** Base of our own addresses when `server.external_url` is not set, such as `http://127.0.0.1:8686`. */
  baseUrl(): string;
  readonly version: string;
  readonly startedAt: Instant;
}

export interface Call {
  /** Parts of the path that stand in braces in its template, unescaped. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed body, where the endpoint takes one. */
  readonly body: unknown;
  readonly now: Instant;
  readonly level: Level | null;
  /** As sent; '' when absent. */
  readonly acceptLanguage: string;
}

export type Handle = (call: Call) => Reply | Promise<Reply>;

export const LIMIT_DEFAULT = 100;
export const LIMIT_MAX = 1_000;

export const limitOf = ({ query }: Call): number => {
  const text = query.get('limit');
  if (text === null) return LIMIT_DEFAULT;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > LIMIT_MAX)
    throw badParameter('limit', `expected a number from 1 to ${LIMIT_MAX}`);
  return limit;
};

/** One of a closed set; undefined when the parameter is absent. */
export const choiceOf = <T extends string>(
  { query }: Call,
  name: string,
  choices: readonly T[],
): T | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  const choice = choices.find((one) => one === text);
  if (choice === undefined) throw badParameter(name, `expected one of ${choices.join(', ')}`);
  return choice;
};

/** A whole number, as a cursor or an id; undefined when absent. */
export const numberOf = ({ query }: Call, name: string): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badParameter(name, 'expected a whole number');
  return Number(text);
};

export const cursorOf = (call: Call): number | undefined => {
  if (call.query.has('cursor') && !/^\d{1,15}$/.test(call.query.get('cursor') ?? ''))
    throw badParameter('cursor', CURSOR_EXPECTED);
  return numberOf(call, 'cursor');
};

export const CURSOR_EXPECTED = 'expected the `next` of an earlier answer';
