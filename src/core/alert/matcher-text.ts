/**
 * The two syntaxes of matchers, read into plain triples. The UTF-8 syntax is strict and quotes both sides as Go does;
 * the classic one, older, forgives nearly anything on the right-hand side. Neither throws, whatever the text.
 */
import type { Matcher } from './alert.ts';
import { unquote } from './quote.ts';

export type MatcherParts = Pick<Matcher, 'name' | 'op' | 'value'>;

export type MatcherText =
  | { readonly kind: 'ok'; readonly parts: readonly MatcherParts[] }
  | {
      readonly kind: 'invalid';
      readonly message: string;
      /** What should stand at `at`. */
      readonly wanted: string;
      /** Counts UTF-16 units from the start of the text. */
      readonly at?: number;
    };

/** A text as it may stand in a message. */
export const shown = (text: string): string =>
  text.length <= 200 ? text : `${text.slice(0, 199)}…`;

/** What Go's unicode.IsSpace admits; JavaScript's \s lacks U+0085 and has U+FEFF. */
const SPACE = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const RESERVED = new RegExp(`[${SPACE}{}!=~,\\\\"'\`]`);

/** True when a name cannot stand without quotes. */
export const isReservedName = (name: string): boolean => name === '' || RESERVED.test(name);

type Token =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'op'; readonly op: Matcher['op']; readonly at: number }
  | { readonly kind: '{' | '}' | ',' | 'end'; readonly at: number }
  | { readonly kind: 'fault'; readonly wanted: string; readonly at: number };

const LEADING = new RegExp(`^[${SPACE}]+`);
const SKIP = new RegExp(`[${SPACE}]*`, 'y');
const TOKEN = new RegExp(
  `([{},])|(=~|!=|!~|=)|("(?:[^"\\\\]|\\\\[^])*")|([^${SPACE}{}!=~,\\\\"'\`]+)|([^])`,
  'y',
);

function readToken(text: string, at: number): { token: Token; end: number } {
  TOKEN.lastIndex = at;
  const found = TOKEN.exec(text);
  if (found === null) return { token: { kind: 'end', at }, end: at };
  const end = TOKEN.lastIndex;
  const [, mark, op, quoted, bare, stray] = found;
  if (mark !== undefined) return { token: { kind: mark as '{' | '}' | ',', at }, end };
  if (op !== undefined) return { token: { kind: 'op', op: op as Matcher['op'], at }, end };
  if (bare !== undefined) return { token: { kind: 'text', text: bare, at }, end };
  if (quoted === undefined) {
    const wanted = stray === '"' ? 'closing quotes' : `quotes around ${stray}`;
    return { token: { kind: 'fault', wanted, at }, end };
  }
  const inner = unquote(quoted);
  return inner === null
    ? { token: { kind: 'fault', wanted: 'an escape that Go knows', at }, end }
    : { token: { kind: 'text', text: inner, at }, end };
}

/** All tokens; the last is `end` or a `fault`. */
function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  for (;;) {
    SKIP.lastIndex = from;
    SKIP.exec(text);
    const { token, end } = readToken(text, SKIP.lastIndex);
    tokens.push(token);
    if (token.kind === 'end' || token.kind === 'fault') return tokens;
    from = end;
  }
}

/** `{name="value", …}` with or without braces; a comma may follow the last matcher. */
export function readMatchers(text: string, most: number): MatcherText {
  const tokens = scan(text);
  const last = tokens.length - 1;
  let next = 0;
  const take = (): Token => tokens[Math.min(next++, last)] as Token;
  const refuse = (token: Token, wanted: string): MatcherText => ({
    kind: 'invalid',
    message: `bad matcher format: ${shown(text)}`,
    wanted: token.kind === 'fault' ? token.wanted : wanted,
    at: token.at,
  });

  const parts: MatcherParts[] = [];
  let token = take();
  const braced = token.kind === '{';
  if (braced) token = take();
  while (token.kind === 'text') {
    if (token.text === '') return refuse(token, 'a label name that is not empty');
    const operator = take();
    if (operator.kind !== 'op') return refuse(operator, 'one of = != =~ !~');
    const right = take();
    if (right.kind !== 'text') return refuse(right, 'a value');
    if (parts.length === most) return refuse(token, `at most ${most} matchers`);
    parts.push({ name: token.text, op: operator.op, value: right.text });
    token = take();
    if (token.kind !== ',') break;
    token = take();
  }
  if (braced) {
    if (token.kind !== '}') return refuse(token, 'a matcher or a closing brace');
    token = take();
  }
  if (token.kind !== 'end') return refuse(token, 'a matcher, a comma or the end');
  return { kind: 'ok', parts };
}

const CLASSIC_HEAD = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)/;
const BLANKS = '\t\n\f\r ';

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANKS.includes(text.charAt(start))) start += 1;
  while (end > start && BLANKS.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** Undoes `\"`, `\n` and `\\`; any other backslash stands for itself. null: a bare quote inside. */
function classicValue(raw: string): string | null {
  const quoted = raw.startsWith('"');
  if (quoted && (raw.length === 1 || !raw.endsWith('"'))) return null;
  let value = '';
  const last = raw.length - 1;
  for (let i = quoted ? 1 : 0; i <= last; i += 1) {
    const character = raw.charAt(i);
    if (character === '"') return quoted && i === last ? value : null;
    if (character !== '\\' || i === last) {
      value += character;
      continue;
    }
    i += 1;
    const escaped = raw.charAt(i);
    if (escaped === 'n') value += '\n';
    else value += escaped === '"' || escaped === '\\' ? escaped : `\\${escaped}`;
  }
  // A quoted value that got here ended in an escaped quote.
  return quoted ? null : value;
}

export function readClassicMatcher(text: string): MatcherText {
  const head = CLASSIC_HEAD.exec(text);
  if (head === null) {
    return { kind: 'invalid', message: `bad matcher format: ${shown(text)}`, wanted: 'a matcher' };
  }
  const [whole, name = '', op] = head;
  const raw = trimBlanks(text.slice(whole.length));
  const value = classicValue(raw);
  return value === null
    ? {
        kind: 'invalid',
        message: `matcher value contains unescaped double quote: ${shown(raw)}`,
        wanted: 'quotes around the whole value',
      }
    : { kind: 'ok', parts: [{ name, op: op as Matcher['op'], value }] };
}

/** Splits at commas outside quotes; an empty piece at the end does not count. */
function classicPieces(text: string): string[] {
  const inner = text.slice(text.startsWith('{') ? 1 : 0, text.endsWith('}') ? -1 : undefined);
  const pieces: string[] = [];
  let start = 0;
  let quoted = false;
  let escaped = false;
  for (let i = 0; i < inner.length; i += 1) {
    const character = inner.charAt(i);
    if (character === ',' && !quoted) {
      pieces.push(inner.slice(start, i));
      start = i + 1;
    }
    if (character === '"' && !escaped) quoted = !quoted;
    escaped = character === '\\' && !escaped;
  }
  const rest = inner.slice(start).replace(LEADING, '');
  if (rest !== '') pieces.push(rest);
  return pieces;
}

export function readClassicMatchers(text: string, most: number): MatcherText {
  const pieces = classicPieces(text);
  if (pieces.length > most) {
    const wanted = `at most ${most} matchers`;
    return { kind: 'invalid', message: `list of ${pieces.length} matchers`, wanted };
  }
  const parts: MatcherParts[] = [];
  for (const piece of pieces) {
    const one = readClassicMatcher(piece);
    if (one.kind === 'invalid') return one;
    parts.push(...one.parts);
  }
  return { kind: 'ok', parts };
}
