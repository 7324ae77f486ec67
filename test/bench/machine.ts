/**
 * What a figure depends on beside the program: cores, Node, the disk's rate of synchronous writes, and which
 * core each process was held to. Also the small arithmetic that all benchmarks share.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { find } from '../program.ts';

const FSYNC_PROBE_MS = 1_000;
const PAGE_BYTES = 4_096;

export interface Machine {
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Synchronous 4 KiB appends per second where temporary files lie. */
  readonly fsyncsPerSecond: number;
  readonly pinned: boolean;
}

/** Two cores or more and `taskset`: the server gets core 0, its clients core 1. */
export const canPin = find('taskset') !== undefined && availableParallelism() >= 2;
export const onServerCore: readonly string[] = canPin ? ['taskset', '-c', '0'] : [];
export const onClientCore: readonly string[] = canPin ? ['taskset', '-c', '1'] : [];

function fsyncsPerSecond(): number {
  const file = path.join(tmpdir(), `tocsin-fsync-${process.pid}`);
  const descriptor = openSync(file, 'w');
  const page = Buffer.alloc(PAGE_BYTES, 'x');
  const startedAt = performance.now();
  let count = 0;
  try {
    while (performance.now() - startedAt < FSYNC_PROBE_MS) {
      writeSync(descriptor, page);
      fdatasyncSync(descriptor);
      count++;
    }
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
  return Math.round(count / ((performance.now() - startedAt) / 1_000));
}

export const describeMachine = (): Machine => ({
  node: process.version,
  system: `${platform()} ${release()}`,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  fsyncsPerSecond: fsyncsPerSecond(),
  pinned: canPin,
});

/** Resident memory of a process in bytes; its children are not counted. */
export function residentBytes(pid: number): number {
  if (platform() === 'linux') {
    const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return Number(found?.[1] ?? 0) * 1_024;
  }
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout.trim()) * 1_024;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export const mebibytes = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;
export const round = (value: number, digits = 0): number => Number(value.toFixed(digits));
