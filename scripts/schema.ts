/** Writes rules/tocsin.schema.json, the JSON Schema of the YAML files, from the shapes that also check them. */
import { writeFile } from 'node:fs/promises';
import { jsonSchemaText } from '../src/config/json-schema.ts';

await writeFile(new URL('../rules/tocsin.schema.json', import.meta.url), jsonSchemaText());
