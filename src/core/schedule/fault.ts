/** A text that is no schedule, and where it went wrong. Every parser of this room answers with one of these. */

export interface Fault {
  readonly kind: 'invalid';
  readonly message: string;
  readonly expected: string;
  /** Offset in the whole text as it was given. */
  readonly at: number;
}

/** A piece of the text and where it begins. */
export interface Token {
  readonly text: string;
  readonly at: number;
}

export function fault(at: number, message: string, expected: string): Fault {
  return { kind: 'invalid', message, expected, at };
}

/** What is quoted in a message may come from anywhere, so it is cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** The pieces between matches of `separator`, empty ones included. */
export function splitToken(token: Token, separator: ',' | '\n' | ':'): readonly Token[] {
  const pieces: Token[] = [];
  let at = token.at;
  for (const text of token.text.split(separator)) {
    pieces.push({ text, at });
    at += text.length + separator.length;
  }
  return pieces;
}

/** The words of a text, by any white space. */
export function words({ text, at }: Token): readonly Token[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({ text: match[0], at: at + match.index }));
}
