import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { Labels, Matcher } from '../../../src/core/alert/alert.ts';
import { fingerprint, labelOf } from '../../../src/core/alert/labels.ts';
import { matchesAll, parseMatchers } from '../../../src/core/alert/matcher.ts';
import { indexInhibitions, inhibitedBy } from '../../../src/core/route/inhibit.ts';
import type { InhibitRule } from '../../../src/core/route/route.ts';
import { type Instant, instant } from '../../../src/core/time.ts';

const now = instant(1_000);
const matchers = (text: string): readonly Matcher[] => {
  const result = parseMatchers(text);
  assert.ok(result.kind === 'ok');
  return result.matchers;
};
const rule = (source: string, target: string, equal: string[] = []): InhibitRule => ({
  name: `${source} mutes ${target}`,
  sourceMatchers: matchers(source),
  targetMatchers: matchers(target),
  equal,
});
const firing = (labels: Labels, endsAt: Instant | null = null) => ({
  fingerprint: fingerprint(labels),
  labels,
  endsAt,
});

const site = rule('alert="SiteDown"', 'alert="HostDown"', ['site', 'rack']);
const both = rule('kind="x"', 'kind="x"');
const levels = rule('sev=~"warn|crit"', 'sev=~"warn|info"', ['node']);

describe('inhibitedBy', () => {
  const rows: readonly {
    name: string;
    rules: readonly InhibitRule[];
    sources: readonly ReturnType<typeof firing>[];
    target: Labels;
    by: Labels | null;
  }[] = [
    {
      name: 'a source mutes a target that agrees; missing on both sides is equal',
      rules: [site],
      sources: [firing({ alert: 'SiteDown', site: 'a' })],
      target: { alert: 'HostDown', site: 'a', host: '1' },
      by: { alert: 'SiteDown', site: 'a' },
    },
    {
      name: 'missing on one side is not equal',
      rules: [site],
      sources: [firing({ alert: 'SiteDown', site: 'a' })],
      target: { alert: 'HostDown', site: 'a', rack: 'r1' },
      by: null,
    },
    {
      name: 'another value is not equal',
      rules: [site],
      sources: [firing({ alert: 'SiteDown', site: 'b' })],
      target: { alert: 'HostDown', site: 'a' },
      by: null,
    },
    {
      name: 'the border between two values counts',
      rules: [site],
      sources: [firing({ alert: 'SiteDown', site: 'ab', rack: 'c' })],
      target: { alert: 'HostDown', site: 'a', rack: 'bc' },
      by: null,
    },
    {
      name: 'a resolved source mutes nothing',
      rules: [site],
      sources: [firing({ alert: 'SiteDown', site: 'a' }, now)],
      target: { alert: 'HostDown', site: 'a' },
      by: null,
    },
    {
      name: 'a source with an end to come does',
      rules: [site],
      sources: [firing({ alert: 'SiteDown' }, instant(now + 1))],
      target: { alert: 'HostDown' },
      by: { alert: 'SiteDown' },
    },
    {
      name: 'not itself',
      rules: [both],
      sources: [firing({ kind: 'x', n: '1' })],
      target: { kind: 'x', n: '1' },
      by: null,
    },
    {
      name: 'not one another',
      rules: [both],
      sources: [firing({ kind: 'x', n: '1' }), firing({ kind: 'x', n: '2' })],
      target: { kind: 'x', n: '1' },
      by: null,
    },
    {
      name: 'what matches both sides is muted by what is a source alone, whichever others agree',
      rules: [levels],
      sources: [
        firing({ sev: 'warn', node: 'a' }),
        firing({ sev: 'warn', node: 'a', n: '2' }),
        firing({ sev: 'crit', node: 'a' }),
      ],
      target: { sev: 'warn', node: 'a' },
      by: { sev: 'crit', node: 'a' },
    },
    {
      name: 'what matches both sides mutes what is a target alone',
      rules: [levels],
      sources: [firing({ sev: 'warn', node: 'a' })],
      target: { sev: 'info', node: 'a' },
      by: { sev: 'warn', node: 'a' },
    },
    { name: 'no rules', rules: [], sources: [firing({ a: '1' })], target: { a: '1' }, by: null },
  ];
  for (const { name, rules, sources, target, by } of rows) {
    test(name, () => {
      const found = inhibitedBy(indexInhibitions(rules, sources, now), target);
      assert.equal(found?.source ?? null, by === null ? null : fingerprint(by));
    });
  }

  test('the index says what a plain search of all pairs says, in any order of alerts', () => {
    const value = fc.constantFrom('', '1', '2');
    const set = fc.record({ a: value, b: value, c: value });
    const text = fc.constantFrom('a="1"', 'a="2"', 'b=~"1|2"', 'a!="1"', 'b=""');
    const rules = fc.array(
      fc
        .tuple(text, text, fc.subarray(['b', 'c']))
        .map(([source, target, equal]) => rule(source, target, equal)),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(rules, fc.array(set, { maxLength: 6 }), set, (list, sources, target) => {
        const alerts = sources.map((labels) => firing(labels));
        const expected = list.some((one) => {
          const targetIsSource = matchesAll(one.sourceMatchers, target);
          return (
            matchesAll(one.targetMatchers, target) &&
            sources.some(
              (labels) =>
                matchesAll(one.sourceMatchers, labels) &&
                !(targetIsSource && matchesAll(one.targetMatchers, labels)) &&
                one.equal.every((name) => labelOf(labels, name) === labelOf(target, name)),
            )
          );
        });
        const found = inhibitedBy(indexInhibitions(list, alerts, now), target);
        assert.equal(found !== null, expected);
        const reversed = indexInhibitions(list, alerts.toReversed(), now);
        assert.equal(inhibitedBy(reversed, target)?.source, found?.source);
      }),
      { numRuns: 300 },
    );
  });
});
