/**
 * Faults while they are collected and as they are shown. A fault knows where it is by path; lines and columns
 * are looked up only when there is something to report, so that good files cost nothing for them.
 * Invariant: at most `CONFIG_LIMITS.issues` faults are kept; the others are counted.
 */
import type { Issue } from './config.ts';
import { CONFIG_LIMITS } from './limits.ts';

export type Path = readonly (string | number)[];

/** A node of one file. `file` is the position in the list of files, or -1 for the environment. */
export interface Place {
  readonly file: number;
  readonly path: Path;
}

export const ENVIRONMENT: Place = { file: -1, path: [] };

export const inside = (place: Place, ...path: Path): Place => ({
  file: place.file,
  path: [...place.path, ...path],
});

export interface Fault {
  readonly message: string;
  readonly expected?: string;
  /** Point at the key and not at its value. */
  readonly onKey?: boolean;
  /** Offset of the fault inside the text of the value. */
  readonly at?: number;
  /** The key of another place that takes part; `words` and its position end the message. */
  readonly other?: { readonly words: string; readonly place: Place };
}

/** A fault of the YAML text itself, known by offset. */
export interface TextFault {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly expected: string;
  /** Offset that completes the message: `…; the first is at file:line:column`. */
  readonly firstAt?: number;
}

export type Found =
  | { readonly kind: 'place'; readonly place: Place; readonly fault: Fault }
  | { readonly kind: 'text'; readonly file: number; readonly fault: TextFault };

export class Faults {
  readonly kept: Found[] = [];
  total = 0;

  add(place: Place, fault: Fault): void {
    this.#keep({ kind: 'place', place, fault });
  }

  addText(file: number, fault: TextFault): void {
    this.#keep({ kind: 'text', file, fault });
  }

  #keep(found: Found): void {
    this.total += 1;
    if (this.kept.length < CONFIG_LIMITS.issues) this.kept.push(found);
  }
}

/** `jobs[3].labels["my key"]` */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(part)) text += `[${JSON.stringify(cut(part, 64))}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

/** The end of a path as people say it: the last key and the indexes after it. */
export function keyText(path: Path): string {
  const last = path.findLastIndex((part) => typeof part === 'string');
  return path.length === 0 ? 'the file' : `\`${pathText(path.slice(Math.max(last, 0)))}\``;
}

/** A value in a few words, never longer than a line. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  switch (typeof value) {
    case 'string':
      return value === '' ? 'empty text' : `the text ${JSON.stringify(cut(value, 64))}`;
    case 'number':
      return `the number ${String(value)}`;
    case 'boolean':
      return String(value);
    default:
      return 'a map';
  }
}

export function cut(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1).toWellFormed()}…`;
}

/** `file:line:column: message; expected …` */
export function formatIssue(issue: Issue): string {
  const expected = issue.expected === '' ? '' : `; expected ${issue.expected}`;
  return `${issue.file}:${issue.line}:${issue.column}: ${issue.message}${expected}`;
}

/** The known word that a person most likely meant, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  const most = word.length <= 3 ? 1 : word.length <= 6 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = most + 1;
  let tried = 0;
  for (const candidate of known) {
    tried += 1;
    if (tried > 10_000) break;
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, changes and swaps of neighbours that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let least = Math.min(
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + same,
      );
      if (from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        least = Math.min(least, (before[column - 2] ?? Number.POSITIVE_INFINITY) + 1);
      }
      line.push(least);
    }
    before = above;
    above = line;
  }
  return above[to.length] ?? from.length;
}
