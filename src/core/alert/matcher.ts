/**
 * Matchers of labels: made, read from text, written back. Reading follows Alertmanager's default mode: both syntaxes
 * are tried, and where they disagree the classic one counts, so that an old configuration keeps its meaning.
 * Invariant: `parseMatchers(formatMatcher(m))` is `m` for every matcher with a name.
 */
import type { Labels, Matcher } from './alert.ts';
import { compareText, labelOf } from './labels.ts';
import {
  isReservedName,
  type MatcherParts,
  type MatcherText,
  readClassicMatcher,
  readClassicMatchers,
  readMatchers,
  shown,
} from './matcher-text.ts';
import { compilePattern } from './pattern.ts';
import { quote } from './quote.ts';

export const MATCHERS_MAX = 128;
/** Longest text of a list of matchers, in UTF-16 units. */
export const MATCHERS_TEXT_MAX = 65_536;

export interface MatcherFault {
  readonly kind: 'invalid';
  /** What is wrong, with the text found; Alertmanager's words where clients know them. */
  readonly message: string;
  readonly expected: string;
  /** Offset of the fault in the text, when known. */
  readonly at?: number;
}

export type MatcherResult = { readonly kind: 'ok'; readonly matcher: Matcher } | MatcherFault;

export type MatchersResult =
  | {
      readonly kind: 'ok';
      readonly matchers: readonly Matcher[];
      /** Set when only the classic syntax, or that one differently, understands the text: how to write it now. */
      readonly warning?: string;
    }
  | MatcherFault;

const EXPECTED = 'name="value" or name=~"one|other"';

function tester({ op, value }: MatcherParts): ReturnType<typeof compilePattern> {
  switch (op) {
    case '=':
      return { kind: 'ok', test: (found) => found === value };
    case '!=':
      return { kind: 'ok', test: (found) => found !== value };
    case '=~':
      return compilePattern(value);
    case '!~': {
      const pattern = compilePattern(value);
      return pattern.kind === 'ok'
        ? { kind: 'ok', test: (found) => !pattern.test(found) }
        : pattern;
    }
    default:
      return op satisfies never;
  }
}

export function makeMatcher({ name, op, value }: MatcherParts): MatcherResult {
  if (name === '' || !name.isWellFormed()) {
    const message = `bad label name ${JSON.stringify(shown(name))} in a matcher`;
    return { kind: 'invalid', message, expected: 'a label name of at least one UTF-8 character' };
  }
  if (!value.isWellFormed()) {
    const message = `matcher value not valid UTF-8: ${JSON.stringify(shown(value))}`;
    return { kind: 'invalid', message, expected: 'UTF-8 text' };
  }
  const compiled = tester({ name, op, value });
  if (compiled.kind === 'invalid') {
    const message = `invalid regular expression ${JSON.stringify(shown(value))}: ${shown(compiled.message)}`;
    return { kind: 'invalid', message, expected: 'RE2 syntax, for example "backup-.*"' };
  }
  return { kind: 'ok', matcher: { name, op, value, test: compiled.test } };
}

/** Canonical text. Names with reserved characters are quoted, and then both sides are quoted as Go does. */
export function formatMatcher({ name, op, value }: MatcherParts): string {
  if (isReservedName(name)) return `${quote(name)}${op}${quote(value)}`;
  const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
  return `${name}${op}"${escaped}"`;
}

const OPS: readonly Matcher['op'][] = ['=', '!=', '=~', '!~'];

/** Alertmanager's order within a route: by name, value, then operator. */
export const compareMatchers = (first: MatcherParts, second: MatcherParts): number =>
  compareText(first.name, second.name) ||
  compareText(first.value, second.value) ||
  OPS.indexOf(first.op) - OPS.indexOf(second.op);

/** An absent label is the empty string. No matchers at all match everything. */
export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  for (const matcher of matchers) if (!matcher.test(labelOf(labels, matcher.name))) return false;
  return true;
}

function make(parts: readonly MatcherParts[]): MatchersResult {
  const matchers: Matcher[] = [];
  for (const part of parts) {
    const made = makeMatcher(part);
    if (made.kind === 'invalid') return made;
    matchers.push(made.matcher);
  }
  return { kind: 'ok', matchers };
}

const sameParts = (first: readonly MatcherParts[], second: readonly MatcherParts[]): boolean =>
  first.length === second.length &&
  first.every((part, i) => compareMatchers(part, second[i] ?? part) === 0);

/** Which of the two readings counts, and what to say of it. */
function choose(strict: MatcherText, classic: MatcherText): MatchersResult {
  const made = strict.kind === 'ok' ? make(strict.parts) : null;
  if (classic.kind === 'invalid') {
    if (made !== null) return made;
    const { wanted, at } = strict.kind === 'invalid' ? strict : classic;
    const expected = `${wanted}, as in ${EXPECTED}`;
    const fault = { kind: 'invalid', message: classic.message, expected } as const;
    return at === undefined ? fault : { ...fault, at };
  }
  if (strict.kind === 'ok' && sameParts(strict.parts, classic.parts)) return made as MatchersResult;
  const old = make(classic.parts);
  // An expression that only one of the readings can compile decides for that reading.
  if (old.kind === 'invalid') return made ?? old;
  const now = classic.parts.map(formatMatcher).join(', ');
  return { ...old, warning: `read by the old rules of quoting; write it as ${now}` };
}

function tooLong(text: string): MatcherFault | null {
  if (text.length <= MATCHERS_TEXT_MAX) return null;
  const message = `matchers of ${text.length} characters`;
  return { kind: 'invalid', message, expected: `at most ${MATCHERS_TEXT_MAX} characters` };
}

/** A list of matchers, all of which must hold: `{team="db", host=~"a|b"}`; braces may be left out. */
export function parseMatchers(text: string): MatchersResult {
  return (
    tooLong(text) ??
    choose(readMatchers(text, MATCHERS_MAX), readClassicMatchers(text, MATCHERS_MAX))
  );
}

/** Exactly one matcher, without braces: a `filter` of the API, an argument of a command. */
export function parseMatcher(text: string): MatcherResult {
  const long = tooLong(text);
  if (long !== null) return long;
  if (text.startsWith('{') || text.endsWith('}')) {
    const message = `unexpected open or close brace: ${shown(text)}`;
    return { kind: 'invalid', message, expected: `${EXPECTED}, without braces` };
  }
  const strict = readMatchers(text, MATCHERS_MAX);
  const single: MatcherText =
    strict.kind === 'ok' && strict.parts.length !== 1
      ? {
          kind: 'invalid',
          message: `bad matcher format: ${shown(text)}`,
          wanted: 'exactly one matcher',
        }
      : strict;
  const result = choose(single, readClassicMatcher(text));
  if (result.kind === 'invalid') return result;
  const [matcher] = result.matchers;
  return matcher === undefined
    ? { kind: 'invalid', message: `bad matcher format: ${shown(text)}`, expected: EXPECTED }
    : { kind: 'ok', matcher };
}
