/**
 * What every channel owes the engine, whatever it speaks: the class of each way a send can end, that an abort ends
 * it, that attempts are one message, and that no secret is in what it says. Run over each channel with a real server
 * on a real socket.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { SendResult } from '../../src/core/notify/notify.ts';
import type { Channel, SendContext } from '../../src/ports/channel.ts';
import { at, notificationOf } from '../channel/sample.ts';

/** A channel and the server that it speaks to, which behaves as told. */
export interface Rig {
  readonly channel: Channel;
  /** Must not be in any result; the server puts them into its answers wherever it can. */
  readonly secrets: readonly string[];
  /** Messages that were taken. */
  taken(): number;
  permanent(): void;
  transient(): void;
  rateLimited(): void;
  hang(): void;
  reset(): void;
  garbage(): void;
  /** Resolves when the channel has reached the server. */
  reached(): Promise<unknown>;
  /** Nobody listens on the port any more. */
  down(): Promise<void>;
  close(): Promise<void>;
}

export const nowMs = at('2026-11-22T18:45:20Z');

export function contextOf(rest: Partial<SendContext> = {}): SendContext {
  return { attempt: 1, nowMs, signal: new AbortController().signal, ...rest };
}

export function channelContract(name: string, open: () => Promise<Rig>): void {
  describe(`channel contract: ${name}`, () => {
    let rig: Rig;
    const results: SendResult[] = [];
    beforeEach(async () => {
      rig = await open();
      results.length = 0;
    });
    afterEach(async () => {
      const said = JSON.stringify(results);
      for (const secret of rig.secrets) assert.ok(!said.includes(secret), `a secret in ${said}`);
      assert.ok(said.length < 2_000 * Math.max(1, results.length), 'results are bounded');
      await rig.channel.close?.();
      await rig.close();
    });

    const send = async (context: Partial<SendContext> = {}): Promise<SendResult> => {
      const result = await rig.channel.send(notificationOf(), contextOf(context));
      results.push(result);
      return result;
    };
    test('accepted is sent', async () => {
      assert.equal((await send()).kind, 'sent');
      assert.equal(rig.taken(), 1);
    });

    test('refused for good is failed', async () => {
      rig.permanent();
      const result = await send();
      assert.equal(result.kind, 'failed');
      assert.notEqual(result.detail ?? '', '');
      assert.equal(rig.taken(), 0);
    });

    test('refused for now is retried', async () => {
      rig.transient();
      const result = await send();
      assert.equal(result.kind, 'retry');
      assert.notEqual(result.detail ?? '', '');
    });

    test('too fast holds back', async () => {
      rig.rateLimited();
      const result = await send();
      assert.equal(result.kind === 'retry' && result.reason, 'rate_limited');
    });

    test('an abort ends a send that hangs', async () => {
      rig.hang();
      const stop = new AbortController();
      const sending = send({ signal: stop.signal });
      await rig.reached();
      stop.abort();
      const result = await sending;
      assert.equal(result.kind === 'retry' && result.reason, 'timeout');
    });

    test('an abort before the start is a timeout too', async () => {
      const result = await send({ signal: AbortSignal.abort() });
      assert.equal(result.kind === 'retry' && result.reason, 'timeout');
      assert.equal(rig.taken(), 0);
    });

    test('nobody listening is retried', async () => {
      await rig.down();
      const result = await send();
      assert.equal(result.kind === 'retry' && result.reason, 'network');
    });

    test('a line that is cut is retried', async () => {
      rig.reset();
      const result = await send();
      assert.equal(result.kind === 'retry' && result.reason, 'network');
    });

    test('an answer that makes no sense is tried once more and then reported', async () => {
      rig.garbage();
      const first = await send({ attempt: 1 });
      assert.equal(first.kind === 'retry' && first.reason, 'unknown');
      const second = await send({ attempt: 2 });
      assert.equal(second.kind === 'failed' && second.reason, 'unknown');
    });

    test('the name of its limit reveals nothing', async () => {
      const { limitKey = '' } = rig.channel;
      for (const secret of rig.secrets) assert.ok(!limitKey.includes(secret));
      await Promise.resolve();
    });
  });
}
