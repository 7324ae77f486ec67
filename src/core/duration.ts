/**
 * Durations as people write them, in Prometheus's syntax. Invariant: what `formatDuration` writes, `parseDuration`
 * reads back as the same length.
 */
import { DAY, type Duration, duration, HOUR, MINUTE, SECOND } from './time.ts';

export type DurationResult =
  | { readonly kind: 'ok'; readonly duration: Duration }
  | { readonly kind: 'invalid'; readonly message: string; readonly expected: string };

/** Largest first; a compound text must keep this order. A year is 365 days, as in Prometheus. */
const UNITS = [
  { name: 'y', ms: 365 * DAY },
  { name: 'w', ms: 7 * DAY },
  { name: 'd', ms: DAY },
  { name: 'h', ms: HOUR },
  { name: 'm', ms: MINUTE },
  { name: 's', ms: SECOND },
  { name: 'ms', ms: 1 },
] as const;

/** A thousand years: far above any use, far below the loss of whole milliseconds in a double. */
const LONGEST_MS = 1_000 * 365 * DAY;

const COMPOUND =
  /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;
const PARTS = /^(?:\d+(?:ms|[ywdhms]))+$/;
const EXPECTED = 'a duration such as 90s, 15m, 2h, 1d or 1h30m';

/** Reads `90s 15m 2h 1d 1w 1y 500ms`, compounds in descending units (`1h30m`) and `0`. */
export function parseDuration(text: string): DurationResult {
  if (text === '0') return { kind: 'ok', duration: duration(0) };
  if (text === '') return invalid('the duration is empty');
  const match = COMPOUND.exec(text);
  if (match === null) return invalid(fault(text));
  let total = 0;
  for (const [index, unit] of UNITS.entries()) {
    const count = match[index + 1];
    if (count !== undefined) total += Number(count) * unit.ms;
  }
  if (total > LONGEST_MS) {
    return { kind: 'invalid', message: `${quote(text)} is too long`, expected: 'at most 1000y' };
  }
  return { kind: 'ok', duration: duration(total) };
}

/** The shorter of two texts: the largest units first (`1y1s`), or one unit alone (`90s` rather than `1m30s`). */
export function formatDuration(length: Duration): string {
  const ms = Math.floor(length);
  if (ms === 0) return '0';
  const one = UNITS.find((unit) => ms % unit.ms === 0);
  const alone = one === undefined ? '' : `${ms / one.ms}${one.name}`;
  let compound = '';
  let rest = ms;
  for (const unit of UNITS) {
    if (rest < unit.ms) continue;
    compound += `${Math.floor(rest / unit.ms)}${unit.name}`;
    rest %= unit.ms;
  }
  return alone.length <= compound.length ? alone : compound;
}

function fault(text: string): string {
  if (/^\d+$/.test(text)) return `${quote(text)} has no unit`;
  if (text.startsWith('-')) return `${quote(text)} is negative`;
  if (/\./.test(text)) return `${quote(text)} has a fraction`;
  if (PARTS.test(text)) {
    return `the units of ${quote(text)} do not descend, or one stands twice`;
  }
  return `${quote(text)} is not a duration`;
}

function invalid(message: string): DurationResult {
  return { kind: 'invalid', message, expected: EXPECTED };
}

/** The text may come from anywhere and end in a log line, so it is cut. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
