import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { importsOf, withoutCommentsAndStrings } from './source-text.ts';

describe('withoutCommentsAndStrings', () => {
  const rows: readonly { name: string; text: string; code: string }[] = [
    { name: 'a line comment', text: 'a; // await\nb', code: 'a;         \nb' },
    { name: 'a comment at the very end', text: 'a; // await', code: 'a;         ' },
    { name: 'a block keeps its lines', text: '/* x\ny */z', code: '    \n    z' },
    { name: 'strings', text: `f('a\\'b', "Date")`, code: `f('    ', "    ")` },
    { name: 'an empty string', text: `f('', x)`, code: `f('', x)` },
    { name: 'a template', text: 'x = `Date ${a} Date`;', code: 'x = `     ${a}     `;' },
    {
      name: 'a template inside a template',
      text: 'x = `a ${b.map((c) => { return `d${c}`; })} e`;',
      code: 'x = `  ${b.map((c) => { return ` ${c}`; })}  `;',
    },
    {
      name: 'a slash in a string is no comment',
      text: `u = 'http://x'; y`,
      code: `u = '        '; y`,
    },
    {
      name: 'a regular expression with quotes',
      text: `/['"/]/.test(Date)`,
      code: `/     /.test(Date)`,
    },
    { name: 'a division', text: 'a / b / c', code: 'a / b / c' },
    { name: 'a division after a bracket', text: '(a) / 2; // x', code: '(a) / 2;     ' },
  ];
  for (const { name, text, code } of rows) {
    test(name, () => assert.equal(withoutCommentsAndStrings(text), code));
  }
});

test('importsOf finds every form', () => {
  const text = [
    `import a from 'a';`,
    `import type { B } from './b.ts';`,
    `import {`,
    `  c,`,
    `  type D,`,
    `} from "../c.ts";`,
    `import './e.ts';`,
    `export type { F } from './f.ts';`,
    `export const g = () => import('./g.ts');`,
    `export const from = 'not an import';`,
  ].join('\n');
  assert.deepEqual(importsOf(text), [
    { specifier: 'a', typeOnly: false, line: 1 },
    { specifier: './b.ts', typeOnly: true, line: 2 },
    { specifier: '../c.ts', typeOnly: false, line: 3 },
    { specifier: './e.ts', typeOnly: false, line: 7 },
    { specifier: './f.ts', typeOnly: true, line: 8 },
    { specifier: './g.ts', typeOnly: false, line: 9 },
  ]);
});
