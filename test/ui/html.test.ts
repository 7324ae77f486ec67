import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { html } from '../../src/ui/html.ts';

describe('html', () => {
  test('escapes text, keeps html, joins lists, leaves out what is not there', () => {
    const item = html`<li>${'<b>'}</li>`;
    const made = html`<ul title="${`"'&`}">${[item, item]}${null}${undefined}${false}${0}</ul>`;
    assert.equal(
      made.toString(),
      '<ul title="&quot;&#39;&amp;"><li>&lt;b&gt;</li><li>&lt;b&gt;</li>0</ul>',
    );
  });

  test('no text leaves its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = html`<p title="${text}">${text}</p>`.toString();
        const inside = made.slice('<p title="'.length, -'</p>'.length);
        assert.equal(inside.split('">').length, 2);
        assert.ok(!/[<']/.test(inside));
      }),
    );
  });
});
