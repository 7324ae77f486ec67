/**
 * One job: how it is, and its history with a reason for each line. Alerts link here.
 */
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import { type Cells, jobAddress, langOf, lastReport, nextDue, problems, state } from './cells.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import type { JobRow } from './jobs-page-model.ts';
import { makeWhen } from './when.ts';
import { type EntryKind, wordsOf } from './words.ts';

export interface HistoryLine {
  readonly at: Instant;
  readonly kind: EntryKind;
  readonly runId: string | null;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
  readonly reason: string;
  /** Where it ran and in which environment; '' when not said. */
  readonly from: string;
  /** Address of its log text; null for none. */
  readonly bodyUrl: string | null;
}

export interface JobPage {
  readonly locale: Locale;
  readonly localeChosen: boolean;
  readonly now: Instant;
  readonly timezone: string;
  readonly row: JobRow;
  /** Newest first; null while the store cannot be read. */
  readonly history: readonly HistoryLine[] | null;
  /** Run to point out: the one that an alert is about. */
  readonly run: string | null;
  readonly cursor: string | null;
  readonly next: string | null;
}

interface Drawing extends Cells {
  readonly page: JobPage;
}

export const jobPage = (page: JobPage): Html => {
  const words = wordsOf(page.locale);
  const when = makeWhen(page.locale, page.timezone, page.now);
  const drawing = { page, words, when, now: page.now };
  const { row } = page;
  const lang = langOf(page);
  const other = jobAddress(row.name, words.otherCode);
  return framed({
    words,
    title: `${row.name} · Tocsin`,
    refreshS: null,
    home: lang === '' ? '/' : `/?lang=${lang}`,
    links: [html`<a href="${other}" lang="${words.otherCode}">${words.other}</a>`],
    main: html`<h1>${row.name}</h1>
<p class="asof">${row.severity} · ${row.group}${row.description !== '' && html` · ${row.description}`}${
      row.runbook !== '' && html` · <a href="${row.runbook}" rel="noreferrer">${words.runbook}</a>`
    }</p>
${facts(drawing)}<h2>${words.job.history}</h2>${history(drawing)}
<p class="asof">${words.asOf(when.absolute(page.now), page.timezone)}</p>`,
  });
};

const facts = (drawing: Drawing): Html => {
  const { row } = drawing.page;
  const { words, when } = drawing;
  const { columns } = words;
  const took = row.lastDurationMs === null ? words.none : when.length(row.lastDurationMs);
  const fact = (name: string, value: Html): Html =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="panel facts ${row.state}">${fact(
    columns.state,
    html`${state(drawing, row)}${problems(drawing, row)}`,
  )}${fact(columns.last, lastReport(drawing, row))}${fact(columns.took, html`${took}`)}${fact(
    columns.next,
    nextDue(drawing, row),
  )}${fact(
    columns.schedule,
    html`${row.scheduleText}<span class="sub"><code>${row.schedule}</code> ${row.timezone}</span>`,
  )}</dl>
`;
};

const BAD: ReadonlySet<EntryKind> = new Set(['fail', 'missed', 'overrun', 'abandoned']);

const history = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  const { job } = words;
  if (page.history === null) return html`<div class="panel empty"><p>${job.unreadable}</p></div>`;
  if (page.history.length === 0) return html`<div class="panel empty"><p>${job.none}</p></div>`;
  const heads = [job.when, job.what, words.columns.took, job.run, job.from, job.why];
  const lines = page.history.map((one) => line(drawing, one));
  return html`<div class="panel scroll"><table class="history"><thead><tr>${heads.map(
    (text) => html`<th scope="col">${text}</th>`,
  )}</tr></thead>
<tbody>${lines}</tbody></table></div>${pages(drawing)}`;
};

const line = ({ page, words, when }: Drawing, one: HistoryLine): Html => {
  const exit =
    one.exitCode === null || one.exitCode === 0 ? '' : `, ${words.job.exit(String(one.exitCode))}`;
  const isMarked = page.run !== null && one.runId === page.run;
  return html`<tr${isMarked && html` class="marked"`}><td class="num"><time datetime="${when.machine(
    one.at,
  )}">${when.absolute(one.at)}</time> <span class="soft">${when.relative(one.at)}</span></td>
<td class="${BAD.has(one.kind) ? 'is-down' : ''}">${words.kinds[one.kind]}${exit}${
    one.bodyUrl !== null && html` · <a href="${one.bodyUrl}">${words.job.log}</a>`
  }</td>
<td class="num">${one.durationMs === null ? '' : when.length(one.durationMs)}</td>
<td>${one.runId !== null && html`<code title="${one.runId}">${one.runId.slice(0, 8)}</code>`}</td>
<td>${one.from}</td><td>${one.reason}</td></tr>
`;
};

const pages = ({ page, words }: Drawing): Html | null => {
  if (page.cursor === null && page.next === null) return null;
  const base = jobAddress(page.row.name, langOf(page));
  const older = `${base}${base.includes('?') ? '&' : '?'}cursor=${page.next}`;
  return html`<nav class="pages">${
    page.cursor !== null && html`<a href="${base}">${words.job.newest}</a>`
  }${page.next !== null && html`<a href="${older}" rel="next">${words.job.older}</a>`}</nav>`;
};
