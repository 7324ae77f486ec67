/**
 * One incident: its alerts, the messages that went out about it, and its story. Messages link here.
 */
import { type Instant, instant } from '../core/time.ts';
import {
  addressOf,
  type Cells,
  entryOf,
  isWebAddress,
  jobAddress,
  labelList,
  langOf,
  mark,
  moment,
} from './cells.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import type { AlertView, DeliveryView, IncidentPage } from './incident-page-model.ts';
import type { RowState } from './jobs-page-model.ts';
import { makeWhen } from './when.ts';
import { wordsOf } from './words.ts';

interface Drawing extends Cells {
  readonly page: IncidentPage;
}

export const incidentPage = (page: IncidentPage): Html => {
  const words = wordsOf(page.locale);
  const when = makeWhen(page.locale, page.timezone, page.now);
  const drawing = { page, words, when, now: page.now };
  const { incident } = words;
  const lang = langOf(page);
  const name = `INC-${page.id}`;
  const state =
    page.closedAt === null
      ? mark(page.firing > 0 ? 'down' : 'new', incident.open)
      : mark('up', incident.closed);
  const other = addressOf(`/incidents/${page.id}`, { lang: words.otherCode });
  const title = headline(drawing);
  return framed({
    words,
    title: `${name}: ${title} · Tocsin`,
    refreshS: null,
    home: addressOf('/', { lang }),
    links: [html`<a href="${other}" lang="${words.otherCode}">${words.other}</a>`],
    main: html`<div class="headline"><h1>${title}</h1>${state}</div>
<p class="asof">${incident.title} ${name} · ${words.asOf(when.absolute(page.now), page.timezone)}</p>
${facts(drawing)}${alerts(drawing)}${deliveries(drawing)}${timeline(drawing)}`,
  });
};

const headline = ({ page, words, when }: Drawing): string => {
  const [only] = page.alerts;
  if (only !== undefined && page.alertsTotal === 1) return titleOf({ words }, only);
  if (page.firing > 0) return words.incident.manyFiring(when.count(page.firing));
  if (page.alertsTotal > 0) return words.incident.allResolved(when.count(page.alertsTotal));
  const { groupLabels: labels } = page;
  const hasName = 'alertname' in labels || 'job_name' in labels;
  return hasName
    ? titleOf({ words }, { labels, annotations: {} })
    : `${words.incident.title} INC-${page.id}`;
};

const facts = ({ page, words, when, now }: Drawing): Html => {
  const { incident } = words;
  const { openedAt, closedAt, nextLookAt } = page;
  const fact = (name: string, value: Html | string, css = ''): Html =>
    html`<div class="${css}"><dt>${name}</dt><dd>${value}</dd></div>`;
  const last =
    closedAt === null
      ? fact(incident.nextLook, nextLookAt === null ? words.none : moment(when, nextLookAt))
      : fact(incident.closedAt, moment(when, closedAt));
  const hasLabels = Object.keys(page.groupLabels).length > 0;
  return html`<dl class="panel facts ${closedAt === null ? 'down' : ''}">${fact(
    incident.group,
    hasLabels ? labelList(page.groupLabels) : words.none,
    'wide',
  )}${fact(incident.receiver, page.receiver)}${fact(
    incident.lasted,
    when.length(Math.max(0, (closedAt ?? now) - openedAt)),
  )}${fact(incident.opened, moment(when, openedAt))}${last}</dl>`;
};

/** Job alerts have titles in each language; others bring their own. */
const titleOf = (
  { words }: Pick<Cells, 'words'>,
  { labels, annotations }: Pick<AlertView, 'labels' | 'annotations'>,
): string => {
  const title = entryOf(words.alertTitles, labels['alertname'] ?? '');
  const job = labels['job_name'];
  if (title !== undefined && job !== undefined) return title(job, annotations['exit_code'] ?? null);
  return annotations['summary'] ?? labels['alertname'] ?? labels['job_name'] ?? words.none;
};

const alerts = (drawing: Drawing): Html => {
  const { page, words, when } = drawing;
  const { incident } = words;
  const rest = page.alertsTotal - page.alerts.length;
  return html`<h2>${incident.alerts}</h2>${
    page.alerts.length === 0
      ? html`<div class="panel empty"><p>${incident.noAlerts}</p></div>`
      : page.alerts.map((one) => alert(drawing, one))
  }${rest > 0 && html`<p class="asof">${incident.more(when.count(rest))}</p>`}`;
};

const alert = (drawing: Drawing, one: AlertView): Html => {
  const { page, words } = drawing;
  const { incident } = words;
  const lang = langOf(page);
  const state = one.isFiring ? mark('down', incident.firing) : mark('up', incident.resolved);
  const { annotations, labels } = one;
  const own = Object.entries(labels).filter(([name, value]) => page.groupLabels[name] !== value);
  const isOwn = entryOf(words.alertTitles, labels['alertname'] ?? '') !== undefined;
  // The sentences of our own alerts are English; elsewhere the title and the facts below say the same.
  const isForeign = isOwn && page.locale !== 'en';
  const text = annotations[isForeign ? 'about' : 'description'] ?? '';
  const runbook = annotations['runbook_url'] ?? '';
  const links = [
    one.job !== null &&
      html`<a href="${jobAddress(one.job, { run: one.run, lang })}">${one.run === null ? incident.job : incident.run}</a>`,
    isWebAddress(runbook) && html`<a href="${runbook}" rel="noreferrer">${words.runbook}</a>`,
    one.source !== '' && html`<a href="${one.source}" rel="noreferrer">${incident.source}</a>`,
  ].filter((link) => link !== false);
  const log = annotations['log_tail'] ?? '';
  return html`<section class="panel part alert ${one.isFiring ? 'down' : ''}">${
    page.alertsTotal > 1 && html`<h3>${titleOf(drawing, one)}</h3>`
  }
<p class="life soft">${state}${lifeOf(drawing, one)}</p>${text !== '' && html`<p class="text">${text}</p>`}${
    links.length > 0 && html`<p class="links">${links}</p>`
  }${annotationPairs(drawing, one, isOwn ? incident.facts : {})}${
    log !== '' && html`<h4>${incident.logTail}</h4><pre>${log}</pre>`
  }${own.length > 0 && labelList(Object.fromEntries(own))}</section>
`;
};

const lifeOf = ({ words, when, now }: Drawing, one: AlertView): string => {
  const { incident } = words;
  const from = when.absolute(one.startsAt);
  const length = (until: number): string => when.length(Math.max(0, until - one.startsAt));
  if (one.isFiring) return incident.since(from, length(now));
  if (one.endsAt === null) return incident.began(from);
  return incident.fromTo(from, when.absolute(one.endsAt), length(one.endsAt));
};

/** Shown elsewhere on the card, or led to from it. */
const PLACED: ReadonlySet<string> = new Set([
  'summary',
  'description',
  'about',
  'runbook_url',
  'run_url',
  'log_tail',
]);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const annotationPairs = (
  { when }: Drawing,
  { annotations }: AlertView,
  names: Readonly<Record<string, string>>,
): Html | null => {
  const value = (text: string): Html | string => {
    const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(at)) return html`<time datetime="${text}">${when.exact(instant(at))}</time>`;
    return isWebAddress(text) ? html`<a href="${text}" rel="noreferrer">${text}</a>` : text;
  };
  const rest = Object.entries(annotations).filter(([name]) => !PLACED.has(name));
  if (rest.length === 0) return null;
  return html`<dl class="pairs">${rest.map(
    ([name, text]) => html`<dt>${entryOf(names, name) ?? name}</dt><dd>${value(text)}</dd>
`,
  )}</dl>`;
};

const LIKE: Readonly<Record<DeliveryView['state'], RowState>> = {
  pending: 'new',
  sent: 'up',
  dead: 'down',
  cancelled: 'paused',
};

const deliveries = (drawing: Drawing): Html => {
  const { page, words, when } = drawing;
  const { incident } = words;
  const title = html`<h2>${incident.deliveries}</h2>`;
  if (page.deliveries.length === 0)
    return html`${title}<div class="panel empty"><p>${incident.noDeliveries}</p></div>`;
  const { columns, job } = words;
  const heads = [job.when, incident.message, columns.state, incident.channel, incident.attempts];
  const lines = page.deliveries.map(
    (one) => html`<tr><td class="num">${exactTime(drawing, one.at)}</td>
<td class="lead"><a href="/api/v1/deliveries/${one.id}">${incident.reasons[one.reason]}</a></td>
<td>${mark(LIKE[one.state], incident.deliveryStates[one.state])}</td><td class="clip" title="${one.channelId}">${one.channelId}</td>
<td class="num" data-label="${incident.attempts}">${when.count(one.attempts)}</td><td class="note">${resultOf(drawing, one)}</td></tr>
`,
  );
  return html`${title}<div class="panel scroll"><table class="rows"><thead><tr>${[
    ...heads,
    incident.result,
  ].map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${lines}</tbody></table></div>${page.deliveriesCut && html`<p class="asof">${incident.older}</p>`}`;
};

const resultOf = ({ words, when }: Drawing, one: DeliveryView): string => {
  const { incident } = words;
  const result = one.lastResult === null ? '' : incident.results[one.lastResult];
  const next = one.nextAt === null ? '' : incident.nextTry(when.exact(one.nextAt));
  const what = [result, one.lastDetail].filter(Boolean).join(words.marks.colon);
  return [what, next].filter(Boolean).join(words.marks.semicolon);
};

const timeline = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  const { incident } = words;
  const opened = { at: page.openedAt, kind: 'opened', detail: '' };
  const all = page.timelineCut ? page.timeline : [...page.timeline, opened];
  const heads = [words.job.when, words.job.what, words.job.note];
  const lines = all.map(
    ({ at, kind, detail }) => html`<tr><td class="num">${exactTime(drawing, at)}</td>
<td class="lead${kind === 'dead' && ' is-down'}">${entryOf(incident.kinds, kind) ?? kind}</td><td class="note">${detail}</td></tr>
`,
  );
  return html`<h2>${incident.timeline}</h2><div class="panel scroll"><table class="rows"><thead><tr>${heads.map(
    (text) => html`<th scope="col">${text}</th>`,
  )}</tr></thead>
<tbody>${lines}</tbody></table></div>${page.timelineCut && html`<p class="asof">${incident.older}</p>`}`;
};

const exactTime = ({ when }: Drawing, at: Instant): Html =>
  html`<time datetime="${when.machine(at)}">${when.exact(at)}</time>`;
