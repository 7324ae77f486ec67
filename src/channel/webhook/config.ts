/**
 * One entry of `webhook_configs`, with Alertmanager's names and `secret` for signatures. Invariant: at most one way
 * to authenticate, and none of the headers that Tocsin sets itself.
 */
import { z } from 'zod';
import {
  atMostOne,
  durationText,
  entryFields,
  entryObject,
  httpUrl,
  mapOf,
  plainText,
  secretFile,
  tlsSchema,
} from '../shared/entry.ts';

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'not a name of a header')
  .refine(
    (name) =>
      !/^(?:host|content-.*|transfer-encoding|connection|user-agent|webhook-.*|traceparent|authorization)$/i.test(
        name,
      ),
    'Tocsin sets this header itself; remove it',
  );
const headerValue = plainText('expected a text').refine(
  (text) => !/\p{Cc}/u.test(text),
  'expected one line',
);

const authorization = entryObject({
  type: plainText('expected a scheme such as Bearer')
    .refine((text) => /^[\w-]+$/.test(text) && !/^basic$/i.test(text), {
      message: 'expected one word; for Basic use basic_auth',
    })
    .optional(),
  credentials: headerValue.optional(),
  credentials_file: secretFile,
}).refine(
  (entry) => atMostOne(entry, 'credentials', 'credentials_file'),
  'give only one of credentials and credentials_file',
);

const basicAuth = entryObject({
  username: z.string('expected a user name'),
  password: z.string('expected a password').optional(),
  password_file: secretFile,
}).refine(
  (entry) => atMostOne(entry, 'password', 'password_file'),
  'give only one of password and password_file',
);

const httpConfig = entryObject({
  authorization: authorization.optional(),
  basic_auth: basicAuth.optional(),
  headers: mapOf(headerName, headerValue, 'expected names and values of headers').optional(),
  tls_config: tlsSchema.optional(),
  follow_redirects: z
    .literal(false, 'redirects are never followed; remove this field or set it to false')
    .optional(),
}).refine(
  (entry) => atMostOne(entry, 'authorization', 'basic_auth'),
  'give only one of authorization and basic_auth',
);

/** The bytes of a `whsec_` secret: 24 to 64 of them (Standard Webhooks, "Signature scheme"); null when it is none. */
export function parseSigningSecret(text: string): Buffer | null {
  const found = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const bytes = Buffer.from(found?.[1] ?? '', 'base64');
  return bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}

const secretExpected = 'expected whsec_ and 24 to 64 random bytes in base64';

export const webhookSchema = entryObject({
  ...entryFields,
  url: httpUrl('expected an address such as https://example.org/hook').optional(),
  url_file: secretFile,
  /** Alerts in one message at most; 0, the default: all. */
  max_alerts: z.int('expected a whole number').min(0, 'expected 0 (no limit) or more').optional(),
  /** Default 15s; 0s means the default too. */
  timeout: durationText.optional(),
  http_config: httpConfig.optional(),
  secret: z
    .string(secretExpected)
    .refine((text) => parseSigningSecret(text) !== null, secretExpected)
    .optional(),
  secret_file: secretFile,
})
  .refine(
    (entry) => atMostOne(entry, 'url', 'url_file') && (entry.url ?? entry.url_file) !== undefined,
    'give exactly one of url and url_file',
  )
  .refine(
    (entry) => atMostOne(entry, 'secret', 'secret_file'),
    'give only one of secret and secret_file',
  );

export type WebhookConfig = z.infer<typeof webhookSchema>;
