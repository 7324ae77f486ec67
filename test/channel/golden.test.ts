/**
 * What people see, kept as files so that a change of wording or layout is read before it goes out. To accept a change:
 * UPDATE_GOLDEN=1 node --test test/channel/golden.test.ts, and look at the difference.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, test } from 'node:test';
import { renderMail } from '../../src/channel/email/message.ts';
import { renderWecom } from '../../src/channel/wecom/message.ts';
import { samples } from './sample.ts';

const folder = path.join(import.meta.dirname, '../fixtures/messages');

function check(file: string, content: string): void {
  const target = path.join(folder, file);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(target, content);
  assert.equal(content, readFileSync(target, 'utf8'), file);
}

describe('golden messages', () => {
  for (const [name, sample] of Object.entries(samples)) {
    for (const locale of ['en', 'zh-CN'] as const) {
      const notification = { ...sample, locale };
      const stem = `${name}.${locale}`;

      test(`mail ${stem}`, () => {
        const mail = renderMail(notification, 'example.org');
        check(`${stem}.html`, mail.html);
        check(`${stem}.txt`, `Subject: ${mail.subject}\n\n${mail.text}`);
      });

      test(`wecom ${stem}`, () => {
        const bodies = renderWecom(notification, {
          key: 'k',
          mentioned_list: ['zhangsan'],
          mentioned_mobile_list: ['13800000000'],
        });
        const parts = bodies.map((body) =>
          body.msgtype === 'markdown'
            ? `== markdown\n${body.markdown.content}\n`
            : `== text ${JSON.stringify({ ...body.text, content: undefined })}\n${body.text.content}\n`,
        );
        check(`${stem}.wecom.txt`, parts.join('\n'));
      });
    }
  }
});
