/**
 * Text between double quotes as Go writes and reads it. Group keys and matchers on the wire have this form, so
 * both directions follow Go's strconv: what `quote` writes, `unquote` reads back unchanged.
 */

const PLAIN = /^[ !#-[\]-~]*$/;
/** What Go's strconv.IsPrint admits: letters, marks, numbers, punctuation, symbols, and the ASCII space alone. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
  ['\\', '\\\\'],
  ['"', '\\"'],
]);

const UNESCAPES: ReadonlyMap<string, string> = new Map(
  [...ESCAPES].map(([raw, escaped]) => [escaped.charAt(1), raw]),
);

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

function escapeOne(character: string): string {
  const known = ESCAPES.get(character);
  if (known !== undefined) return known;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  let quoted = '"';
  for (const character of text) quoted += escapeOne(character);
  return `${quoted}"`;
}

/** Digits that follow each numeric escape, and their base. Octal digits have no letter before them. */
const NUMERIC: ReadonlyMap<string, { pattern: RegExp; base: number }> = new Map([
  ['x', { pattern: /x([0-9a-fA-F]{2})/y, base: 16 }],
  ['u', { pattern: /u([0-9a-fA-F]{4})/y, base: 16 }],
  ['U', { pattern: /U([0-9a-fA-F]{8})/y, base: 16 }],
]);
const OCTAL = /([0-7]{3})/y;

/** Reads one escape whose backslash stands before `at`. null: no such escape. */
function readEscape(
  text: string,
  at: number,
): { end: number; text: string } | { end: number; byte: number } | null {
  const letter = text.charAt(at);
  const simple = UNESCAPES.get(letter);
  if (simple !== undefined) return { end: at + 1, text: simple };
  const { pattern, base } = NUMERIC.get(letter) ?? { pattern: OCTAL, base: 8 };
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) return null;
  const code = Number.parseInt(found[1] ?? '', base);
  const end = pattern.lastIndex;
  if (letter === 'u' || letter === 'U') {
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return null;
    return { end, text: String.fromCodePoint(code) };
  }
  return code > 0xff ? null : { end, byte: code };
}

/** The text inside a quoted string, quotes included in `quoted`; null when Go would refuse it. */
export function unquote(quoted: string): string | null {
  const last = quoted.length - 1;
  if (last < 1 || quoted.charAt(0) !== '"' || quoted.charAt(last) !== '"') return null;
  const inner = quoted.slice(1, last);
  if (!/[\\"\n]/.test(inner)) return inner;

  const encoder = new TextEncoder();
  const bytes: number[] = [];
  let at = 0;
  while (at < inner.length) {
    const stop = inner.slice(at).search(/[\\"\n]/);
    const plainEnd = stop === -1 ? inner.length : at + stop;
    for (const byte of encoder.encode(inner.slice(at, plainEnd))) bytes.push(byte);
    if (plainEnd === inner.length) break;
    if (inner.charAt(plainEnd) !== '\\') return null;
    const escape = readEscape(inner, plainEnd + 1);
    if (escape === null) return null;
    if ('byte' in escape) bytes.push(escape.byte);
    else for (const byte of encoder.encode(escape.text)) bytes.push(byte);
    at = escape.end;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes),
    );
  } catch {
    return null;
  }
}
