/**
 * Cuts a large text at the items of its top-level `jobs:` list, by looking at the first characters of lines
 * only. That is sound for block lists: a line that is indented exactly as the list and begins with `- `
 * cannot belong to a scalar or a flow collection of an item before it, since those must be indented deeper.
 * Texts where more would have to be known (anchors, directives, lone carriage returns) are not cut.
 */
import type { Piece } from './yaml.ts';

export interface JobsSplit {
  /** The text without the items. */
  readonly skeleton: string;
  /** Where the items were. */
  readonly gap: { readonly start: number; readonly end: number };
  readonly pieces: readonly Piece[];
}

const SPACE = 0x20;
const HASH = 0x23;
const DASH = 0x2d;
const LF = 0x0a;
const CR = 0x0d;

/** null: this text is to be read whole. Pieces are at least `pieceChars` long, but for the last. */
export function splitJobs(text: string, pieceChars: number): JobsSplit | null {
  if (/^%|\r(?!\n)|[\s,[{:-]&\S/m.test(text)) return null;
  const head = /^jobs:[ \t]*(?:#.*)?\r?\n/m.exec(text);
  if (head === null) return null;
  const bodyStart = head.index + head[0].length;
  const pieces: Piece[] = [];
  let indent = -1;
  let items = 0;
  let pieceStart = bodyStart;
  let pieceFirst = 0;
  let at = bodyStart;
  while (at < text.length) {
    let column = at;
    while (text.charCodeAt(column) === SPACE) column += 1;
    const code = text.charCodeAt(column);
    const isContent = column < text.length && code !== LF && code !== CR && code !== HASH;
    if (isContent) {
      const isItem = code === DASH && isGap(text.charCodeAt(column + 1));
      if (indent === -1) {
        if (!isItem) return null;
        indent = column - at;
      }
      if (column - at <= indent) {
        if (column - at < indent || !isItem) break;
        if (at - pieceStart >= pieceChars && items > pieceFirst) {
          pieces.push({ start: pieceStart, end: at, first: pieceFirst });
          pieceStart = at;
          pieceFirst = items;
        }
        items += 1;
      }
    }
    const end = text.indexOf('\n', column);
    at = end === -1 ? text.length : end + 1;
  }
  if (items === 0) return null;
  pieces.push({ start: pieceStart, end: at, first: pieceFirst });
  const gap = { start: bodyStart, end: at };
  return { skeleton: text.slice(0, bodyStart) + text.slice(at), gap, pieces };
}

/** A space, a line break or the end of the text after a dash makes it the mark of an item. */
const isGap = (code: number): boolean =>
  code === SPACE || code === LF || code === CR || Number.isNaN(code);
