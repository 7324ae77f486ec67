/**
 * Cuts text that others wrote so that it fits a message. Invariant: what comes out is well-formed Unicode, is at
 * most as long as asked, never ends inside a character as a person sees it, and holds no control characters.
 */

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Length in UTF-8, which is what chat services count. */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** The longest start of `text` that takes at most `maxBytes`, ended by `…` when something was left out. */
export function cutBytes(text: string, maxBytes: number): string {
  return cut(text, maxBytes, byteLength);
}

/** The same measured in UTF-16 units, for limits that are about reading and not about a wire. */
export function cutChars(text: string, maxChars: number): string {
  return cut(text, maxChars, (part) => part.length);
}

function cut(text: string, max: number, lengthOf: (part: string) => number): string {
  const whole = text.toWellFormed();
  if (lengthOf(whole) <= max) return whole;
  const room = max - lengthOf('…');
  if (room < 0) return '';
  return `${startOf(whole, room, lengthOf)}…`;
}

/** Whole graphemes from the start that fit into `room`. One that alone is longer than the room is dropped. */
function startOf(text: string, room: number, lengthOf: (part: string) => number): string {
  // A grapheme takes at least one unit of length per UTF-16 unit, so nothing past `room + 1` units can matter.
  // Half a pair at its end would seem to be a character of its own, and the one before it to be whole.
  const window = text.slice(0, room + 1).replace(/[\ud800-\udbff]$/, '');
  let end = 0;
  let used = 0;
  for (const { segment, index } of graphemes.segment(window)) {
    used += lengthOf(segment);
    if (used > room) break;
    // The last segment of a window may go on behind it; it counts only when the text ends there too.
    if (index + segment.length === window.length && window.length < text.length) break;
    end = index + segment.length;
  }
  return text.slice(0, end);
}

/**
 * The end of a log: whole lines from the back while they fit, with `…` in front when something was left out.
 * The last line is kept in any case, cut when it alone is too long.
 */
export function tailBytes(text: string, limits: { maxBytes: number; maxLines: number }): string {
  const lines = text.toWellFormed().replace(/\n+$/, '').split('\n');
  const kept: string[] = [];
  let used = 0;
  for (const line of lines.toReversed()) {
    const cost = byteLength(line) + 1;
    // Four bytes stay free for the `…` and its line break.
    if (kept.length === limits.maxLines || used + cost > limits.maxBytes - 4) break;
    kept.push(line);
    used += cost;
  }
  if (kept.length === 0) return cutBytes(lines.at(-1) ?? '', limits.maxBytes);
  const tail = kept.reverse().join('\n');
  return kept.length < lines.length ? `…\n${tail}` : tail;
}

/** Colour codes of terminals (ECMA-48 CSI sequences and the like), which logs are full of. */
// oxlint-disable-next-line no-control-regex -- The escape character is what is looked for.
const terminalCodes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[@-_])/g;
/** Controls, and the marks that reverse the direction of text and so let a name pose as another. */
const controls = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** For a value that stands in a line: no control characters, all white space one blank. */
export const oneLine = (text: string): string =>
  text.toWellFormed().replace(terminalCodes, '').replace(/\s+/g, ' ').replace(controls, '').trim();

/** For a text of several lines: line breaks are kept, tabs become blanks, other control characters go. */
export const manyLines = (text: string): string =>
  text
    .toWellFormed()
    .replace(terminalCodes, '')
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map((line) => line.replace(/\t/g, '    ').replace(controls, '').trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
