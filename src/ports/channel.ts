/** A kind of target. One method; expected failure is a returned class, never a throw. */
import type { Notification, SendResult } from '../core/notify/notify.ts';

export interface SendContext {
  /** 1 for the first try. */
  readonly attempt: number;
  /** Wall clock at this attempt. */
  readonly nowMs: number;
  /** Aborted when the lease is about to end or the process stops. */
  readonly signal: AbortSignal;
  /** Recipients left over by an earlier attempt that reached some; absent: all. */
  readonly only?: readonly string[];
  /** W3C traceparent of the delivery span, when traces are on. */
  readonly traceparent?: string;
}

export interface Channel {
  send(notification: Notification, context: SendContext): Promise<SendResult>;
  /** Most messages that this credential may send in a minute; absent: no limit of ours. */
  readonly perMinute?: number;
  /** Names the credential that `perMinute` is about, without revealing it. */
  readonly limitKey?: string;
  close?(): Promise<void>;
}
