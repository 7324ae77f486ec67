import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  byteLength,
  cutBytes,
  cutChars,
  manyLines,
  oneLine,
  tailBytes,
} from '../../../src/channel/shared/text-limits.ts';
import { family } from '../sample.ts';

const segments = (text: string): string[] =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(
    (one) => one.segment,
  );

/** Any text, lone surrogates, CJK, emoji families and marks included. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        '告警',
        family,
        'e\u0301',
        '🇨🇳',
        '\ud800',
        '\n',
        '\r\n',
        '**',
        '<font>',
        'a'.repeat(40),
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('cutting text', () => {
  const rows: readonly [name: string, text: string, max: number, expected: string][] = [
    ['what fits is left alone', 'abc', 3, 'abc'],
    ['the mark counts', 'abcdef', 5, 'ab…'],
    ['a character of three bytes is not split', '告警告警', 8, '告…'],
    ['a family is one character', `${family}${family}`, 30, `${family}…`],
    ['a character that is longer than the room goes', `${family}ab`, 10, '…'],
    ['no room for the mark', 'abcdef', 2, ''],
    ['half a pair is mended', '\ud83d', 3, '\ufffd'],
  ];
  for (const [name, text, max, expected] of rows) {
    test(name, () => assert.equal(cutBytes(text, max), expected));
  }

  test('half a pair at the limit does not make a whole of the half before it', () => {
    assert.equal(cutChars(`${family}ab`, 4), '…');
  });

  test('any text: within the limit, well-formed, a start of whole characters', () => {
    fc.assert(
      fc.property(anyText, fc.nat(200), (text, max) => {
        const cut = cutBytes(text, max);
        assert.ok(byteLength(cut) <= max);
        assert.ok(cut.isWellFormed());
        const whole = text.toWellFormed();
        if (cut === whole || cut === '') return;
        const kept = segments(cut.slice(0, -1));
        assert.deepEqual(kept, segments(whole).slice(0, kept.length));
      }),
    );
  });

  test('any text: characters as the unit', () => {
    fc.assert(
      fc.property(anyText, fc.nat(200), (text, max) => {
        const cut = cutChars(text, max);
        assert.ok(cut.length <= max && cut.isWellFormed());
      }),
    );
  });
});

describe('the end of a log', () => {
  const limits = { maxBytes: 20, maxLines: 3 };
  const rows: readonly [name: string, text: string, expected: string][] = [
    ['a short one is whole', 'one\ntwo', 'one\ntwo'],
    ['the last lines stay', 'one\ntwo\nthree\nfour', '…\ntwo\nthree\nfour'],
    ['bytes count too', '告警告警\n告警\nend', '…\n告警\nend'],
    ['one long line is cut', 'x'.repeat(40), `${'x'.repeat(17)}…`],
    ['breaks at the end are not lines', 'one\n\n\n', 'one'],
    ['nothing is nothing', '', ''],
  ];
  for (const [name, text, expected] of rows) {
    test(name, () => assert.equal(tailBytes(text, limits), expected));
  }

  test('any text is within the limits', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.nat(200),
        fc.integer({ min: 1, max: 9 }),
        (text, maxBytes, maxLines) => {
          const tail = tailBytes(text, { maxBytes, maxLines });
          assert.ok(byteLength(tail) <= maxBytes && tail.isWellFormed());
          assert.ok(tail.split('\n').length <= maxLines + 1);
        },
      ),
    );
  });
});

describe('cleaning text', () => {
  test('a value is one line without controls', () => {
    assert.equal(oneLine('a\r\nb\tc\u0000\u001b[31mred\u001b[0m\u202egpj'), 'a b credgpj');
  });

  test('a log keeps its lines', () => {
    assert.equal(manyLines('\n\u001b[1;32mok\u001b[0m \r\n\tdone\u0007\n\n'), 'ok\n    done');
  });

  test('nothing that can break a header or a terminal is left of any text', () => {
    fc.assert(
      fc.property(anyText, fc.string({ unit: 'binary' }), (a, b) => {
        assert.doesNotMatch(oneLine(a + b), /[\p{Cc}\u2028\u2029]/u);
        assert.doesNotMatch(manyLines(a + b).replaceAll('\n', ''), /\p{Cc}/u);
      }),
    );
  });
});
