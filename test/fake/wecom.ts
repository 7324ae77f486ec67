/**
 * A group robot of WeCom. Reports every failure inside an HTTP 200, and counts bytes as the service does.
 * Documented in: developer.work.weixin.qq.com/document/path/91770 (robot, limits), path/90313 (error codes).
 */
import { type FakeTarget, fakeTarget, type Reply } from './webhook.ts';

export interface FakeWecom extends FakeTarget {
  readonly key: string;
  /** What the group has seen, oldest first. */
  readonly shown: Record<string, unknown>[];
  /** Error codes or whole replies to give before the robot works normally again. */
  fail(...next: readonly (number | Reply)[]): void;
  /** The same from now on. */
  failAlways(reply: number | Reply): void;
}

/** As the service words them, an id of the request and the caller's address included. */
const words: Readonly<Record<number, string>> = {
  0: 'ok',
  [-1]: 'system busy',
  40008: 'invalid message type',
  40058: 'markdown.content exceed max length 4096. invalid Request Parameter',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  60020: 'not allow to access from your ip, from ip: 203.0.113.7',
  93000: 'invalid webhook url',
};

export const errcode = (code: number, text = words[code] ?? 'error'): Reply => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify({
    errcode: code,
    errmsg: code === 0 ? text : `${text}, hint: [1763836800123456789012345], from ip: 203.0.113.7`,
  }),
});

export async function fakeWecom(): Promise<FakeWecom> {
  const key = '693a91f6-7aoc-4bc4-97a0-0ec2sifa5aaa';
  const shown: Record<string, unknown>[] = [];
  let always: Reply | undefined;
  const queue: Reply[] = [];
  const target = await fakeTarget(({ path, body }) => {
    const forced = always ?? queue.shift();
    if (forced !== undefined) return forced;
    const url = new URL(path, 'http://robot');
    if (url.pathname !== '/cgi-bin/webhook/send' || url.searchParams.get('key') !== key) {
      return errcode(93000);
    }
    const message = JSON.parse(body) as Record<string, { content?: string }> & { msgtype: string };
    const content = message[message.msgtype]?.content;
    if (content === undefined) return errcode(40008);
    const limit = message.msgtype === 'markdown' ? 4096 : 2048;
    if (Buffer.byteLength(content) > limit) return errcode(40058);
    shown.push(message);
    return errcode(0);
  });
  const replyOf = (one: number | Reply): Reply => (typeof one === 'number' ? errcode(one) : one);
  return {
    ...target,
    key,
    shown,
    fail: (...next) => void queue.push(...next.map(replyOf)),
    failAlways: (reply) => void (always = replyOf(reply)),
  };
}
