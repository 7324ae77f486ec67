/**
 * Writes rules/tocsin.schema.json, the JSON Schema of the YAML files, from the shapes that also check them.
 * With --check it writes nothing and exits 1 when the file is not what it should be.
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { jsonSchemaText } from '../src/config/json-schema.ts';

const file = new URL('../rules/tocsin.schema.json', import.meta.url);

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8')) !== jsonSchemaText()) {
    console.error('rules/tocsin.schema.json is stale: run `npm run schema`');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, jsonSchemaText());
}
