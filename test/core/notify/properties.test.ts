/** What holds for any alerts, silences, failures and times. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { matchesAll } from '../../../src/core/alert/matcher.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import { isSilenceActive } from '../../../src/core/route/silence.ts';
import { duration } from '../../../src/core/time.ts';
import type { Player } from './player.ts';
import { alert, at, channel, config, player, route, seconds, silence, story } from './world.ts';

const CHANNELS = [channel('hook'), channel('mail', { sendResolved: false })];
const NAMES = ['a', 'b', 'c'];

const name = fc.constantFrom(...NAMES);
const second = fc.integer({ min: 0, max: 120 });
const post = fc.record({ at: second, name, resolved: fc.boolean() });
const mute = fc
  .tuple(fc.constantFrom('n="a"', 'n=~"a|b"', 'n!="c"'), second, second)
  .map(([text, from, length]) => silence(text, from, from + length));
const plot = fc.record({
  posts: fc.array(post, { maxLength: 12 }),
  silences: fc.array(mute, { maxLength: 3 }),
  /** Seconds in which the channels are out of order. */
  outage: fc.tuple(second, second),
  repeatS: fc.constantFrom(7, 20, 30, 3_600),
});
type Plot = typeof plot extends fc.Arbitrary<infer T> ? T : never;

const DOWN: SendResult = { kind: 'retry', reason: 'network', detail: 'down', afterMs: 2_000 };

function play({ posts, silences, outage, repeatS }: Plot, untilS = 130): Player {
  const stage = player(
    config({ channels: CHANNELS, route: route({ repeatInterval: duration(repeatS * 1_000) }) }),
  );
  stage.silences = [...silences];
  stage.answer = () => {
    const s = seconds(stage.now);
    return s >= outage[0] && s < outage[0] + outage[1] / 2 ? DOWN : { kind: 'sent' };
  };
  const since = new Map<string, number>();
  for (const one of posts.toSorted((x, y) => x.at - y.at)) {
    stage.runUntil(at(one.at));
    const from = since.get(one.name) ?? one.at;
    if (one.resolved) since.delete(one.name);
    else since.set(one.name, from);
    stage.post([one.resolved ? alert(one.name, from, one.at) : alert(one.name, from)]);
  }
  stage.runUntil(at(untilS));
  return stage;
}

describe('whatever happens', () => {
  test('no decision tells of an alert that is silenced at that time', () => {
    fc.assert(
      fc.property(plot, (given) => {
        for (const { at: tick, send } of play(given).decisions) {
          for (const { draft } of send) {
            for (const { labels } of draft.alerts) {
              const met = given.silences.filter(
                (one) => isSilenceActive(one, tick) && matchesAll(one.matchers, labels),
              );
              assert.deepEqual(met, []);
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test('once all is quiet, every fault that was told is told to be over, and nothing stays open', () => {
    fc.assert(
      fc.property(plot, (given) => {
        const stage = play(given, 400);
        const left = NAMES.map((one) => alert(one, 0, 400));
        stage.post(left);
        stage.runUntil(at(1_500));
        const told = new Map<string, string>();
        for (const { channel: to, notification } of stage.messages) {
          if (to.id !== 'hook') continue;
          for (const { labels, status } of notification.alerts) told.set(labels['n'] ?? '', status);
        }
        for (const [one, status] of told)
          assert.equal(status, 'resolved', `${one}: ${story(stage).join('; ')}`);
        assert.equal(stage.open, 0);
      }),
      { numRuns: 300 },
    );
  });

  test('a fault that fires and is not muted is known to every channel after its next tick', () => {
    fc.assert(
      fc.property(plot, name, (given, one) => {
        const stage = play({ ...given, outage: [0, 0] }, 300);
        stage.silences = [];
        stage.post([alert(one, 300)]);
        stage.runUntil(at(330));
        for (const { id } of CHANNELS) {
          const last = stage.messages
            .filter(
              ({ channel: to, notification }) =>
                to.id === id && notification.alerts.some(({ labels }) => labels['n'] === one),
            )
            .at(-1);
          const found = last?.notification.alerts.find(({ labels }) => labels['n'] === one);
          assert.equal(found?.status, 'firing', `${id}: ${story(stage).join('; ')}`);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('deciding again right after a decision was carried out tells nothing', () => {
    fc.assert(
      fc.property(plot, (given) => {
        const stage = play({ ...given, outage: [0, 0] });
        stage.flushAgain();
        const before = stage.messages.length;
        stage.flushAgain();
        assert.equal(stage.messages.length, before, story(stage).join('; '));
      }),
      { numRuns: 300 },
    );
  });

  test('the order of arrival within a window does not matter', () => {
    const batch = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(batch, fc.infiniteStream(fc.nat()), (names, chance) => {
        const shuffled = names
          .map((one) => ({ one, key: chance.next().value ?? 0 }))
          .sort((x, y) => x.key - y.key)
          .map(({ one }) => one);
        const [first, other] = [names, shuffled].map((order) => {
          const stage = player(config({ channels: CHANNELS }));
          for (const one of order) stage.post([alert(String(one), 0)]);
          stage.runUntil(at(5));
          return stage.messages.map(({ notification }) => notification);
        });
        assert.deepEqual(first, other);
        assert.equal(first?.length, 2);
      }),
    );
  });
});
