/**
 * Finds the metrics and labels in PromQL, as far as our own queries go: enough to say that a name is unknown,
 * not a parser. Grafana's variables are given values first.
 */
interface Mentions {
  /** Each selector: a metric and the labels of its braces. */
  readonly selectors: readonly { readonly metric: string; readonly labels: readonly string[] }[];
  /** Labels of by, on, ignoring and without. */
  readonly groupings: readonly string[];
}

export const withValues = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h').replaceAll(/\$\w+/g, '.*');

const CLAUSE = /\b(?:by|on|ignoring|without|group_left|group_right)\s*\(([^)]*)\)/g;
const SELECTOR = /\b((?:tocsin|nodejs|process)_\w+|up)\b(?:\{([^}]*)\})?/g;
const MATCHER = /(\w+)\s*(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*"/g;

export const mentions = (expr: string): Mentions => {
  const text = withValues(expr);
  const groupings = [...text.matchAll(CLAUSE)].flatMap(([, list = '']) =>
    list
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  );
  const selectors = [...text.replaceAll(CLAUSE, '').matchAll(SELECTOR)].map(
    ([, metric = '', labels = '']) => ({
      metric,
      labels: [...labels.matchAll(MATCHER)].map(([, label = '']) => label),
    }),
  );
  return { selectors, groupings };
};
