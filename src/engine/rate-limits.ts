/**
 * How many messages a credential may still send this minute. A few are kept for P0, so that a storm of lesser
 * messages never holds up the one that wakes somebody.
 */
import { duration, type Instant, plus } from '../core/time.ts';

const WINDOW_MS = 60_000;
/** Messages of a minute that only P0 may use. */
const RESERVED = 4;

export class RateLimits {
  /** Times of the sends of the last minute, oldest first, by credential. */
  readonly #sent = new Map<string, Instant[]>();

  note(key: string, at: Instant): void {
    const sent = this.#sent.get(key);
    if (sent) sent.push(at);
    else this.#sent.set(key, [at]);
  }

  /** null: sent now, and counted. Else the instant at which there is room again. */
  take(want: { key: string; perMinute: number; urgent: boolean; now: Instant }): Instant | null {
    const sent = (this.#sent.get(want.key) ?? []).filter((at) => at > want.now - WINDOW_MS);
    this.#sent.set(want.key, sent);
    const room = want.urgent ? want.perMinute : Math.max(1, want.perMinute - RESERVED);
    if (sent.length < room) {
      sent.push(want.now);
      return null;
    }
    return plus(sent[sent.length - room] as Instant, duration(WINDOW_MS));
  }
}
