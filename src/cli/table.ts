/**
 * Columns for a terminal. Invariant: nothing that comes from elsewhere moves the cursor, and a wide character counts
 * as the two columns that it takes.
 */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /[\p{M}\p{Cf}]/u;
const CONTROL = /\p{Cc}+/gu;

export const oneLine = (text: string): string => text.replace(CONTROL, ' ');

export const widthOf = (text: string): number => {
  let width = 0;
  for (const char of text) width += WIDE.test(char) ? 2 : NO_WIDTH.test(char) ? 0 : 1;
  return width;
};

/** Left-aligned, two spaces between columns, none at the ends of lines; ends with a newline. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const lines = [heads, ...rows].map((cells) => cells.map(oneLine));
  const widths = heads.map((_, column) =>
    lines.reduce((widest, cells) => Math.max(widest, widthOf(cells[column] ?? '')), 0),
  );
  const pad = (cell: string, column: number): string =>
    cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell));
  return lines.map((cells) => `${cells.map(pad).join('  ').trimEnd()}\n`).join('');
};
