/**
 * YAML text -> plain values, with js-yaml. One document a file; duplicate keys, aliases that grow without
 * bound and values that contain themselves are faults. A large file that is mainly a block list of jobs is
 * cut at the list's items and read piece by piece, because the events of a 20 MB text take half a gigabyte.
 * Invariant: for a good file, reading by pieces and reading whole give the same; for a bad one, pieces tell of
 * every fault that the whole does, and maybe of more, since a fault ends only its piece.
 */
import {
  CORE_SCHEMA,
  constructFromEvents,
  defineMappingTag,
  EVENT_ID,
  type Event,
  getScalarValue,
  mapTag,
  mergeTag,
  parseEvents,
  YAMLException,
} from 'js-yaml';
import type { Path, TextFault } from './issue.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { splitJobs } from './split.ts';
import { plainWords } from './yaml-words.ts';

// Merge keys (`<<`) are not in YAML 1.2, but Alertmanager's reader knows them and its files use them.
const SCHEMA = CORE_SCHEMA.withTags(
  mergeTag,
  defineMappingTag<Record<string, unknown>>('tag:yaml.org,2002:map', {
    ...mapTag,
    // zod leaves this key out without a word, and nobody means it.
    addPair: (map, key, value) =>
      key === '__proto__' ? 'the key __proto__ is refused' : mapTag.addPair(map, key, value),
  }),
);

/** A run of list items, `text.slice(start, end)`; `first` is the index of the first in the whole list. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly first: number;
}

export interface YamlFile {
  readonly name: string;
  readonly text: string;
  /** The top-level mapping, without `jobs` when they are in `pieces`. */
  readonly sections: Readonly<Record<string, unknown>>;
  /** Where the jobs are, when the file is read by pieces. */
  readonly pieces: readonly Piece[] | null;
  /** What `sections` was read from: the text without what lies in `gap`. */
  readonly skeleton: string;
  readonly gap: { readonly start: number; readonly end: number };
}

export interface YamlRead {
  /** null when the text cannot be understood. */
  readonly file: YamlFile | null;
  readonly faults: readonly TextFault[];
}

/** Files longer than this are read by pieces of half of it, when their form allows. */
const SPLIT_ABOVE_CHARS = 256 * 1024;

export function readYaml(name: string, text: string, splitAbove = SPLIT_ABOVE_CHARS): YamlRead {
  const parts = text.length > splitAbove ? splitJobs(text, splitAbove / 2) : null;
  if (parts !== null) {
    const read = parse(parts.skeleton);
    // Anything odd in the rest of the file is left to the reading of the whole.
    if (
      read.faults.length === 0 &&
      isMap(read.value) &&
      read.block &&
      read.value['jobs'] === null
    ) {
      const { jobs: _, ...sections } = read.value;
      return { file: { name, text, sections, ...parts }, faults: [] };
    }
  }
  const read = parse(text);
  const whole = { name, text, pieces: null, skeleton: text, gap: { start: 0, end: 0 } };
  if (!read.ok) return { file: null, faults: read.faults };
  if (read.value === null || read.value === undefined) {
    return { file: { ...whole, sections: {} }, faults: read.faults };
  }
  if (!isMap(read.value)) {
    const message = 'the file is not a map of sections';
    const expected = 'keys such as jobs, route and receivers at the left margin';
    return { file: null, faults: [{ offset: read.start, path: [], message, expected }] };
  }
  return { file: { ...whole, sections: read.value }, faults: read.faults };
}

export interface Batch {
  readonly first: number;
  readonly items: readonly unknown[];
  readonly faults: readonly TextFault[];
}

/** The jobs of a file that is read by pieces, in order, up to the first fault of syntax. */
export function* jobBatches({ text, pieces }: YamlFile): Generator<Batch, void> {
  for (const [index, piece] of (pieces ?? []).entries()) {
    const { start, first } = piece;
    const read = parse(text.slice(start, piece.end));
    const items: readonly unknown[] = Array.isArray(read.value) ? read.value : [];
    if (read.faults.length === 0) {
      yield { first, items, faults: [] };
      continue;
    }
    // With the text behind it, a quote that is not closed is said to end where it does in the whole file.
    const end = pieces?.[index + 1]?.end ?? text.length;
    const wider = read.isText ? read : parse(text.slice(start, end));
    const { faults } = wider.ok ? read : wider;
    yield { first, items, faults: faults.map((fault) => ofWhole(fault, piece)) };
    if (!read.isText) return;
  }
}

/** A fault of a piece as it would be found in the whole file. */
function ofWhole(fault: TextFault, { start, first }: Piece): TextFault {
  const { offset, firstAt } = fault;
  const [index, ...rest] = fault.path;
  const path = typeof index === 'number' ? ['jobs', first + index, ...rest] : [];
  const moved = { ...fault, path, offset: offset + start };
  return firstAt === undefined ? moved : { ...moved, firstAt: firstAt + start };
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Parsed {
  readonly ok: boolean;
  /** The text has the form of YAML, whatever its values are. */
  readonly isText: boolean;
  readonly value: unknown;
  readonly faults: readonly TextFault[];
  /** Offset of the first node. */
  readonly start: number;
  /** The root is a block mapping. */
  readonly block: boolean;
}

const failed = (fault: TextFault, isText: boolean): Parsed => ({
  ok: false,
  isText,
  value: undefined,
  faults: [fault],
  start: fault.offset,
  block: false,
});

function parse(text: string): Parsed {
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: CONFIG_LIMITS.depth });
  } catch (error) {
    return failed(syntaxFault(error), false);
  }
  const excess = aliasFault(events, text) ?? documentFault(events);
  if (excess !== null) return failed(excess, true);
  const start = offsetOf(events[1]);
  const block = events[1]?.type === EVENT_ID.MAPPING && text.charCodeAt(start) !== 0x7b;
  try {
    const [value] = construct(events, text, false);
    return { ok: true, isText: true, value, faults: [], start, block };
  } catch (error) {
    const duplicates = duplicateKeys(events, text);
    if (duplicates.length === 0) return failed(syntaxFault(error), true);
    try {
      // The later of two equal keys stands in, so that the other faults of the file are found as well.
      const value = construct(events, text, true)[0];
      return { ok: true, isText: true, value, faults: duplicates, start, block };
    } catch (next) {
      return { ...failed(syntaxFault(next), true), faults: [...duplicates, syntaxFault(next)] };
    }
  }
}

function construct(events: Event[], source: string, json: boolean): unknown[] {
  return constructFromEvents(events, {
    source,
    schema: SCHEMA,
    json,
    maxTotalMergeKeys: CONFIG_LIMITS.mergeKeys,
  });
}

function syntaxFault(error: unknown): TextFault {
  if (error instanceof YAMLException) {
    const { message, expected } = plainWords(error.reason);
    return { offset: error.mark?.position ?? 0, path: [], message, expected };
  }
  // A stack or string that grew too large inside the reader; its own words help nobody.
  return {
    offset: 0,
    path: [],
    message: 'this YAML is too large or too deep to read',
    expected: '',
  };
}

/** Where an event begins in the text; 0 when it has no text of its own. */
export function offsetOf(event: Event | undefined): number {
  if (event === undefined) return 0;
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return Math.max(0, event.valueStart);
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return Math.max(0, event.start);
    case EVENT_ID.ALIAS:
      return Math.max(0, event.anchorStart - 1);
    default:
      return 0;
  }
}

function documentFault(events: readonly Event[]): TextFault | null {
  const second = events.findIndex((event, index) => index > 0 && event.type === EVENT_ID.DOCUMENT);
  if (second === -1) return null;
  return {
    offset: offsetOf(events[second + 1]),
    path: [],
    message: 'a second YAML document begins here',
    expected: 'one document a file; put it into a file of its own, without ---',
  };
}

/**
 * Refuses aliases that stand for too much. A few lines of nested aliases can mean billions of nodes
 * ("billion laughs"), and an alias inside its own anchor means endlessly many.
 */
function aliasFault(events: readonly Event[], text: string): TextFault | null {
  const sizes = new Map<string, number>();
  const open: { name: string | null; nodesBefore: number }[] = [];
  const unfinished = new Set<string>();
  let nodes = 0;
  let added = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.ALIAS) {
      const name = text.slice(event.anchorStart, event.anchorEnd);
      const offset = event.anchorStart - 1;
      if (unfinished.has(name)) {
        return {
          offset,
          path: [],
          message: `the alias *${name} stands inside itself`,
          expected: '',
        };
      }
      const size = sizes.get(name) ?? 1;
      nodes += size;
      added += size;
      if (added > CONFIG_LIMITS.aliasNodes) {
        const message = 'the aliases of this file stand for too many values';
        return { offset, path: [], message, expected: `at most ${CONFIG_LIMITS.aliasNodes}` };
      }
    } else if (event.type === EVENT_ID.POP) {
      const closed = open.pop();
      if (closed?.name == null) continue;
      sizes.set(closed.name, nodes - closed.nodesBefore);
      unfinished.delete(closed.name);
    } else if (event.type === EVENT_ID.DOCUMENT) {
      open.push({ name: null, nodesBefore: nodes });
    } else {
      const name = event.anchorStart < 0 ? null : text.slice(event.anchorStart, event.anchorEnd);
      if (event.type === EVENT_ID.SCALAR) {
        if (name !== null) sizes.set(name, 1);
      } else {
        open.push({ name, nodesBefore: nodes });
        if (name !== null) unfinished.add(name);
      }
      nodes += 1;
    }
  }
  return null;
}

/** All keys that stand twice in one mapping; js-yaml itself stops at the first. */
function duplicateKeys(events: readonly Event[], text: string): TextFault[] {
  const faults: TextFault[] = [];
  interface Frame {
    readonly seen: Map<string, number> | null;
    readonly path: Path;
    key: string | number;
    /** The next node is a key. */
    atKey: boolean;
  }
  const frames: Frame[] = [];
  const entered = (frame: Frame | undefined): Path =>
    frame === undefined ? [] : [...frame.path, frame.key];
  const finished = (frame: Frame | undefined) => {
    if (frame === undefined) return;
    if (frame.seen !== null) frame.atKey = !frame.atKey;
    else if (typeof frame.key === 'number') frame.key += 1;
  };
  for (const event of events) {
    const frame = frames.at(-1);
    if (event.type === EVENT_ID.DOCUMENT) continue;
    if (event.type === EVENT_ID.POP) {
      frames.pop();
      finished(frames.at(-1));
    } else if (event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) {
      const isMapping = event.type === EVENT_ID.MAPPING;
      const seen = isMapping ? new Map<string, number>() : null;
      frames.push({ seen, path: entered(frame), key: isMapping ? '' : 0, atKey: isMapping });
    } else {
      if (frame?.seen != null && frame.atKey && event.type === EVENT_ID.SCALAR) {
        const key = getScalarValue(text, event);
        const firstAt = frame.seen.get(key);
        frame.key = key;
        if (firstAt === undefined) frame.seen.set(key, offsetOf(event));
        else if (key !== '<<') {
          const message = `the key \`${key}\` stands twice in one map`;
          const path = entered(frame);
          faults.push({ offset: offsetOf(event), path, message, expected: '', firstAt });
        }
      }
      finished(frame);
    }
  }
  return faults;
}
