/**
 * `npm run bench`: figures, never verdicts. Each part stands alone: `npm run bench -- ping`; `--json` for
 * machines.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { benchBurst } from './burst.ts';
import { benchFleet } from './fleet.ts';
import { describeMachine } from './machine.ts';
import { benchPing } from './ping.ts';

const parts = { ping: benchPing, fleet: benchFleet, burst: benchBurst } as const;
type Part = keyof typeof parts;
const isPart = (name: string): name is Part => Object.hasOwn(parts, name);

/** One line per leaf, its path to the left and its value to the right. */
function lines(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return [`  ${at.padEnd(44)} ${value.join('  ')}`];
  if (typeof value !== 'object' || value === null) return [`  ${at.padEnd(44)} ${String(value)}`];
  return Object.entries(value).flatMap(([key, inner]) =>
    lines(inner, at === '' ? key : `${at} ${key}`),
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !isPart(name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  process.exit(1);
}
const wanted =
  positionals.length === 0 ? (Object.keys(parts) as Part[]) : positionals.filter(isPart);

const report: Record<string, unknown> = {};
const show = (title: string, value: unknown): void => {
  report[title] = value;
  if (!values.json) console.log(`${title}\n${lines(value, '').join('\n')}\n`);
};
show('machine', describeMachine());
for (const name of wanted) show(name, await parts[name]());
if (values.json) console.log(JSON.stringify(report, null, 2));
