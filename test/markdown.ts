/**
 * What a Markdown document shows apart from its prose: code blocks, tables and code spans. Made for our own
 * documents, which keep to one form of each; a block or table in another form is not found.
 */
export interface CodeBlock {
  /** The word behind the fence: `sh`, `yaml`. */
  readonly language: string;
  readonly text: string;
}

export const codeBlocks = (document: string): CodeBlock[] =>
  [...document.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));

/** The rows of each table without its head; `\|` in a cell is a bar. */
export const tables = (document: string): string[][][] =>
  [...document.matchAll(/(?:^\|.*\|\n)+/gm)].map(([table]) =>
    table
      .trimEnd()
      .split('\n')
      .slice(2)
      .map((row) =>
        row
          .slice(1, -1)
          .split(/(?<!\\)\|/)
          .map((cell) => cell.trim().replaceAll('\\|', '|')),
      ),
  );

export const codeSpans = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
