/**
 * What the entries of all `<type>_configs` share: the fields that the loader reads itself, and the wording of their
 * faults. Messages name a field and what it should hold, never the value, which may be a secret.
 */
import { z } from 'zod';
import { durationMs } from './duration.ts';

const isZone = (text: string): boolean => {
  try {
    return new Temporal.ZonedDateTime(0n, text).timeZoneId !== '';
  } catch {
    return false;
  }
};

/** Read by the loader, which turns them into fields of the ChannelSpec. */
export const entryFields = {
  send_resolved: z.boolean('expected true or false').optional(),
  locale: z.enum(['en', 'zh-CN'], 'expected en or zh-CN').optional(),
  timezone: z
    .string('expected a time zone such as Asia/Shanghai')
    .refine(isZone, 'no such time zone; expected a name such as Asia/Shanghai or UTC')
    .optional(),
};

/** A strict object whose fault about an unknown field says which fields there are. */
export const entryObject = <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        const known = Object.keys(shape).filter((key) => !key.endsWith('_file'));
        return `unknown field ${issue.keys.join(', ')}; known are ${known.join(', ')}`;
      }
      return issue.code === 'invalid_type'
        ? 'expected fields and values, as in `name: value`'
        : undefined;
    },
  });

const hasTemplate = (text: string): boolean => text.includes('{{');
export const NO_TEMPLATES = 'templates ({{ … }}) are not supported in this version';

/** A text that is used as it stands. */
export const plainText = (expected: string): z.ZodString =>
  z
    .string(expected)
    .min(1, expected)
    .refine((text) => !hasTemplate(text), NO_TEMPLATES);

export const httpUrl = (expected: string): z.ZodString =>
  plainText(expected).refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === 'http:' || url?.protocol === 'https:';
  }, expected);

/** The path of a file whose content the loader puts into the field without `_file`. */
export const secretFile = z.string('expected the path of a file').optional();

/** Names and values; the fault of a name is told as itself. */
export const mapOf = (
  names: z.ZodString,
  values: z.ZodString,
  expected: string,
): z.ZodRecord<z.ZodString, z.ZodString> =>
  z.record(names, values, {
    error: (issue) =>
      issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? expected) : expected,
  });

/** Whether at most one of the fields is given. */
export const atMostOne = (entry: object, ...fields: readonly string[]): boolean =>
  fields.filter((field) => (entry as Record<string, unknown>)[field] !== undefined).length <= 1;

export const durationText = z
  .string('expected a duration such as 30s')
  .refine((text) => durationMs(text) !== undefined, 'expected a duration such as 30s or 1m30s');

/** Alertmanager's `tls_config`, as far as it is supported. */
export const tlsSchema = entryObject({
  ca: z.string('expected a certificate in PEM form').optional(),
  ca_file: secretFile,
  server_name: z.string('expected a host name').optional(),
  insecure_skip_verify: z.boolean('expected true or false').optional(),
}).refine((entry) => atMostOne(entry, 'ca', 'ca_file'), 'give only one of ca and ca_file');
