/** What the commands are given: the terminal, the environment, and the few acts that need the whole app. */
import type { Instant } from '../core/time.ts';

/** As given on the command line; what is absent comes from the environment, then from a default. */
export interface PlaceOptions {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly store?: string | undefined;
}

export interface CliDeps {
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output; text ends its own lines. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => Instant;
  readonly fetch: typeof fetch;
  /** Standard input, whole. */
  readonly readInput: () => Promise<Uint8Array>;
  /** Runs until told to stop; resolves with the exit code. */
  readonly serve: (options: PlaceOptions) => Promise<number>;
  /** Rejects with an Error whose message a person understands. */
  readonly backup: (file: string, options: PlaceOptions) => Promise<{ readonly bytes: number }>;
  /** Resolves with what was done, in one line. */
  readonly migrate: (options: PlaceOptions) => Promise<string>;
}
