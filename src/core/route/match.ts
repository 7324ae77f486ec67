/** From labels to groups: which routes an alert takes, and which group it joins at each. */
import type { Alert, Labels } from '../alert/alert.ts';
import { formatLabels, labelOf, labelsFrom } from '../alert/labels.ts';
import { matchesAll } from '../alert/matcher.ts';
import { type Instant, plus } from '../time.ts';
import type { Route, RoutedGroup } from './route.ts';

function collect(route: Route, labels: Labels, found: Route[]): void {
  const before = found.length;
  for (const child of route.routes) {
    if (!matchesAll(child.matchers, labels)) continue;
    collect(child, labels, found);
    if (!child.continue) break;
  }
  if (found.length === before) found.push(route);
}

/**
 * Depth first, left to right. A child that matches ends the search among its siblings unless it says `continue`; a
 * route stands for itself only when none of its children matched. Never empty, because the root takes everything.
 */
export function routesFor(root: Route, labels: Labels): readonly Route[] {
  const found: Route[] = [];
  collect(root, labels, found);
  return found;
}

/** A group-by label that the alert lacks is left out, which is not the same group as one with the empty value. */
export function groupLabelsOf(route: Pick<Route, 'groupBy'>, labels: Labels): Labels {
  const { groupBy } = route;
  if (groupBy === 'all') return labels;
  return labelsFrom(
    groupBy
      .filter((name) => Object.hasOwn(labels, name))
      .map((name) => [name, labelOf(labels, name)] as const),
  );
}

export function groupOf(route: Route, labels: Labels): RoutedGroup {
  const groupLabels = groupLabelsOf(route, labels);
  return {
    groupKey: `${route.key}:${formatLabels(groupLabels)}`,
    routeKey: route.key,
    receiver: route.receiver,
    groupLabels,
    groupWait: route.groupWait,
  };
}

/**
 * When a group that this alert opens is first looked at: after group_wait, or at once when the alert is older than
 * that, as after a restart.
 */
export function firstFlushAt({
  group,
  alert,
  now,
}: {
  group: Pick<RoutedGroup, 'groupWait'>;
  alert: Pick<Alert, 'startsAt'>;
  now: Instant;
}): Instant {
  return plus(alert.startsAt, group.groupWait) < now ? now : plus(now, group.groupWait);
}
