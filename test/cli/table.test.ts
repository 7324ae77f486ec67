import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { table, widthOf } from '../../src/cli/table.ts';

describe('columns', () => {
  test('align with wide characters', () => {
    assert.equal(
      table(
        ['JOB', 'STATE'],
        [
          ['备份', 'up'],
          ['a-longer-name', 'down'],
          ['ｆｕｌｌ', ''],
        ],
      ),
      'JOB            STATE\n备份           up\na-longer-name  down\nｆｕｌｌ\n',
    );
  });
  const rows: [text: string, width: number][] = [
    ['', 0],
    ['abc', 3],
    ['中文', 4],
    ['한국', 4],
    ['e\u0301', 1],
    ['\u{1f514}', 2],
    ['…', 1],
  ];
  for (const [text, width] of rows)
    test(`${JSON.stringify(text)} takes ${width}`, () => {
      assert.equal(widthOf(text), width);
    });
  test('nothing that a server says moves the cursor', () => {
    assert.equal(table(['A'], [['x\u001b[2J\ny']]), 'A\nx [2J y\n');
  });
});
