/**
 * Readers of texts that have a grammar of their own: durations, zones, schedules, matchers, times, URLs. Each
 * returns the value or null, and adds its fault where the text stands.
 */

import type { Labels, Matcher } from '../core/alert/alert.ts';
import { isLabelName, labelsFrom } from '../core/alert/labels.ts';
import {
  type MatcherResult,
  type MatchersResult,
  makeMatcher,
  parseMatchers,
} from '../core/alert/matcher.ts';
import { formatDuration, parseDuration } from '../core/duration.ts';
import { parseSchedule } from '../core/schedule/parse.ts';
import type { Schedule, ScheduleSpec } from '../core/schedule/schedule.ts';
import { validateTimezone } from '../core/schedule/zone.ts';
import { type Duration, duration, type Instant, instant } from '../core/time.ts';
import { cut, type Fault, Faults, inside, keyText, type Place } from './issue.ts';
import { CONFIG_LIMITS } from './limits.ts';

export interface Bounds {
  readonly least: Duration;
  readonly most: Duration;
}

export const bounds = (leastMs: number, mostMs: number): Bounds => ({
  least: duration(leastMs),
  most: duration(mostMs),
});

/** A node's list of matchers and its old maps, under the names they have there; all must hold. */
export interface RawMatchers {
  readonly list: { readonly key: string; readonly value: readonly string[] | null | undefined };
  readonly equal?: OldMatchers;
  readonly pattern?: OldMatchers;
}

interface OldMatchers {
  readonly key: string;
  readonly value: Readonly<Record<string, string>> | null | undefined;
}

/** What faults have in common that other parts of the core found in a text. */
interface Refusal {
  readonly message: string;
  readonly expected: string;
  readonly at?: number;
}

export class Reader {
  readonly faults = new Faults();
  readonly warnings = new Faults();
  readonly #texts = new Map<string, string>();

  duration(text: string, place: Place, { least, most }: Bounds): Duration | null {
    const result = parseDuration(text);
    if (result.kind === 'invalid') return this.#refuse(place, result);
    if (result.duration >= least && result.duration <= most) return result.duration;
    const expected = `${formatDuration(least)} to ${formatDuration(most)}`;
    this.faults.add(place, { message: `${keyText(place.path)} is ${cut(text, 64)}`, expected });
    return null;
  }

  timezone(name: string, place: Place): string | null {
    const result = validateTimezone(name);
    return result.kind === 'ok' ? result.timezone : this.#refuse(place, result);
  }

  schedule(spec: ScheduleSpec, place: Place): Schedule | null {
    const result = parseSchedule(spec);
    return result.kind === 'ok' ? result.schedule : this.#refuse(place, result);
  }

  matchers(raw: RawMatchers, place: Place): Matcher[] | null {
    const before = this.faults.total;
    const found: Matcher[] = [];
    for (const [index, text] of (raw.list.value ?? []).entries()) {
      found.push(...this.#made(parseMatchers(text), inside(place, raw.list.key, index)));
    }
    for (const [name, value] of Object.entries(raw.equal?.value ?? {})) {
      const made = makeMatcher({ name, op: '=', value });
      found.push(...this.#made(made, inside(place, raw.equal?.key ?? '', name)));
    }
    for (const [name, value] of Object.entries(raw.pattern?.value ?? {})) {
      // Alertmanager shows these patterns with their anchors, in group keys too.
      const made = makeMatcher({ name, op: '=~', value: `^(?:${value})$` });
      found.push(...this.#made(made, inside(place, raw.pattern?.key ?? '', name)));
    }
    if (found.length > CONFIG_LIMITS.matchersPerList) {
      const expected = `at most ${CONFIG_LIMITS.matchersPerList}`;
      this.faults.add(place, { message: `${found.length} matchers stand here`, expected });
    }
    return this.faults.total === before ? found : null;
  }

  #made(result: MatcherResult | MatchersResult, place: Place): readonly Matcher[] {
    if (result.kind === 'invalid') {
      this.#refuse(place, result);
      return [];
    }
    if ('matcher' in result) return [result.matcher];
    if (result.warning !== undefined) {
      this.warnings.add(place, { message: `${keyText(place.path)}: ${result.warning}` });
    }
    return result.matchers;
  }

  labels(raw: Readonly<Record<string, string>>, place: Place): Labels | null {
    const before = this.faults.total;
    const entries = Object.entries(raw);
    for (const [name, value] of entries) {
      const fault = labelFault(name, value);
      if (fault !== null) this.faults.add(inside(place, name), fault);
    }
    if (entries.length > CONFIG_LIMITS.labelsPerJob) {
      const expected = `at most ${CONFIG_LIMITS.labelsPerJob}`;
      this.faults.add(place, { message: `${entries.length} labels stand here`, expected });
    }
    if (this.faults.total > before) return null;
    return labelsFrom(
      entries
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [this.shared(name), this.shared(value)]),
    );
  }

  /** RFC 3339, with an offset. */
  instant(text: string, place: Place): Instant | null {
    if (/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text)) {
      try {
        return instant(Temporal.Instant.from(text).epochMilliseconds);
      } catch {
        // A day or an hour that does not exist.
      }
    }
    const expected = 'a time with its offset, such as 2026-12-24T18:00:00+08:00';
    return this.#wrong(text, place, expected);
  }

  httpUrl(text: string, place: Place): string | null {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return detached(text);
    return this.#wrong(text, place, 'a URL that begins with http:// or https://');
  }

  /** One string for all equal ones: many jobs share a group, a label or a description. */
  shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const own = detached(text);
    this.#texts.set(own, own);
    return own;
  }

  #wrong(text: string, place: Place, expected: string): null {
    const message = `${keyText(place.path)} is ${JSON.stringify(cut(text, 64))}`;
    this.faults.add(place, { message, expected });
    return null;
  }

  #refuse(place: Place, { message, expected, at }: Refusal): null {
    const fault = { message: `${keyText(place.path)}: ${message}`, expected };
    this.faults.add(place, at === undefined ? fault : { ...fault, at });
    return null;
  }
}

/** Labels that the job's alerts have of themselves. */
const RESERVED = new Set(['alertname', 'job_name', 'group', 'severity']);

function labelFault(name: string, value: string): Fault | null {
  const shown = JSON.stringify(cut(name, 64));
  if (RESERVED.has(name)) {
    const message = `the label ${shown} is set by the alert itself`;
    return { onKey: true, message, expected: 'another name' };
  }
  if (!isLabelName(name) || name.length > CONFIG_LIMITS.labelNameChars) {
    const expected = `a name of 1 to ${CONFIG_LIMITS.labelNameChars} characters`;
    return { onKey: true, message: `${shown} cannot name a label`, expected };
  }
  if (!value.isWellFormed()) {
    return { message: `the value of the label ${shown} is not valid Unicode`, expected: 'text' };
  }
  return null;
}

/**
 * The same text in memory of its own. A string that was cut out of a file keeps the whole text of the file
 * alive: 20 MB for one name.
 */
export function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf16le').toString('utf16le');
}
