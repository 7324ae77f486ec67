/**
 * Label sets: building, reading, ordering and naming them. Invariant: a label set is read by `labelOf` or by its own
 * keys, never by plain member access, because labels may be called `__proto__` or `constructor`.
 */
import type { Labels } from './alert.ts';
import { quote } from './quote.ts';

/** Own data properties only, whatever the names; a later entry of the same name wins. */
export const labelsFrom = (entries: Iterable<readonly [string, string]>): Labels =>
  Object.fromEntries(entries);

/** The value of a label; '' when the set has none of that name. */
export function labelOf(labels: Labels, name: string): string {
  const value: unknown = labels[name];
  // Whatever Object.prototype has is a function or an object, so a string is always the set's own.
  return typeof value === 'string' ? value : '';
}

/** As the newest Alertmanager: any text that is not empty and can be written as UTF-8. */
export const isLabelName = (name: string): boolean => name !== '' && name.isWellFormed();

/** As Alertmanager up to 0.26, Prometheus before 3 and most templates know them. */
export const isClassicLabelName = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** Moves surrogates above U+E000 to U+FFFF, so that comparing code units is comparing UTF-8 bytes. */
const rank = (unit: number): number =>
  unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;

/** Order of the UTF-8 bytes, which is how Go sorts strings; differs from `<` beyond U+FFFF. */
export function compareText(first: string, second: string): number {
  if (first === second) return 0;
  const shared = Math.min(first.length, second.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = rank(first.charCodeAt(i)) - rank(second.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return first.length - second.length;
}

/** Sorts in place. Almost always a handful of short ASCII names, for which insertion is the fastest way. */
function sortNames(names: string[]): string[] {
  if (names.length > 32) return names.sort(compareText);
  for (let i = 1; i < names.length; i += 1) {
    const name = names[i] as string;
    let place = i;
    while (place > 0 && compareText(names[place - 1] as string, name) > 0) {
      names[place] = names[place - 1] as string;
      place -= 1;
    }
    names[place] = name;
  }
  return names;
}

export const labelNames = (labels: Labels): string[] => sortNames(Object.keys(labels));

export function labelsEqual(first: Labels, second: Labels): boolean {
  const names = Object.keys(first);
  if (names.length !== Object.keys(second).length) return false;
  return names.every((name) => Object.hasOwn(second, name) && first[name] === second[name]);
}

function compareSets(first: Labels, second: Labels): number {
  const firstNames = labelNames(first);
  const secondNames = labelNames(second);
  if (firstNames.length !== secondNames.length) return firstNames.length - secondNames.length;
  for (const [i, name] of firstNames.entries()) {
    // The set that lacks the lower name of the two comes first.
    const byName = compareText(secondNames[i] ?? '', name);
    if (byName !== 0) return byName;
    const byValue = compareText(labelOf(first, name), labelOf(second, name));
    if (byValue !== 0) return byValue;
  }
  return 0;
}

/**
 * Alertmanager's order of alerts in a message: by `job`, then `instance` (present before absent), then smaller sets
 * first, then name by name.
 */
export function compareLabels(first: Labels, second: Labels): number {
  for (const name of ['job', 'instance']) {
    const inFirst = Object.hasOwn(first, name);
    const inSecond = Object.hasOwn(second, name);
    if (inFirst !== inSecond) return inFirst ? -1 : 1;
    const byValue = compareText(labelOf(first, name), labelOf(second, name));
    if (byValue !== 0) return byValue;
  }
  return compareSets(first, second);
}

/** `{a="b", c="d"}`, sorted by name: the second half of every group key. */
export function formatLabels(labels: Labels): string {
  let text = '';
  for (const name of labelNames(labels)) {
    text += `${text === '' ? '' : ', '}${name}=${quote(labelOf(labels, name))}`;
  }
  return `{${text}}`;
}

/** UTF-8 as a string of one character per byte. A lone surrogate becomes U+FFFD, as every encoder writes it. */
const byteString = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');

const hex32 = (half: number): string => (half >>> 0).toString(16).padStart(8, '0');

/**
 * 16 hex digits, equal to Alertmanager's for the same labels: FNV-1a 64 over `name 0xFF value 0xFF` of each label in
 * the order of names. The prime is 2^40 + 0x1b3, so that one step on two halves of 32 bits is a shift and a small
 * product; sixteen bits at a time keep every product exact without BigInt, which would be ten times slower.
 */
export function fingerprint(labels: Labels): string {
  let hi = 0xcbf29ce4 | 0;
  let lo = 0x84222325 | 0;
  const names = labelNames(labels);
  for (let part = 0; part < names.length * 2; part += 1) {
    const name = names[part >> 1] as string;
    let text = part % 2 === 0 ? name : labelOf(labels, name);
    let ascii = true;
    for (let i = 0; i <= text.length; i += 1) {
      let byte = i === text.length ? 0xff : text.charCodeAt(i);
      if (byte > 0x7f && ascii && i < text.length) {
        // What was folded so far is ASCII, so the position stays the same in the bytes.
        text = byteString(text);
        byte = text.charCodeAt(i);
        ascii = false;
      }
      lo ^= byte;
      const low = (lo & 0xffff) * 0x1b3;
      const mid = (lo >>> 16) * 0x1b3 + (low >>> 16);
      hi = (Math.imul(hi, 0x1b3) + (mid >>> 16) + (lo << 8)) | 0;
      lo = (mid << 16) | (low & 0xffff);
    }
  }
  return hex32(hi) + hex32(lo);
}
