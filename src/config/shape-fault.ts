/**
 * From what zod found to faults in plain words: what stands there, what was expected, and for an unknown key
 * the key that was probably meant. Values are shown only where no secret can stand.
 */
import type { z } from 'zod';
import {
  type Faults,
  inside,
  keyText,
  nearest,
  type Path,
  type Place,
  valueText,
} from './issue.ts';
import { isMap } from './yaml.ts';

type ZodIssue = z.core.$ZodIssue;

export interface ShapeContext {
  readonly faults: Faults;
  /** Where `raw` stands. */
  readonly place: Place;
  /** Secrets may stand here: say what kind a value has, not what it is. */
  readonly secret?: boolean;
}

export interface Shaped<Value> {
  readonly value: Value;
  /** Keys that were left out of `value` because of their faults. */
  readonly dropped: ReadonlySet<string>;
}

/**
 * Adds the faults of shape. What is left of a map without its faulty keys is still given back, so that the
 * other keys are checked in the same run; null when nothing is left that has the shape.
 */
export function checkShape<Shape extends z.ZodType>(
  shape: Shape,
  raw: unknown,
  context: ShapeContext,
): Shaped<z.infer<Shape>> | null {
  const result = shape.safeParse(raw);
  if (result.success) return { value: result.data, dropped: new Set() };
  const { issues } = result.error;
  for (const issue of issues) addIssue(issue, { ...context, raw, shape });
  if (!isMap(raw)) return null;
  const faulty = issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path];
  });
  const dropped = new Set(faulty.map((path) => String(path[0])));
  // First without the faulty leaves, and when that is not enough, without the keys that hold them.
  for (const rest of [
    without(raw, faulty),
    without(
      raw,
      faulty.map((path) => path.slice(0, 1)),
    ),
  ]) {
    const again = shape.safeParse(rest);
    if (again.success) return { value: again.data, dropped };
  }
  return null;
}

/** A copy without the values at the paths; of a list in the way, the key that holds it goes. */
function without(map: Record<string, unknown>, paths: readonly Path[]): Record<string, unknown> {
  const copy = Object.fromEntries(Object.entries(map));
  for (const [key, next] of new Map(paths.map((path) => [String(path[0]), path[1]]))) {
    const value = copy[key];
    if (typeof next === 'string' && isMap(value)) {
      const below = paths.filter((path) => path[0] === key).map((path) => path.slice(1));
      copy[key] = without(value, below);
    } else delete copy[key];
  }
  return copy;
}

interface IssueContext extends ShapeContext {
  readonly raw: unknown;
  readonly shape: z.ZodType;
}

function addIssue(issue: ZodIssue, context: IssueContext): void {
  const { faults, place, raw } = context;
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const here = inside(place, ...path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(context.shape, path);
    for (const key of issue.keys) addUnknownKey({ key, at: here, known, faults });
    return;
  }
  const value = valueAt(raw, path);
  const { message, expected } = wordsOf(issue);
  const key = keyText(here.path);
  if (message !== null) faults.add(here, { message: `${key}: ${message}`, expected });
  else faults.add(here, { message: `${key} is ${said(value, issue, context)}`, expected });
}

function said(value: unknown, issue: ZodIssue, { secret }: IssueContext): string {
  if (issue.code === 'too_big' && typeof value === 'string')
    return `${value.length} characters long`;
  if (issue.code === 'too_big' && Array.isArray(value)) return `a list of ${value.length}`;
  // A job's uuid is a secret too: whoever has it can report.
  const hidden = secret === true || issue.path.at(-1) === 'uuid';
  if (!hidden || value === undefined || value === null) return valueText(value);
  if (value === '') return 'empty text';
  return (
    { string: 'a text that does not fit', number: 'a number' }[typeof value as string] ??
    valueText(value)
  );
}

/** Our own shapes say only what was expected; those of channels may say more, in zod's manner. */
function wordsOf(issue: ZodIssue): { message: string | null; expected: string } {
  const { message } = issue;
  if (message.startsWith('Invalid input')) {
    return {
      message: null,
      expected: issue.code === 'invalid_type' ? (KINDS[issue.expected] ?? issue.expected) : '',
    };
  }
  const split = /^(?:(.*); )?expected (.*)$/s.exec(message);
  if (split !== null) return { message: split[1] ?? null, expected: split[2] ?? '' };
  if (issue.code === 'custom') return { message, expected: '' };
  return { message: null, expected: message };
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  int: 'a whole number',
};

export function addUnknownKey(unknown: {
  key: string;
  at: Place;
  known: readonly string[];
  faults: Faults;
}): void {
  const { key, at, known, faults } = unknown;
  const place = inside(at, key);
  const shown = keyText([key]);
  if (isUnsupported(at.path, key)) {
    const expected = key.endsWith('_configs')
      ? known.filter((one) => one.endsWith('_configs'))
      : [];
    const message = `${shown} is not supported by this version`;
    faults.add(place, { onKey: true, message, expected: expected.join(', ') });
    return;
  }
  const meant = nearest(key, known);
  if (meant !== undefined) {
    faults.add(place, { onKey: true, message: `unknown key ${shown}; did you mean \`${meant}\`?` });
    return;
  }
  faults.add(place, { onKey: true, message: `unknown key ${shown}`, expected: known.join(', ') });
}

/** Keys of Alertmanager's and of our own later versions that are refused by name, not as a slip. */
const UNSUPPORTED: readonly (readonly [RegExp, RegExp])[] = [
  [/^$/, /^(?:templates|escalations|tracing)$/],
  [/^receivers\.\d+$/, /^(?:[a-z0-9]+_configs|labels)$/],
  [
    /^receivers\.\d+\.[a-z0-9]+_configs\.\d+$/,
    /^(?:http_config|headers|html|text|tls_config|title|payload)$/,
  ],
  [/^route(?:\.routes\.\d+)*$/, /^(?:labels|escalation)$/],
  [/^tiers\.P[012]$/, /^(?:receiver|repeat_interval|escalation|digest)$/],
  [
    /^global$/,
    /^(?:smtp_auth_(?:secret|secret_file|identity)|(?:slack|pagerduty|opsgenie|victorops|wechat|webex|telegram|jira|rocketchat|mattermost|incidentio)_.*|http_config)$/,
  ],
];

function isUnsupported(path: Path, key: string): boolean {
  const text = path.join('.');
  return UNSUPPORTED.some(([where, what]) => where.test(text) && what.test(key));
}

function valueAt(raw: unknown, path: Path): unknown {
  let value = raw;
  for (const part of path) {
    if (Array.isArray(value) && typeof part === 'number') value = value[part];
    else if (isMap(value) && Object.hasOwn(value, part)) value = value[part];
    else return undefined;
  }
  return value;
}

/** The keys that a shape knows at a path; none when it knows none there. */
function keysAt(shape: z.ZodType, path: Path): string[] {
  let here: readonly z.ZodType[] = [shape];
  for (const part of path) here = here.flatMap((one) => childrenOf(one, part));
  return here.flatMap((one) => Object.keys(unwrapped(one).shape ?? {}));
}

function childrenOf(schema: z.ZodType, part: string | number): readonly z.ZodType[] {
  const { shape, element, valueType, options } = unwrapped(schema);
  const child = shape?.[part] ?? element ?? valueType;
  if (child !== undefined) return [child];
  return options?.flatMap((one) => childrenOf(one, part)) ?? [];
}

/** What zod says of a schema, as far as it is needed here. */
interface Description {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly innerType?: z.ZodType;
  /** The left side of a pipe. */
  readonly in?: z.ZodType;
}

/** The description without the optional, nullable or pipe around it. */
function unwrapped(schema: z.ZodType): Description {
  let description = schema.def as Description;
  for (let depth = 0; depth < 16; depth += 1) {
    const inner = description.innerType ?? description.in;
    if (inner === undefined) break;
    description = inner.def;
  }
  return description;
}
