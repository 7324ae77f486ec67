/** The JSON Schema of a YAML file, for editors; made from the shapes that check it. */
import { z } from 'zod';
import { documentShape } from './shape.ts';

export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(documentShape, { io: 'input', target: 'draft-2020-12' });
  const named = { $schema: schema.$schema, title: 'Tocsin', ...schema };
  return `${JSON.stringify(relaxed(named), null, 2)}\n`;
}

/** What `global` can give an email entry is not required of the entry. */
const GIVEN_BY_GLOBAL = new Set(['from', 'smarthost']);

/** Takes out what only the loader can know. */
function relaxed(node: unknown, key = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => relaxed(item));
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'required' && key !== 'properties' && Array.isArray(value)) {
      const left = value.filter((one) => !GIVEN_BY_GLOBAL.has(String(one)));
      return left.length === 0 ? [] : [[name, left]];
    }
    // The bounds of JavaScript's whole numbers say nothing to a person.
    if (Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER) return [];
    return [[name, relaxed(value, name)]];
  });
  return Object.fromEntries(entries);
}
