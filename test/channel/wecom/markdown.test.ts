import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { byteLength } from '../../../src/channel/shared/text-limits.ts';
import {
  cutMarkdown,
  escapeMarkdown,
  escapeText,
  font,
  link,
} from '../../../src/channel/wecom/markdown.ts';
import { family } from '../sample.ts';

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

describe('escaping', () => {
  const rows: readonly [name: string, text: string, expected: string][] = [
    ['a mention', 'job <@zhangsan>', 'job ＜@zhangsan＞'],
    ['a tag', '</font><font color="info">ok', '＜/font＞＜font color="info"＞ok'],
    ['a code span', '`rm -rf`', "'rm -rf'"],
    ['a link', '[open](http://evil)', '[open]\u200b(http://evil)'],
    ['bold', '**loud**', '*\u200b*loud*\u200b*'],
    ['a cron expression stays readable', '*/5 * * * *', '*/5 * * * *'],
    ['the brackets of a log stay', '[ERROR] no space', '[ERROR] no space'],
  ];
  for (const [name, text, expected] of rows) {
    test(name, () => assert.equal(escapeMarkdown(text), expected));
  }

  test('in plain text only a mention means something', () => {
    assert.equal(escapeText('a < b, <@all>, **x**'), 'a < b, ＜@all>, **x**');
  });

  test('an address cannot end its link', () => {
    assert.equal(link('x', 'https://e.org/a(b)`c'), '[x](https://e.org/a%28b%29%60c)');
  });
});

describe('cutting markdown', () => {
  const rows: readonly [name: string, text: string, max: number, expected: string][] = [
    ['what fits is left alone', '**a**\nb', 20, '**a**\nb'],
    ['whole lines where possible', 'one line\nanother line', 15, 'one line'],
    [
      'an open colour is closed',
      font('warning', '告'.repeat(40)),
      60,
      `<font color="warning">${'告'.repeat(9)}…</font>`,
    ],
    ['half a tag goes', `abcdefghij ${font('info', 'x')}`, 20, 'abcdefghij '],
    ['half a link goes', 'abcdefghij [text](https://example.org)', 25, 'abcdefghij '],
    ['a code span is closed', 'abc `defghijklmn` op', 14, 'abc `defgh…`'],
  ];
  for (const [name, text, max, expected] of rows) {
    test(name, () => assert.equal(cutMarkdown(text, max), expected));
  }

  const part = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(escapeMarkdown),
    fc.string({ unit: 'grapheme' }).map((text) => font('comment', escapeMarkdown(text))),
    fc.constantFrom('\n', '告警：', family, '`code`', '[文字](https://example.org/x)', '\ud800'),
  );

  test('any markup: within the limit, well-formed, nothing left open', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), fc.nat(400), (parts, max) => {
        const cut = cutMarkdown(parts.join(''), max);
        assert.ok(byteLength(cut) <= max, `${byteLength(cut)} > ${max}`);
        assert.ok(cut.isWellFormed());
        assert.equal(count(cut, /<font\b[^<>]*>/g), count(cut, /<\/font>/g));
        assert.equal(count(cut, /</g), count(cut, />/g));
        assert.equal(count(cut, /`/g) % 2, 0);
      }),
    );
  });
});
