/**
 * The list of jobs, as a page that needs no script: what is wrong first, then the rest by name.
 */
import type { Instant } from '../core/time.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import type { JobRow, JobsPage, RowState } from './jobs-page-model.ts';
import { makeWhen, type When } from './when.ts';
import { type Words, wordsOf } from './words.ts';

const REFRESH_S = 30;
const STATES: readonly RowState[] = ['down', 'late', 'up', 'new', 'paused'];

interface Drawing {
  readonly page: JobsPage;
  readonly words: Words;
  readonly when: When;
}

export const jobsPage = (page: JobsPage): Html => {
  const words = wordsOf(page.locale);
  const when = makeWhen(page.locale, page.timezone, page.now);
  const drawing = { page, words, when };
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
  const lang = change.lang ?? (page.localeChosen ? page.locale.slice(0, 2) : '');
  const query = new URLSearchParams();
  if (state !== null) query.set('state', state);
  if (group !== '') query.set('group', group);
  if (q !== '') query.set('q', q);
  if (cursor) query.set('cursor', cursor);
  if (change.refresh ?? page.refresh) query.set('refresh', '1');
  if (lang !== '') query.set('lang', lang);
  return query.size === 0 ? '/' : `/?${query.toString()}`;
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

const banners = ({ page, words, when }: Drawing): Html => {
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
    html`<div class="banner warn"><strong>${banner.gap}</strong>${banner.gapText[gap.kind](
      when.absolute(gap.from),
      when.absolute(gap.to),
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
    page.localeChosen ? page.locale.slice(0, 2) : null,
  )}${hidden('refresh', page.refresh ? '1' : null)}<input type="search" name="q" value="${q}" maxlength="100"
placeholder="${words.searchLabel}" aria-label="${words.searchLabel}"><button>${words.search}</button></form></div>`;
};

const list = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  if (page.rows.length > 0) {
    const { job, state, last, took, next, schedule } = words.columns;
    const heads = [job, state, last, took, next, schedule];
    return html`<div class="panel"><table><thead><tr>${heads.map(
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
  const group = html`<a href="${address(page, { group: row.group, cursor: null })}">${row.group}</a>`;
  return html`<tr class="${row.state}"><td class="wide"><span class="name">${row.name}</span>
${row.problems.map((problem) => problemLine(drawing, problem))}<span class="sub">${row.severity} · ${group}${
    row.description !== '' && html` · ${row.description}`
  }${row.runbook !== '' && html` · <a href="${row.runbook}" rel="noreferrer">${words.runbook}</a>`}</span></td>
<td><span class="state is-${row.state}">${SHAPES[row.state]}${words.states[row.state]}</span>${
    row.runningSince !== null &&
    html`<span class="sub"><span class="live">${words.runningFor(
      when.length(Math.max(0, page.now - row.runningSince)),
    )}</span></span>`
  }</td>
<td data-label="${columns.last}">${row.lastPingAt === null ? html`<span class="sub">${words.never}</span>` : moment(when, row.lastPingAt)}</td>
<td data-label="${columns.took}" class="num">${row.lastDurationMs === null ? words.none : when.length(row.lastDurationMs)}</td>
<td data-label="${columns.next}">${next(drawing, row)}</td>
<td data-label="${columns.schedule}" class="wide">${row.scheduleText}<span class="sub"><code>${row.schedule}</code> ${row.timezone}</span></td></tr>
`;
};

const problemLine = (
  { words, when }: Drawing,
  { kind, since, reason }: JobRow['problems'][number],
): Html =>
  html`<span class="problem">${words.problems[kind]} ${words.since(when.absolute(since))}${
    reason !== '' && html`: ${reason}`
  }</span>
`;

const moment = (when: When, at: Instant): Html =>
  html`<time datetime="${when.machine(at)}">${when.relative(at)}<span class="sub num">${when.absolute(at)}</span></time>`;

const next = ({ words, when }: Drawing, row: JobRow): Html => {
  if (row.nextAt === null) return html`<span class="sub">${words.none}</span>`;
  if (row.state !== 'late' || row.dueAt === null) return moment(when, row.nextAt);
  return html`<span class="is-late">${words.overdue} ${when.absolute(row.nextAt)}</span><span class="sub">${words.silentUntil(
    when.absolute(row.dueAt),
  )}</span>`;
};

const pages = ({ page, words }: Drawing): Html | null => {
  if (page.cursor === null && page.next === null) return null;
  return html`<nav class="pages">${
    page.cursor !== null &&
    html`<a href="${address(page, { cursor: null })}">${words.firstPage}</a>`
  }${page.next !== null && html`<a href="${address(page, { cursor: page.next })}" rel="next">${words.nextPage}</a>`}</nav>`;
};

const shape = (inside: Html): Html =>
  html`<svg viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">${inside}</svg>`;

/** Square with a cross, triangle, disc, ring, bars: told apart without colour. */
const SHAPES: Readonly<Record<RowState, Html>> = {
  down: shape(
    html`<path d="M3 1h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V3a2 2 0 0 1 2-2Zm2.2 3L4 5.2 6.8 8 4 10.8 5.2 12 8 9.2l2.8 2.8 1.2-1.2L9.2 8 12 5.2 10.8 4 8 6.8Z" fill-rule="evenodd"/>`,
  ),
  late: shape(
    html`<path d="M8 1 15.5 14.5H.5Zm-.9 4.6v4.2h1.8V5.6Zm0 5.2v1.8h1.8v-1.8Z" fill-rule="evenodd"/>`,
  ),
  up: shape(html`<circle cx="8" cy="8" r="6.5"/>`),
  new: shape(
    html`<path d="M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Zm0 2.2a4.3 4.3 0 1 0 0 8.6 4.3 4.3 0 0 0 0-8.6Z" fill-rule="evenodd"/>`,
  ),
  paused: shape(html`<path d="M3 2h3.6v12H3Zm6.4 0H13v12H9.4Z"/>`),
};
