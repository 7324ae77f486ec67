/**
 * The end of a job's output, fit for a message. Invariant: at most 20 lines and 2,000 characters, with no control
 * characters, and never half a character.
 */

export const TAIL_LINES_MAX = 20;
/** UTF-16 units. */
export const TAIL_CHARS_MAX = 2_000;
/** More than this of the end is not looked at. */
const WINDOW_CHARS = 16_384;
const ELISION = '…';

// oxlint-disable-next-line no-control-regex -- terminal colours and cursor moves are what is removed
const TERMINAL = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
/** Controls but tab, and marks that reorder text, which could make a message read as another. */
const UNSEEN = /[^\P{Cc}\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/** What a terminal would show of a line: a carriage return starts it anew. */
function shownLine(line: string): string {
  const ends = line.replace(/\r+$/, '');
  return ends
    .slice(ends.lastIndexOf('\r') + 1)
    .replace(UNSEEN, '')
    .trimEnd();
}

/** The end of one line, at most `most` long, starting at a whole character as people see it. */
function lineEnd(line: string, most: number): string {
  if (line.length <= most) return line;
  // Enough before the cut to see a long emoji or a stack of accents whole.
  const windowStart = Math.max(0, line.length - most - 256);
  const view = line.slice(windowStart);
  const cut = view.length - most;
  const character = new Intl.Segmenter('en').segment(view).containing(cut);
  const start =
    character === undefined || character.index === cut
      ? cut
      : character.index + character.segment.length;
  return view.slice(start);
}

/** The last lines of `text`; '' when nothing readable is in it. Text left out shows as `…`. */
export function logTail(text: string): string {
  const lines = text
    .slice(-WINDOW_CHARS)
    .toWellFormed()
    .replace(TERMINAL, '')
    .split('\n')
    .map(shownLine);
  while (lines.at(-1) === '') lines.pop();
  while (lines[0] === '') lines.shift();

  let kept: string[] = [];
  let length = 0;
  for (const line of lines.slice(-TAIL_LINES_MAX).reverse()) {
    // Each line but the last costs a line feed; the elision and its line feed are paid in advance.
    const room = TAIL_CHARS_MAX - ELISION.length - 1 - length;
    if (line.length + 1 > room) {
      if (kept.length === 0) kept = [lineEnd(line, room)];
      break;
    }
    kept.push(line);
    length += line.length + 1;
  }
  kept.reverse();
  const whole = text.length <= WINDOW_CHARS && kept.length === lines.length && kept[0] === lines[0];
  if (!whole && kept.length === TAIL_LINES_MAX) kept.shift();
  return (whole ? kept : [ELISION, ...kept]).join('\n');
}
