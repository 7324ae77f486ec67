/**
 * Notification -> messages of a group robot. Invariants: each message is within WeCom's limit in bytes, however long
 * the names and logs are; what did not fit is counted; nobody is mentioned but by the configuration.
 */
import type { Notification } from '../../core/notify/notify.ts';
import { type AlertStory, type Link, type Story, tell } from '../shared/story.ts';
import { byteLength, cutBytes, oneLine, tailBytes } from '../shared/text-limits.ts';
import type { WecomConfig } from './config.ts';
import { cutMarkdown, escapeMarkdown, escapeText, font, link } from './markdown.ts';

export type WecomBody =
  | { readonly msgtype: 'markdown'; readonly markdown: { readonly content: string } }
  | {
      readonly msgtype: 'text';
      readonly text: {
        readonly content: string;
        readonly mentioned_list?: readonly string[];
        readonly mentioned_mobile_list?: readonly string[];
      };
    };

/**
 * WeCom takes 4096 bytes of markdown and 2048 of text (developer.work.weixin.qq.com, path 91770). Some are left free:
 * whether it counts before or after it decodes the JSON is not said.
 */
const MARKDOWN_BYTES = 4_000;
const TEXT_BYTES = 1_900;
const SMALLER_BYTES = 950;
const CALL_BYTES = 600;
/** More names in a line than this, and a text message has to mention them. */
const INLINE_MENTION_BYTES = 600;

/** How a form writes the parts of a message. */
interface Form {
  readonly bytes: number;
  readonly escape: (text: string) => string;
  readonly title: (story: Story) => string;
  readonly strong: (text: string) => string;
  readonly quote: (text: string) => string;
  readonly soft: (text: string) => string;
  readonly links: (links: readonly Link[]) => readonly string[];
  readonly cut: (text: string, maxBytes: number) => string;
}

const tierAndBadge = (story: Story): string => `${story.severity} · ${story.badge}`;

const markdown: Form = {
  bytes: MARKDOWN_BYTES,
  escape: escapeMarkdown,
  title: (story) => {
    const color =
      story.status === 'resolved' ? 'info' : story.severity === 'P2' ? 'comment' : 'warning';
    return `${font(color, `**${tierAndBadge(story)}**`)} `;
  },
  strong: (text) => `**${text}**`,
  quote: (text) => `> ${text}`,
  soft: (text) => font('comment', text),
  links: (links) =>
    links.length === 0 ? [] : [links.map((one) => link(one.text, one.url)).join(' · ')],
  cut: cutMarkdown,
};

const text: Form = {
  bytes: TEXT_BYTES,
  escape: escapeText,
  title: (story) => `【${tierAndBadge(story)}】`,
  strong: (part) => part,
  quote: (part) => part,
  soft: (part) => part,
  links: (links) => links.map((one) => `${one.text} ${one.url}`),
  cut: cutBytes,
};

/** One message, or two when people have to be called who can be called by a text only. */
export function renderWecom(notification: Notification, config: WecomConfig): readonly WecomBody[] {
  const story = tell(notification);
  const called = callOf(notification, config);
  if (config.msgtype === 'text') {
    return [textBody(assemble(story, text, text.bytes), called)];
  }
  const ids = (called?.mentioned_list ?? []).map((id) => `<@${id}>`).join(' ');
  const inline =
    called?.mentioned_mobile_list === undefined &&
    called?.mentioned_list?.includes('@all') !== true &&
    byteLength(ids) <= INLINE_MENTION_BYTES;
  const room = markdown.bytes - (inline ? byteLength(ids) + 1 : 0);
  const card = assemble(story, markdown, room);
  const content = inline && ids !== '' ? `${card}\n${ids}` : card;
  const body: WecomBody = { msgtype: 'markdown', markdown: { content } };
  return inline ? [body] : [body, textBody(callText(story), called)];
}

/** For a body that the robot found too long or could not read: half as long and without markup. */
export function renderSmaller(notification: Notification, config: WecomConfig): WecomBody {
  return textBody(assemble(tell(notification), text, SMALLER_BYTES), callOf(notification, config));
}

interface Call {
  readonly mentioned_list?: readonly string[];
  readonly mentioned_mobile_list?: readonly string[];
}

/** Who is to be called by name; undefined when nobody is. A recovery wakes nobody. */
function callOf(notification: Notification, config: WecomConfig): Call | undefined {
  const { mentioned_list: ids = [], mentioned_mobile_list: mobiles = [] } = config;
  const worth = (config.mention_for ?? ['P0']).includes(notification.severity);
  const news = notification.status === 'firing' && notification.reason !== 'some_resolved';
  if (!worth || !news || ids.length + mobiles.length === 0) return undefined;
  return {
    ...(ids.length === 0 ? {} : { mentioned_list: ids }),
    ...(mobiles.length === 0 ? {} : { mentioned_mobile_list: mobiles }),
  };
}

const textBody = (content: string, called: Call | undefined): WecomBody => ({
  msgtype: 'text',
  text: { content, ...called },
});

/** The short text that carries a call; the card before it says the rest. */
const callText = (story: Story): string =>
  [
    `${text.title(story)}${cutBytes(text.escape(story.headline), CALL_BYTES / 3)}`,
    story.reference,
    ...affordable([story.link], CALL_BYTES / 2).map(({ url }) => url),
  ].join('\n');

function assemble(story: Story, form: Form, maxBytes: number): string {
  const { words } = story;
  const own = (part: string, bytes: number): string => cutBytes(form.escape(part), bytes);
  const single = story.alerts.length === 1 && story.omitted === 0;
  const head = [
    `${form.title(story)}${form.strong(own(story.headline, Math.min(300, maxBytes / 4)))}`,
    own(story.lead, Math.min(400, maxBytes / 4)),
    story.reminder,
    story.common === null
      ? ''
      : form.quote(
          words.pair(story.common.label, own(story.common.value, Math.min(300, maxBytes / 8))),
        ),
  ].filter((line) => line !== '');
  const links = [story.link, ...(single ? (story.alerts[0]?.links ?? []) : [])];
  const foot = [
    ...(story.next === '' ? [] : [words.pair(words.label.next, story.next)]),
    ...form.links(affordable(links, maxBytes / 4)),
    form.soft(`#${story.reference} · ${own(story.footer.at(-1) ?? '', 150)}`),
  ];
  const reserved = byteLength(words.more(999_999)) + 1;
  let left = maxBytes - sizeOf(head) - sizeOf(foot) - reserved;
  const body: string[] = [];
  let told = 0;
  for (const alert of story.alerts) {
    const block = [1, 0.4, 0]
      .map((share) =>
        details(story, alert, { form, single, logBytes: 900 * share, more: share > 0 }),
      )
      .find((lines) => sizeOf(lines) <= left);
    if (block === undefined) break;
    body.push(...block);
    left -= sizeOf(block);
    told += 1;
  }
  const hidden = story.alerts.length - told + story.omitted;
  if (hidden > 0) body.push(words.more(hidden));
  // What is built above fits; this holds the limit should a translation grow.
  return form.cut([...head, ...body, ...foot].join('\n'), maxBytes);
}

/** The first links that fit; a page with a very long address is still found through the incident. */
function affordable(links: readonly (Link | null)[], maxBytes: number): readonly Link[] {
  let left = maxBytes;
  return links.filter((one): one is Link => {
    if (one === null) return false;
    const cost = byteLength(one.url) + byteLength(one.text) + 8;
    if (cost > left) return false;
    left -= cost;
    return true;
  });
}

const sizeOf = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + byteLength(line) + 1, 0);

function details(
  { words }: Story,
  alert: AlertStory,
  how: { form: Form; single: boolean; logBytes: number; more: boolean },
): string[] {
  const { form } = how;
  const own = (part: string, bytes: number): string => cutBytes(form.escape(part), bytes);
  const lines: string[] = [];
  // The head has said these already when there is but one alert.
  if (!how.single) {
    lines.push(form.strong(own(alert.headline, 250)), form.quote(own(alert.lead, 250)));
  }
  if (!how.more) return lines;
  if (alert.gap !== '') lines.push(form.quote(own(alert.gap, 350)));
  const about = own(oneLine(alert.about), how.single ? 450 : 200);
  if (about !== '') lines.push(form.quote(about));
  for (const { label, value } of alert.facts) {
    lines.push(form.quote(words.pair(label, own(value, 220))));
  }
  const log = tailBytes(form.escape(alert.log), { maxBytes: how.logBytes, maxLines: 12 });
  if (log !== '') {
    lines.push(words.pair(words.label.log, '').trimEnd());
    lines.push(...log.split('\n').map((line) => form.quote(line)));
  }
  return lines;
}
