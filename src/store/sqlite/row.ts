/** Reads columns of a row as what the schema says they are; a STRICT table holds nothing else. */
import type { SQLOutputValue } from 'node:sqlite';
import { type Instant, instant } from '../../core/time.ts';

type Column = SQLOutputValue | undefined;

const wrong = (column: Column, expected: string): TypeError =>
  new TypeError(`a column holds ${typeof column}, expected ${expected}`);

export const number = (column: Column): number => {
  if (typeof column === 'number') return column;
  throw wrong(column, 'a number');
};

export const text = (column: Column): string => {
  if (typeof column === 'string') return column;
  throw wrong(column, 'a text');
};

export const numberOrNull = (column: Column): number | null =>
  column === null ? null : number(column);
export const textOrNull = (column: Column): string | null =>
  column === null ? null : text(column);
export const at = (column: Column): Instant => instant(number(column));
export const atOrNull = (column: Column): Instant | null => (column === null ? null : at(column));

/** Column names as SQL wants them. */
export const list = (names: readonly string[]): string => names.join(', ');
