import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { fleetDashboard } from '../../scripts/dashboard/fleet.ts';
import { queriesOf } from '../../scripts/dashboard/grafana.ts';
import { dashboardFiles } from '../../scripts/dashboards.ts';
import { none, read } from '../repository.ts';
import { parseExposition } from '../telemetry/exposition.ts';
import { fleet, jobText, livelyMetrics } from '../telemetry/lively.ts';
import { yaml } from './files.ts';
import { mentions } from './promql.ts';

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

/** Labels that Prometheus adds to whatever it scrapes. */
const ADDED = ['job', 'instance'];

describe('rules and dashboards', () => {
  /** Name of a sample -> the labels it can have. */
  const known = new Map<string, Set<string>>([['up', new Set(ADDED)]]);
  before(async () => {
    for (const text of [await livelyMetrics().render(), await jobText(fleet())]) {
      for (const { name, labels } of parseExposition(text).samples) {
        const all = known.get(name) ?? new Set(ADDED);
        for (const label of Object.keys(labels)) all.add(label);
        known.set(name, all);
      }
    }
  });

  const faultsOf = (where: string, expr: string): string[] => {
    const { selectors, groupings } = mentions(expr);
    const all = new Set(selectors.flatMap(({ metric }) => [...(known.get(metric) ?? [])]));
    return [
      ...selectors.flatMap(({ metric, labels }) => {
        const has = known.get(metric);
        if (has === undefined) return [`${where}: no metric ${metric}`];
        return labels.flatMap((label) =>
          has.has(label) ? [] : [`${where}: ${metric} has no label ${label}`],
        );
      }),
      ...groupings.flatMap((label) => (all.has(label) ? [] : [`${where}: no label ${label}`])),
    ];
  };

  test('name only metrics and labels that are exported', () => {
    const rules = (yaml('prometheus/tocsin.rules.yml') as Rules).groups.flatMap(
      (group) => group.rules,
    );
    assert.ok(rules.length > 10);
    const queries = queriesOf(fleetDashboard);
    assert.ok(queries.length > 40);
    none(
      [
        ...rules.flatMap(({ alert, expr }) => faultsOf(alert, expr)),
        ...queries.flatMap(({ panel, expr }) => faultsOf(panel, expr)),
        ...fleetDashboard.variables.flatMap(({ name, metric, from }) =>
          faultsOf(`$${name}`, `sum by (${from}) (${metric})`),
        ),
      ],
      'telemetry/families.ts and telemetry/job-metrics.ts say what there is.',
    );
  });

  test('a metric and a label that do not exist would be found', () => {
    assert.deepEqual(faultsOf('x', 'sum by (who) (rate(tocsin_runs_total{team="a"}[5m]))'), [
      'x: tocsin_runs_total has no label team',
      'x: no label who',
    ]);
    assert.deepEqual(faultsOf('x', 'tocsin_nothing > 1'), ['x: no metric tocsin_nothing']);
  });

  test('take the rate of counters and of nothing else', () => {
    const faults = queriesOf(fleetDashboard).flatMap(({ panel, expr }) => {
      const inside = [...expr.matchAll(/\b(?:rate|increase)\((\w+)/g)].map((found) => found[1]);
      const wrong = inside.filter((name) => !/_(?:total|bucket|sum|count)$/.test(name ?? ''));
      const bare = mentions(expr).selectors.filter(
        ({ metric }) => /_(?:total|bucket)$/.test(metric) && !inside.includes(metric),
      );
      return [...wrong.map((name) => `${panel}: ${name}`), ...bare.map((one) => one.metric)];
    });
    none(faults, 'A counter means nothing by itself, and the rate of a gauge even less.');
  });

  test('every rule has a test of its own', () => {
    const tests = read('prometheus/tocsin.test.yml');
    const rules = (yaml('prometheus/tocsin.rules.yml') as Rules).groups.flatMap((g) => g.rules);
    const faults = rules.filter(({ alert }) => !tests.includes(`alertname: ${alert}\n`));
    none(
      faults.map(({ alert }) => alert),
      'prometheus/tocsin.test.yml lacks these.',
    );
  });
});

describe('the dashboard', () => {
  for (const [file, text] of dashboardFiles()) {
    test(`${file} is what npm run dashboards writes`, () => {
      assert.ok(read(file) === text, 'run npm run dashboards and commit the result');
    });
  }

  test('has panels that do not overlap, with a title and a description each', () => {
    interface Placed {
      readonly id: number;
      readonly type: string;
      readonly title: string;
      readonly description?: string;
      readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; h: number };
    }
    const { panels } = JSON.parse(dashboardFiles()[0]?.[1] ?? '') as { panels: Placed[] };
    const taken = new Map<string, string>();
    for (const { type, title, description, gridPos } of panels) {
      assert.ok(title !== '');
      assert.ok(type === 'row' || (description ?? '') !== '', title);
      assert.ok(gridPos.x + gridPos.w <= 24, title);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.equal(taken.get(`${x},${y}`), undefined, title);
          taken.set(`${x},${y}`, title);
        }
      }
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  });
});
