/** The mail as rendered: its thread, its size, and that nothing from outside becomes markup or a header. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Mail, renderMail } from '../../../src/channel/email/message.ts';
import { escapeHtml } from '../../../src/channel/email/page.ts';
import { byteLength } from '../../../src/channel/shared/text-limits.ts';
import type { Notification } from '../../../src/core/notify/notify.ts';
import { alertOf, at, failed, family, missed, notificationOf } from '../sample.ts';

const mail = (notification: Notification): Mail => renderMail(notification, 'example.org');
const seq = (n: number) => ({ ...notificationOf().incident, seq: n });

describe('the thread of an incident', () => {
  const first = mail(notificationOf());
  const later: readonly (readonly [string, Mail])[] = [
    [
      'repeat',
      mail(
        notificationOf({
          id: 'dlv_2',
          incident: seq(2),
          reason: 'repeat',
          at: at('2026-11-22T19:45:15Z'),
        }),
      ),
    ],
    [
      'new alerts',
      mail(
        notificationOf({
          id: 'dlv_3',
          incident: seq(3),
          reason: 'new_alerts',
          alerts: [missed(), failed()],
        }),
      ),
    ],
    [
      'recovery',
      mail(
        notificationOf({
          id: 'dlv_4',
          incident: seq(4),
          reason: 'all_resolved',
          alerts: [missed({ status: 'resolved', endsAt: at('2026-11-22T20:00:00Z') })],
        }),
      ),
    ],
    ['another language', mail(notificationOf({ id: 'dlv_5', locale: 'zh-CN' }))],
  ];
  for (const [name, one] of later) {
    test(`${name}: one subject, one root, an id of its own`, () => {
      assert.equal(one.subject, first.subject);
      assert.equal(one.threadId, first.threadId);
      assert.equal(one.headers['Thread-Topic'], first.headers['Thread-Topic']);
      assert.equal(one.headers['Thread-Index'], first.headers['Thread-Index']);
      assert.notEqual(one.messageId, first.messageId);
    });
  }

  test('the same notification is the same mail', () =>
    assert.deepEqual(mail(notificationOf()), first));

  test('another incident is another thread', () => {
    for (const incident of [
      { ...notificationOf().incident, id: 43 },
      { ...notificationOf().incident, openedAt: at('2026-11-29T18:45:05Z') },
    ]) {
      assert.notEqual(mail(notificationOf({ incident })).threadId, first.threadId);
    }
  });

  test('Outlook reads 22 bytes that begin with the time', () => {
    const index = Buffer.from(first.headers['Thread-Index'] ?? '', 'base64');
    assert.equal(index.length, 22);
    const filetime = Buffer.concat([index.subarray(0, 6), Buffer.alloc(2)]).readBigUInt64BE();
    const ms = Number(filetime / 10_000n) - 11_644_473_600_000;
    // Two bytes of a FILETIME are 6.5 ms.
    assert.ok(Math.abs(ms - notificationOf().incident.openedAt) < 10);
  });

  test('ids have the form of RFC 5322', () => {
    assert.match(first.messageId, /^<inc-42\.[0-9a-f]{20}@example\.org>$/);
    assert.match(first.threadId, /^<inc-42\.[0-9a-f]{16}@example\.org>$/);
  });
});

describe('the subject', () => {
  const rows: readonly [name: string, is: Partial<Notification>, expected: string][] = [
    ['a job', {}, '[P0] nightly-backup (INC-42)'],
    [
      'a job and its problem',
      { groupLabels: { alertname: 'JobMissed', job_name: 'nightly-backup' } },
      '[P0] nightly-backup missed (INC-42)',
    ],
    [
      'an alert',
      { groupLabels: { alertname: 'DiskFull', instance: 'db1' } },
      '[P0] DiskFull instance=db1 (INC-42)',
    ],
    ['labels only', { groupLabels: { team: 'data', severity: 'P0' } }, '[P0] team=data (INC-42)'],
    ['nothing in common', { groupLabels: {} }, '[P0] Alerts for oncall (INC-42)'],
    [
      'nothing in common, in Chinese',
      { groupLabels: {}, locale: 'zh-CN' },
      '[P0] oncall 的告警 (INC-42)',
    ],
    [
      'a name with a line break',
      { groupLabels: { job_name: 'a\r\nBcc: x@example.org' } },
      '[P0] a Bcc: x@example.org (INC-42)',
    ],
  ];
  for (const [name, is, expected] of rows) {
    test(name, () => assert.equal(mail(notificationOf(is)).subject, expected));
  }

  test('a very long name is cut', () => {
    const { subject } = mail(notificationOf({ groupLabels: { job_name: '任务'.repeat(500) } }));
    assert.ok(subject.length < 180);
    assert.match(subject, /… \(INC-42\)$/);
  });
});

describe('size', () => {
  const huge = notificationOf({
    alerts: Array.from({ length: 500 }, (_, n) =>
      failed({
        fingerprint: `f${n}`,
        annotations: {
          description: '"<&>"'.repeat(2_000),
          log_tail: '<"&\n'.repeat(5_000),
          exit_code: '1',
        },
      }),
    ),
    truncatedAlerts: 7,
  });

  test('stays below the 102 KB at which Gmail cuts, and counts the rest', () => {
    const { html, text } = mail(huge);
    assert.ok(byteLength(html) <= 96 * 1024);
    const hidden = Number(/… and (\d+) more/.exec(html)?.[1]);
    assert.ok(hidden >= 487 && hidden < 507, `${hidden}`);
    assert.match(text, new RegExp(`… and ${hidden} more`));
    assert.ok(html.endsWith('</html>\n'));
  });
});

describe('any notification', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      '\r\nBcc: evil@example.org',
      '<script>alert(1)</script>',
      '"><img src=x>',
      "' onload='x",
      '\u2028',
      `任务${family}`,
      '&lt;',
    ),
  );
  const notification = fc
    .record({
      job: nasty,
      label: nasty,
      text: nasty,
      receiver: nasty,
      url: nasty,
      status: fc.boolean(),
    })
    .map(({ job, label, text, receiver, url, status }) => {
      const alert = alertOf(
        { alertname: status ? 'JobFailed' : text, job_name: job, label },
        {
          summary: text,
          description: text,
          log_tail: text,
          gap: text,
          run_url: `https://e.org/${url}`,
          runbook_url: url,
        },
      );
      return notificationOf({
        receiver,
        alerts: [alert, alert],
        groupLabels: { job_name: job, label },
      });
    });

  test('no header has a line break', () => {
    fc.assert(
      fc.property(notification, (is) => {
        const { subject, messageId, threadId, headers } = mail(is);
        for (const value of [subject, messageId, threadId, ...Object.values(headers)]) {
          assert.doesNotMatch(value, /[\p{Cc}\u2028\u2029]/u);
        }
      }),
    );
  });

  test('all tags and attributes of the page are ours', () => {
    const ours = new Set(
      'html head meta title style body div table tr td span h1 a b br'.split(' '),
    );
    fc.assert(
      fc.property(notification, (is) => {
        const { html } = mail(is);
        for (const [, name = '', rest = ''] of html.matchAll(
          /<\/?([a-z0-9]+)((?:"[^"]*"|[^">])*)>/gi,
        )) {
          assert.ok(ours.has(name.toLowerCase()), `<${name}>`);
          assert.doesNotMatch(rest.replace(/"[^"]*"/g, '""'), /\bon\w+=|src=|'/i);
        }
        for (const [, url = ''] of html.matchAll(/href="([^"]*)"/g))
          assert.match(url, /^https?:\/\//);
        assert.equal(html.match(/<table/g)?.length, html.match(/<\/table>/g)?.length);
      }),
    );
  });

  test('escaping leaves nothing that can end a text or an attribute', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const escaped = escapeHtml(text);
        assert.doesNotMatch(escaped, /[<>"']/);
        const back = escaped
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&');
        assert.equal(back, text);
      }),
    );
  });
});

test('nothing is fetched when a mail is opened', () => {
  const { html } = mail(notificationOf({ alerts: [failed()] }));
  assert.doesNotMatch(html, /<img|<script|<link|@import|url\(|srcset/i);
});
