/**
 * What is said in the same way on every page: the state of a job, its problems, its last and its next time, labels,
 * own outages, and the addresses of pages.
 */
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { Words } from './english.ts';
import { type Html, html } from './html.ts';
import type { JobRow, OwnGap, RowState } from './jobs-page-model.ts';
import type { When } from './when.ts';

export interface Cells {
  readonly words: Words;
  readonly when: When;
  readonly now: Instant;
}

/** The `lang` that links carry on; '' when the address did not name one. */
export const langOf = ({
  locale,
  localeChosen,
}: {
  locale: Locale;
  localeChosen: boolean;
}): string => (localeChosen ? locale.slice(0, 2) : '');

/** What is '' or null is left out. */
export const addressOf = (
  path: string,
  parameters: Readonly<Record<string, string | null>>,
): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value) query.set(name, value);
  return query.size === 0 ? path : `${path}?${query.toString()}`;
};

export const jobAddress = (
  name: string,
  parameters: Readonly<Record<string, string | null>>,
): string => addressOf(`/jobs/${encodeURIComponent(name)}`, parameters);

/** Colour, shape and word of a state, or of something that is as good or as bad as one. */
export const mark = (like: RowState, word: string): Html =>
  html`<span class="state is-${like}">${SHAPES[like]}${word}</span>`;

export const state = ({ words, when, now }: Cells, row: JobRow): Html => {
  const running =
    row.runningSince === null ? null : when.length(Math.max(0, now - row.runningSince));
  return html`${mark(row.state, words.states[row.state])}${
    running !== null &&
    html`<span class="sub"><span class="live">${words.runningFor(running)}</span></span>`
  }`;
};

export const problems = ({ words, when }: Cells, row: JobRow): Html[] =>
  row.problems.map(({ kind, since, reason, exitCode }) => {
    const detail = exitCode === null ? reasonText(words, reason) : words.job.exit(String(exitCode));
    return html`<span class="problem">${words.problemSince(words.problems[kind], when.absolute(since))}${
      detail !== '' && `${words.marks.colon}${detail}`
    }</span>
`;
  });

/** In the language of the page where it is one of our own sentences. */
export const reasonText = (words: Words, reason: string): string =>
  entryOf(words.reasons, reason) ?? reason;

/** Of a table that is asked for names which others chose; `constructor` is not in it. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

export const labelList = (labels: Readonly<Record<string, string>>): Html =>
  html`<span class="labels">${Object.entries(labels)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => html`<code>${name}=${value}</code> `)}</span>`;

/** `, exit 3`; '' when there is nothing to say of it. */
export const exitText = (words: Words, exitCode: number | null): string =>
  exitCode === null || exitCode === 0
    ? ''
    : `${words.marks.comma}${words.job.exit(String(exitCode))}`;

export const gapText = ({ words, when }: Cells, { kind, from, to }: OwnGap): string =>
  words.banner.gapText[kind](when.absolute(from), when.absolute(to));

export const isWebAddress = (text: string): boolean => /^https?:\/\//i.test(text);

export const moment = (when: When, at: Instant): Html =>
  html`<time datetime="${when.machine(at)}">${when.relative(at)}<span class="sub num">${when.absolute(at)}</span></time>`;

export const lastReport = ({ words, when }: Cells, { lastPingAt }: JobRow): Html =>
  lastPingAt === null ? html`<span class="sub">${words.never}</span>` : moment(when, lastPingAt);

export const nextDue = ({ words, when }: Cells, row: JobRow): Html => {
  if (row.nextAt === null) return html`<span class="sub">${words.none}</span>`;
  if (row.state !== 'late' || row.dueAt === null) return moment(when, row.nextAt);
  return html`<span class="is-late">${words.overdue(when.relative(row.nextAt))}</span><span class="sub">${words.silentUntil(
    when.absolute(row.dueAt),
  )}</span>`;
};

const shape = (inside: Html): Html =>
  html`<svg viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">${inside}</svg>`;

/** Square with a cross, triangle, disc, ring, bars: told apart without colour. */
export const SHAPES: Readonly<Record<RowState, Html>> = {
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
