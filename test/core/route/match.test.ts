import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Labels, Matcher } from '../../../src/core/alert/alert.ts';
import { parseMatchers } from '../../../src/core/alert/matcher.ts';
import { firstFlushAt, groupOf, routesFor } from '../../../src/core/route/match.ts';
import type { Route } from '../../../src/core/route/route.ts';
import { indexRoutes, routeKey } from '../../../src/core/route/tree.ts';
import { duration, instant, MINUTE, SECOND } from '../../../src/core/time.ts';

const matchers = (text: string): readonly Matcher[] => {
  const result = parseMatchers(text);
  assert.ok(result.kind === 'ok');
  return result.matchers;
};

interface Node {
  readonly matchers?: string;
  readonly receiver?: string;
  readonly continue?: boolean;
  readonly groupBy?: Route['groupBy'];
  readonly routes?: readonly Node[];
}

function build(node: Node, parent: string | null = null): Route {
  const own = matchers(node.matchers ?? '');
  const key = routeKey(parent, own);
  return {
    index: 0,
    key,
    receiver: node.receiver ?? '',
    matchers: own,
    continue: node.continue ?? false,
    groupBy: node.groupBy ?? [],
    groupWait: duration(30 * SECOND),
    groupInterval: duration(5 * MINUTE),
    repeatInterval: duration(240 * MINUTE),
    muteTimeIntervals: [],
    activeTimeIntervals: [],
    routes: (node.routes ?? []).map((child) => build(child, key)),
  };
}

describe('routesFor', () => {
  const tree = build({
    receiver: 'root',
    routes: [
      { matchers: 'team="db"', receiver: 'audit', continue: true },
      {
        matchers: 'team="db"',
        receiver: 'db',
        routes: [
          { matchers: 'sev="page"', receiver: 'db-page', continue: true },
          { matchers: 'sev=~"page|warn"', receiver: 'db-log' },
        ],
      },
      { matchers: 'sev="page"', receiver: 'pager', continue: true },
    ],
  });
  const rows: readonly { name: string; labels: Labels; is: string[] }[] = [
    { name: 'nothing matches: the root', labels: {}, is: ['root'] },
    { name: 'continue looks at later siblings', labels: { team: 'db' }, is: ['audit', 'db'] },
    {
      name: 'children stand in for their parent, and the first end ends the search',
      labels: { team: 'db', sev: 'page' },
      is: ['audit', 'db-page', 'db-log'],
    },
    {
      name: 'a child without continue ends it',
      labels: { team: 'db', sev: 'warn' },
      is: ['audit', 'db-log'],
    },
    { name: 'continue of the last one leads nowhere', labels: { sev: 'page' }, is: ['pager'] },
  ];
  for (const { name, labels, is } of rows) {
    test(name, () => {
      assert.deepEqual(
        routesFor(tree, labels).map(({ receiver }) => receiver),
        is,
      );
    });
  }

  /** The rule as the manual tells it: of the children that match, those up to the first without continue. */
  function model(route: Route, labels: Labels): Route[] {
    const matching = route.routes.filter((child) =>
      child.matchers.every((one) => one.test(labels[one.name] ?? '')),
    );
    const stop = matching.findIndex((child) => !child.continue);
    const taken = stop === -1 ? matching : matching.slice(0, stop + 1);
    return taken.length === 0 ? [route] : taken.flatMap((child) => model(child, labels));
  }

  test('any tree routes any alert as the plain rule says', () => {
    const some = fc.constantFrom('a="1"', 'a!="1"', 'b=~"1|2"', 'b=""', 'a="1",b="2"', '');
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.record(
        {
          matchers: some,
          continue: fc.boolean(),
          routes: fc.array(tie('node'), { maxLength: 3, depthIdentifier: 'tree' }),
        },
        { requiredKeys: [] },
      ),
    }));
    const value = fc.constantFrom('1', '2', '3');
    const labels = fc.record({ a: value, b: value }, { requiredKeys: [] }) as fc.Arbitrary<Labels>;
    fc.assert(
      fc.property(node, labels, (plan, set) => {
        const { matchers: _, ...top } = plan;
        const root = build(top);
        const found = routesFor(root, set);
        assert.ok(found.length > 0);
        assert.deepEqual(found, model(root, set));
      }),
      { numRuns: 300 },
    );
  });
});

describe('groupOf', () => {
  const rows: readonly {
    name: string;
    groupBy: Route['groupBy'];
    labels: Labels;
    key: string;
    group: Labels;
  }[] = [
    {
      name: 'no group_by: one group',
      groupBy: [],
      labels: { a: '1' },
      key: '{}/{x="y"}:{}',
      group: {},
    },
    {
      name: 'by labels, sorted',
      groupBy: ['b', 'a'],
      labels: { a: '1', b: '2', c: '3' },
      key: '{}/{x="y"}:{a="1", b="2"}',
      group: { a: '1', b: '2' },
    },
    {
      name: 'a label that the alert lacks is left out',
      groupBy: ['a', 'z', 'toString'],
      labels: { a: '1' },
      key: '{}/{x="y"}:{a="1"}',
      group: { a: '1' },
    },
    {
      name: 'by all',
      groupBy: 'all',
      labels: { b: '"', a: '1' },
      key: '{}/{x="y"}:{a="1", b="\\""}',
      group: { a: '1', b: '"' },
    },
  ];
  for (const { name, groupBy, labels, key, group } of rows) {
    test(name, () => {
      const [route] = build({ routes: [{ matchers: 'x="y"', receiver: 'ops', groupBy }] }).routes;
      assert.ok(route);
      const routed = groupOf(route, labels);
      assert.equal(routed.groupKey, key);
      assert.deepEqual(routed.groupLabels, group);
      assert.equal(routed.receiver, 'ops');
    });
  }
});

describe('routeKey', () => {
  const rows: readonly { name: string; parent: string | null; text: string; is: string }[] = [
    { name: 'the root', parent: null, text: '', is: '{}' },
    {
      name: 'sorted by name, value, operator',
      parent: '{}',
      text: 'b="1",a=~"2",a!="2",a="2",a="1"',
      is: '{}/{a="1",a="2",a!="2",a=~"2",b="1"}',
    },
    { name: 'an old pattern', parent: '{}', text: 'a=~"^(?:x|y)$"', is: '{}/{a=~"^(?:x|y)$"}' },
    { name: 'below', parent: '{}/{a="1"}', text: '"b c"="\\n"', is: '{}/{a="1"}/{"b c"="\\n"}' },
  ];
  for (const { name, parent, text, is } of rows) {
    test(name, () => assert.equal(routeKey(parent, matchers(text)), is));
  }

  test('a route is found again by its key and receiver', () => {
    const root = build({
      receiver: 'none',
      routes: [
        { matchers: 'sev="page"', receiver: 'first', continue: true },
        { matchers: 'sev="page"', receiver: 'boss' },
      ],
    });
    const find = indexRoutes(root);
    const place = { routeKey: '{}/{sev="page"}' };
    assert.equal(find({ ...place, receiver: 'boss' }), root.routes[1]);
    assert.equal(find({ ...place, receiver: 'first' }), root.routes[0]);
    assert.equal(find({ ...place, receiver: 'none' }), undefined);
    assert.equal(find({ routeKey: '{}', receiver: 'none' }), root);
  });
});

describe('firstFlushAt', () => {
  const now = instant(100_000);
  const group = { groupWait: duration(30 * SECOND) };
  const rows: readonly { name: string; startsAtMs: number; is: number }[] = [
    { name: 'a fresh alert waits', startsAtMs: 100_000, is: 130_000 },
    { name: 'a known one waits anew', startsAtMs: 80_000, is: 130_000 },
    { name: 'one just as old as the wait still waits', startsAtMs: 70_000, is: 130_000 },
    { name: 'an old one does not', startsAtMs: 69_999, is: 100_000 },
  ];
  for (const { name, startsAtMs, is } of rows) {
    test(name, () => {
      const alert = { startsAt: instant(startsAtMs) };
      assert.equal(firstFlushAt({ group, alert, now }), is);
    });
  }
});
