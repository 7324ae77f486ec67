/**
 * A small builder for Grafana's classic dashboard model, which current Grafana still loads from files. It knows
 * the panels that our dashboards use and no others. Invariant: the same input gives the same JSON, byte for byte.
 */
export interface Query {
  readonly expr: string;
  /** Name of the series; `{{label}}` is filled in. */
  readonly legend?: string;
  readonly format?: 'time_series' | 'table' | 'heatmap';
  /** The value now rather than over the time shown. */
  readonly instant?: boolean;
}

type Unit =
  | 'short'
  | 's'
  | 'bytes'
  | 'percentunit'
  | 'ops'
  | 'reqps'
  | 'dateTimeFromNow'
  | 'bool_yes_no';
type Color = 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'purple' | 'text';

interface Base {
  readonly title: string;
  /** What it shows and what to do when it looks bad. */
  readonly description: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly height: number;
}

interface Metric extends Base {
  readonly queries: readonly Query[];
  readonly unit: Unit;
}

export type Panel =
  | (Metric & { readonly kind: 'stat'; readonly steps?: readonly (readonly [number, Color])[] })
  | (Metric & {
      readonly kind: 'timeseries';
      readonly look?: 'lines' | 'bars';
      readonly colors?: Readonly<Record<string, Color>>;
    })
  | (Metric & { readonly kind: 'heatmap' })
  | (Metric & {
      readonly kind: 'state-timeline';
      readonly states: readonly (readonly [string, Color])[];
    })
  | (Metric & {
      readonly kind: 'table';
      /** One name per query, in order, for the column of its value. */
      readonly columns: readonly {
        readonly name: string;
        readonly unit?: Unit;
        readonly states?: readonly (readonly [string, Color])[];
      }[];
      readonly hidden?: readonly string[];
    })
  | (Base & { readonly kind: 'traces'; readonly query: string });

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** The metric and label whose values are offered. */
  readonly metric: string;
  readonly from: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly Row[];
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Fields = { [key: string]: Json };

const PROMETHEUS: Json = { type: 'prometheus', uid: '${datasource}' };
const TEMPO: Json = { type: 'tempo', uid: '${traces}' };
const COLUMNS = 24;

/** The classic model, as Grafana exports it. */
export const render = (dashboard: Dashboard): Fields => ({
  uid: dashboard.uid,
  title: dashboard.title,
  description: dashboard.description,
  tags: ['tocsin'],
  schemaVersion: 42,
  editable: false,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-24h', to: 'now' },
  timezone: 'browser',
  templating: {
    list: [
      datasource('datasource', 'Prometheus', 'prometheus'),
      datasource('traces', 'Traces', 'tempo'),
      ...dashboard.variables.map(variable),
    ],
  },
  annotations: { list: [] },
  links: [],
  panels: layOut(dashboard.rows),
});

const datasource = (name: string, label: string, type: string): Fields => ({
  name,
  label,
  type: 'datasource',
  query: type,
  refresh: 1,
  current: {},
  options: [],
  hide: 0,
});

const variable = ({ name, label, metric, from }: Variable): Fields => ({
  name,
  label,
  type: 'query',
  datasource: PROMETHEUS,
  query: { query: `label_values(${metric}, ${from})`, refId: name },
  definition: `label_values(${metric}, ${from})`,
  // When the time shown changes: groups come and go.
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
  options: [],
  hide: 0,
});

/** Panels flow from left to right and wrap; each row of titles begins anew. */
const layOut = (rows: readonly Row[]): Json[] => {
  const out: Json[] = [];
  let id = 0;
  let y = 0;
  for (const row of rows) {
    id += 1;
    const position = { x: 0, y, w: COLUMNS, h: 1 };
    out.push({
      id,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: position,
      panels: [],
    });
    y += 1;
    let x = 0;
    let lineHeight = 0;
    for (const panel of row.panels) {
      if (x + panel.width > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      id += 1;
      const gridPos = { x, y, w: panel.width, h: panel.height };
      out.push({
        id,
        title: panel.title,
        description: panel.description,
        gridPos,
        ...content(panel),
      });
      x += panel.width;
      lineHeight = Math.max(lineHeight, panel.height);
    }
    y += lineHeight;
  }
  return out;
};

const content = (panel: Panel): Fields => {
  switch (panel.kind) {
    case 'stat':
      return stat(panel);
    case 'timeseries':
      return timeseries(panel);
    case 'heatmap':
      return heatmap(panel);
    case 'state-timeline':
      return stateTimeline(panel);
    case 'table':
      return table(panel);
    case 'traces':
      return traces(panel);
    default:
      return panel satisfies never;
  }
};

type Of<K extends Panel['kind']> = Extract<Panel, { kind: K }>;

const targets = (queries: readonly Query[]): Json =>
  queries.map(({ expr, legend, format = 'time_series', instant = false }, index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: PROMETHEUS,
    editorMode: 'code',
    expr,
    legendFormat: legend ?? '__auto',
    format,
    instant,
    range: !instant,
  }));

const steps = (of: readonly (readonly [number, Color])[], base: Color): Json => ({
  mode: 'absolute',
  steps: [{ color: base, value: null }, ...of.map(([value, color]) => ({ color, value }))],
});

const mappings = (states: readonly (readonly [string, Color])[]): Json => [
  {
    type: 'value',
    options: Object.fromEntries(
      states.map(([text, color], index) => [index, { text, color, index }]),
    ),
  },
];

const stat = (panel: Of<'stat'>): Fields => ({
  type: 'stat',
  datasource: PROMETHEUS,
  targets: targets(panel.queries.map((query) => ({ ...query, instant: true }))),
  fieldConfig: {
    defaults: {
      unit: panel.unit,
      color: { mode: 'thresholds' },
      thresholds: steps(panel.steps ?? [], panel.steps === undefined ? 'text' : 'green'),
    },
    overrides: [],
  },
  options: {
    colorMode: 'value',
    graphMode: 'none',
    textMode: panel.queries.length > 1 ? 'value_and_name' : 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  },
});

const timeseries = (panel: Of<'timeseries'>): Fields => {
  const bars = panel.look === 'bars';
  return {
    type: 'timeseries',
    datasource: PROMETHEUS,
    targets: targets(panel.queries),
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        min: 0,
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: bars ? 'bars' : 'line',
          fillOpacity: bars ? 70 : 10,
          lineWidth: 1,
          showPoints: 'never',
          stacking: { mode: bars ? 'normal' : 'none', group: 'A' },
        },
      },
      overrides: Object.entries(panel.colors ?? {}).map(([name, fixedColor]) => ({
        matcher: { id: 'byName', options: name },
        properties: [{ id: 'color', value: { mode: 'fixed', fixedColor } }],
      })),
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
};

const heatmap = (panel: Of<'heatmap'>): Fields => ({
  type: 'heatmap',
  datasource: PROMETHEUS,
  targets: targets(panel.queries.map((query) => ({ ...query, format: 'heatmap' }))),
  fieldConfig: { defaults: {}, overrides: [] },
  options: {
    calculate: false,
    cellGap: 1,
    color: { mode: 'scheme', scheme: 'Oranges', steps: 64, exponent: 0.5 },
    yAxis: { unit: panel.unit, axisPlacement: 'left' },
    rowsFrame: { layout: 'auto' },
    filterValues: { le: 1e-9 },
    tooltip: { mode: 'single', yHistogram: false },
    legend: { show: true },
  },
});

const stateTimeline = (panel: Of<'state-timeline'>): Fields => ({
  type: 'state-timeline',
  datasource: PROMETHEUS,
  targets: targets(panel.queries),
  fieldConfig: {
    defaults: {
      mappings: mappings(panel.states),
      color: { mode: 'thresholds' },
      custom: { fillOpacity: 80, lineWidth: 0 },
    },
    overrides: [],
  },
  options: {
    mergeValues: true,
    showValue: 'never',
    rowHeight: 0.9,
    perPage: 20,
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'single' },
  },
});

/** The queries of a table are joined by their labels; each gives one column. */
const table = (panel: Of<'table'>): Fields => {
  // With one query alone Grafana does not number the column.
  const field = (index: number): string =>
    panel.queries.length === 1 ? 'Value' : `Value #${String.fromCodePoint(65 + index)}`;
  const hidden = ['Time', '__name__', ...(panel.hidden ?? [])];
  return {
    type: 'table',
    datasource: PROMETHEUS,
    targets: targets(
      panel.queries.map((query) => ({ ...query, format: 'table', instant: true }) as const),
    ),
    transformations: [
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: Object.fromEntries(hidden.map((name) => [name, true])),
          renameByName: Object.fromEntries(
            panel.columns.map(({ name }, index) => [field(index), name]),
          ),
        },
      },
    ],
    fieldConfig: {
      defaults: { unit: panel.unit, custom: { filterable: true } },
      overrides: panel.columns.map(({ name, unit, states }) => ({
        matcher: { id: 'byName', options: name },
        properties: [
          ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
          ...(states === undefined
            ? []
            : [
                { id: 'mappings', value: mappings(states) },
                { id: 'custom.cellOptions', value: { type: 'color-text' } },
              ]),
        ],
      })),
    },
    options: { showHeader: true, cellHeight: 'sm', footer: { show: false } },
  };
};

const traces = (panel: Of<'traces'>): Fields => ({
  type: 'table',
  datasource: TEMPO,
  targets: [
    {
      refId: 'A',
      datasource: TEMPO,
      queryType: 'traceql',
      query: panel.query,
      tableType: 'spans',
      limit: 50,
    },
  ],
  fieldConfig: { defaults: {}, overrides: [] },
  options: { showHeader: true, cellHeight: 'sm' },
});

/** Every PromQL expression of a dashboard, with the panel that asks it. */
export const queriesOf = (
  dashboard: Dashboard,
): { readonly panel: string; readonly expr: string }[] =>
  dashboard.rows.flatMap(({ panels }) =>
    panels.flatMap((panel) =>
      panel.kind === 'traces'
        ? []
        : panel.queries.map(({ expr }) => ({ panel: panel.title, expr })),
    ),
  );
