import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nextFlushAt } from '../../../src/core/notify/decide.ts';
import type { SendResult } from '../../../src/core/notify/notify.ts';
import { duration, instant } from '../../../src/core/time.ts';
import type { PlayedConfig, Player } from './player.ts';
import {
  alert,
  at,
  channel,
  config,
  inhibit,
  matchers,
  player,
  route,
  silence,
  story,
} from './world.ts';

const DOWN: SendResult = { kind: 'retry', reason: 'network', detail: 'down', afterMs: 3_000 };
const MAIL = channel('mail', { sendResolved: false });

describe('what is told in time', () => {
  const rows: readonly {
    name: string;
    config?: PlayedConfig;
    play: (stage: Player) => void;
    until: number;
    story: string[];
    /** Incidents left open at the end. */
    open: number;
  }[] = [
    {
      name: 'a fault, its end, and the incident closes',
      play: (stage) => {
        stage.post([alert('a', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('a', 0, 5)]);
      },
      until: 12,
      story: ['1 hook first: +a', '11 hook all_resolved: -a'],
      open: 0,
    },
    {
      name: 'fired and resolved before anybody was told: silence',
      play: (stage) => {
        stage.post([alert('a', 0)]);
        stage.post([alert('a', 0, 0)]);
      },
      until: 20,
      story: [],
      open: 0,
    },
    {
      name: 'after its end was told, the next fault opens a new group with its own wait',
      play: (stage) => {
        stage.post([alert('a', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('a', 0, 5)]);
        stage.runUntil(at(13));
        stage.post([alert('a', 13)]);
      },
      until: 20,
      story: ['1 hook first: +a', '11 hook all_resolved: -a', '14 hook first: +a'],
      open: 1,
    },
    {
      name: 'one of two ends',
      play: (stage) => {
        stage.post([alert('a', 0), alert('b', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('a', 0, 5)]);
      },
      until: 30,
      story: ['1 hook first: +a +b', '11 hook some_resolved: +b -a'],
      open: 1,
    },
    {
      name: 'a channel without resolves hears of faults alone, and of a second fault too',
      config: config({ channels: [MAIL] }),
      play: (stage) => {
        stage.post([alert('a', 0), alert('b', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('a', 0, 5)]);
        stage.runUntil(at(25));
        stage.post([alert('a', 25)]);
        stage.runUntil(at(35));
        stage.post([alert('a', 25, 35), alert('b', 0, 35)]);
      },
      until: 60,
      story: ['1 mail first: +a +b', '31 mail new_alerts: +a +b'],
      open: 0,
    },
    {
      name: 'resolved and back between two ticks: nothing',
      play: (stage) => {
        stage.post([alert('a', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('a', 0, 5)]);
        stage.runUntil(at(7));
        stage.post([alert('a', 7)]);
      },
      until: 30,
      story: ['1 hook first: +a'],
      open: 1,
    },
    {
      name: 'a reminder at a multiple of the group interval comes at that tick',
      config: config({ route: route({ repeatInterval: duration(20_000) }) }),
      play: (stage) => stage.post([alert('a', 0)]),
      until: 45,
      story: ['1 hook first: +a', '21 hook repeat: +a', '41 hook repeat: +a'],
      open: 1,
    },
    {
      name: 'a reminder between two ticks comes at the later one',
      config: config({ route: route({ repeatInterval: duration(15_000) }) }),
      play: (stage) => stage.post([alert('a', 0)]),
      until: 45,
      story: ['1 hook first: +a', '21 hook repeat: +a', '41 hook repeat: +a'],
      open: 1,
    },
    {
      name: 'any message puts off the reminder',
      config: config({ route: route({ repeatInterval: duration(20_000) }) }),
      play: (stage) => {
        stage.post([alert('a', 0)]);
        stage.runUntil(at(5));
        stage.post([alert('b', 5)]);
      },
      until: 35,
      story: ['1 hook first: +a', '11 hook new_alerts: +a +b', '31 hook repeat: +a +b'],
      open: 1,
    },
  ];
  for (const { name, config: played, play, until, story: expected, open } of rows) {
    test(name, () => {
      const stage = player(played);
      play(stage);
      stage.runUntil(at(until));
      assert.deepEqual(story(stage), expected);
      assert.equal(stage.open, open);
    });
  }
});

describe('mutes', () => {
  test('an end under a silence is told when the silence is over', () => {
    const stage = player();
    stage.silences = [silence('n="a"', 5, 25)];
    stage.post([alert('a', 0)]);
    stage.runUntil(at(15));
    stage.post([alert('a', 0, 15)]);
    stage.runUntil(at(60));
    assert.deepEqual(story(stage), ['1 hook first: +a', '31 hook all_resolved: -a']);
    assert.equal(stage.open, 0);
  });

  test('an end under a silence is nothing to those who never heard of the fault', () => {
    const stage = player();
    stage.silences = [silence('n="a"', 0, 25)];
    stage.post([alert('a', 0)]);
    stage.runUntil(at(15));
    stage.post([alert('a', 0, 15)]);
    stage.runUntil(at(22));
    assert.equal(stage.open, 0);
    stage.runUntil(at(60));
    assert.deepEqual(story(stage), []);
  });

  test('a fault that outlasts its silence is told when that is over, known or not', () => {
    const stage = player();
    stage.silences = [silence('n=~"a|b"', 5, 25)];
    stage.post([alert('a', 0)]);
    stage.runUntil(at(6));
    stage.post([alert('b', 6)]);
    stage.runUntil(at(100));
    assert.deepEqual(story(stage), ['1 hook first: +a', '31 hook new_alerts: +a +b']);
  });

  test('one that was known already comes as a reminder, once', () => {
    const stage = player();
    stage.silences = [silence('n="a"', 5, 25)];
    stage.post([alert('a', 0)]);
    stage.runUntil(at(100));
    assert.deepEqual(story(stage), ['1 hook first: +a', '31 hook repeat: +a']);
  });

  test('what happens to the others of the group does not lose the end that is owed', () => {
    const stage = player();
    stage.silences = [silence('n="a"', 5, 45)];
    stage.post([alert('a', 0), alert('b', 0)]);
    stage.runUntil(at(12));
    stage.post([alert('b', 0, 12), alert('c', 12)]);
    stage.runUntil(at(25));
    stage.post([alert('a', 0, 25), alert('c', 12, 25)]);
    stage.runUntil(at(100));
    assert.deepEqual(story(stage), [
      '1 hook first: +a +b',
      '21 hook new_alerts: +c -b',
      '31 hook all_resolved: -c',
      '51 hook all_resolved: -a',
    ]);
    assert.equal(stage.open, 0);
  });

  test('a channel without resolves is owed no end, so that nothing waits for a long silence', () => {
    const stage = player(config({ channels: [MAIL] }));
    stage.silences = [silence('n="a"', 5, 1_000_000)];
    stage.post([alert('a', 0)]);
    stage.runUntil(at(15));
    stage.post([alert('a', 0, 15)]);
    stage.runUntil(at(30));
    assert.equal(stage.open, 0);
  });

  test('an inhibited target is told when its source ends, if it still fires', () => {
    const stage = player(config({ inhibitRules: [inhibit('n="site"', 'n="host"')] }));
    stage.post([alert('host', 0), alert('site', 0)]);
    stage.runUntil(at(5));
    stage.post([alert('site', 0, 5)]);
    stage.runUntil(at(30));
    assert.deepEqual(story(stage), ['1 hook first: +site', '11 hook new_alerts: +host -site']);
  });

  test('outside its time a route is quiet, and says so', () => {
    const never = {
      name: 'never',
      intervals: [{ years: [{ begin: 1999, end: 1999 }], location: 'UTC' }],
    };
    const stage = player(
      config({
        route: route({ activeTimeIntervals: ['never'] }),
        timeIntervals: new Map([['never', never]]),
      }),
    );
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    const [decision] = stage.decisions;
    assert.deepEqual(decision?.hold, [
      { channelId: 'hook', reason: 'outside_active_time_interval' },
    ]);
    assert.deepEqual(decision?.timeline, [
      { kind: 'mute', detail: '1 of 1 alert not active at this time: never' },
    ]);
  });

  test('each mute names its reason, inhibition first', () => {
    const stage = player(config({ inhibitRules: [inhibit('n="site"', 'n="host"')] }));
    stage.silences = [silence('n=~"host|site"', 0, 100), silence('n="site"', 0, 100)];
    stage.post([alert('host', 0), alert('site', 0), alert('other', 0)]);
    stage.runUntil(at(5));
    const [decision] = stage.decisions;
    const reasons = (decision?.muted ?? []).map(({ reason, by }) => ({ reason, by }));
    const site = stage.decisions[0]?.muted.find(({ reason }) => reason === 'inhibited')?.by;
    assert.deepEqual(
      reasons.toSorted((one, other) => one.reason.localeCompare(other.reason)),
      [
        { reason: 'inhibited', by: site },
        { reason: 'silenced', by: ['n=~"host|site"', 'n="site"'] },
      ],
    );
    assert.deepEqual(story(stage), ['1 hook first: +other']);
  });
});

describe('deliveries under way', () => {
  test('the same message is not queued twice', () => {
    const stage = player();
    stage.answer = () => DOWN;
    stage.post([alert('a', 0)]);
    stage.runUntil(at(25));
    const later = stage.decisions.slice(1);
    assert.equal(later.length, 2);
    for (const { send, hold, cancel } of later) {
      assert.deepEqual([send, cancel], [[], []]);
      assert.deepEqual(hold, [{ channelId: 'hook', reason: 'already_queued' }]);
    }
  });

  test('news replaces what is queued, and the deadline counts from the first of them', () => {
    const stage = player();
    stage.answer = () => DOWN;
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    stage.post([alert('b', 5)]);
    stage.runUntil(at(12));
    const [first, second] = stage.decisions;
    assert.deepEqual(second?.cancel, [{ deliveryId: 'dlv_2', why: 'replaced: first message' }]);
    assert.deepEqual(
      second?.send.map(({ createdAt, reason }) => [createdAt, reason]),
      [[at(1), 'first']],
    );
    assert.equal(first?.send[0]?.createdAt, at(1));
    stage.answer = () => ({ kind: 'sent' });
    stage.runUntil(at(60));
    assert.deepEqual(story(stage), ['14 hook first: +a +b']);
  });

  const withdrawn: readonly { name: string; why: string; act: (stage: Player) => void }[] = [
    {
      name: 'the fault ended',
      why: 'nothing is firing',
      act: (stage) => stage.post([alert('a', 0, 5)]),
    },
    {
      name: 'a silence began',
      why: 'silenced',
      act: (stage) => {
        stage.silences = [silence('n="a"', 5, 100)];
      },
    },
  ];
  for (const { name, why, act } of withdrawn) {
    test(`a message that nobody received is withdrawn: ${name}`, () => {
      const stage = player();
      stage.answer = () => DOWN;
      stage.post([alert('a', 0)]);
      stage.runUntil(at(5));
      act(stage);
      stage.runUntil(at(12));
      stage.answer = () => ({ kind: 'sent' });
      stage.runUntil(at(60));
      assert.deepEqual(stage.decisions[1]?.cancel, [{ deliveryId: 'dlv_2', why }]);
      assert.deepEqual(story(stage), []);
    });
  }

  test('back before its end was told: the end is withdrawn and nothing is said', () => {
    const stage = player();
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    stage.answer = () => DOWN;
    stage.post([alert('a', 0, 5)]);
    stage.runUntil(at(15));
    stage.post([alert('a', 15)]);
    stage.runUntil(at(22));
    stage.answer = () => ({ kind: 'sent' });
    stage.runUntil(at(60));
    assert.deepEqual(story(stage), ['1 hook first: +a']);
    assert.deepEqual(
      stage.decisions[2]?.cancel.map(({ why }) => why),
      ['nothing has changed'],
    );
  });

  test('the end waits until it is delivered, and the incident with it', () => {
    const stage = player();
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    stage.answer = () => DOWN;
    stage.post([alert('a', 0, 5)]);
    stage.runUntil(at(50));
    assert.equal(stage.open, 1);
    stage.answer = () => ({ kind: 'sent' });
    stage.runUntil(at(600));
    assert.match(story(stage)[1] ?? '', /^\d+ hook all_resolved: -a$/);
    assert.equal(story(stage).length, 2);
    assert.equal(stage.open, 0);
  });

  test('a slow confirmation does not shift the reminders, and none follows on its heels', () => {
    const stage = player(config({ route: route({ repeatInterval: duration(10_000) }) }), 9_000);
    stage.post([alert('a', 0)]);
    stage.runUntil(at(35));
    assert.deepEqual(story(stage), ['10 hook first: +a', '30 hook repeat: +a']);
  });

  test('one channel that fails holds up no other', () => {
    const stage = player(config({ channels: [channel('good'), channel('bad')] }));
    stage.answer = ({ id }) =>
      id === 'bad' ? { kind: 'failed', reason: 'client_error', detail: '400' } : { kind: 'sent' };
    stage.post([alert('a', 0)]);
    stage.runUntil(at(15));
    assert.deepEqual(story(stage), ['1 good first: +a']);
    assert.equal(stage.attempts.filter(({ channelId }) => channelId === 'bad').length, 2);
    stage.post([alert('a', 0, 15)]);
    stage.runUntil(at(40));
    assert.deepEqual(story(stage).slice(1), ['21 good all_resolved: -a']);
    assert.equal(stage.open, 0);
  });

  test('a channel that the configuration dropped keeps nothing waiting', () => {
    const stage = player(config({ channels: [channel('hook'), channel('old')] }));
    stage.answer = ({ id }) => (id === 'old' ? DOWN : { kind: 'sent' });
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    stage.reload(config());
    stage.runUntil(at(12));
    assert.deepEqual(
      stage.decisions[1]?.cancel.map(({ why }) => why),
      ['the receiver no longer has this channel'],
    );
  });
});

describe('receivers and routes', () => {
  test('a receiver without channels is said to have none', () => {
    const stage = player(config({ channels: [] }));
    stage.post([alert('a', 0)]);
    stage.runUntil(at(5));
    assert.deepEqual(stage.decisions[0]?.hold, [{ channelId: '', reason: 'no_channel' }]);
    stage.post([alert('a', 0, 5)]);
    stage.runUntil(at(15));
    assert.equal(stage.open, 0);
  });

  test('two routes with the same matchers and different receivers are two groups', () => {
    const same = { key: '{}/{n="a"}', matchers: matchers('n="a"') };
    const stage = player({
      ...config(),
      receivers: new Map([
        ['ops', { name: 'ops', channels: [channel('hook')] }],
        ['boss', { name: 'boss', channels: [channel('phone', { receiver: 'boss' })] }],
      ]),
      route: route({
        routes: [
          route({ ...same, continue: true }),
          route({ ...same, receiver: 'boss', groupWait: duration(4_000) }),
        ],
      }),
    });
    stage.post([alert('a', 0)]);
    stage.runUntil(at(6));
    assert.deepEqual(story(stage), ['1 hook first: +a', '4 phone first: +a']);
  });
});

describe('nextFlushAt', () => {
  const rows: readonly { name: string; flushAt: number | null; now: number; is: number }[] = [
    { name: 'counts from the tick, not from now', flushAt: 1_000, now: 1_400, is: 11_000 },
    { name: 'skips what was missed and keeps the rhythm', flushAt: 1_000, now: 47_000, is: 51_000 },
    { name: 'lies ahead even when a tick is just due', flushAt: 1_000, now: 11_000, is: 21_000 },
    { name: 'a clock that went back', flushAt: 90_000, now: 1_000, is: 11_000 },
    { name: 'no tick before', flushAt: null, now: 1_000, is: 11_000 },
  ];
  for (const { name, flushAt, now, is } of rows) {
    test(name, () => {
      const tick = flushAt === null ? null : instant(flushAt);
      const groupInterval = duration(10_000);
      assert.equal(nextFlushAt({ flushAt: tick, groupInterval, now: instant(now) }), is);
    });
  }
});

describe('the story of an incident', () => {
  test('every act has a line', () => {
    const stage = player();
    stage.silences = [silence('n="b"', 0, 15)];
    stage.post([alert('a', 0), alert('b', 0)]);
    stage.runUntil(at(15));
    stage.post([alert('a', 0, 15), alert('b', 0, 15)]);
    stage.runUntil(at(2 * 3_600));
    const lines = stage.decisions.flatMap(({ timeline }) =>
      timeline.map(({ kind, detail }) => `${kind}: ${detail}`),
    );
    assert.deepEqual(lines, [
      'mute: 1 of 2 alerts silenced: n="b"',
      'notify: hook: first message, 1 firing, 0 resolved',
      'mute: 1 of 2 alerts silenced: n="b"',
      'notify: hook: all is resolved, 0 firing, 2 resolved',
    ]);
  });
});
