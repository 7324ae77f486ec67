import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import type { JobState } from '../../src/core/job/job.ts';
import { duration, HOUR, MINUTE, minus, plus, SECOND } from '../../src/core/time.ts';
import { StoreError } from '../../src/ports/store.ts';
import { type House, NOW, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house[Symbol.asyncDispose]());

const page = async (path = '/', language = 'en'): Promise<string> => {
  const answer = await request(house.url).get(path).set('Accept-Language', language);
  assert.equal(answer.status, 200);
  return answer.text;
};
const namesOf = (text: string): string[] =>
  [...text.matchAll(/<a class="name"[^>]*>([^<]*)</g)].map(([, name]) => name ?? '');

describe('the first page of a fresh server', () => {
  test('says how to begin', async () => {
    assert.match(await page(), /<h1>No jobs yet<\/h1>/);
    assert.match(await page('/', 'zh-CN,zh;q=0.9,en;q=0.1'), /还没有任务/);
  });
});

describe('the list of jobs', () => {
  const add = (name: string, state: Partial<JobState>, more: object = {}) =>
    house.desk.add(name, { state, ...more });
  before(() => {
    add('beta', { status: 'up', expectedAt: plus(NOW, HOUR), lastPingAt: minus(NOW, MINUTE) });
    add('alpha', { status: 'paused' }, { group: 'data' });
    add('late', { status: 'up', expectedAt: minus(NOW, MINUTE) }, { dueAt: plus(NOW, MINUTE) });
    add(
      'zulu',
      {
        status: 'down',
        lastDurationMs: 92_000,
        problems: [
          {
            kind: 'failed',
            since: minus(NOW, HOUR),
            reason: '<img src=x>',
            exitCode: null,
            runId: null,
            traceId: null,
            spanId: null,
            labels: null,
          },
        ],
      },
      { description: '<script>alert(1)</script>', runbook: 'javascript:alert(1)' },
    );
  });

  test('puts what is wrong first, and says it in the title', async () => {
    const text = await page();
    assert.deepEqual(namesOf(text), ['zulu', 'late', 'alpha', 'beta']);
    assert.match(text, /<title>\(1\) Tocsin · Jobs<\/title>/);
    assert.match(text, /<h1 class="bad">1 of 4 jobs needs attention<\/h1>/);
    assert.match(text, /Failed since Mar 1, 11:00: &lt;img src=x&gt;/);
    assert.match(text, /due 1m ago/);
    assert.match(text, /<time datetime="2026-03-01T11:59:00Z">1m ago/);
  });
  test('tells states by word and shape, not by colour alone', async () => {
    const text = await page();
    for (const [state, word] of [
      ['down', 'Down'],
      ['late', 'Late'],
      ['up', 'Up'],
      ['paused', 'Paused'],
    ])
      assert.match(text, new RegExp(`<span class="state is-${state}"><svg.*?</svg>${word}</span>`));
  });
  test('escapes what others wrote, and links only to web pages', async () => {
    const text = await page();
    assert.ok(!text.includes('<script') && !text.includes('<img'));
    assert.ok(!text.includes('javascript:'));
  });
  test('leads to the page of each job, in the same language', async () => {
    assert.match(await page('/?q=zulu'), /<a class="name" href="\/jobs\/zulu">/);
    assert.match(await page('/?q=zulu&lang=zh'), /<a class="name" href="\/jobs\/zulu\?lang=zh">/);
  });
  test('can be narrowed, and keeps its language', async () => {
    assert.deepEqual(namesOf(await page('/?state=down')), ['zulu']);
    assert.deepEqual(namesOf(await page('/?group=data')), ['alpha']);
    assert.deepEqual(namesOf(await page('/?q=ET')), ['beta']);
    assert.deepEqual(namesOf(await page('/?state=nonsense&cursor=nonsense')).length, 4);
    const none = await page('/?q=zzz&lang=zh');
    assert.match(none, /没有符合条件的任务/);
    assert.match(none, /href="\/\?state=down&amp;q=zzz&amp;lang=zh"/);
    assert.match(none, /<input type="hidden" name="lang" value="zh">/);
  });
  test('reloads itself when asked to', async () => {
    assert.ok(!(await page()).includes('http-equiv="refresh"'));
    assert.match(await page('/?refresh=1'), /<meta http-equiv="refresh" content="30">/);
  });
  test('lets nothing run but its own style', async () => {
    const answer = await request(house.url).get('/');
    const policy = answer.headers['content-security-policy'] ?? '';
    const style = /<style>([^]*)<\/style>/.exec(answer.text)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(policy.includes(`style-src 'sha256-${hash}'`), policy);
    assert.match(policy, /^default-src 'none'; .*frame-ancestors 'none'$/);
    assert.ok(!/ style="| on\w+="/.test(answer.text));
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.equal(answer.headers['x-powered-by'], undefined);
  });
});

describe('banners', () => {
  test('tell of a store that takes no writes', async () => {
    house.storeFault = 'the disk is full';
    assert.match(await page(), /The store takes no writes: the disk is full\./);
    house.storeFault = null;
  });
  test('tell of faults in the configuration, the first of them and how many', async () => {
    house.issues = Array.from({ length: 7 }, (_, index) => ({
      file: 'a.yml',
      line: index + 1,
      column: 1,
      path: '',
      message: 'is wrong',
      expected: '',
    }));
    const text = await page();
    assert.equal(text.match(/<li>a\.yml/g)?.length, 5);
    assert.match(text, /<li>and 2 more<\/li>/);
    house.issues = [];
  });
  test('tell of an own outage that was long and is not long ago', async () => {
    const gap = (from: number, to: number) => {
      house.store.gapRows.length = 0;
      house.store.gapRows.push({
        from: minus(NOW, duration(from)),
        to: minus(NOW, duration(to)),
        kind: 'stopped',
      });
      return page();
    };
    assert.match(await gap(2 * HOUR, HOUR), /It did not run from Mar 1, 10:00 to Mar 1, 11:00\./);
    assert.ok(!(await gap(30 * SECOND, 0)).includes('did not run'));
    assert.ok(!(await gap(20 * HOUR, 13 * HOUR)).includes('did not run'));
    house.store.gapRows.length = 0;
  });
  test('do not depend on a store that can be read', async () => {
    house.store.fault = new StoreError('io', 'reading');
    assert.deepEqual(namesOf(await page()).length, 4);
    house.store.fault = null;
  });
});

describe('many jobs', () => {
  test('come in pages that show each once', async () => {
    for (let index = 0; index < 230; index += 1)
      house.desk.add(`many-${String(index).padStart(3, '0')}`, {
        state: { status: index % 50 === 0 ? 'down' : 'new' },
      });
    const seen: string[] = [];
    let path: string | undefined = '/';
    for (let pages = 0; path !== undefined && pages < 9; pages += 1) {
      const text: string = await page(path);
      seen.push(...namesOf(text));
      path = /<a href="([^"]*)" rel="next">/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    assert.equal(seen.length, 234);
    assert.equal(new Set(seen).size, 234);
    assert.deepEqual(seen.slice(0, 6), [
      'many-000',
      'many-050',
      'many-100',
      'many-150',
      'many-200',
      'zulu',
    ]);
  });
});
