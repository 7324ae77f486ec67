import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import type { Alert, Labels } from '../../src/core/alert/alert.ts';
import type { NotifiedAlert } from '../../src/core/notify/notify.ts';
import { duration, HOUR, MINUTE, minus, plus } from '../../src/core/time.ts';
import { type Delivery, type Incident, StoreError } from '../../src/ports/store.ts';
import { ALL_KEYS, type House, KEYS, NOW, openHouse } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
  house.desk.add('backup');
});
after(() => house[Symbol.asyncDispose]());

const page = async (path: string): Promise<string> => {
  const answer = await request(house.url).get(path);
  assert.equal(answer.status, 200);
  return answer.text;
};
const words = async (path: string): Promise<string> =>
  (await page(path))
    .replace(/<style>[^]*<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ');

const RUN = '04603d8b-edf4-4e85-8f61-24bedbcaab59';
const FAILED = { alertname: 'JobFailed', job_name: 'backup', group: 'data', severity: 'P0' };

const alert = (labels: Labels, given: Partial<Alert> = {}): Alert => ({
  fingerprint: JSON.stringify(labels),
  labels,
  annotations: {},
  startsAt: minus(NOW, HOUR),
  endsAt: null,
  updatedAt: NOW,
  generatorUrl: '',
  timeout: false,
  source: 'api',
  traceId: null,
  spanId: null,
  ...given,
});

let lastId = 0;
const incident = (given: Partial<Incident> & { live?: Alert[] }): number => {
  lastId += 1;
  const { live, ...fields } = given;
  house.store.incidentRows.push({
    id: lastId,
    groupKey: '{}:{}',
    routeKey: '{}',
    receiver: 'team',
    groupLabels: {},
    openedAt: minus(NOW, HOUR),
    flushAt: plus(NOW, MINUTE),
    closedAt: null,
    alerts: live?.length ?? 0,
    ...fields,
  });
  house.store.incidentAlerts.set(lastId, live ?? []);
  return lastId;
};

const delivery = (incidentId: number, given: Partial<Delivery>, told: Alert[] = []): Delivery => {
  const alerts: NotifiedAlert[] = told.map((one) => ({
    ...one,
    status: one.endsAt === null ? 'firing' : 'resolved',
  }));
  const row: Delivery = {
    id: `dlv_${String(house.store.deliveryRows.length + 1).padStart(20, '0')}`,
    incidentId,
    groupKey: '{}:{}',
    receiver: 'team',
    channelId: 'team/webhook/0',
    channelType: 'webhook',
    severity: 'P1',
    reason: 'first',
    notification: {
      id: 'n',
      incident: { id: incidentId, groupKey: '{}:{}', seq: 1, openedAt: NOW },
      receiver: 'team',
      status: 'firing',
      reason: 'first',
      severity: 'P1',
      alerts,
      truncatedAlerts: 0,
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      locale: 'en',
      timezone: 'UTC',
      externalUrl: '',
      at: NOW,
    },
    state: 'sent',
    attempts: 1,
    createdAt: minus(NOW, HOUR),
    nextAt: plus(NOW, MINUTE),
    deadlineAt: plus(NOW, HOUR),
    leaseOwner: null,
    leaseUntil: null,
    lastReason: 'sent',
    lastDetail: 'HTTP 200',
    providerRef: '',
    only: null,
    finishedAt: NOW,
    ...given,
  };
  house.store.deliveryRows.push(row);
  return row;
};

describe('an open incident', () => {
  let id = 0;
  before(() => {
    const annotations = {
      summary: 'backup failed with exit code 3',
      description: 'It failed at noon.',
      about: '夜间备份',
      runbook_url: 'https://example.org/runbook',
      run_url: `http://tocsin.example/jobs/backup?run=${RUN}`,
      exit_code: '3',
      last_success: '2026-03-01T01:02:03Z',
      log_tail: '<b>磁盘已满</b>\nline two',
      constructor: 'odd',
    };
    const groupLabels = { alertname: 'JobFailed', job_name: 'backup' };
    id = incident({ groupLabels, live: [alert(FAILED, { annotations, source: 'job' })] });
    delivery(id, {});
    delivery(id, {
      createdAt: minus(NOW, MINUTE),
      channelId: 'team/wecom/0',
      reason: 'repeat',
      state: 'pending',
      attempts: 2,
      lastReason: 'rate_limited',
      lastDetail: '<45009>',
    });
    house.store.timelineRows.push(
      { incidentId: id, at: minus(NOW, HOUR), kind: 'notify', detail: 'team/webhook/0: <first>' },
      { incidentId: id, at: minus(NOW, MINUTE), kind: 'strange', detail: 'as it is' },
    );
  });

  test('says what it is about, to whom it goes, and since when', async () => {
    const text = await words(`/incidents/${id}`);
    assert.match(text, /backup failed with exit code 3 Open Incident INC-1 · As of Mar 1, 12:00/);
    assert.match(text, /Group alertname=JobFailed job_name=backup Receiver team Lasted 1 h /);
    assert.match(text, /Opened 1h ago Mar 1, 11:00 Next look in 1m Mar 1, 12:01/);
  });
  test('shows its alert with what the group does not say already', async () => {
    const text = await words(`/incidents/${id}`);
    assert.match(
      text,
      /Firing since Mar 1, 11:00, for 1 h It failed at noon\. see the run runbook /,
    );
    assert.match(text, /Exit code 3 Last success Mar 1, 01:02:03 constructor odd End of the log /);
    assert.match(text, /&lt;b&gt;磁盘已满&lt;\/b&gt; line two group=data severity=P0 Messages/);
  });
  test('leads to the run and to the runbook', async () => {
    const text = await page(`/incidents/${id}?lang=en`);
    assert.match(text, new RegExp(`<a href="/jobs/backup\\?run=${RUN}&amp;lang=en">`));
    assert.match(text, /<a href="https:\/\/example\.org\/runbook" rel="noreferrer">/);
    assert.match(text, /<a href="\/incidents\/1\?lang=zh" lang="zh">/);
  });
  test('lists its messages, newest first, with what came of each', async () => {
    const text = await words(`/incidents/${id}`);
    assert.match(
      text,
      /Mar 1, 11:59:00 reminder waiting team\/wecom\/0 2 rate limit: &lt;45009&gt;; next try Mar 1, 12:01:00 Mar 1, 11:00:00 first message sent team\/webhook\/0 1 accepted: HTTP 200 /,
    );
  });
  test('tells its story, newest first', async () => {
    assert.match(
      await words(`/incidents/${id}`),
      /strange as it is Mar 1, 11:00:00 to send team\/webhook\/0: &lt;first&gt; Mar 1, 11:00:00 opened $/,
    );
  });
  test('is told in Chinese without our English sentences', async () => {
    const text = await words(`/incidents/${id}?lang=zh`);
    assert.match(text, /backup 运行失败，退出码 3 未关闭/);
    assert.match(text, /未恢复 自 3月1日 11:00 起，已持续 1 小时 夜间备份 查看本次运行 处理手册/);
    assert.match(text, /被限流：&lt;45009&gt;；下次尝试 3月1日 12:01:00/);
    assert.ok(!text.includes('It failed at noon.'));
  });
});

describe('the alerts of an incident', () => {
  test('are also those that left it once their end was told', async () => {
    const endsAt = minus(NOW, duration(30 * MINUTE));
    const ended = { alertname: 'DiskFull', host: 'a' };
    const unknown = { alertname: 'DiskFull', host: 'b' };
    const again = { alertname: 'DiskFull', host: 'c' };
    const id = incident({ closedAt: NOW, flushAt: null, live: [alert(again)] });
    delivery(id, {}, [alert(ended), alert(unknown), alert(again)]);
    delivery(id, { createdAt: NOW, reason: 'some_resolved' }, [alert(ended, { endsAt })]);
    const text = await words(`/incidents/${id}`);
    assert.match(text, /1 alert firing Closed /);
    assert.match(text, /Alerts DiskFull Firing since Mar 1, 11:00, for 1 h /);
    assert.match(text, /Resolved Mar 1, 11:00 to Mar 1, 11:30, 30 min alertname=DiskFull host=a /);
    assert.match(text, /Resolved began Mar 1, 11:00 alertname=DiskFull host=b /);
  });
  test('may all be over, or gone', async () => {
    const endsAt = minus(NOW, MINUTE);
    const over = [alert({ alertname: 'A' }, { endsAt }), alert({ alertname: 'B' }, { endsAt })];
    assert.match(
      await words(`/incidents/${incident({ live: over })}`),
      /2 alerts, all resolved Open/,
    );
    const groupLabels = { alertname: 'JobMissed', job_name: 'sync' };
    const gone = await words(`/incidents/${incident({ groupLabels })}`);
    assert.match(
      gone,
      /sync did not report in time .* No alert is left in it\. .* None was sent\./,
    );
    const nameless = incident({});
    assert.match(await page(`/incidents/${nameless}`), new RegExp(`<h1>Incident INC-${nameless}<`));
  });
  test('are cut at fifty, firing first', async () => {
    const endsAt = minus(NOW, MINUTE);
    const live = Array.from({ length: 60 }, (_, index) =>
      alert({ alertname: `A${index}` }, index < 20 ? { endsAt } : {}),
    );
    const text = await words(`/incidents/${incident({ live })}`);
    assert.match(text, /40 alerts firing/);
    assert.match(text, /and 10 more/);
    assert.equal(text.match(/ Firing since/g)?.length, 40);
  });
  test('bring links of their own only to web pages, and to jobs that are there', async () => {
    const annotations = {
      summary: '<script>alert(1)</script>',
      runbook_url: 'javascript:alert(1)',
      dashboard: 'https://grafana.example/d/1',
      run_url: 'not an address',
    };
    const labels = { alertname: 'constructor', job_name: 'elsewhere' };
    const generatorUrl = 'http://prometheus.example/graph';
    const id = incident({ live: [alert(labels, { annotations, generatorUrl })] });
    const text = await page(`/incidents/${id}`);
    assert.match(text, /<h1>&lt;script&gt;alert\(1\)&lt;\/script&gt;<\/h1>/);
    assert.match(text, /<a href="https:\/\/grafana\.example\/d\/1" rel="noreferrer">/);
    assert.match(text, /<a href="http:\/\/prometheus\.example\/graph" rel="noreferrer">source</);
    assert.ok(!text.includes('javascript:') && !text.includes('/jobs/elsewhere'));
  });
});

test('long lists say that they were cut', async () => {
  const id = incident({});
  for (let index = 0; index < 101; index += 1) {
    const at = minus(NOW, duration((101 - index) * MINUTE));
    house.store.timelineRows.push({ incidentId: id, at, kind: 'mute', detail: `line ${index}.` });
    if (index < 31) delivery(id, { createdAt: at });
  }
  const text = await words(`/incidents/${id}`);
  assert.equal(text.match(/Older ones are left out\./g)?.length, 2);
  assert.equal(text.match(/ line \d+\./g)?.length, 100);
  assert.ok(!text.includes(' line 0.') && !text.includes(' opened '));
});

describe('who asks in vain', () => {
  for (const id of ['0', '99', 'x', '-1', '1.5', '9'.repeat(40)])
    test(`for ${id}, gets a page that says so`, async () => {
      const answer = await request(house.url).get(`/incidents/${id}`).set('Accept', 'text/html');
      assert.equal(answer.status, 404);
      assert.match(answer.text, /There is no incident &quot;/);
    });
  test('while the store cannot be read, is told to come again', async () => {
    house.store.fault = new StoreError('io', 'reading');
    assert.equal((await request(house.url).get('/incidents/1')).status, 503);
    house.store.fault = null;
  });
  test('without a key', async () => {
    await using locked = await openHouse({ keys: ALL_KEYS });
    const ask = (key: string) => request(locked.url).get('/incidents/1').set('X-Api-Key', key);
    assert.equal((await ask('')).status, 401);
    assert.equal((await ask(KEYS.ping)).status, 403);
    assert.equal((await ask(KEYS.read)).status, 404);
  });
});
