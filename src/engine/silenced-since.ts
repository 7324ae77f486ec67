/**
 * Whether a silence has begun since a message was decided on: a message that is tried again, or that a restart finds
 * waiting, must not go out inside a silence.
 */
import type { Silence } from '../core/route/route.ts';
import { indexSilences, type SilenceIndex, silencedBy } from '../core/route/silence.ts';
import type { Instant } from '../core/time.ts';
import type { Delivery } from '../ports/store.ts';
import type { SettingsBox } from './settings.ts';

export class SilencedSince {
  readonly #settings: SettingsBox;
  #of: readonly Silence[] | null = null;
  #index: SilenceIndex | null = null;

  constructor(settings: SettingsBox) {
    this.#settings = settings;
  }

  touches({ notification }: Delivery, now: Instant): boolean {
    const { silences } = this.#settings.current;
    if (silences.length === 0) return false;
    const index = this.#indexAt(silences, now);
    return notification.alerts.some(
      ({ status, labels }) => status === 'firing' && silencedBy(index, labels).length > 0,
    );
  }

  /** An index holds from when it was made until the next silence begins or ends. */
  #indexAt(silences: readonly Silence[], now: Instant): SilenceIndex {
    const known = this.#of === silences ? this.#index : null;
    if (known !== null && now >= known.from && (known.until === null || now < known.until))
      return known;
    const index = indexSilences(silences, now);
    this.#of = silences;
    this.#index = index;
    return index;
  }
}
