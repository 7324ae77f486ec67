/** Time and chance, as the engine sees them. Wall and monotonic time are separate: only one of them can step. */
import type { Instant } from '../core/time.ts';

export interface Clock {
  /** Wall clock; may step in either direction. */
  now(): Instant;
  /** Milliseconds that only grow; no relation to any calendar. */
  monotonic(): number;
  /** Calls back once after `ms` at the earliest; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
  /** Calls back once this turn of the event loop is over. */
  soon(call: () => void): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Lower-case hex of `bytes` random bytes; unpredictable. */
  hex(bytes: number): string;
  uuid(): string;
}
