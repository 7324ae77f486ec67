/**
 * The `traceparent` request header of W3C Trace Context, level 1.
 * Invariant: what comes out is a valid header of version 00, or null; a bad one is as if it were absent.
 */
const ALL_ZERO = /^0+$/;
const SHAPE = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A header of a later version is read by the rules of 00, as section 3.2.4 asks, and its extra fields dropped. */
export const validTraceparent = (header: string): string | null => {
  if (header.length < 55 || header.length > 512) return null;
  const match = SHAPE.exec(header);
  if (match === null) return null;
  const [, version, traceId = '0', spanId = '0', flags = '0', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return null;
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
};
