/**
 * The right-hand side of `=~`: RE2 syntax, anchored at both ends. Most patterns that people write are a word, a list
 * of words, or a word and `.*`; those are compared as plain text, a hundred times faster. Everything else is RE2,
 * so that no pattern, however hostile, takes more than linear time.
 */
import { RE2JS, RE2JSException } from 're2js';

export type PatternResult =
  | { readonly kind: 'ok'; readonly test: (value: string) => boolean }
  | { readonly kind: 'invalid'; readonly message: string };

/** Characters that stand for themselves, and those that a backslash makes do so. `\|` is left to RE2. */
const WORD = '(?:[\\w \\-:/@%,;=<>!#&~"\'`\\u0080-\\uffff]|\\\\[.\\-/:@+*?()[\\]{}^$\\\\])*';
const WORDS = new RegExp(`^${WORD}(?:\\|${WORD})*$`);
const WORD_THEN_ANY = new RegExp(`^(${WORD})\\.([*+])$`);

const unescape = (word: string): string => word.replace(/\\(.)/g, '$1');

function plainTest(pattern: string): ((value: string) => boolean) | null {
  if (WORDS.test(pattern)) {
    const words = new Set(pattern.split('|').map(unescape));
    if (words.size > 1) return (value) => words.has(value);
    const [word = ''] = words;
    return (value) => value === word;
  }
  const found = WORD_THEN_ANY.exec(pattern);
  if (found === null) return null;
  const prefix = unescape(found[1] ?? '');
  const least = prefix.length + (found[2] === '+' ? 1 : 0);
  // The dot of RE2 is any character but a line feed.
  return (value) =>
    value.length >= least && value.startsWith(prefix) && !value.includes('\n', prefix.length);
}

export function compilePattern(pattern: string): PatternResult {
  // Alertmanager's old `match_re` shows its patterns already anchored.
  const anchored = /^\^\(\?:([^()]*)\)\$$/.exec(pattern);
  const test = plainTest(anchored?.[1] ?? pattern);
  if (test !== null) return { kind: 'ok', test };
  try {
    const compiled = RE2JS.compile(`^(?:${pattern})$`);
    return { kind: 'ok', test: (value) => compiled.test(value) };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { kind: 'invalid', message: error.message };
  }
}
