/**
 * `POST /api/v1/schedules/preview`: what a schedule means, or what is wrong with it, one at a time or many.
 */
import { type PreviewItem, type PreviewResult, previewSchedule } from '../core/schedule/preview.ts';
import type { Instant } from '../core/time.ts';
import type { Handle } from './call.ts';
import { type ProblemPart, Refusal } from './problem.ts';
import { json } from './reply.ts';

const ITEMS_MAX = 1_000;
const TEXTS = ['schedule', 'every', 'calendar', 'dialect', 'timezone', 'from'] as const;
const FIELDS: ReadonlySet<string> = new Set([...TEXTS, 'count']);

/** A list answers 200 with an error for each item that has one; a single item that is wrong is a 400. */
export const previewEndpoint: Handle = ({ body, now }) => {
  if (!isRecord(body)) throw refusal([{ pointer: '', detail: 'expected an object' }]);
  if (!('items' in body)) return json(previewOne(body, now));
  const { items } = body;
  if (!Array.isArray(items) || items.length > ITEMS_MAX)
    throw refusal([{ pointer: '/items', detail: `expected a list of at most ${ITEMS_MAX}` }]);
  return json({ items: items.map((item: unknown) => previewOfMany(item, now)) });
};

const previewOne = (given: Readonly<Record<string, unknown>>, now: Instant): object => {
  const item = readItem(given);
  if ('errors' in item) throw refusal(item.errors);
  const result = previewSchedule(item.value, now);
  if (result.kind === 'ok') return shown(result);
  const { field, message, expected } = result;
  throw refusal([{ pointer: `/${field}`, detail: sentence(message, expected) }]);
};

const previewOfMany = (given: unknown, now: Instant): object => {
  const item = isRecord(given)
    ? readItem(given)
    : { errors: [{ pointer: '', detail: 'expected an object' }] };
  if ('errors' in item) {
    const [{ pointer, detail } = { pointer: '', detail: '' }] = item.errors;
    return { error: { field: pointer.slice(1), message: detail } };
  }
  const result = previewSchedule(item.value, now);
  if (result.kind === 'ok') return shown(result);
  const { field, message, expected, at } = result;
  return { error: { field, message, expected, ...(at !== undefined && { at }) } };
};

const shown = (result: Extract<PreviewResult, { kind: 'ok' }>): object => {
  const { text, next, policy, timezone, notes } = result;
  return { text, next, policy, timezone, notes };
};

type ItemResult =
  | { readonly value: PreviewItem }
  | { readonly errors: readonly { readonly pointer: string; readonly detail: string }[] };

/** Checks shapes only; whether the words mean anything is the core's to say. */
const readItem = (given: Readonly<Record<string, unknown>>): ItemResult => {
  const errors = Object.entries(given).flatMap(([name, value]) => {
    const pointer = `/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!FIELDS.has(name)) return [{ pointer, detail: 'is not known here' }];
    if (name === 'count')
      return typeof value === 'number' ? [] : [{ pointer, detail: 'expected a number' }];
    if (typeof value !== 'string') return [{ pointer, detail: 'expected text' }];
    const isDialect = value === 'vixie' || value === 'wall';
    return name !== 'dialect' || isDialect ? [] : [{ pointer, detail: 'expected vixie or wall' }];
  });
  return errors.length > 0 ? { errors } : { value: given };
};

const sentence = (message: string, expected: string): string =>
  expected === '' ? message : `${message}; expected ${expected}`;

const refusal = (errors: readonly ProblemPart[]): Refusal =>
  new Refusal({
    code: 'bad_request',
    detail:
      `The schedule cannot be previewed: ${errors.map(({ detail }) => detail).join(', ')}.`.slice(
        0,
        500,
      ),
    errors: errors.slice(0, 20),
  });

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
