import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newsFor, toldAfter, toldSilently, type View } from '../../../src/core/notify/dedup.ts';
import type { Told } from '../../../src/core/notify/notify.ts';
import { duration, instant } from '../../../src/core/time.ts';

const view = (more: Partial<View> = {}): View => ({
  firing: [],
  resolved: [],
  muted: new Set(),
  mutedResolved: [],
  ...more,
});

const INTERVAL_MS = 300_000;

describe('newsFor', () => {
  const rows: readonly {
    name: string;
    told: Told | null;
    view: View;
    sendResolved?: boolean;
    /** Time since the confirmation, at a tick. */
    sinceMs?: number;
    is: string;
  }[] = [
    { name: 'never told, firing', told: null, view: view({ firing: ['a'] }), is: 'first' },
    {
      name: 'never told, all resolved',
      told: null,
      view: view({ resolved: ['a'] }),
      is: 'nothing_firing',
    },
    {
      name: 'told of an end, firing anew',
      told: { firing: [], resolved: ['a'] },
      view: view({ firing: ['a'] }),
      is: 'first',
    },
    {
      name: 'one more fires',
      told: { firing: ['a'], resolved: [] },
      view: view({ firing: ['a', 'b'] }),
      is: 'new_alerts',
    },
    {
      name: 'one for another',
      told: { firing: ['a'], resolved: [] },
      view: view({ firing: ['b'], resolved: ['a'] }),
      is: 'new_alerts',
    },
    {
      name: 'all over',
      told: { firing: ['a'], resolved: [] },
      view: view({ resolved: ['a'] }),
      is: 'all_resolved',
    },
    {
      name: 'all over, told already',
      told: { firing: [], resolved: ['a'] },
      view: view({ resolved: ['a'] }),
      is: 'nothing_firing',
    },
    {
      name: 'some over',
      told: { firing: ['a', 'b'], resolved: [] },
      view: view({ firing: ['a'], resolved: ['b'] }),
      is: 'some_resolved',
    },
    {
      name: 'some over, told already',
      told: { firing: ['a'], resolved: ['b'] },
      view: view({ firing: ['a'], resolved: ['b'] }),
      is: 'no_change',
    },
    {
      name: 'some over, not to be told',
      told: { firing: ['a', 'b'], resolved: [] },
      view: view({ firing: ['a'], resolved: ['b'] }),
      sendResolved: false,
      is: 'no_change',
    },
    {
      name: 'the same',
      told: { firing: ['a'], resolved: [] },
      view: view({ firing: ['a'] }),
      is: 'no_change',
    },
    {
      name: 'the same, a tick too early',
      told: { firing: ['a'], resolved: [] },
      view: view({ firing: ['a'] }),
      sinceMs: 3 * INTERVAL_MS,
      is: 'no_change',
    },
    {
      name: 'the same, at the tick of the reminder, confirmed a moment after its own',
      told: { firing: ['a'], resolved: [] },
      view: view({ firing: ['a'] }),
      sinceMs: 4 * INTERVAL_MS - 2_000,
      is: 'repeat',
    },
    {
      name: 'muted once, and now seen firing',
      told: { firing: ['a'], resolved: [], muted: ['a'] },
      view: view({ firing: ['a'] }),
      is: 'repeat',
    },
    {
      name: 'muted once, and now seen resolved',
      told: { firing: ['a'], resolved: [], muted: ['a'] },
      view: view({ resolved: ['a'] }),
      is: 'all_resolved',
    },
    {
      name: 'muted still, another one over that nobody knew',
      told: { firing: ['a'], resolved: [] },
      view: view({ resolved: ['b'], muted: new Set(['a']) }),
      is: 'nothing_firing',
    },
    {
      name: 'muted still, another one over that was told',
      told: { firing: ['a', 'b'], resolved: [] },
      view: view({ resolved: ['b'], muted: new Set(['a']) }),
      is: 'all_resolved',
    },
  ];
  for (const { name, told, view: seen, sendResolved = true, sinceMs = 1_000, is } of rows) {
    test(name, () => {
      const now = instant(1_000_000_000);
      const news = newsFor({
        told: told === null ? null : { ...told, at: instant(now - sinceMs) },
        view: seen,
        sendResolved,
        rhythm: {
          tickAt: now,
          now,
          groupInterval: duration(INTERVAL_MS),
          repeatInterval: duration(4 * INTERVAL_MS),
        },
      });
      assert.equal(news.reason, is);
    });
  }
});

describe('what is remembered', () => {
  const told: Told = { firing: ['a', 'b'], resolved: ['z'] };

  test('after a message: what was said, and what is owed still', () => {
    const seen = view({ firing: ['c'], resolved: ['b'], muted: new Set(['a', 'x']) });
    assert.deepEqual(toldAfter(told, seen, true), {
      firing: ['a', 'c'],
      resolved: ['b'],
      muted: ['a'],
    });
    assert.deepEqual(toldAfter(null, seen, true), { firing: ['c'], resolved: ['b'] });
  });

  test('after a message to a channel without resolves: no ends', () => {
    const seen = view({
      firing: ['c'],
      resolved: ['b'],
      muted: new Set(['a']),
      mutedResolved: ['a'],
    });
    assert.deepEqual(toldAfter(told, seen, false), { firing: ['c'], resolved: [] });
  });

  const rows: readonly {
    name: string;
    told: Told;
    view: View;
    sendResolved: boolean;
    is: Told | null;
  }[] = [
    {
      name: 'nothing new',
      told,
      view: view({ firing: ['a'], resolved: ['b'] }),
      sendResolved: true,
      is: null,
    },
    {
      name: 'a mute',
      told,
      view: view({ muted: new Set(['a', 'x']) }),
      sendResolved: true,
      is: { ...told, muted: ['a'] },
    },
    {
      name: 'a mute that is remembered',
      told: { ...told, muted: ['a'] },
      view: view({ firing: ['a'] }),
      sendResolved: true,
      is: null,
    },
    {
      name: 'an end that is not told',
      told,
      view: view({ firing: ['a'], resolved: ['b'] }),
      sendResolved: false,
      is: { ...told, firing: ['a'] },
    },
    {
      name: 'an end of a muted alert that is not told',
      told: { ...told, muted: ['a'] },
      view: view({ muted: new Set(['a']), mutedResolved: ['a'] }),
      sendResolved: false,
      is: { ...told, firing: ['b'] },
    },
  ];
  for (const { name, told: before, view: seen, sendResolved, is } of rows) {
    test(`without a message: ${name}`, () => {
      const after = toldSilently(before, seen, sendResolved);
      assert.deepEqual(after, is);
      if (after !== null) assert.equal(toldSilently(after, seen, sendResolved), null);
    });
  }
});
