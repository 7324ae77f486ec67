/**
 * HTML as a type of its own. Invariant: text becomes HTML only through the tag below, which escapes every value
 * that is not HTML already; so a job named `<script>` is a job named `<script>`.
 */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Value = string | number | Html | readonly Html[] | null | undefined | false;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const textOf = (value: Value): string => {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.join('');
  return String(value).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
};

/** Attribute values must stand in quotes, and nothing but HTML may stand in a tag's or attribute's name. */
export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(parts.reduce((before, part, index) => before + textOf(values[index - 1]) + part));
