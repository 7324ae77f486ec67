/**
 * Which pings count and as what: exit status, request method and body keywords, in Healthchecks' order.
 * Source of the rules: its ping contract (failure keywords win over success, success over start; no match is
 * ignored, or a failure when asked so).
 */
import type { JobState, Ping, PingFilter, PingKind } from './job.ts';

const decoder = new TextDecoder('utf-8', { fatal: false });

/** The kind under which a ping enters the log; `ign` is logged and changes nothing. */
export function judgedKind({
  ping,
  filter,
  state,
  pausedByConfig,
}: {
  ping: Pick<Ping, 'kind' | 'method' | 'body'>;
  filter: PingFilter | undefined;
  state: Pick<JobState, 'status'>;
  pausedByConfig: boolean;
}): PingKind {
  if (filter?.postOnly && ping.method !== 'POST') return 'ign';
  const kind = filter?.filterBody ? keywordKind(filter, ping.body) : ping.kind;
  const sticky = pausedByConfig || filter?.manualResume === true;
  if (sticky && state.status === 'paused' && kind !== 'log') return 'ign';
  return kind;
}

function keywordKind(filter: PingFilter, body: Uint8Array | null): PingKind {
  // Lenient decoding: a body cut inside a character, or not UTF-8 at all, must not lose the ping.
  const text = body === null ? '' : decoder.decode(body);
  const has = (words: readonly string[]) => words.some((word) => text.includes(word));
  if (has(filter.failureKeywords)) return 'fail';
  if (has(filter.successKeywords)) return 'success';
  if (has(filter.startKeywords)) return 'start';
  return filter.defaultFail ? 'fail' : 'ign';
}
