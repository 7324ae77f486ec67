import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  compareLabels,
  compareText,
  fingerprint,
  formatLabels,
  isClassicLabelName,
  isLabelName,
  labelNames,
  labelOf,
  labelsEqual,
  labelsFrom,
} from '../../../src/core/alert/labels.ts';
import { quote, unquote } from '../../../src/core/alert/quote.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 12 });
const anyLabels = fc
  .array(fc.tuple(fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', 'job')), anyText), {
    maxLength: 8,
  })
  .map(labelsFrom);

/** The definition, word for word and slow. */
function plainFingerprint(labels: Readonly<Record<string, string>>): string {
  const bytes = Object.entries(labels)
    .sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    .flatMap(([name, value]) => [...Buffer.from(name), 0xff, ...Buffer.from(value), 0xff]);
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}

describe('fingerprint', () => {
  const rows: readonly { name: string; labels: Readonly<Record<string, string>>; is: string }[] = [
    { name: 'no labels: the offset of FNV-1a', labels: {}, is: 'cbf29ce484222325' },
    {
      name: 'as Alertmanager 0.25 answered',
      labels: { alertname: 'BackupFailed', host: 'db2', severity: 'critical' },
      is: 'f2e28dfc21fb7cef',
    },
    {
      name: 'whatever the order of the labels',
      labels: { severity: 'critical', host: 'db2', alertname: 'BackupFailed' },
      is: 'f2e28dfc21fb7cef',
    },
  ];
  for (const { name, labels, is } of rows) {
    test(name, () => assert.equal(fingerprint(labels), is));
  }

  test('is FNV-1a 64 of the UTF-8 bytes, for any labels', () => {
    fc.assert(
      fc.property(anyLabels, (labels) => {
        assert.equal(fingerprint(labels), plainFingerprint(labels));
      }),
    );
  });
});

describe('label sets', () => {
  test('__proto__ and constructor are labels like others', () => {
    const labels = labelsFrom([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    assert.equal(labelOf(labels, '__proto__'), 'a');
    assert.equal(labelOf(labels, 'constructor'), 'b');
    assert.deepEqual(labelNames(labels), ['__proto__', 'constructor']);
    assert.equal(formatLabels(labels), '{__proto__="a", constructor="b"}');
  });

  test('what a set lacks is the empty string, also where every object has something', () => {
    for (const name of ['a', '__proto__', 'constructor', 'toString']) {
      assert.equal(labelOf({}, name), '');
    }
  });

  test('equality is of the own labels alone', () => {
    assert.ok(labelsEqual({ a: '1', b: '2' }, { b: '2', a: '1' }));
    assert.ok(!labelsEqual({ a: '1' }, { a: '2' }));
    assert.ok(!labelsEqual({ a: '1' }, { a: '1', b: '' }));
    assert.ok(!labelsEqual(labelsFrom([['constructor', '1']]), { b: '1' }));
  });

  const formats: readonly { name: string; labels: [string, string][]; is: string }[] = [
    { name: 'empty', labels: [], is: '{}' },
    {
      name: 'sorted',
      labels: [
        ['c', 'd'],
        ['a', 'b'],
      ],
      is: '{a="b", c="d"}',
    },
    {
      name: 'quotes and escapes',
      labels: [['a', 'x"\\\n\t\u0001']],
      is: '{a="x\\"\\\\\\n\\t\\x01"}',
    },
    { name: 'what people can read stays', labels: [['a', '备份 é😀']], is: '{a="备份 é😀"}' },
    {
      name: 'what they cannot is escaped',
      labels: [['a', '\u200b\u00a0\u{e0001}']],
      is: '{a="\\u200b\\u00a0\\U000e0001"}',
    },
  ];
  for (const { name, labels, is } of formats) {
    test(`formatLabels: ${name}`, () => assert.equal(formatLabels(labelsFrom(labels)), is));
  }

  test('names sort by their bytes, also beyond U+FFFF', () => {
    assert.deepEqual(labelNames({ '\u{1f600}': '', '\uffee': '', z: '' }), [
      'z',
      '\uffee',
      '\u{1f600}',
    ]);
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const bytes = Buffer.compare(Buffer.from(one), Buffer.from(other));
        assert.equal(Math.sign(compareText(one, other)), bytes);
      }),
    );
  });

  const ordered: readonly Readonly<Record<string, string>>[] = [
    { job: 'a', instance: '1' },
    { job: 'a', instance: '2' },
    { job: 'a' },
    { job: 'b', instance: '1' },
    { instance: '0' },
    { b: '0' },
    { a: '1' },
    { b: '0', c: '0' },
    { a: '1', c: '0' },
  ];
  test('compareLabels: job, then instance, absent last, then smaller sets, then the one that lacks the lowest name', () => {
    assert.deepEqual(ordered.toReversed().sort(compareLabels), ordered);
  });

  const names: readonly { name: string; label: string; newest: boolean; classic: boolean }[] = [
    { name: 'plain', label: 'job_name', newest: true, classic: true },
    { name: 'a digit first', label: '9a', newest: true, classic: false },
    { name: 'any UTF-8', label: '备份 a.b', newest: true, classic: false },
    { name: 'empty', label: '', newest: false, classic: false },
    { name: 'half a surrogate pair', label: 'a\ud800', newest: false, classic: false },
  ];
  for (const { name, label, newest, classic } of names) {
    test(`label name: ${name}`, () => {
      assert.equal(isLabelName(label), newest);
      assert.equal(isClassicLabelName(label), classic);
    });
  }
});

describe('quote', () => {
  test('what is quoted is read back', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        assert.equal(unquote(quote(text)), text);
      }),
    );
  });

  const rows: readonly { name: string; quoted: string; is: string | null }[] = [
    { name: 'bytes of one character', quoted: '"\\xf0\\x9f\\x98\\x80"', is: '😀' },
    { name: 'octal', quoted: '"\\101"', is: 'A' },
    { name: 'octal beyond a byte', quoted: '"\\777"', is: null },
    { name: 'a surrogate', quoted: '"\\ud800"', is: null },
    { name: 'a long escape', quoted: '"\\U0001f600"', is: '😀' },
    { name: 'bytes that are no UTF-8', quoted: '"\\xff"', is: null },
    { name: 'an escape of regular expressions', quoted: '"\\d"', is: null },
    { name: 'a bare line feed', quoted: '"a\nb"', is: null },
    { name: 'a byte order mark stays', quoted: '"\ufeff\\n"', is: '\ufeff\n' },
    { name: 'no quotes', quoted: 'a', is: null },
    { name: 'one quote', quoted: '"', is: null },
  ];
  for (const { name, quoted, is } of rows) {
    test(`unquote: ${name}`, () => assert.equal(unquote(quoted), is));
  }
});
