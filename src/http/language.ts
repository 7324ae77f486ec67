/** Which of our two languages a reader wants: what the address says, then the browser, then the configuration. */
import type { Config } from '../config/config.ts';
import type { Locale } from '../core/route/route.ts';
import type { Instant } from '../core/time.ts';
import type { Call } from './call.ts';

/** What every page is told of its reader. */
export const readerOf = (
  { query, acceptLanguage, now }: Call,
  { locale: fallback, timezone }: Config['server'],
): { locale: Locale; localeChosen: boolean; now: Instant; timezone: string } => {
  const { locale, chosen } = localeOf({ lang: query.get('lang'), acceptLanguage, fallback });
  return { locale, localeChosen: chosen, now, timezone };
};

export const localeOf = (given: {
  /** `?lang=`; null when absent. */
  lang: string | null;
  acceptLanguage: string;
  fallback: Locale;
}): { locale: Locale; chosen: boolean } => {
  const chosen = given.lang === null ? null : known(given.lang);
  if (chosen !== null) return { locale: chosen, chosen: true };
  return { locale: preferred(given.acceptLanguage) ?? given.fallback, chosen: false };
};

const known = (tag: string): Locale | null => {
  const language = tag.trim().toLowerCase().split('-', 1)[0];
  return language === 'zh' ? 'zh-CN' : language === 'en' ? 'en' : null;
};

const TAGS_MAX = 20;

/** Of the languages that we have, the one with the highest weight; of equals the first. */
const preferred = (header: string): Locale | null => {
  let best: { locale: Locale; weight: number } | null = null;
  for (const part of header.split(',').slice(0, TAGS_MAX)) {
    const [tag = '', ...parameters] = part.split(';');
    const locale = known(tag);
    const q = parameters.map((text) => /^\s*q=([0-9.]{1,6})\s*$/.exec(text)?.[1]).find(Boolean);
    const weight = q === undefined ? 1 : Number(q);
    if (locale !== null && weight > (best?.weight ?? 0)) best = { locale, weight };
  }
  return best?.locale ?? null;
};
