/**
 * The HTML of a mail: tables and inline styles, because mail programs drop the rest, and one style block for those
 * that know dark mode. Invariant: every value goes through `escapeHtml`, links are from the story (http, https), and
 * there is no image, script or remote font, so that nothing is fetched when the mail is opened.
 */

import type { AlertStory, Fact, Link, Story } from '../shared/story.ts';
import { cutBytes, tailBytes } from '../shared/text-limits.ts';
import type { Wording } from '../shared/wording.ts';

export interface PageLimits {
  /** Alerts told in full; the others are counted. */
  readonly alerts: number;
  readonly logBytes: number;
  readonly aboutBytes: number;
}

export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

/** Colours of a message, by what it means; `ink` reads on `tint` and white, and white reads on `solid`. */
interface Tone {
  readonly solid: string;
  readonly tint: string;
  readonly ink: string;
}

const tones = {
  P0: { solid: '#c8201a', tint: '#fdecea', ink: '#8f1410' },
  P1: { solid: '#b25400', tint: '#fff3e2', ink: '#7f3c00' },
  P2: { solid: '#475467', tint: '#eef1f5', ink: '#344054' },
  recovered: { solid: '#0b7a4b', tint: '#e6f6ee', ink: '#07583a' },
} as const satisfies Record<string, Tone>;

const SANS =
  "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Arial,sans-serif";
const MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Noto Sans Mono CJK SC',monospace";

/** Dark colours. Gmail and Outlook turn the inline ones themselves; these are for Apple Mail and Thunderbird. */
const style = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#101317!important}
.card{background:#191d23!important;border-right-color:#2d333c!important;border-bottom-color:#2d333c!important;border-left-color:#2d333c!important}
.ink{color:#eceff3!important}
.soft{color:#a3acb9!important}
.line{border-color:#2d333c!important}
.log{background:#11151a!important;color:#d5dae1!important;border-color:#2d333c!important}
.note{background:#262b33!important;color:#d5dae1!important}
.quiet{background:#191d23!important;color:#d5dae1!important;border-color:#4a5360!important}
.mark-P0{background:#4a1613!important;color:#ffb4ad!important}
.mark-P1{background:#442503!important;color:#ffc68a!important}
.mark-P2{background:#2a313b!important;color:#c8d0db!important}
.mark-recovered{background:#0d3524!important;color:#8fe0b8!important}
}
@media (max-width:480px){
.pad{padding-left:18px!important;padding-right:18px!important}
.head{font-size:21px!important}
.label{display:block!important;width:auto!important;padding:8px 0 0 0!important}
.value{display:block!important;width:auto!important;padding:0 0 8px 0!important;border:0!important}
.button{display:block!important;text-align:center!important;margin:0 0 10px 0!important}
}`;

export function renderPage(story: Story, limits: PageLimits): string {
  const name = story.status === 'resolved' ? 'recovered' : story.severity;
  const tone: Tone = tones[name];
  const shown = story.alerts.slice(0, limits.alerts);
  const hidden = story.alerts.length - shown.length + story.omitted;
  const single = shown.length === 1 && hidden === 0 ? shown[0] : undefined;
  const parts = [
    row(markOf(story, name, tone), 'padding:26px 32px 0 32px'),
    row(
      `<h1 class="head ink" style="margin:0;font:700 24px/1.3 ${SANS};color:#161b22;word-break:break-word">${escapeHtml(story.headline)}</h1>`,
      'padding:14px 32px 0 32px',
    ),
    paragraph(story.lead, 'ink', 'font-size:16px;color:#2c343e', 'padding:6px 32px 0 32px'),
    paragraph(story.reminder, 'soft', 'color:#596270', 'padding:6px 32px 0 32px'),
    paragraph(story.common?.value ?? '', 'soft', 'color:#596270', 'padding:6px 32px 0 32px'),
    single === undefined
      ? shown
          .map((alert) => row(section(alert, limits, story.words), 'padding:22px 32px 0 32px'))
          .join('')
      : row(details(single, limits, story.words, false), 'padding:16px 32px 0 32px'),
    hidden > 0
      ? paragraph(story.words.more(hidden), 'soft', 'color:#596270', 'padding:18px 32px 0 32px')
      : '',
    row(nextOf(story), 'padding:16px 32px 0 32px'),
    row(buttons(story, single, tone), 'padding:24px 32px 30px 32px'),
  ];
  return [
    `<!DOCTYPE html>\n<html lang="${story.words.language}">\n<head>\n<meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="supported-color-schemes" content="light dark">',
    `<title>${escapeHtml(story.headline)}</title>\n<style>${style}\n</style>\n</head>`,
    '<body class="page" style="margin:0;padding:0;background:#f1f3f6">',
    `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preheader(story)}</div>`,
    '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f1f3f6"><tr><td align="center" style="padding:24px 10px">',
    `<table role="presentation" class="card" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:620px;background:#ffffff;border:1px solid #dde2e9;border-radius:10px;border-top:4px solid ${tone.solid}">`,
    ...parts.filter((part) => part !== ''),
    '</table>',
    footer(story),
    '</td></tr></table>\n</body>\n</html>\n',
  ].join('\n');
}

/** The line that lists show beside the subject; the padding keeps the rest of the mail out of it. */
const preheader = (story: Story): string =>
  escapeHtml(`${story.badge} · ${story.headline} · ${story.lead}`) +
  '&#847;&zwnj;&nbsp;'.repeat(30);

const row = (content: string, padding: string): string =>
  content === '' ? '' : `<tr><td class="pad" align="left" style="${padding}">${content}</td></tr>`;

const paragraph = (text: string, tone: string, css: string, padding: string): string =>
  text === ''
    ? ''
    : row(
        `<div class="${tone}" style="font:400 14px/1.55 ${SANS};${css}">${escapeHtml(text)}</div>`,
        padding,
      );

function markOf(story: Story, name: string, tone: Tone): string {
  return (
    `<span class="mark-${name}" style="display:inline-block;padding:4px 10px;border-radius:5px;background:${tone.tint};color:${tone.ink};font:700 13px/1.4 ${SANS};letter-spacing:.03em">${story.severity} · ${escapeHtml(story.badge)}</span>` +
    `<span class="soft" style="font:400 13px/1.4 ${SANS};color:#596270">&nbsp;&nbsp; ${escapeHtml(story.incident)}</span>`
  );
}

/** One alert among several: its own headline, then what is known of it. */
function section(alert: AlertStory, limits: PageLimits, words: Wording): string {
  const solid = alert.status === 'resolved' ? tones.recovered.solid : '#c9d0d9';
  return (
    `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td style="border-left:3px solid ${solid};padding:0 0 0 14px">` +
    `<div class="ink" style="font:700 16px/1.4 ${SANS};color:#161b22;word-break:break-word">${escapeHtml(alert.headline)}</div>` +
    `<div class="ink" style="font:400 14px/1.55 ${SANS};color:#2c343e">${escapeHtml(alert.lead)}</div>` +
    `${details(alert, limits, words, true)}${inlineLinks(alert.links)}</td></tr></table>`
  );
}

function details(alert: AlertStory, limits: PageLimits, words: Wording, dense: boolean): string {
  const about = cutBytes(alert.about, limits.aboutBytes);
  const log = tailBytes(alert.log, { maxBytes: limits.logBytes, maxLines: 40 });
  return [
    box(alert.gap),
    about === ''
      ? ''
      : `<div class="soft" style="font:400 14px/1.55 ${SANS};color:#596270;padding:8px 0 0 0;word-break:break-word">${lines(about)}</div>`,
    dense ? factLines(alert.facts, words) : factsTable(alert.facts),
    log === '' ? '' : logBox(words.label.log, log),
  ].join('');
}

const nextOf = ({ next, words }: Story): string =>
  next === ''
    ? ''
    : `<div class="ink" style="font:400 14px/1.55 ${SANS};color:#2c343e"><b>${escapeHtml(words.label.next)}</b>&ensp;${escapeHtml(next)}</div>`;

const box = (text: string): string =>
  text === ''
    ? ''
    : `<div class="note" style="font:400 14px/1.55 ${SANS};margin:10px 0 0 0;padding:10px 14px;border-radius:6px;background:#eef1f5;color:#344054">${escapeHtml(text)}</div>`;

const factLines = (facts: readonly Fact[], words: Wording): string =>
  facts
    .map(
      ({ label, value }) =>
        `<div class="soft" style="font:400 14px/1.55 ${SANS};color:#596270;word-break:break-word">${escapeHtml(words.pair(label, value))}</div>`,
    )
    .join('');

function factsTable(facts: readonly Fact[]): string {
  if (facts.length === 0) return '';
  const rows = facts.map(
    ({ label, value }) =>
      `<tr><td class="label soft line" valign="top" width="118" style="font:400 14px/1.5 ${SANS};color:#596270;padding:8px 14px 8px 0;border-top:1px solid #e6eaef;white-space:nowrap">${escapeHtml(label)}</td>` +
      `<td class="value ink line" valign="top" style="font:400 14px/1.5 ${SANS};color:#161b22;padding:8px 0;border-top:1px solid #e6eaef;word-break:break-word">${escapeHtml(value)}</td></tr>`,
  );
  return `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:14px 0 0 0">${rows.join('')}</table>`;
}

const logBox = (label: string, log: string): string =>
  `<div class="soft" style="font:400 13px/1.5 ${SANS};color:#596270;padding:12px 0 5px 0">${escapeHtml(label)}</div>` +
  `<div class="log" style="font:400 12px/1.6 ${MONO};background:#f6f8fa;color:#24292f;border:1px solid #e1e5ea;border-radius:6px;padding:11px 13px;word-break:break-word">${lines(log)}</div>`;

/** Outlook knows no `white-space`, so breaks and runs of blanks are written out. */
const lines = (text: string): string =>
  escapeHtml(text).replaceAll('  ', '&nbsp; ').replaceAll('\n', '<br>');

function inlineLinks(links: readonly Link[]): string {
  if (links.length === 0) return '';
  const list = links.map(
    ({ text, url }) =>
      `<a class="ink" href="${escapeHtml(url)}" style="color:#24292f;text-decoration:underline">${escapeHtml(text)}</a>`,
  );
  return `<div class="soft" style="font:400 14px/1.55 ${SANS};color:#596270;padding:10px 0 0 0">${list.join(' &nbsp;·&nbsp; ')}</div>`;
}

function buttons(story: Story, single: AlertStory | undefined, tone: Tone): string {
  const links = [...(story.link === null ? [] : [story.link]), ...(single?.links ?? [])];
  return links
    .map(({ text, url }, index) =>
      index === 0
        ? button(
            text,
            url,
            '',
            `background:${tone.solid};color:#ffffff;border:1px solid ${tone.solid}`,
          )
        : button(text, url, 'quiet', 'background:#ffffff;color:#24292f;border:1px solid #c3cad4'),
    )
    .join('');
}

const button = (text: string, url: string, kind: string, css: string): string =>
  `<a class="button ${kind}" href="${escapeHtml(url)}" style="display:inline-block;margin:0 10px 0 0;padding:10px 18px;border-radius:6px;font:600 14px/1.4 ${SANS};text-decoration:none;${css}">${escapeHtml(text)}</a>`;

const footer = (story: Story): string =>
  `<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:620px"><tr><td class="pad soft" align="left" style="padding:14px 32px 0 32px;font:400 12px/1.6 ${SANS};color:#596270">${escapeHtml(story.words.join(story.footer))}<br>Tocsin</td></tr></table>`;
