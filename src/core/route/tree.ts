/** Names of routes. Invariant: the same tree always gives the same keys, so groups survive a reload. */
import type { Matcher } from '../alert/alert.ts';
import { compareMatchers, formatMatcher } from '../alert/matcher.ts';
import type { Route } from './route.ts';

/**
 * Alertmanager's route key: `{}` for the root, then `/{m1,m2}` per level. Of an old `match_re` the matcher's value is
 * the anchored text, `^(?:v)$`.
 *
 * @param parentKey key of the parent; null for the root.
 */
export function routeKey(parentKey: string | null, matchers: readonly Matcher[]): string {
  const level = `{${matchers.toSorted(compareMatchers).map(formatMatcher).join(',')}}`;
  return parentKey === null ? level : `${parentKey}/${level}`;
}

/** Where the route of an open incident is found again. */
export type RouteIndex = (place: { routeKey: string; receiver: string }) => Route | undefined;

/**
 * Siblings may have equal matchers and so equal keys; their receivers tell them apart. When those are equal too, the
 * groups are one, as they share Alertmanager's notification log, and the first route rules.
 */
export function indexRoutes(root: Route): RouteIndex {
  const byKey = new Map<string, Route[]>();
  const visit = (route: Route): void => {
    const same = byKey.get(route.key);
    if (same === undefined) byKey.set(route.key, [route]);
    else same.push(route);
    route.routes.forEach(visit);
  };
  visit(root);
  return ({ routeKey: key, receiver }) =>
    byKey.get(key)?.find((route) => route.receiver === receiver);
}
