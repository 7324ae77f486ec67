/**
 * `npm run check`: format, lint, types, dead code and tests, in the order of their cost. Stops at the first
 * step that fails; `--keep-going` runs them all and fails at the end.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const steps = [
  { name: 'format', command: ['biome', 'check', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'tests', command: ['node', 'scripts/test.ts'] },
] as const;

const root = path.resolve(import.meta.dirname, '..');
const { values } = parseArgs({ options: { 'keep-going': { type: 'boolean', default: false } } });
const env = {
  ...process.env,
  PATH: `${path.join(root, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
};

const failed: string[] = [];
for (const { name, command } of steps) {
  const [program, ...args] = command;
  const startedAt = performance.now();
  const { status } = spawnSync(program, args, { cwd: root, env, stdio: 'inherit' });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.error(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(name);
  if (!values['keep-going']) break;
}
process.exit(failed.length === 0 ? 0 : 1);
