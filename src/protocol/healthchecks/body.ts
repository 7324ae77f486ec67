/**
 * Takes in a ping's body: the first bytes are kept, the rest is read and dropped.
 * Invariant: a long body never costs the ping, and no more than the limit is kept of it.
 */
import type { IncomingMessage } from 'node:http';

/** A body beyond this is not read further: the ping is answered, then the connection is closed. */
export const DRAIN_BYTES_MAX = 10 * 1024 * 1024;

export type BodyEnd =
  | { readonly kind: 'whole'; readonly kept: Uint8Array | null }
  /** More than `DRAIN_BYTES_MAX`: `kept` is good, the rest was not read. */
  | { readonly kind: 'endless'; readonly kept: Uint8Array | null }
  /** The client went away before its request was complete. */
  | { readonly kind: 'aborted' };

/** Calls `done` once. After `endless` the stream goes on flowing into nothing, so that the answer can be read. */
export const takeBody = (
  request: IncomingMessage,
  limitBytes: number,
  done: (end: BodyEnd) => void,
): void => {
  const chunks: Buffer[] = [];
  let keptBytes = 0;
  let totalBytes = 0;
  let ended = false;
  const finish = (end: BodyEnd): void => {
    if (ended) return;
    ended = true;
    chunks.length = 0;
    done(end);
  };
  const kept = (): Uint8Array | null => (keptBytes === 0 ? null : Buffer.concat(chunks, keptBytes));
  request.on('data', (chunk: Buffer) => {
    if (ended) return;
    totalBytes += chunk.length;
    if (keptBytes < limitBytes) {
      const part = chunk.subarray(0, limitBytes - keptBytes);
      chunks.push(part);
      keptBytes += part.length;
    }
    if (totalBytes > DRAIN_BYTES_MAX) finish({ kind: 'endless', kept: kept() });
  });
  request.on('end', () => finish({ kind: 'whole', kept: kept() }));
  request.on('error', () => finish({ kind: 'aborted' }));
  request.on('close', () => finish({ kind: 'aborted' }));
};
