/** A page that says what went wrong, in the style of the others. */
import type { Locale } from '../core/route/route.ts';
import { framed } from './frame.ts';
import { type Html, html } from './html.ts';
import { wordsOf } from './words.ts';

export interface ErrorPage {
  readonly locale: Locale;
  readonly status: number;
  /** One sentence for a person; in English, since it may come from anywhere. */
  readonly detail: string;
}

export const errorPage = ({ locale, status, detail }: ErrorPage): Html => {
  const words = wordsOf(locale);
  const title = words.errors.titles[status] ?? words.errors.otherwise;
  const main = html`<div class="error"><p class="status">${status}</p><h1>${title}</h1><p>${detail}</p>
<p><a href="/">${words.errors.back}</a></p></div>`;
  const page = { words, title: `${title} · Tocsin`, refreshS: null, home: '/', links: [], main };
  return framed(page);
};
