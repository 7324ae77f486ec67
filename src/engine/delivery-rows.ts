/** What is written of a delivery: its line in the incident's story, and the row of one that nobody can get. */
import type { Instant } from '../core/time.ts';
import type { Delivery } from '../ports/store.ts';

/** Its channel is gone with an older configuration: nobody is there to be told, and nothing is broken. */
export const unaddressed = (delivery: Delivery, now: Instant): Delivery => ({
  ...delivery,
  state: 'cancelled',
  leaseOwner: null,
  leaseUntil: null,
  lastDetail: 'its channel is no longer configured',
  finishedAt: now,
});

export function timelineText(row: Delivery, attempt: number, retryAt: Instant | null): string {
  const what = `${row.notification.status} message to ${row.channelId}, attempt ${attempt}`;
  const why = row.lastDetail === '' ? '' : `: ${row.lastDetail}`;
  if (retryAt !== null)
    return `${what} failed (${row.lastReason}), next try ${new Date(retryAt).toISOString()}${why}`;
  if (row.state === 'dead') return `${what} failed for good (${row.lastReason})${why}`;
  return `${what} was accepted${why}`;
}
