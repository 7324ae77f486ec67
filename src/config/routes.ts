/**
 * The routing tree with Alertmanager's inheritance (its dispatch package): receiver, group_by and the three
 * timers come from the parent unless set; matchers, continue and time intervals do not.
 */
import type { Matcher } from '../core/alert/alert.ts';
import { isLabelName } from '../core/alert/labels.ts';
import { compareMatchers, formatMatcher } from '../core/alert/matcher.ts';
import { formatDuration } from '../core/duration.ts';
import type { Route } from '../core/route/route.ts';
import { type Duration, duration, HOUR, MINUTE, SECOND } from '../core/time.ts';
import { cut, inside, keyText, nearest, type Place } from './issue.ts';
import { CONFIG_LIMITS, LENGTHS } from './limits.ts';
import { type Bounds, bounds, type Reader } from './read.ts';
import { type RawRoute, routeNodeShape } from './shape.ts';
import { checkShape, type Shaped } from './shape-fault.ts';

/** What a route hands down. */
type Inherited = Pick<
  Route,
  'receiver' | 'groupBy' | 'groupWait' | 'groupInterval' | 'repeatInterval'
>;

/** Alertmanager's defaults. */
const TOP: Inherited = {
  receiver: '',
  groupBy: [],
  groupWait: duration(30 * SECOND),
  groupInterval: duration(5 * MINUTE),
  repeatInterval: duration(4 * HOUR),
};

export interface RouteContext {
  readonly reader: Reader;
  /** null: a file that could not be read may hold more, so that names are not checked. */
  readonly receivers: ReadonlyMap<string, unknown> | null;
  readonly intervals: ReadonlyMap<string, unknown> | null;
}

/** The tree for a configuration that has none: everything goes to one receiver. */
export const onlyRoute = (receiver: string): Route => ({
  ...TOP,
  index: 0,
  key: '{}',
  receiver,
  matchers: [],
  continue: false,
  muteTimeIntervals: [],
  activeTimeIntervals: [],
  routes: [],
});

export function compileRoutes(raw: unknown, place: Place, context: RouteContext): Route | null {
  return new RouteCompiler(context).node(raw, place, null);
}

interface Parent {
  readonly depth: number;
  readonly key: string;
  readonly inherited: Inherited;
}

const FROM_ZERO: Bounds = bounds(0, LENGTHS.routeTimer);
const ABOVE_ZERO: Bounds = bounds(1, LENGTHS.routeTimer);

class RouteCompiler {
  readonly #context: RouteContext;
  #count = 0;

  constructor(context: RouteContext) {
    this.#context = context;
  }

  /** Null when no more routes are taken. A node with faults still stands, so that its children are checked. */
  node(value: unknown, place: Place, parent: Parent | null): Route | null {
    const { faults } = this.#context.reader;
    const depth = (parent?.depth ?? 0) + 1;
    if (this.#count >= CONFIG_LIMITS.routes || depth > CONFIG_LIMITS.routeDepth) {
      const [message, expected] =
        depth > CONFIG_LIMITS.routeDepth
          ? ['the routes are nested too deep', `at most ${CONFIG_LIMITS.routeDepth} levels`]
          : ['there are too many routes', `at most ${CONFIG_LIMITS.routes}`];
      faults.add(place, { message, expected });
      return null;
    }
    const index = this.#count;
    this.#count += 1;
    const shaped = checkShape(routeNodeShape, value, { faults, place });
    const raw = shaped?.value ?? {};
    const matchers = this.#matchers(raw, place);
    if (parent === null && shaped !== null) this.#checkRoot(shaped, matchers, place);
    const inherited = this.#inherited(raw, place, parent?.inherited ?? TOP);
    const key = parent === null ? '{}' : `${parent.key}/{${matchers.map(formatMatcher).join(',')}}`;
    const muteTimeIntervals = this.#intervals(raw, 'mute_time_intervals', place);
    const activeTimeIntervals = this.#intervals(raw, 'active_time_intervals', place);
    const routes: Route[] = [];
    for (const [child, below] of (raw.routes ?? []).entries()) {
      const here = inside(place, 'routes', child);
      const route = this.node(below, here, { depth, key, inherited });
      if (route === null) break;
      routes.push(route);
    }
    return {
      index,
      key,
      ...inherited,
      matchers,
      continue: raw.continue ?? false,
      muteTimeIntervals,
      activeTimeIntervals,
      routes,
    };
  }

  #matchers(raw: RawRoute, place: Place): Matcher[] {
    const found = this.#context.reader.matchers(
      {
        list: { key: 'matchers', value: raw.matchers },
        equal: { key: 'match', value: raw.match },
        pattern: { key: 'match_re', value: raw.match_re },
      },
      place,
    );
    return (found ?? []).sort(compareMatchers);
  }

  #checkRoot({ value: raw, dropped }: Shaped<RawRoute>, matchers: Matcher[], place: Place): void {
    const { faults } = this.#context.reader;
    if (raw.receiver === undefined && dropped.size === 0) {
      faults.add(place, {
        message: 'the first route has no receiver',
        expected: '`receiver: name`',
      });
    }
    if (matchers.length > 0) {
      const message = 'the first route must match every alert, so it has no matchers';
      faults.add(place, { message, expected: 'the matchers in a route below `routes`' });
    }
    if (raw.continue === true) {
      const message = '`continue` has no meaning in the first route';
      faults.add(inside(place, 'continue'), { onKey: true, message });
    }
    for (const key of ['mute_time_intervals', 'active_time_intervals'] as const) {
      if ((raw[key] ?? []).length === 0) continue;
      const message = `the first route cannot have \`${key}\``;
      const expected = 'it in a route below `routes`';
      faults.add(inside(place, key), { onKey: true, message, expected });
    }
  }

  #inherited(raw: RawRoute, place: Place, parent: Inherited): Inherited {
    const { reader } = this.#context;
    const timer = (
      key: 'group_wait' | 'group_interval' | 'repeat_interval',
      limits: Bounds,
    ): Duration | null => {
      const text = raw[key];
      return text === undefined ? null : reader.duration(text, inside(place, key), limits);
    };
    const inherited: Inherited = {
      receiver: this.#receiver(raw, place) ?? parent.receiver,
      groupBy: this.#groupBy(raw, place) ?? parent.groupBy,
      groupWait: timer('group_wait', FROM_ZERO) ?? parent.groupWait,
      groupInterval: timer('group_interval', ABOVE_ZERO) ?? parent.groupInterval,
      repeatInterval: timer('repeat_interval', ABOVE_ZERO) ?? parent.repeatInterval,
    };
    const { groupInterval, repeatInterval } = inherited;
    const setsTimer = raw.group_interval !== undefined || raw.repeat_interval !== undefined;
    if (setsTimer && repeatInterval < groupInterval) {
      const key = raw.repeat_interval === undefined ? 'group_interval' : 'repeat_interval';
      const message = `repeat_interval ${formatDuration(repeatInterval)} is shorter than group_interval ${formatDuration(groupInterval)}; messages repeat at the latter`;
      reader.warnings.add(inside(place, key), { message });
    }
    return inherited;
  }

  #receiver(raw: RawRoute, place: Place): string | null {
    const { reader, receivers } = this.#context;
    if (raw.receiver === undefined) return null;
    if (receivers !== null && !receivers.has(raw.receiver)) {
      const message = `there is no receiver ${JSON.stringify(cut(raw.receiver, 64))}`;
      const expected = `a name from \`receivers\`${suchAs(raw.receiver, receivers)}`;
      reader.faults.add(inside(place, 'receiver'), { message, expected });
    }
    return raw.receiver;
  }

  #groupBy(raw: RawRoute, place: Place): readonly string[] | 'all' | null {
    const { faults } = this.#context.reader;
    if (raw.group_by === undefined || raw.group_by === null) return null;
    const seen = new Set<string>();
    for (const [index, label] of raw.group_by.entries()) {
      const here = inside(place, 'group_by', index);
      const key = keyText(here.path);
      if (label !== '...' && !isLabelName(label)) {
        faults.add(here, { message: `${key} is no label name`, expected: 'a label name' });
      } else if (seen.has(label)) {
        const message = `${key}: the label ${JSON.stringify(cut(label, 64))} stands twice`;
        faults.add(here, { message, expected: 'each label once' });
      }
      seen.add(label);
    }
    if (!seen.has('...')) return raw.group_by;
    if (raw.group_by.length > 1) {
      const message = "'...' means all labels and cannot stand beside others";
      faults.add(inside(place, 'group_by'), { message, expected: "['...'] alone" });
    }
    return 'all';
  }

  #intervals(
    raw: RawRoute,
    key: 'mute_time_intervals' | 'active_time_intervals',
    place: Place,
  ): readonly string[] {
    const { reader, intervals } = this.#context;
    const names = raw[key] ?? [];
    if (intervals === null) return names;
    for (const [index, name] of names.entries()) {
      if (intervals.has(name)) continue;
      const message = `there is no time interval ${JSON.stringify(cut(name, 64))}`;
      const expected = `a name from \`time_intervals\`${suchAs(name, intervals)}`;
      reader.faults.add(inside(place, key, index), { message, expected });
    }
    return names;
  }
}

function suchAs(name: string, known: ReadonlyMap<string, unknown>): string {
  const meant = nearest(name, known.keys());
  return meant === undefined ? '' : `, such as ${JSON.stringify(meant)}`;
}
