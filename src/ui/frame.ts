/**
 * What every page shares: head, mark, language, and the place for the rest.
 */
import type { Words } from './english.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';

const MARK = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path fill="currentColor" d="M12 2a2 2 0 0 1 2 2v.4A6.5 6.5
0 0 1 18.5 10.6V15l1.9 2.9a1 1 0 0 1-.8 1.6H4.4a1 1 0 0 1-.8-1.6L5.5 15v-4.4A6.5 6.5 0 0 1 10 4.4V4a2 2 0 0 1 2-2Zm-2.6
18.5h5.2a2.6 2.6 0 0 1-5.2 0Z"/></svg>`;

const ICON = `data:image/svg+xml,${encodeURIComponent(
  MARK.toString()
    .replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace('currentColor', '#8a94a6'),
)}`;

export interface Frame {
  readonly words: Words;
  readonly title: string;
  /** Seconds between reloads; null: the page stays. */
  readonly refreshS: number | null;
  /** Relative address of the list of jobs, language kept. */
  readonly home: string;
  readonly links: readonly Html[];
  readonly main: Html;
}

export const framed = ({
  words,
  title,
  refreshS,
  home,
  links,
  main,
}: Frame): Html => html`<!doctype html>
<html lang="${words.lang}"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
${refreshS !== null && html`<meta http-equiv="refresh" content="${refreshS}">`}<link rel="icon" href="${ICON}">
<style>${style}</style></head><body><div class="wrap">
<header class="top"><a class="brand" href="${home}">${MARK}Tocsin</a><nav>${links}</nav></header>
<main>${main}</main></div></body></html>
`;
