/**
 * Signatures of Standard Webhooks (github.com/standard-webhooks, specification, "Signature scheme"). Invariant: the
 * id is the same for all attempts, which makes it the receiver's idempotency key, and the time is of this attempt.
 */
import { createHmac } from 'node:crypto';

export interface Signed {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

export function signatureOf(secret: Uint8Array, { id, timestamp, body }: Signed): string {
  const digest = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return `v1,${digest}`;
}
