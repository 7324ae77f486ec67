/**
 * Pieces of PromQL that the rows of the dashboard share: what narrows a query to the Tocsin and the groups that
 * are chosen above, and quantiles of histograms.
 */
export const AT = 'instance=~"$instance"';
export const IN = `${AT},group=~"$group"`;
export const WINDOW = '[$__rate_interval]';

/** The q-quantile of a histogram over everything but the labels in `by`. */
export const quantile = (
  q: number,
  family: string,
  by: readonly string[] = [],
  labels = AT,
): string =>
  `histogram_quantile(${q}, sum by (${[...by, 'le'].join(', ')}) (rate(${family}_bucket{${labels}}${WINDOW})))`;
