/**
 * The list of jobs, as a page that needs no script: what is wrong first, then the rest by name.
 */
import {
  addressOf,
  type Cells,
  gapText,
  jobAddress,
  langOf,
  lastReport,
  nextDue,
  problems,
  SHAPES,
  state,
} from './cells.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import type { JobRow, JobsPage, RowState } from './jobs-page-model.ts';
import { makeWhen } from './when.ts';
import { wordsOf } from './words.ts';

const REFRESH_S = 30;
const STATES: readonly RowState[] = ['down', 'late', 'up', 'new', 'paused'];

interface Drawing extends Cells {
  readonly page: JobsPage;
}

export const jobsPage = (page: JobsPage): Html => {
  const words = wordsOf(page.locale);
  const when = makeWhen(page.locale, page.timezone, page.now);
  const drawing = { page, words, when, now: page.now };
  const bad = page.counts.down;
  return framed({
    words,
    title: bad > 0 ? `(${bad}) Tocsin · ${words.jobs}` : `Tocsin · ${words.jobs}`,
    refreshS: page.refresh ? REFRESH_S : null,
    home: address(page, { state: null, group: '', q: '', cursor: null }),
    links: links(drawing),
    main: html`${headline(drawing)}${banners(drawing)}${tools(drawing)}${list(drawing)}${pages(drawing)}`,
  });
};

/** The address of this page with something changed; what is usual is left out. */
const address = (
  page: JobsPage,
  change: {
    state?: RowState | null;
    group?: string;
    q?: string;
    cursor?: string | null;
    refresh?: boolean;
    lang?: string;
  },
): string => {
  const { state, group, q } = { ...page.filter, ...change };
  const cursor = 'cursor' in change ? change.cursor : page.cursor;
  const lang = change.lang ?? langOf(page);
  const refresh = (change.refresh ?? page.refresh) ? '1' : '';
  return addressOf('/', { state, group, q, cursor: cursor ?? null, refresh, lang });
};

const links = ({ page, words }: Drawing): Html[] => [
  html`<a href="${address(page, { refresh: !page.refresh })}">${page.refresh ? words.noRefresh : words.refresh}</a>`,
  html`<a href="${address(page, { lang: words.otherCode })}" lang="${words.otherCode}">${words.other}</a>`,
];

const headline = ({ page, words, when }: Drawing): Html => {
  const { counts } = page;
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  const asOf = html`<p class="asof">${words.asOf(when.absolute(page.now), page.timezone)}</p>`;
  if (total === 0) return html`<h1>${words.noJobs}</h1>${asOf}`;
  const count = when.count(total);
  if (counts.down === 0)
    return html`<h1>${total === 1 ? words.wellOne : words.well(count)}</h1>${asOf}`;
  const text =
    counts.down === 1 ? words.attentionOne(count) : words.attention(when.count(counts.down), count);
  return html`<h1 class="bad">${text}</h1>${asOf}`;
};

const banners = (drawing: Drawing): Html => {
  const { page, words, when } = drawing;
  const { banner } = words;
  const { storeFault, configIssues, configIssuesTotal, gap } = page;
  const more = configIssuesTotal - configIssues.length;
  return html`${
    storeFault !== null &&
    html`<div class="banner bad" role="alert"><strong>${banner.store}</strong>${banner.storeText(storeFault)}</div>`
  }${
    configIssuesTotal > 0 &&
    html`<div class="banner bad" role="alert"><strong>${banner.config}</strong>${banner.configText}
<ul>${configIssues.map((issue) => html`<li>${issue}</li>`)}${
      more > 0 && html`<li>${banner.more(when.count(more))}</li>`
    }</ul></div>`
  }${
    gap !== null &&
    html`<div class="banner warn"><strong>${banner.gap}</strong>${gapText(
      drawing,
      gap,
    )} ${banner.gapAfter}</div>`
  }`;
};

const tools = ({ page, words, when }: Drawing): Html => {
  const { filter, counts } = page;
  const chip = (state: RowState | null, text: string, count: number): Html => {
    const current = filter.state === state ? html` aria-current="page"` : null;
    const mark = state === null ? null : html`<span class="is-${state}">${SHAPES[state]}</span>`;
    return html`<li><a href="${address(page, { state, cursor: null })}" class="${
      count === 0 ? 'zero' : ''
    }"${current}>${mark}${text} <b>${when.count(count)}</b></a></li>`;
  };
  const total = STATES.reduce((sum, state) => sum + counts[state], 0);
  const hidden = (name: string, value: string | null): Html | null =>
    value ? html`<input type="hidden" name="${name}" value="${value}">` : null;
  const { state, group, q } = filter;
  return html`<div class="tools"><ul class="chips">${chip(null, words.all, total)}${STATES.map(
    (one) => chip(one, words.states[one], counts[one]),
  )}</ul>
<form class="search" action="/" method="get" role="search">${hidden('state', state)}${hidden('group', group)}${hidden(
    'lang',
    langOf(page),
  )}${hidden('refresh', page.refresh ? '1' : null)}<input type="search" name="q" value="${q}" maxlength="100"
placeholder="${words.searchLabel}" aria-label="${words.searchLabel}"><button>${words.search}</button></form></div>`;
};

const list = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  if (page.rows.length > 0) {
    const { job, state, last, took, next, schedule } = words.columns;
    const heads = [job, state, last, took, next, schedule];
    return html`<div class="panel"><table class="list"><thead><tr>${heads.map(
      (text) => html`<th scope="col">${text}</th>`,
    )}</tr></thead>
<tbody>${page.rows.map((row) => line(drawing, row))}</tbody></table></div>`;
  }
  const isEmpty = STATES.every((state) => page.counts[state] === 0);
  if (isEmpty)
    return html`<div class="panel empty"><strong>${words.noJobs}</strong><p>${words.noJobsHint}</p></div>`;
  const all = address(page, { state: null, group: '', q: '', cursor: null });
  return html`<div class="panel empty"><strong>${words.noMatch}</strong><p><a href="${all}">${words.clear}</a></p></div>`;
};

const line = (drawing: Drawing, row: JobRow): Html => {
  const { page, words, when } = drawing;
  const { columns } = words;
  const lang = langOf(page);
  const group = html`<a href="${address(page, { group: row.group, cursor: null })}">${row.group}</a>`;
  return html`<tr class="${row.state}"><td><a class="name" href="${jobAddress(row.name, { lang })}">${row.name}</a>
${problems(drawing, row)}<span class="sub">${row.severity} · ${group}${
    row.description !== '' && html` · ${row.description}`
  }${row.runbook !== '' && html` · <a href="${row.runbook}" rel="noreferrer">${words.runbook}</a>`}</span></td>
<td>${state(drawing, row)}</td>
<td data-label="${columns.last}">${lastReport(drawing, row)}</td>
<td data-label="${columns.took}" class="num">${row.lastDurationMs === null ? words.none : when.length(row.lastDurationMs)}</td>
<td data-label="${columns.next}">${nextDue(drawing, row)}</td>
<td data-label="${columns.schedule}">${row.scheduleText}<span class="sub"><code>${row.schedule}</code> ${row.timezone}</span></td></tr>
`;
};

const pages = ({ page, words }: Drawing): Html | null => {
  if (page.cursor === null && page.next === null) return null;
  return html`<nav class="pages">${
    page.cursor !== null &&
    html`<a href="${address(page, { cursor: null })}">${words.firstPage}</a>`
  }${page.next !== null && html`<a href="${address(page, { cursor: page.next })}" rel="next">${words.nextPage}</a>`}</nav>`;
};
