/**
 * Deadlines of all jobs in memory: a 4-ary heap over typed arrays with a position index, exact to the millisecond.
 * Invariant: rebuilt from the jobs at any time; holds no truth. 16 bytes a job.
 */

const ARITY = 4;

export class Deadlines {
  #at: Float64Array;
  #heap: Int32Array;
  /** Place of each job in the heap; -1: it has no deadline. */
  #place: Int32Array;
  #size = 0;

  constructor(capacity = 1024) {
    this.#at = new Float64Array(capacity);
    this.#heap = new Int32Array(capacity);
    this.#place = new Int32Array(capacity).fill(-1);
  }

  get size(): number {
    return this.#size;
  }

  /** Sets or, with null, clears the deadline of slot `index` (a small dense number). */
  set(index: number, atMs: number | null): void {
    if (index >= this.#place.length) this.#grow(index + 1);
    const place = this.#place[index] as number;
    if (atMs === null) {
      if (place >= 0) this.#remove(place);
      return;
    }
    const before = this.#at[index] as number;
    this.#at[index] = atMs;
    if (place < 0) {
      this.#heap[this.#size] = index;
      this.#place[index] = this.#size;
      this.#size += 1;
      this.#up(this.#size - 1);
    } else if (atMs < before) this.#up(place);
    else if (atMs > before) this.#down(place);
  }

  /** Epoch milliseconds of the earliest deadline; null when there is none. */
  earliest(): number | null {
    return this.#size === 0 ? null : (this.#at[this.#heap[0] as number] as number);
  }

  /** Index of the job with the earliest deadline if that is at or before `nowMs`; else -1. Stays in the heap. */
  due(nowMs: number): number {
    if (this.#size === 0) return -1;
    const index = this.#heap[0] as number;
    return (this.#at[index] as number) <= nowMs ? index : -1;
  }

  #grow(least: number): void {
    const capacity = Math.max(least, this.#place.length * 2);
    const at = new Float64Array(capacity);
    at.set(this.#at);
    const heap = new Int32Array(capacity);
    heap.set(this.#heap);
    const place = new Int32Array(capacity).fill(-1);
    place.set(this.#place);
    this.#at = at;
    this.#heap = heap;
    this.#place = place;
  }

  #remove(place: number): void {
    const index = this.#heap[place] as number;
    this.#size -= 1;
    const moved = this.#heap[this.#size] as number;
    this.#place[index] = -1;
    if (place === this.#size) return;
    this.#put(place, moved);
    this.#up(place);
    this.#down(this.#place[moved] as number);
  }

  #put(place: number, index: number): void {
    this.#heap[place] = index;
    this.#place[index] = place;
  }

  #up(from: number): void {
    const index = this.#heap[from] as number;
    const at = this.#at[index] as number;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 2;
      const other = this.#heap[parent] as number;
      if ((this.#at[other] as number) <= at) break;
      this.#put(place, other);
      place = parent;
    }
    this.#put(place, index);
  }

  #down(from: number): void {
    const index = this.#heap[from] as number;
    const at = this.#at[index] as number;
    let place = from;
    for (;;) {
      const first = place * ARITY + 1;
      if (first >= this.#size) break;
      let least = first;
      const end = Math.min(first + ARITY, this.#size);
      for (let child = first + 1; child < end; child += 1)
        if (
          (this.#at[this.#heap[child] as number] as number) <
          (this.#at[this.#heap[least] as number] as number)
        )
          least = child;
      const other = this.#heap[least] as number;
      if ((this.#at[other] as number) >= at) break;
      this.#put(place, other);
      place = least;
    }
    this.#put(place, index);
  }
}
