/**
 * The history of a job: a line for each report and each verdict, with a reason, and between them the times in which
 * Tocsin itself did not listen.
 */
import { type Cells, exitText, gapText, jobAddress, langOf, reasonText } from './cells.ts';
import type { EntryKind } from './english.ts';
import { type Html, html } from './html.ts';
import type { HistoryLine, JobPage } from './job-page-model.ts';
import type { OwnGap } from './jobs-page-model.ts';

export interface Drawing extends Cells {
  readonly page: JobPage;
}

const BAD: ReadonlySet<EntryKind> = new Set(['fail', 'missed', 'overrun', 'abandoned']);
const RUN_CHARS = 8;

export const history = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  const { job } = words;
  const title = html`<h2>${job.history}</h2>`;
  if (page.history === null)
    return html`${title}<div class="panel empty"><p>${job.unreadable}</p></div>`;
  if (page.history.length === 0)
    return html`${title}<div class="panel empty"><p>${job.none}</p></div>`;
  const heads = [job.when, job.what, words.columns.took, job.run, job.host, job.note];
  const { run } = page;
  const elsewhere =
    run !== null &&
    !page.history.some(({ runId }) => runId === run) &&
    !page.openRuns.some(({ runId }) => runId === run);
  return html`${title}${elsewhere && html`<p class="asof">${job.elsewhere(run.slice(0, 40))}</p>`}
<div class="panel scroll"><table class="rows"><thead><tr>${heads.map(
    (text) => html`<th scope="col">${text}</th>`,
  )}</tr></thead>
<tbody>${withGaps(drawing, page.history)}</tbody></table></div>${pages(drawing)}`;
};

/** A gap stands before the first line that is older than its end. */
const withGaps = (drawing: Drawing, lines: readonly HistoryLine[]): Html[] => {
  const gaps = [...drawing.page.gaps];
  const drawn: Html[] = [];
  for (const one of lines) {
    while (gaps[0] !== undefined && gaps[0].to >= one.at)
      drawn.push(gapLine(drawing, gaps.shift()));
    drawn.push(line(drawing, one));
  }
  return [...drawn, ...gaps.map((gap) => gapLine(drawing, gap))];
};

const gapLine = (drawing: Drawing, gap: OwnGap | undefined): Html =>
  gap === undefined
    ? html``
    : html`<tr class="gap"><td colspan="6">${drawing.words.banner.gapLine(gapText(drawing, gap))}</td></tr>
`;

const line = (drawing: Drawing, one: HistoryLine): Html => {
  const { page, words, when } = drawing;
  const exit = exitText(words, one.exitCode);
  const isMarked = page.run !== null && one.runId === page.run;
  const took = one.durationMs === null || !ENDS.has(one.kind) ? '' : when.length(one.durationMs);
  return html`<tr${isMarked && html` class="marked"`}><td class="num"><time datetime="${when.machine(
    one.at,
  )}">${when.exact(one.at)}</time><span class="sub">${when.relative(one.at)}</span></td>
<td class="lead${BAD.has(one.kind) && ' is-down'}">${words.kinds[one.kind]}${exit}${
    one.bodyUrl !== null &&
    html` <a class="log" href="${one.bodyUrl}">${words.job.log(when.size(one.bodyBytes))}</a>`
  }</td>
<td class="num">${took}</td><td>${runMark(drawing, one.runId)}</td><td class="clip" title="${one.from}">${one.from}</td><td class="note">${note(
    drawing,
    one,
  )}</td></tr>
`;
};

const ENDS: ReadonlySet<EntryKind> = new Set(['success', 'fail']);

const note = ({ words, when }: Drawing, one: HistoryLine): string => {
  const { job } = words;
  const length = one.durationMs === null ? null : when.length(one.durationMs);
  const notes = [
    one.kind === 'missed' && one.reason === '' && job.noReport,
    one.kind === 'overrun' && length !== null && job.notDoneAfter(length),
    one.kind === 'abandoned' && length !== null && job.noEndFor(length),
    ENDS.has(one.kind) && one.overran && job.overran,
    reasonText(words, one.reason),
  ];
  return notes.filter(Boolean).join(words.marks.semicolon);
};

/** The beginning of a run's id, which leads to all lines of that run. */
export const runMark = ({ page }: Drawing, runId: string | null): Html | null => {
  if (runId === null) return null;
  const address = jobAddress(page.row.name, {
    run: runId,
    cursor: page.cursor,
    lang: langOf(page),
  });
  return html`<a class="run" href="${address}" title="${runId}"><code>${runId.slice(0, RUN_CHARS)}</code></a>`;
};

const pages = ({ page, words }: Drawing): Html | null => {
  if (page.cursor === null && page.next === null) return null;
  const { run, next } = page;
  const lang = langOf(page);
  const newest = jobAddress(page.row.name, { run, lang });
  const older = jobAddress(page.row.name, { run, lang, cursor: next });
  return html`<nav class="pages">${
    page.cursor !== null && html`<a href="${newest}">${words.job.newest}</a>`
  }${next !== null && html`<a href="${older}" rel="next">${words.job.older}</a>`}</nav>`;
};
