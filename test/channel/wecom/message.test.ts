import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { byteLength } from '../../../src/channel/shared/text-limits.ts';
import type { WecomConfig } from '../../../src/channel/wecom/config.ts';
import { renderSmaller, renderWecom, type WecomBody } from '../../../src/channel/wecom/message.ts';
import type { Notification } from '../../../src/core/notify/notify.ts';
import { alertOf, at, diskFull, family, missed, notificationOf } from '../sample.ts';

const contentOf = (body: WecomBody | undefined): string =>
  body === undefined ? '' : body.msgtype === 'markdown' ? body.markdown.content : body.text.content;
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;
const graphemes = (text: string): string[] =>
  [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(
    (one) => one.segment,
  );

describe('who is mentioned', () => {
  const repeat = notificationOf({ reason: 'repeat' });
  const over = notificationOf({
    reason: 'all_resolved',
    alerts: [missed({ status: 'resolved', endsAt: at('2026-11-22T20:00:00Z') })],
  });
  const rows: readonly {
    name: string;
    config: WecomConfig;
    is?: Notification;
    kinds: readonly string[];
    inline?: boolean;
  }[] = [
    { name: 'nobody by default', config: {}, kinds: ['markdown'] },
    {
      name: 'user ids in the card',
      config: { mentioned_list: ['li'] },
      kinds: ['markdown'],
      inline: true,
    },
    {
      name: 'mobiles need a text',
      config: { mentioned_mobile_list: ['138'] },
      kinds: ['markdown', 'text'],
    },
    {
      name: 'everybody needs a text',
      config: { mentioned_list: ['@all'] },
      kinds: ['markdown', 'text'],
    },
    {
      name: 'very many ids need a text',
      config: { mentioned_list: Array.from({ length: 90 }, (_, n) => `somebody-${n}`) },
      kinds: ['markdown', 'text'],
    },
    {
      name: 'a repeat calls again',
      config: { mentioned_list: ['li'] },
      is: repeat,
      kinds: ['markdown'],
      inline: true,
    },
    {
      name: 'a recovery wakes nobody',
      config: { mentioned_list: ['@all'] },
      is: over,
      kinds: ['markdown'],
    },
    {
      name: 'a lower tier wakes nobody',
      config: { mentioned_list: ['@all'] },
      is: notificationOf({ severity: 'P1' }),
      kinds: ['markdown'],
    },
    {
      name: 'but where it is wanted',
      config: { mentioned_list: ['li'], mention_for: ['P1'] },
      is: notificationOf({ severity: 'P1' }),
      kinds: ['markdown'],
      inline: true,
    },
    {
      name: 'one text does it all',
      config: { msgtype: 'text', mentioned_mobile_list: ['138'] },
      kinds: ['text'],
    },
  ];
  for (const { name, config, is = notificationOf(), kinds, inline = false } of rows) {
    test(name, () => {
      const bodies = renderWecom(is, { key: 'k', ...config });
      assert.deepEqual(
        bodies.map((body) => body.msgtype),
        kinds,
      );
      assert.equal(contentOf(bodies[0]).includes('<@li>'), inline);
      const last = bodies.at(-1);
      const called = kinds.includes('text');
      assert.equal(last?.msgtype === 'text' && JSON.stringify(last).includes('mentioned'), called);
    });
  }
});

describe('what does not fit', () => {
  const many = (n: number): Notification =>
    notificationOf({
      alerts: Array.from({ length: n }, (_, i) =>
        alertOf(
          { alertname: 'JobFailed', job_name: `任务-${i}`, team: 'data' },
          { log_tail: '错误\n'.repeat(400), description: '说明'.repeat(400) },
        ),
      ),
      truncatedAlerts: 5,
    });

  test('is counted', () => {
    const content = contentOf(renderWecom(many(80), { key: 'k' })[0]);
    const told = count(content, /^\*\*任务-\d+/gm);
    assert.ok(told > 5 && told < 80, `${told}`);
    assert.match(content, new RegExp(`… and ${85 - told} more`));
    assert.ok(content.endsWith('(UTC+08:00).</font>'), 'the end is not cut off');
  });

  test('half the size has less of it', () => {
    const content = contentOf(renderSmaller(many(80), { key: 'k' }));
    assert.ok(byteLength(content) <= 950);
    assert.match(content, /#INC-42\/1/);
    assert.doesNotMatch(content, /\*\*|<font/);
  });

  test('one long log leaves the rest in place', () => {
    const content = contentOf(renderWecom(many(1), { key: 'k' })[0]);
    assert.match(content, /\[Open incident\]\(https:\/\/tocsin\.example\.org\/incidents\/42\)/);
    assert.match(content, /> …\n> 错误/);
  });
});

test('a text has no markup', () => {
  const content = contentOf(
    renderWecom(notificationOf({ alerts: [diskFull()] }), { key: 'k', msgtype: 'text' })[0],
  );
  assert.doesNotMatch(content, /\*\*|<font|\]\(/);
  assert.match(content, /^【P0 · ALERT】Disk of db1 is 98 % full\n/);
});

describe('any notification', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(
      '告警'.repeat(300),
      family.repeat(80),
      '<@all>',
      '<font color="info">',
      '</font>',
      '`',
      '**[x](http://e)**',
      '\ud800',
    ),
  );
  const alert = fc
    .record({
      alertname: fc.constantFrom('JobMissed', 'JobFailed', 'JobOverrun', 'JobSlow', 'Other'),
      job: word,
      label: word,
      summary: word,
      description: word,
      log: fc.array(word, { maxLength: 20 }).map((parts) => parts.join('\n')),
      gap: word,
    })
    .map(({ alertname, job, label, log, ...rest }) =>
      alertOf({ alertname, job_name: job, label }, { ...rest, log_tail: log, exit_code: '1' }),
    );
  const notification = fc
    .record({
      alerts: fc.array(alert, { maxLength: 12 }),
      truncatedAlerts: fc.nat(5_000),
      receiver: word,
      locale: fc.constantFrom('en' as const, 'zh-CN' as const),
      reason: fc.constantFrom('first' as const, 'repeat' as const, 'some_resolved' as const),
      seq: fc.nat(99_999),
    })
    .map(({ seq, ...rest }) =>
      notificationOf({ ...rest, incident: { ...notificationOf().incident, seq } }),
    );

  test('stays within the limits, whole and closed', () => {
    fc.assert(
      fc.property(
        notification,
        fc.constantFrom('markdown' as const, 'text' as const),
        (is, msgtype) => {
          const config: WecomConfig = { key: 'k', msgtype, mentioned_list: ['li', 'wang'] };
          for (const body of [...renderWecom(is, config), renderSmaller(is, config)]) {
            const content = contentOf(body);
            const limit = body.msgtype === 'markdown' ? 4_000 : 1_900;
            assert.ok(byteLength(content) <= limit, `${byteLength(content)} bytes`);
            assert.ok(content.isWellFormed());
            assert.match(content, new RegExp(`#INC-42/${is.incident.seq}`));
            assert.doesNotMatch(content, /<@all>/);
            // A cut through a family would leave a joiner at its end.
            assert.ok(
              graphemes(content).every((one) => !one.endsWith('\u200d') || one === '\u200d'),
            );
            if (body.msgtype === 'text') continue;
            assert.equal(count(content, /<font\b/g), count(content, /<\/font>/g));
            assert.deepEqual(
              (content.match(/<[^>]*>/g) ?? []).filter(
                (tag) => !/^<(?:\/font|font color="\w+"|@li|@wang)>$/.test(tag),
              ),
              [],
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
