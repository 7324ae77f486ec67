/**
 * From faults to issues: finds the line and column of each fault by reading its file a second time.
 * Nothing here runs for a configuration without faults.
 */
import { EVENT_ID, type Event, getScalarValue, parseEvents, type ScalarEvent } from 'js-yaml';
import type { Issue } from './config.ts';
import { type Faults, type Found, type Path, type Place, pathText } from './issue.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { offsetOf, type YamlFile } from './yaml.ts';

/** A source of positions. `file` is null when its text cannot be read as YAML. */
export interface Source {
  readonly name: string;
  readonly text: string;
  readonly file: YamlFile | null;
}

interface Spot {
  readonly key: number;
  readonly value: number;
  /** Offset where the characters of a scalar begin, when they stand in the text as they are. */
  readonly chars: number | null;
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** All kept faults as issues, by file and line, and a last one that counts the rest. */
export function issuesOf(faults: Faults, sources: readonly Source[]): Issue[] {
  const places = faults.kept.flatMap((found) =>
    found.kind === 'text'
      ? []
      : [found.fault.other?.place, found.place].filter((place) => place !== undefined),
  );
  const map: SourceMap = { sources, spots: locateAll(places, sources), positionIn: positions() };
  const rank = new Map(sources.map((source, index) => [source.name, index]));
  const issues = faults.kept
    .map((found) => (found.kind === 'text' ? textIssue(found, map) : placeIssue(found, map)))
    .sort(
      (a, b) =>
        (rank.get(a.file) ?? -1) - (rank.get(b.file) ?? -1) ||
        a.line - b.line ||
        a.column - b.column,
    );
  const last = issues.at(-1);
  const more = faults.total - faults.kept.length;
  if (last !== undefined && more > 0) {
    issues.push({ ...last, path: '', message: `and ${more} more`, expected: '' });
  }
  return issues;
}

/** The line of each place, 1 for one that cannot be found. */
export function linesOf(places: readonly Place[], sources: readonly Source[]): number[] {
  const spots = locateAll(places, sources);
  const positionIn = positions();
  return places.map((place) => {
    const text = sources[place.file]?.text ?? '';
    return positionIn(text, spots.get(place)?.value ?? 0).line;
  });
}

interface SourceMap {
  readonly sources: readonly Source[];
  readonly spots: Spots;
  readonly positionIn: PositionIn;
}

/** What a fault that is in no file is shown as. */
const NOWHERE: Source = { name: 'environment', text: '', file: null };

function textIssue(
  { file, fault }: Extract<Found, { kind: 'text' }>,
  { sources, positionIn }: SourceMap,
): Issue {
  const { name, text } = sources[file] ?? NOWHERE;
  const { offset, path, expected, firstAt } = fault;
  let { message } = fault;
  if (firstAt !== undefined) {
    const first = positionIn(text, firstAt);
    message += `; the first is at ${name}:${first.line}:${first.column}`;
  }
  return { file: name, ...positionIn(text, offset), path: pathText(path), message, expected };
}

function placeIssue(
  { place, fault }: Extract<Found, { kind: 'place' }>,
  { sources, spots, positionIn }: SourceMap,
): Issue {
  const { name, text } = sources[place.file] ?? NOWHERE;
  const spot = spots.get(place);
  let offset = (fault.onKey === true ? spot?.key : spot?.value) ?? 0;
  if (fault.at !== undefined && spot?.chars != null) offset = spot.chars + fault.at;
  let { message } = fault;
  if (fault.other !== undefined) {
    const other = sources[fault.other.place.file] ?? NOWHERE;
    const at = positionIn(other.text, spots.get(fault.other.place)?.key ?? 0);
    message += `; ${fault.other.words} ${other.name}:${at.line}:${at.column}`;
  }
  const expected = fault.expected ?? '';
  const path = pathText(place.path);
  return { file: name, ...positionIn(text, offset), path, message, expected };
}

/** Lines and columns count from 1; columns in UTF-16 units, as editors count them. */
type PositionIn = (text: string, offset: number) => Position;

/** Knows the lines of each text that it was asked of, so that many offsets in a large one are cheap. */
function positions(): PositionIn {
  const known = new Map<string, readonly number[]>();
  return (text, offset) => {
    const starts = known.get(text) ?? lineStarts(text);
    known.set(text, starts);
    const end = Math.min(Math.max(offset, 0), text.length);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= end) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: end - (starts[low] ?? 0) + 1 };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

type Spots = ReadonlyMap<Place, Spot>;

function locateAll(places: readonly Place[], sources: readonly Source[]): Spots {
  const spots = new Map<Place, Spot>();
  const byText = new Map<
    string,
    { events: string; shift: (offset: number) => number; wanted: Wanted }
  >();
  for (const place of places) {
    const file = sources[place.file]?.file;
    if (file == null) continue;
    const part = partOf(file, place.path);
    const id = `${place.file}:${part.id}`;
    let entry = byText.get(id);
    if (entry === undefined) {
      entry = {
        events: part.text(),
        shift: part.shift,
        wanted: { children: new Map(), places: [] },
      };
      byText.set(id, entry);
    }
    want(entry.wanted, part.path, place);
  }
  for (const { events, shift, wanted } of byText.values()) {
    for (const [place, spot] of locate(events, wanted)) {
      spots.set(place, {
        key: shift(spot.key),
        value: shift(spot.value),
        chars: spot.chars === null ? null : shift(spot.chars),
      });
    }
  }
  return spots;
}

/** The part of a file's text that has to be read to find a path. */
function partOf(file: YamlFile, path: Path) {
  const [section, index] = path;
  if (file.pieces !== null && section === 'jobs' && typeof index === 'number') {
    const at = file.pieces.findLastIndex((piece) => piece.first <= index);
    const piece = file.pieces[at];
    if (piece !== undefined) {
      return {
        id: at,
        text: () => file.text.slice(piece.start, piece.end),
        path: [index - piece.first, ...path.slice(2)],
        shift: (offset: number) => offset + piece.start,
      };
    }
  }
  const { start, end } = file.gap;
  return {
    id: -1,
    text: () => file.skeleton,
    path,
    shift: (offset: number) => (offset >= start ? offset + end - start : offset),
  };
}

/** A tree of the paths that are looked for. */
interface Wanted {
  readonly children: Map<string | number, Wanted>;
  readonly places: Place[];
}

function want(root: Wanted, path: Path, place: Place): void {
  let node = root;
  for (const part of path) {
    let next = node.children.get(part);
    if (next === undefined) {
      next = { children: new Map(), places: [] };
      node.children.set(part, next);
    }
    node = next;
  }
  node.places.push(place);
}

/** A path that the text does not have (a missing key, or one that came by alias) gets its nearest ancestor. */
function locate(text: string, wanted: Wanted): Map<Place, Spot> {
  const spots = new Map<Place, Spot>();
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: CONFIG_LIMITS.depth });
  } catch {
    return spots;
  }
  let at = 1;
  const give = (node: Wanted, spot: Spot): void => {
    for (const place of node.places) spots.set(place, spot);
    for (const child of node.children.values()) give(child, { ...spot, chars: null });
  };
  const skip = (): void => {
    let open = 0;
    do {
      const type = events[at]?.type;
      if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) open += 1;
      else if (type === EVENT_ID.POP) open -= 1;
      at += 1;
    } while (open > 0 && at < events.length);
  };
  const walk = (node: Wanted | undefined, key: number | null): void => {
    const event = events[at];
    if (node === undefined || event === undefined) return skip();
    const value = spotOf(event, key, text);
    give(node, value);
    if (node.children.size === 0) return skip();
    if (event.type === EVENT_ID.SEQUENCE) {
      at += 1;
      for (let index = 0; isOpen(events[at]); index += 1) walk(node.children.get(index), null);
      at += 1;
    } else if (event.type === EVENT_ID.MAPPING) {
      at += 1;
      while (isOpen(events[at])) {
        const keyEvent = events[at];
        const name = keyEvent?.type === EVENT_ID.SCALAR ? getScalarValue(text, keyEvent) : null;
        const keyAt = spotOf(keyEvent, null, text).value;
        skip();
        walk(name === null ? undefined : node.children.get(name), keyAt);
      }
      at += 1;
    } else skip();
  };
  walk(wanted, null);
  return spots;
}

const isOpen = (event: Event | undefined): boolean =>
  event !== undefined && event.type !== EVENT_ID.POP;

function spotOf(event: Event | undefined, key: number | null, text: string): Spot {
  const isScalar = event?.type === EVENT_ID.SCALAR;
  // An empty value has no text of its own: its key stands in.
  if (isScalar && event.valueStart < 0) return { key: key ?? 0, value: key ?? 0, chars: null };
  const start = offsetOf(event);
  const quoted = isScalar && /["']/.test(text[start - 1] ?? '') ? 1 : 0;
  const value = start - quoted;
  return { key: key ?? value, value, chars: isScalar ? charsOf(event, text) : null };
}

function charsOf(event: ScalarEvent, text: string): number | null {
  const { valueStart, valueEnd } = event;
  return getScalarValue(text, event) === text.slice(valueStart, valueEnd) ? valueStart : null;
}
