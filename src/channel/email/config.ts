/**
 * One entry of `email_configs`, with Alertmanager's names. The loader has merged the global `smtp_*` fields into it
 * and read the `*_file` fields. Invariant: what passes here can be sent without another check of its parts.
 */
import addressparser from 'nodemailer/lib/addressparser';
import { z } from 'zod';
import {
  atMostOne,
  entryFields,
  entryObject,
  NO_TEMPLATES,
  plainText,
  secretFile,
  tlsSchema,
} from '../shared/entry.ts';

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** The mailboxes of a line such as `Ann <ann@example.org>, bob@example.org`; null when one of them is none. */
export function parseMailboxes(text: string): readonly Mailbox[] | null {
  if (/\p{Cc}/u.test(text)) return null;
  const found = addressparser(text, { flatten: true }).map(({ name, address }) => ({
    name,
    address,
  }));
  return found.length > 0 && found.every((box) => isAddress(box.address)) ? found : null;
}

/** Strict about what would break an SMTP command, lenient about the rest: the server knows its own addresses. */
const isAddress = (text: string): boolean =>
  text.length <= 254 && /^[^\s@<>,;:"\p{Cc}]+@[^\s@<>,;:"\p{Cc}]+$/u.test(text);

const mailboxes = (expected: string, max: number): z.ZodString =>
  plainText(expected).refine((text) => {
    const found = parseMailboxes(text);
    return found !== null && found.length <= max;
  }, expected);

/** `host:port`, with brackets around IPv6. */
export function parseSmarthost(text: string): { host: string; port: number } | null {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** Headers that Tocsin needs for itself: they hold the thread together or say who gets the mail. */
const OWN_HEADERS =
  /^(?:to|cc|bcc|from|sender|subject|date|message-id|in-reply-to|references|thread-.*|mime-version|content-.*|auto-submitted|list-.*|x-tocsin-.*)$/i;

const headers = z
  .record(z.string(), z.string('expected a text'), 'expected names and values of headers')
  .superRefine((fields, context) => {
    for (const [name, value] of Object.entries(fields)) {
      const fault = headerFault(name, value);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, path: [name] });
    }
  });

function headerFault(name: string, value: string): string | undefined {
  if (!/^[A-Za-z0-9-]{1,76}$/.test(name)) return 'not a name of a header';
  if (OWN_HEADERS.test(name)) return 'Tocsin sets this header itself; remove it';
  if (value.includes('{{')) return NO_TEMPLATES;
  return /\p{Cc}/u.test(value) ? 'expected one line' : undefined;
}

/** Alertmanager's own default may stand in a file that it wrote; any other template cannot be honoured. */
const body = z
  .string()
  .refine(
    (text) => text === '' || text === '{{ template "email.default.html" . }}',
    `${NO_TEMPLATES}; remove this field, Tocsin writes the mail itself`,
  )
  .optional();

export const emailSchema = entryObject({
  ...entryFields,
  to: mailboxes('expected up to 100 addresses, such as ann@example.org, bob@example.org', 100),
  from: mailboxes('expected one address, such as tocsin@example.org', 1),
  smarthost: plainText('expected host:port, such as smtp.example.org:587').refine(
    (text) => parseSmarthost(text) !== null,
    'expected host:port, such as smtp.example.org:587',
  ),
  hello: plainText('expected the host name to greet with')
    .refine((text) => /^[\w.:[\]-]+$/.test(text), 'expected the host name to greet with')
    .optional(),
  auth_username: z.string('expected a user name').optional(),
  auth_password: z.string('expected a password').optional(),
  auth_password_file: secretFile,
  /** STARTTLS or implicit TLS, or no mail. Default true, as in Alertmanager. */
  require_tls: z.boolean('expected true or false').optional(),
  /** TLS from the first byte; without it that is so on port 465 only. */
  force_implicit_tls: z.boolean('expected true or false').optional(),
  tls_config: tlsSchema.optional(),
  headers: headers.optional(),
  html: body,
  text: body,
})
  .refine(
    (entry) => atMostOne(entry, 'auth_password', 'auth_password_file'),
    'give only one of auth_password and auth_password_file',
  )
  .refine(
    (entry) =>
      (entry.auth_username ?? '') === '' ||
      entry.auth_password !== undefined ||
      entry.auth_password_file !== undefined,
    { message: 'auth_username needs auth_password or auth_password_file', path: ['auth_username'] },
  );

export type EmailConfig = z.infer<typeof emailSchema>;
