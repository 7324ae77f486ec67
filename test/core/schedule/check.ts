/** What the tests of schedules share: parse, step through the next times, read and write instants. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parseSchedule } from '../../../src/core/schedule/parse.ts';
import type { Schedule, ScheduleSpec } from '../../../src/core/schedule/schedule.ts';
import { type Instant, instant } from '../../../src/core/time.ts';

export const at = (text: string): Instant => instant(Temporal.Instant.from(text).epochMilliseconds);

export const written = (time: Instant | null): string =>
  time === null
    ? 'never'
    : Temporal.Instant.fromEpochMilliseconds(time).toString({ smallestUnit: 'second' });

export function parsed(spec: ScheduleSpec): Schedule {
  const result = parseSchedule(spec);
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  assert.ok(result.kind === 'ok');
  return result.schedule;
}

/** The next `count` times, each asked for from the one before; fewer when there are no more. */
export function nextTimes(
  schedule: Schedule,
  { from, count }: { from: Instant; count: number },
): readonly Instant[] {
  const times: Instant[] = [];
  let time: Instant | null = from;
  while (times.length < count) {
    time = schedule.next(time);
    if (time === null) break;
    times.push(time);
  }
  return times;
}

export function fixture(name: string): unknown {
  const url = new URL(`../../fixtures/conformance/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** One row of a table of next times: the spec, where to begin, and the times in one text. */
export function checkNext(spec: ScheduleSpec, from: string, expected: string): void {
  const wanted = expected.split(' ').filter((time) => time !== '');
  const count = Math.max(1, wanted.length);
  const times = nextTimes(parsed(spec), { from: at(from), count });
  assert.deepEqual(times.map(written), wanted);
}

/** One row of a table of faults. */
export function checkFault(
  spec: ScheduleSpec,
  fault: { at?: number; message: RegExp; expected: RegExp },
): void {
  const result = parseSchedule(spec);
  assert.equal(result.kind, 'invalid');
  assert.ok(result.kind === 'invalid');
  assert.match(result.message, fault.message);
  assert.match(result.expected, fault.expected);
  assert.equal(result.at, fault.at);
}

/** A table in a template string: one row per line, cells between bars. */
export function readTable(table: string): readonly (readonly string[])[] {
  return table
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split('|').map((cell) => cell.trim()));
}
