/** The real clock and the real chance: the only implementations that touch the machine's own. */
import { randomBytes, randomUUID } from 'node:crypto';
import { instant } from '../core/time.ts';
import type { Clock, Random } from '../ports/clock.ts';

/** A timer of Node's holds 31 bits of milliseconds. */
const TIMER_MAX_MS = 2_147_483_647;

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonic: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, Math.min(ms, TIMER_MAX_MS));
    return () => clearTimeout(timer);
  },
  soon: (call) => void setImmediate(call),
};

/** Random bytes are drawn in blocks: one system call for many ids. */
const BLOCK = 4_096;
let block = randomBytes(BLOCK);
let used = 0;

export const systemRandom: Random = {
  uniform: () => Math.random(),
  hex(bytes) {
    if (used + bytes > BLOCK) {
      block = randomBytes(BLOCK);
      used = 0;
    }
    const text = block.toString('hex', used, used + bytes);
    used += bytes;
    return text;
  },
  uuid: () => randomUUID(),
};
