import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import type { Matcher } from '../../../src/core/alert/alert.ts';
import {
  formatMatcher,
  MATCHERS_MAX,
  MATCHERS_TEXT_MAX,
  makeMatcher,
  matchesAll,
  parseMatcher,
  parseMatchers,
} from '../../../src/core/alert/matcher.ts';

type Triple = readonly [name: string, op: Matcher['op'], value: string];

const triples = (matchers: readonly Matcher[]): Triple[] =>
  matchers.map(({ name, op, value }) => [name, op, value] as const);

function matcher(name: string, op: Matcher['op'], value: string): Matcher {
  const made = makeMatcher({ name, op, value });
  assert.ok(made.kind === 'ok');
  return made.matcher;
}

describe('parseMatchers', () => {
  const good: readonly { name: string; text: string; is: Triple[]; old?: true }[] = [
    { name: 'nothing', text: '', is: [] },
    { name: 'empty braces', text: ' { } ', is: [] },
    {
      name: 'all operators',
      text: '{a="1", b!="2", c=~"3|4", d!~"5"}',
      is: [
        ['a', '=', '1'],
        ['b', '!=', '2'],
        ['c', '=~', '3|4'],
        ['d', '!~', '5'],
      ],
    },
    { name: 'without braces, comma at the end', text: 'a="1",', is: [['a', '=', '1']] },
    {
      name: 'without quotes',
      text: 'a=b,c!=d',
      is: [
        ['a', '=', 'b'],
        ['c', '!=', 'd'],
      ],
    },
    { name: 'a name in quotes', text: '"job name"="x"', is: [['job name', '=', 'x']] },
    { name: 'a name beyond ASCII', text: '任务="x"', is: [['任务', '=', 'x']] },
    {
      name: 'escapes of Go',
      text: 'a="\\xf0\\x9f\\x98\\x80"',
      is: [['a', '=', '\\xf0\\x9f\\x98\\x80']],
      old: true,
    },
    { name: 'escapes that both know', text: 'a="x\\"y\\\\z\\n"', is: [['a', '=', 'x"y\\z\n']] },
    { name: 'commas and braces in quotes', text: '{a="1,}{"}', is: [['a', '=', '1,}{']] },
    { name: 'old: an empty value', text: 'a=', is: [['a', '=', '']], old: true },
    { name: 'old: a single backslash', text: 'a=~"\\d+"', is: [['a', '=~', '\\d+']], old: true },
    { name: 'old: spaces in a bare value', text: 'a = b c ', is: [['a', '=', 'b c']], old: true },
    { name: 'old: only one brace', text: '{a="1"', is: [['a', '=', '1']], old: true },
    {
      name: 'both read it, differently: the old way counts',
      text: 'a="\\u0041"',
      is: [['a', '=', '\\u0041']],
      old: true,
    },
    { name: 'only the new way', text: '"a"="\\u0041"', is: [['a', '=', 'A']] },
  ];
  for (const { name, text, is, old } of good) {
    test(name, () => {
      const result = parseMatchers(text);
      assert.ok(result.kind === 'ok', JSON.stringify(result));
      assert.deepEqual(triples(result.matchers), is);
      assert.equal(result.warning !== undefined, old === true);
    });
  }

  const bad: readonly {
    name: string;
    text: string;
    message: RegExp;
    expected: RegExp;
    at?: number;
  }[] = [
    {
      name: 'no operator',
      text: 'x',
      message: /^bad matcher format: x$/,
      expected: /= != =~ !~/,
      at: 1,
    },
    {
      name: 'no name',
      text: '="x"',
      message: /bad matcher format/,
      expected: /name="value"/,
      at: 0,
    },
    {
      name: 'an empty name',
      text: '""="x"',
      message: /bad matcher format/,
      expected: /not empty/,
      at: 0,
    },
    {
      name: 'quotes left open',
      text: 'a="b',
      message: /unescaped double quote/,
      expected: /closing quotes/,
      at: 2,
    },
    {
      name: 'no comma',
      text: 'a="b" c="d"',
      message: /unescaped double quote/,
      expected: /comma/,
      at: 6,
    },
    {
      name: 'two commas',
      text: 'a="1",,b="2"',
      message: /bad matcher format/,
      expected: /matcher/,
      at: 6,
    },
    {
      name: 'a bad expression',
      text: 'a=~"("',
      message: /invalid regular expression "\(": .*missing closing/,
      expected: /RE2/,
    },
    {
      name: 'an expression that RE2 lacks',
      text: 'a=~"(?=b)"',
      message: /invalid regular expression/,
      expected: /RE2/,
    },
    {
      name: 'half a surrogate pair',
      text: 'a="\ud800"',
      message: /not valid UTF-8/,
      expected: /UTF-8/,
    },
  ];
  for (const { name, text, message, expected, at } of bad) {
    test(`refused: ${name}`, () => {
      const result = parseMatchers(text);
      assert.ok(result.kind === 'invalid');
      assert.match(result.message, message);
      assert.match(result.expected, expected);
      assert.equal(result.at, at);
    });
  }

  test('the limits', () => {
    const list = (n: number): string => Array.from({ length: n }, (_, i) => `l${i}="x"`).join(',');
    assert.equal(parseMatchers(list(MATCHERS_MAX)).kind, 'ok');
    assert.equal(parseMatchers(list(MATCHERS_MAX + 1)).kind, 'invalid');
    assert.equal(parseMatchers(`a="${'x'.repeat(MATCHERS_TEXT_MAX)}"`).kind, 'invalid');
  });

  test('a message shows no more than a part of a long text', () => {
    const result = parseMatchers('x'.repeat(60_000));
    assert.ok(result.kind === 'invalid' && result.message.length < 300);
  });
});

describe('parseMatcher', () => {
  const rows: readonly { name: string; text: string; is: Triple | RegExp }[] = [
    { name: 'one', text: 'a="b"', is: ['a', '=', 'b'] },
    { name: 'a second one is part of the old value', text: 'a=b,c=d', is: ['a', '=', 'b,c=d'] },
    { name: 'braces', text: '{a="b"}', is: /^unexpected open or close brace: \{a="b"\}$/ },
    { name: 'a closing brace', text: 'a=b}', is: /unexpected open or close brace/ },
    { name: 'none', text: '', is: /bad matcher format/ },
    { name: 'two', text: '"a"="b","c"="d"', is: /bad matcher format/ },
  ];
  for (const { name, text, is } of rows) {
    test(name, () => {
      const result = parseMatcher(text);
      if (is instanceof RegExp) assert.match(result.kind === 'invalid' ? result.message : '', is);
      else assert.deepEqual(result.kind === 'ok' ? triples([result.matcher]) : result, [is]);
    });
  }
});

describe('formatMatcher', () => {
  const rows: readonly { name: string; triple: Triple; is: string }[] = [
    { name: 'plain', triple: ['a', '=', 'b'], is: 'a="b"' },
    {
      name: 'the three escapes of OpenMetrics',
      triple: ['a', '=~', '\\"\n\t'],
      is: 'a=~"\\\\\\"\\n\t"',
    },
    { name: 'a reserved name quotes both sides', triple: ['a b', '!=', '\t'], is: '"a b"!="\\t"' },
  ];
  for (const { name, triple, is } of rows) {
    test(name, () => {
      const [label, op, value] = triple;
      assert.equal(formatMatcher({ name: label, op, value }), is);
    });
  }

  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.string({
      unit: fc.constantFrom(
        'a',
        '"',
        '\\',
        '{',
        '}',
        ',',
        '=',
        '~',
        '!',
        '\n',
        ' ',
        '\u0085',
        '\ufeff',
      ),
      maxLength: 10,
    }),
  );
  const parts = fc.record({
    name: text.filter((name) => name !== ''),
    op: fc.constantFrom<Matcher['op']>('=', '!='),
    value: text,
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(parts, (one) => {
        const result = parseMatchers(formatMatcher(one));
        assert.ok(result.kind === 'ok' && result.warning === undefined);
        assert.deepEqual(triples(result.matchers), [[one.name, one.op, one.value]]);
      }),
      { numRuns: 500 },
    );
  });

  test('lists of them are read back', () => {
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (list) => {
        const result = parseMatchers(`{${list.map(formatMatcher).join(',')}}`);
        assert.ok(result.kind === 'ok');
        assert.deepEqual(
          triples(result.matchers),
          list.map(({ name, op, value }) => [name, op, value]),
        );
      }),
    );
  });

  test('no text makes the parsers throw', () => {
    const unit = fc.constantFrom(
      'a',
      '1',
      '"',
      '\\',
      '{',
      '}',
      ',',
      '=',
      '~',
      '!',
      ' ',
      '(',
      '[',
      '|',
      'x',
      'u',
      '\ud800',
      'é',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit, maxLength: 30 }), fc.string()), (any) => {
        parseMatchers(any);
        parseMatcher(any);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('matching', () => {
  const rows: readonly { triple: Triple; value: string; is: boolean }[] = [
    { triple: ['a', '=~', 'prod'], value: 'production', is: false },
    { triple: ['a', '=~', 'pro.*'], value: 'production', is: true },
    { triple: ['a', '=~', 'pro.*'], value: 'pro\n', is: false },
    { triple: ['a', '=~', 'pro.+'], value: 'pro', is: false },
    { triple: ['a', '=~', '.+'], value: '', is: false },
    { triple: ['a', '=~', 'db|web'], value: 'web', is: true },
    { triple: ['a', '=~', 'db|web|'], value: '', is: true },
    { triple: ['a', '!~', 'db|web'], value: 'dbx', is: true },
    { triple: ['a', '=~', '^(?:a|b)$'], value: 'b', is: true },
    { triple: ['a', '=~', '10\\.0\\.0\\.1'], value: '10.0.0.1', is: true },
    { triple: ['a', '=~', '10\\.0\\.0\\.1'], value: '10x0x0x1', is: false },
    { triple: ['a', '=~', '(?i)PROD'], value: 'prod', is: true },
    { triple: ['a', '=~', 'a|ab|abc'], value: 'abc', is: true },
    { triple: ['a', '=~', '.'], value: '😀', is: true },
  ];
  for (const { triple, value, is } of rows) {
    test(`${triple.join('')} and ${JSON.stringify(value)}`, () => {
      assert.equal(matcher(...triple).test(value), is);
    });
  }

  test('an absent label is the empty string, and all must hold', () => {
    const both = [matcher('a', '=', ''), matcher('b', '!=', 'x')];
    assert.ok(matchesAll(both, {}));
    assert.ok(matchesAll(both, { b: 'y' }));
    assert.ok(!matchesAll(both, { a: '1' }));
    assert.ok(matchesAll([], { a: '1' }));
    assert.ok(matchesAll([matcher('__proto__', '=', '')], {}));
  });

  test('the short cuts for plain patterns say what RE2 says', () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      '.',
      '*',
      '+',
      '|',
      '\\',
      '-',
      '\n',
      '(',
      ')',
      '^',
      '$',
      '?',
      'é',
    );
    const pattern = fc.string({ unit, maxLength: 8 });
    const value = fc.string({
      unit: fc.constantFrom('a', 'b', '.', '|', '\n', '-', 'é'),
      maxLength: 4,
    });
    fc.assert(
      fc.property(pattern, value, (source, text) => {
        const made = makeMatcher({ name: 'a', op: '=~', value: source });
        let reference: RE2JS | null = null;
        try {
          reference = RE2JS.compile(`^(?:${source})$`);
        } catch {
          assert.equal(made.kind, 'invalid');
        }
        if (reference === null) return;
        assert.ok(made.kind === 'ok');
        assert.equal(made.matcher.test(text), reference.test(text), JSON.stringify([source, text]));
      }),
      { numRuns: 1_000 },
    );
  });
});
