/**
 * The log: one JSON object a line, written by pino. Invariant: no secret that was handed to `redact` leaves
 * here in any field, no line is longer than LINE_BYTES_MAX, and logging never throws and never waits for a disk
 * that fails.
 */
import { pino } from 'pino';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/telemetry.ts';
import { makeMask, safeLine } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Loki's default limit for a line is far above this, and so is what a terminal shows with patience. */
export const LINE_BYTES_MAX = 16_384;
/** Room for time, level and the key of the message. */
const FRAME_BYTES = 256;

export interface JsonLog extends Log {
  /** From now on these values are masked wherever they stand, and no others; called at each reload. */
  redact: (secrets: Iterable<string>) => void;
}

export interface LogDestination {
  write(line: string): void;
}

export const makeLog = ({
  level,
  clock,
  destination = standardError(),
}: {
  level: LogLevel;
  clock: Pick<Clock, 'now'>;
  destination?: LogDestination;
}): JsonLog => {
  const mask = makeMask();
  const logger = pino(
    {
      level,
      base: null,
      // Errors are plain data by then; pino's own serializer would rewrite them.
      serializers: { err: (value: unknown) => value },
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  const at =
    (name: Exclude<LogLevel, 'silent'>) =>
    (fields: object, message: string): void => {
      try {
        if (!logger.isLevelEnabled(name)) return;
        const bytesMax = LINE_BYTES_MAX - FRAME_BYTES;
        const line = safeLine({ fields, message, bytesMax }, mask.apply);
        logger[name](line.fields, line.message);
      } catch {
        // A log that cannot be written has nowhere to say so.
      }
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    redact: mask.replace,
  };
};

/** Standard error, so that what a command prints stays apart. Synchronous: the last line before a crash is there. */
const standardError = (): LogDestination => {
  const output = pino.destination({ dest: 2, sync: true });
  // The reader of a pipe may go away; that ends the log, not the server.
  output.on('error', () => {});
  return output;
};
