/**
 * One entry of `sentry_configs`. Invariant: a DSN that passes here can be turned into an address and a key.
 */
import { z } from 'zod';
import {
  atMostOne,
  entryFields,
  entryObject,
  mapOf,
  plainText,
  secretFile,
} from '../shared/entry.ts';

/** Where a DSN points to: `scheme://KEY@host[:port][/path]/PROJECT` (develop.sentry.dev, SDK overview). */
export interface Dsn {
  readonly publicKey: string;
  /** Address of the envelope endpoint. */
  readonly endpoint: string;
}

/** null when the text is no DSN. An old DSN has a secret behind the key, which is not needed. */
export function parseDsn(text: string): Dsn | null {
  if (!URL.canParse(text)) return null;
  const { protocol, username, host, pathname, search, hash } = new URL(text);
  const found = /^((?:\/[^/]+)*)\/(\d+)\/?$/.exec(pathname);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  if (found === null || !/^\w+$/.test(username) || search !== '' || hash !== '') return null;
  return {
    publicKey: username,
    endpoint: `${protocol}//${host}${found[1]}/api/${found[2]}/envelope/`,
  };
}

const short = (what: string): z.ZodString =>
  plainText(`expected ${what}`).max(200, 'expected at most 200 characters');
const dsnExpected = 'expected a DSN, such as https://PUBLIC_KEY@sentry.example.org/42';

export const sentrySchema = entryObject({
  ...entryFields,
  dsn: plainText(dsnExpected)
    .refine((text) => parseDsn(text) !== null, dsnExpected)
    .optional(),
  dsn_file: secretFile,
  environment: short('a name such as production').optional(),
  release: short('a version').optional(),
  /** Further tags of every event. */
  tags: mapOf(
    z.string().regex(/^[A-Za-z0-9_.:-]{1,32}$/, 'expected up to 32 letters, digits and _.:-'),
    short('a text'),
    'expected names and values of tags',
  ).optional(),
}).refine(
  (entry) => atMostOne(entry, 'dsn', 'dsn_file') && (entry.dsn ?? entry.dsn_file) !== undefined,
  'give exactly one of dsn and dsn_file',
);

export type SentryConfig = z.infer<typeof sentrySchema>;
