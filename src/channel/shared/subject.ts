/**
 * What the labels of an alert say: what it is about, what is wrong with it, and what remains to be listed. Invariant:
 * names are looked up as own properties only, so that a label may be called `constructor`.
 */
import type { Labels } from '../../core/alert/alert.ts';
import type { ProblemKind } from '../../core/job/job.ts';
import { cutChars, oneLine } from './text-limits.ts';

export const NAME_CHARS = 120;
export const VALUE_CHARS = 300;

export const clean = (text: string, maxChars: number): string => cutChars(oneLine(text), maxChars);

const kinds: ReadonlyMap<string, ProblemKind> = new Map([
  ['JobMissed', 'missed'],
  ['JobFailed', 'failed'],
  ['JobOverrun', 'overrun'],
  ['JobSlow', 'slow'],
]);

/** A label or annotation by name, own properties only; '' when absent. */
export const valueOf = (values: Labels, name: string): string =>
  Object.hasOwn(values, name) ? (values[name] ?? '') : '';

/** The problem that a job alert is about; null for any other alert. */
export const problemOf = (labels: Labels): ProblemKind | null =>
  valueOf(labels, 'job_name') === '' ? null : (kinds.get(valueOf(labels, 'alertname')) ?? null);

/** What an alert is about: its job, or its name when it is not about a job. */
export const subjectOf = (labels: Labels): string => {
  const job = valueOf(labels, 'job_name');
  const name = valueOf(labels, 'alertname');
  return (problemOf(labels) === null ? name || job : job) || 'alert';
};

/** Labels in order of name, but for those of `besides` and those that the rest of the message says. */
export function labelsLine(labels: Labels, how: { besides: Labels; aboutJobs: boolean }): string {
  const said = (name: string, value: string): boolean =>
    name === 'severity' ||
    name === 'env' ||
    (name === 'group' && value === 'default') ||
    (how.aboutJobs && (name === 'alertname' || name === 'job_name'));
  const pairs = Object.entries(labels)
    .filter(([name, value]) => value !== '' && !said(name, value))
    .filter(([name, value]) => valueOf(how.besides, name) !== value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${oneLine(name)}=${clean(value, NAME_CHARS)}`);
  return cutChars(pairs.join(' · '), VALUE_CHARS);
}
