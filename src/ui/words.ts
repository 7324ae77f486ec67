/**
 * Every word of the pages, in both languages. Invariant: the two have the same keys, which the compiler checks.
 */
import type { Locale } from '../core/route/route.ts';
import { chinese } from './chinese.ts';
import { english, type Words } from './english.ts';

export const wordsOf = (locale: Locale): Words => (locale === 'zh-CN' ? chinese : english);
