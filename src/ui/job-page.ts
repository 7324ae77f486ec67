/**
 * One job: how it is and why, what it did, and what it is meant to do. Alerts link here.
 */
import {
  addressOf,
  exitText,
  jobAddress,
  labelList,
  langOf,
  lastReport,
  mark,
  moment,
  nextDue,
  reasonText,
} from './cells.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import { type Drawing, history, runMark } from './job-history.ts';
import type { JobPage } from './job-page-model.ts';
import type { JobRow } from './jobs-page-model.ts';
import { makeWhen } from './when.ts';
import { wordsOf } from './words.ts';

export const jobPage = (page: JobPage): Html => {
  const words = wordsOf(page.locale);
  const when = makeWhen(page.locale, page.timezone, page.now);
  const drawing = { page, words, when, now: page.now };
  const { row, run, cursor } = page;
  const lang = langOf(page);
  const other = jobAddress(row.name, { run, cursor, lang: words.otherCode });
  const asOf = words.asOf(when.absolute(page.now), page.timezone);
  const group = html`<a href="${addressOf('/', { group: row.group, lang })}">${row.group}</a>`;
  return framed({
    words,
    title: `${row.name}: ${words.states[row.state]} · Tocsin`,
    refreshS: null,
    home: addressOf('/', { lang }),
    links: [html`<a href="${other}" lang="${words.otherCode}">${words.other}</a>`],
    main: html`<div class="headline"><h1>${row.name}</h1>${mark(row.state, words.states[row.state])}</div>
<p class="asof">${row.severity} · ${group}${
      row.description !== '' && html` · ${row.description}`
    }${row.runbook !== '' && html` · ${runbook(drawing)}`} · ${asOf}</p>
${standing(drawing)}${facts(drawing)}
<div class="columns"><div>${openRuns(drawing)}${history(drawing)}</div>
<aside>${schedule(drawing)}${settings(drawing)}${report(drawing)}</aside></div>`,
  });
};

/** What is wrong, in words, and where to look; or why nothing is awaited. */
const standing = (drawing: Drawing): Html => {
  const { page, words, when } = drawing;
  const { row, pausedBy } = page;
  const { job } = words;
  if (row.state === 'paused' && pausedBy !== null)
    return html`<div class="banner">${job.pausedBy[pausedBy]}</div>`;
  if (row.state === 'new') return html`<div class="banner">${job.isNew}</div>`;
  if (row.state === 'late' && row.nextAt !== null && row.dueAt !== null) {
    const { nextAt, dueAt } = row;
    return html`<div class="banner warn"><strong>${words.states.late}</strong>${job.late(
      when.absolute(nextAt),
      when.relative(nextAt),
    )}${words.marks.afterSentence}${job.lateUntil(when.absolute(dueAt), when.relative(dueAt))}</div>`;
  }
  return html`${row.problems.map((problem) => problemBanner(drawing, problem))}`;
};

const problemBanner = (drawing: Drawing, problem: JobRow['problems'][number]): Html => {
  const { page, words, when } = drawing;
  const { kind, since, runId, exitCode } = problem;
  const exit = exitText(words, exitCode);
  const inRow = kind === 'failed' && page.failuresInRow > 1;
  const told =
    kind === 'slow' && problem.reason !== ''
      ? reasonText(words, problem.reason)
      : words.job.why[kind](when.absolute(since), when.relative(since));
  return html`<div class="banner bad"><strong>${words.problems[kind]}${exit}</strong>${told}${
    inRow && words.marks.afterSentence + words.job.inRow(when.count(page.failuresInRow))
  }${kind === 'failed' && logLink(drawing, runId)}</div>
`;
};

/** The log of the newest failure, when the shown history has it. */
const logLink = ({ page, words, when }: Drawing, runId: string | null): Html | null => {
  const line = page.history?.find(
    (one) => one.kind === 'fail' && one.runId === runId && one.bodyUrl !== null,
  );
  if (!line?.bodyUrl) return null;
  const text = words.job.readLog(when.size(line.bodyBytes));
  return html`<p class="links"><a href="${line.bodyUrl}">${text}</a></p>`;
};

const runbook = ({ page: { row }, words }: Drawing): Html =>
  html`<a href="${row.runbook}" rel="noreferrer">${words.runbook}</a>`;

const facts = (drawing: Drawing): Html => {
  const { page, words, when } = drawing;
  const { row, lastSuccessAt, pings } = page;
  const { columns, job } = words;
  const success =
    lastSuccessAt === null
      ? html`<span class="sub">${words.never}</span>`
      : moment(when, lastSuccessAt);
  // Of a job that is down nothing is awaited, and still it will run again.
  const [ahead] = page.nextTimes;
  const isDown = row.state === 'down' && row.nextAt === null;
  const next = isDown && ahead !== undefined ? moment(when, ahead) : nextDue(drawing, row);
  const took = row.lastDurationMs === null ? words.none : when.length(row.lastDurationMs);
  const fact = (name: string, value: Html): Html =>
    html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<dl class="panel facts ${row.state}">${fact(columns.last, lastReport(drawing, row))}${fact(
    job.lastSuccess,
    success,
  )}${fact(columns.took, html`${took}`)}${fact(columns.next, next)}${fact(
    job.reports,
    html`${when.count(pings)}`,
  )}</dl>
`;
};

const openRuns = (drawing: Drawing): Html | null => {
  const { page, words, when, now } = drawing;
  if (page.openRuns.length === 0) return null;
  const { job } = words;
  const heads = [job.started, job.since, job.run, job.host];
  const lines = page.openRuns.map(({ runId, startedAt, overran, from }) => {
    const isMarked = page.run !== null && page.run === runId;
    const length = when.length(Math.max(0, now - startedAt));
    const late = overran && html` <span class="is-down">${job.tooLong}</span>`;
    return html`<tr${isMarked && html` class="marked"`}><td class="num"><time datetime="${when.machine(
      startedAt,
    )}">${when.exact(startedAt)}</time></td>
<td><span class="${overran ? '' : 'live'}">${length}</span>${late}</td><td>${runMark(
      drawing,
      runId,
    )}</td><td class="note">${from}</td></tr>
`;
  });
  return html`<h2>${job.running}</h2><div class="panel scroll"><table class="rows"><thead><tr>${heads.map(
    (text) => html`<th scope="col">${text}</th>`,
  )}</tr></thead>
<tbody>${lines}</tbody></table></div>`;
};

const schedule = (drawing: Drawing): Html => {
  const { page, words } = drawing;
  const { row, nextTimes, daylight } = page;
  const isInterval = row.timezone === '';
  return html`<section><h2>${words.columns.schedule}</h2><div class="panel part"><p>${row.scheduleText}<span class="sub"><code>${
    row.schedule
  }</code> ${row.timezone}</span></p>
<h3>${words.job.nextTimes}</h3>${
    nextTimes.length === 0
      ? html`<p>${isInterval ? words.job.afterReport : words.job.noNext}</p>`
      : times(drawing)
  }${daylight !== '' && html`<p class="soft">${daylight}</p>`}</div></section>`;
};

/** In the zone of the job, and where the clock of the page shows another time also in that one. */
const times = ({ page, words, when, now }: Drawing): Html => {
  const { row, nextTimes } = page;
  const own = row.timezone === '' ? when : makeWhen(page.locale, row.timezone, now);
  const differs = nextTimes.some((at) => own.absolute(at) !== when.absolute(at));
  const heads = differs ? [row.timezone, page.timezone] : [];
  const lines = nextTimes.map((at) => {
    const beside = differs ? when.absolute(at) : when.relative(at);
    return html`<tr><td><time datetime="${when.machine(at)}">${own.absolute(at)}</time></td><td class="soft">${beside}</td></tr>
`;
  });
  return html`<table class="times" aria-label="${words.job.nextTimes}">${
    differs &&
    html`<thead><tr>${heads.map((zone) => html`<th scope="col">${zone}</th>`)}</tr></thead>`
  }<tbody>${lines}</tbody></table>`;
};

const settings = ({ page, words, when }: Drawing): Html => {
  const { row } = page;
  const { graceMs, maxRuntimeMs, failures, recoveries, labels } = page.settings;
  const { job } = words;
  const grace = when.length(graceMs);
  const entries: readonly (readonly [string, Html | string | false])[] = [
    [job.grace, grace],
    [
      job.maxRuntime,
      maxRuntimeMs === null
        ? html`<span class="soft">${job.maxRuntimeUnset(grace)}</span>`
        : when.length(maxRuntimeMs),
    ],
    [job.severity, row.severity],
    [job.group, row.group],
    [job.alertsAfter, failures > 1 && job.failures(when.count(failures))],
    [job.recoversAfter, recoveries > 1 && job.successes(when.count(recoveries))],
    [job.labels, Object.keys(labels).length > 0 && labelList(labels)],
  ];
  const pairs = entries.filter(([, value]) => value !== false);
  return html`<section><h2>${job.settings}</h2><dl class="panel part pairs">${pairs.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl></section>`;
};

const report = ({ page, words }: Drawing): Html | null =>
  page.pingUrl === null
    ? null
    : html`<section><h2>${words.job.report}</h2><div class="panel part"><pre class="copy">curl -fsS -m 10 --retry 5 ${page.pingUrl}</pre>
<p class="soft">${words.job.reportHint}</p></div></section>`;
