/**
 * One entry of `wecom_configs`: a group robot of WeCom (企业微信), or of a service that speaks its protocol.
 * Invariant: exactly one of `url` and `key` names the robot; both are secrets.
 */
import { z } from 'zod';
import {
  atMostOne,
  entryFields,
  entryObject,
  httpUrl,
  plainText,
  secretFile,
} from '../shared/entry.ts';

const urlExpected =
  'expected the address of the robot, such as https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…';
const people = (expected: string): z.ZodArray<z.ZodString> =>
  z
    .array(plainText(expected).regex(/^[^\s<>]{1,64}$/, expected), expected)
    .max(100, 'expected at most 100 people');

export const wecomSchema = entryObject({
  ...entryFields,
  url: httpUrl(urlExpected).optional(),
  url_file: secretFile,
  key: plainText('expected the key of the robot, which is the part behind key= of its address')
    .refine((text) => /^[\w-]+$/.test(text), 'expected letters, digits and hyphens only')
    .optional(),
  key_file: secretFile,
  /** Base for `key`, up to and with `/cgi-bin/`; for a private deployment. */
  api_url: httpUrl('expected an address such as https://qyapi.weixin.qq.com/cgi-bin/').optional(),
  mentioned_list: people('expected user ids, or @all').optional(),
  mentioned_mobile_list: people('expected mobile numbers, or @all').optional(),
  /** Tiers for which people are mentioned. Default P0. */
  mention_for: z
    .array(z.enum(['P0', 'P1', 'P2'], 'expected P0, P1 or P2'), 'expected a list such as [P0]')
    .optional(),
  msgtype: z.enum(['markdown', 'text'], 'expected markdown or text').optional(),
})
  .refine(
    (entry) =>
      atMostOne(entry, 'url', 'url_file', 'key', 'key_file') &&
      (entry.url ?? entry.url_file ?? entry.key ?? entry.key_file) !== undefined,
    'give exactly one of url and key (or url_file, key_file)',
  )
  .refine((entry) => entry.api_url === undefined || entry.url === undefined, {
    message: 'api_url goes with key; a url is whole already',
    path: ['api_url'],
  });

export type WecomConfig = z.infer<typeof wecomSchema>;
