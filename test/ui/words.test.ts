import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chinese } from '../../src/ui/chinese.ts';
import { english } from '../../src/ui/english.ts';
import { sources } from '../repository.ts';

describe('the words of the pages', () => {
  test('put into Chinese only sentences that the engine still writes', () => {
    const rooms = /^src\/(?:core\/job|engine)\//;
    const code = sources.filter(({ file }) => rooms.test(file)).map(({ text }) => text);
    const gone = Object.keys(chinese.reasons).filter(
      (sentence) => !code.some((text) => text.includes(`'${sentence}'`)),
    );
    assert.deepEqual(gone, []);
  });

  /** Tables that are asked for names which others chose, so that the compiler does not compare them. */
  const open = (words: typeof english) => ({
    titles: Object.keys(words.alertTitles),
    facts: Object.keys(words.incident.facts),
    kinds: Object.keys(words.incident.kinds),
    errors: Object.keys(words.errors.titles),
  });
  test('are as many in both languages', () => {
    assert.deepEqual(open(chinese), open(english));
  });
});
