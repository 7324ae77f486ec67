import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { jsonSchemaText } from '../../src/config/json-schema.ts';

test('rules/tocsin.schema.json is what `npm run schema` writes', () => {
  const file = path.join(import.meta.dirname, '../../rules/tocsin.schema.json');
  assert.equal(readFileSync(file, 'utf8'), jsonSchemaText());
});

test('the schema knows every section, and leaves to `global` what it can give', () => {
  const schema = JSON.parse(jsonSchemaText());
  assert.deepEqual(Object.keys(schema.properties), [
    'jobs',
    'defaults',
    'route',
    'receivers',
    'global',
    'inhibit_rules',
    'time_intervals',
    'mute_time_intervals',
    'silences',
    'tiers',
    'keys',
    'server',
  ]);
  assert.deepEqual(schema.$defs.Job.required, ['name']);
  const receiver = schema.properties.receivers.anyOf[0].items.properties;
  assert.deepEqual(receiver.email_configs.anyOf[0].items.required, ['to']);
});
