/**
 * The envelope endpoint of Sentry. Reads envelopes as strictly as Relay: `length` counts bytes, one event in each,
 * the key in `X-Sentry-Auth`.
 * Documented in: develop.sentry.dev/sdk/data-model/envelopes, …/sdk/overview, …/sdk/expected-features/rate-limiting.
 */
import { type FakeTarget, fakeTarget, type Reply } from './webhook.ts';

export interface SeenEvent {
  readonly header: { readonly event_id: string; readonly sent_at: string };
  readonly event: Record<string, unknown>;
}

export interface FakeSentry extends FakeTarget {
  readonly publicKey: string;
  readonly dsn: string;
  /** Events taken, oldest first. */
  readonly events: SeenEvent[];
  /** Replies to give before events are taken again. */
  fail(...next: readonly Reply[]): void;
  failAlways(reply: Reply): void;
  /** Headers on the answers to events that are taken. */
  limit(header: string | undefined): void;
}

export async function fakeSentry(): Promise<FakeSentry> {
  const publicKey = 'a94ae32be2584e0bbd7a4cbb95971fee';
  const events: SeenEvent[] = [];
  const queue: Reply[] = [];
  let always: Reply | undefined;
  let limits: string | undefined;
  const target = await fakeTarget(({ path, headers, body }) => {
    const forced = always ?? queue.shift();
    if (forced !== undefined) return forced;
    if (path !== '/sub/api/42/envelope/') return { status: 404, body: '' };
    const auth = String(headers['x-sentry-auth']);
    if (!auth.startsWith('Sentry ') || !auth.includes(`sentry_key=${publicKey}`)) {
      return refusal(403, 'event submission rejected with_reason: ProjectId');
    }
    const seen = parseEnvelope(body);
    if (typeof seen === 'string') return refusal(400, seen);
    events.push(seen);
    return {
      status: 200,
      headers: {
        'content-type': 'application/json',
        ...(limits === undefined ? {} : { 'x-sentry-rate-limits': limits }),
      },
      body: JSON.stringify({ id: seen.header.event_id }),
    };
  });
  return {
    ...target,
    publicKey,
    dsn: target.origin.replace('://', `://${publicKey}@`).concat('/sub/42'),
    events,
    fail: (...next) => void queue.push(...next),
    failAlways: (reply) => void (always = reply),
    limit: (header) => void (limits = header),
  };
}

export const refusal = (status: number, detail: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json', 'x-sentry-error': detail },
  body: JSON.stringify({ detail }),
});

function parseEnvelope(body: string): SeenEvent | string {
  const bytes = Buffer.from(body);
  const first = bytes.indexOf('\n');
  const second = bytes.indexOf('\n', first + 1);
  if (first < 0 || second < 0) return 'invalid envelope header';
  const header = JSON.parse(bytes.toString('utf8', 0, first)) as SeenEvent['header'];
  const item = JSON.parse(bytes.toString('utf8', first + 1, second)) as {
    type: string;
    length: number;
  };
  const end = second + 1 + item.length;
  if (item.type !== 'event' || bytes.toString('utf8', end) !== '\n') return 'invalid item length';
  return { header, event: JSON.parse(bytes.toString('utf8', second + 1, end)) };
}
