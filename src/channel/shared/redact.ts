/**
 * Keeps secrets out of everything that a channel says. Invariant: no result leaves a channel but through `sealed`,
 * so a new message in a channel cannot leak a key by being forgotten here.
 */
import type { SendResult } from '../../core/notify/notify.ts';
import type { Channel } from '../../ports/channel.ts';
import type { Log } from '../../ports/telemetry.ts';
import { cutChars, oneLine } from './text-limits.ts';

export type Redact = (text: string) => string;

const HIDDEN = '***';
/** Results are kept in the store and shown in lists; a provider's essay has no place there. */
const DETAIL_CHARS_MAX = 500;

/** Credentials that may turn up in a text whether or not we know their value. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${HIDDEN}@`],
  [
    /([?&](?:key|token|access_token|api_key|secret|sign|signature|password)=)[^&\s"'<>]+/gi,
    `$1${HIDDEN}`,
  ],
  [/\bwhsec_[A-Za-z0-9+/=_-]+/g, HIDDEN],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${HIDDEN}`],
];

/** Removes the given secrets by value, in the forms in which a peer may echo them, and whatever looks like one. */
export function makeRedactor(secrets: readonly (string | undefined)[]): Redact {
  const values = new Set<string>();
  for (const secret of secrets) {
    if (secret === undefined || secret === '') continue;
    values.add(secret);
    values.add(encodeURIComponent(secret));
    values.add(JSON.stringify(secret).slice(1, -1));
    values.add(Buffer.from(secret).toString('base64'));
  }
  // Longest first, so that a secret that contains another one goes as a whole.
  const ordered = [...values].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of ordered) clean = clean.replaceAll(value, HIDDEN);
    for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
    return clean;
  };
}

/**
 * The channel with its results redacted. A throw is a fault of ours: it becomes a failure that a person sees,
 * because an activation that crashes on the same message again and again would hold up every other one.
 */
export function sealed(channel: Channel, { redact, log }: { redact: Redact; log?: Log }): Channel {
  const clean = (text: string): string => cutChars(oneLine(redact(text)), DETAIL_CHARS_MAX);
  return {
    ...channel,
    async send(notification, context) {
      let result: SendResult;
      try {
        result = await channel.send(notification, context);
      } catch (error) {
        const detail = clean(
          `internal error: ${error instanceof Error ? error.message : 'thrown'}`,
        );
        log?.error({ notification: notification.id, detail }, 'a channel threw');
        return { kind: 'failed', reason: 'unknown', detail };
      }
      return {
        ...result,
        ...(result.detail === undefined ? {} : { detail: clean(result.detail) }),
        ...('providerRef' in result && result.providerRef !== undefined
          ? { providerRef: clean(result.providerRef) }
          : {}),
      };
    },
  };
}
