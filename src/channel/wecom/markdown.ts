/**
 * WeCom's markdown, a small dialect: headings, bold, links, quotes, inline code and `<font color>`. Invariants: text
 * from outside cannot mention people, make links or open tags; a cut ends between characters and leaves no tag,
 * code span or link open.
 */
import { byteLength, cutBytes } from '../shared/text-limits.ts';

/** Breaks up marks without being seen. */
const GAP = '\u200b';

/** WeCom decodes no entities, so marks are replaced by what looks like them. */
export const escapeMarkdown = (text: string): string =>
  text
    .replaceAll('<', '＜')
    .replaceAll('>', '＞')
    .replaceAll('`', "'")
    .replaceAll('](', `]${GAP}(`)
    .replaceAll('**', `*${GAP}*`);

/** In a plain text only `<@userid>` has a meaning. */
export const escapeText = (text: string): string => text.replaceAll('<@', '＜@');

/** `info` is green, `comment` grey, `warning` orange; there are no others. */
export const font = (color: 'info' | 'comment' | 'warning', text: string): string =>
  `<font color="${color}">${text}</font>`;

/** `url` is a parsed one, so only what ends a link has to go. */
export const link = (text: string, url: string): string =>
  `[${text}](${url.replaceAll('(', '%28').replaceAll(')', '%29').replaceAll('`', '%60')})`;

/** The longest start that fits, whole lines where possible, with everything closed that it opened. */
export function cutMarkdown(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  if (byteLength(whole) <= maxBytes) return closed(whole);
  for (let room = maxBytes; room > 0; ) {
    const result = closed(withoutHalves(startOf(whole, room)));
    const over = byteLength(result) - maxBytes;
    if (over <= 0) return result;
    room -= over;
  }
  return '';
}

/** Whole lines when at least half of the room is used by them, else a cut inside a line. */
function startOf(text: string, room: number): string {
  const cut = cutBytes(text, room);
  const lastBreak = cut.lastIndexOf('\n');
  return lastBreak > 0 && byteLength(cut.slice(0, lastBreak)) >= room / 2
    ? cut.slice(0, lastBreak)
    : cut;
}

/** Takes away a tag or a link that the cut went through. */
const withoutHalves = (text: string): string =>
  text.replace(/<[^<>]*$/, '').replace(/\[[^\]\n]*\]\([^)\n]*$|\[[^\]\n]*$/, '');

function closed(text: string): string {
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  // A code span ends with its line, so only the last line can have one open.
  const code = (last.split('`').length - 1) % 2 === 1 ? '`' : '';
  const opened = text.match(/<font\b[^<>]*>/g)?.length ?? 0;
  const ended = text.match(/<\/font>/g)?.length ?? 0;
  return text + code + '</font>'.repeat(Math.max(0, opened - ended));
}
