/**
 * Reads TypeScript just well enough for the tidy rules: which modules a file imports, and its text with
 * comments and the contents of strings blanked, so that a rule about code is not broken by prose.
 */

export interface Import {
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** Counts from 1. */
  readonly line: number;
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** All static imports, re-exports and dynamic imports of a literal, in order. */
export function importsOf(text: string): Import[] {
  return [...text.matchAll(STATEMENT)].map((match) => ({
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** After one of these a slash begins a regular expression; after a value it divides. */
const BEFORE_REGEXP = /(?:^|[([{},;:=!&|?+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else))\s*$/;
const LOOK_BACK = 16;

/** The end of the literal that opens at `start`: just after its closing mark. */
function endOf(text: string, start: number): number {
  const mark = text[start] ?? '';
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at];
    if (letter === '\\') at++;
    else if (mark === '/' && letter === '[') inClass = true;
    else if (mark === '/' && letter === ']') inClass = false;
    else if (letter === mark && !inClass) return at + 1;
    else if (letter === '\n' && mark !== '`') return at;
  }
  return text.length;
}

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

/** Keeps every line where it was. Code inside `${…}` of a template is kept, the words around it are not. */
export function withoutCommentsAndStrings(text: string): string {
  let out = '';
  let at = 0;
  /** Depth of braces inside each open template expression. */
  const templates: number[] = [];
  const skipTemplate = (): void => {
    while (at < text.length) {
      if (text[at] === '\\') {
        out += '  ';
        at += 2;
      } else if (text[at] === '`') {
        out += '`';
        at++;
        return;
      } else if (text.startsWith('${', at)) {
        out += '${';
        at += 2;
        templates.push(0);
        return;
      } else {
        out += text[at] === '\n' ? '\n' : ' ';
        at++;
      }
    }
  };
  while (at < text.length) {
    const letter = text[at] ?? '';
    const pair = text.slice(at, at + 2);
    let end = at + 1;
    if (pair === '//') end = (text.indexOf('\n', at) + text.length + 1) % (text.length + 1);
    else if (pair === '/*') end = text.indexOf('*/', at) + 2;
    else if (letter === "'" || letter === '"') end = endOf(text, at);
    else if (letter === '/' && BEFORE_REGEXP.test(out.slice(-LOOK_BACK))) end = endOf(text, at);
    if (end > at + 1) {
      const isComment = pair === '//' || pair === '/*';
      const piece = text.slice(at, end);
      out += isComment ? blank(piece) : letter + blank(piece.slice(1, -1)) + letter;
      at = end;
      continue;
    }
    out += letter;
    at++;
    const depth = templates.length - 1;
    if (letter === '`') skipTemplate();
    else if (letter === '{' && depth >= 0) templates[depth] = (templates[depth] ?? 0) + 1;
    else if (letter === '}' && depth >= 0) {
      if (templates[depth] === 0) {
        templates.pop();
        skipTemplate();
      } else templates[depth] = (templates[depth] ?? 0) - 1;
    }
  }
  return out;
}
