/**
 * Healthchecks' wire contract against the whole of Tocsin: YAML, HTTP, engine and store, with time that is moved. What
 * was seen of the real program is in the cases; where Tocsin means to answer otherwise, `APART` says what and why.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { compileConfig } from '../../src/config/compile.ts';
import { compiledText } from '../config/compiled.ts';
import { type Answer, Site } from './site.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly bodyBase64?: string;
  readonly bodyRepeat?: readonly [string, number];
}

type Before = Request | { readonly sleep: number } | { readonly advance: number };
type Fields = Readonly<Record<string, unknown>>;

interface Expect {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: Fields;
  readonly stateAfter?: Fields;
  readonly lastPing?: Fields;
  readonly flips?: readonly number[];
  readonly downFlipAt?: string;
  readonly createdCheck?: Fields | null;
}

interface Case {
  readonly id: string;
  readonly given: {
    readonly check: Fields | null;
    readonly extraCheck?: Fields;
    readonly server?: { readonly PING_BODY_LIMIT: string };
    readonly before?: readonly Before[];
  };
  readonly request: Request;
  readonly expect: Expect;
  readonly quirk?: boolean;
}

const file = new URL('../fixtures/conformance/hc-contract.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };

/** Where Tocsin answers otherwise: why, and what it answers. Each of them fails as the case has it. */
const APART: Readonly<Record<string, { readonly why: string; readonly expect: Expect }>> = {
  'ping-put-accepted': {
    why: 'a verb that nobody documents is more likely a mistake than a report',
    expect: {
      status: 405,
      body: 'method not allowed',
      headers: { Allow: 'GET, HEAD, POST, OPTIONS' },
      stateAfter: { status: 'new', n_pings: 0 },
    },
  },
  'ping-options-counts': {
    why: 'a preflight asks whether a report may be sent; it is not one',
    expect: {
      status: 204,
      body: '',
      headers: { 'Access-Control-Allow-Origin': '*' },
      stateAfter: { status: 'new', n_pings: 0 },
    },
  },
  'start-next-ping-is-start-time': {
    why: 'a start does not move what is awaited; when the run began stands with the run',
    expect: {
      status: 200,
      stateAfter: { status: 'up', started: true, next_ping: 'unchanged' },
    },
  },
  'body-over-2.5MiB-refused': {
    why: 'a job cannot know how much its log may be; the first bytes are kept',
    expect: {
      status: 200,
      body: 'OK',
      stateAfter: { status: 'up', n_pings: 1 },
      lastPing: { type: 'success', bodyLength: 10_000 },
    },
  },
  'filter-invalid-utf8-500': {
    why: 'a body that is not UTF-8 is searched as far as it can be read',
    expect: { status: 200, stateAfter: { n_pings: 1 }, lastPing: { type: 'ign' } },
  },
  'filter-cut-multibyte-500': {
    why: 'a character that the limit cuts loses itself and no ping',
    expect: {
      status: 200,
      stateAfter: { status: 'up', n_pings: 1 },
      lastPing: {
        type: 'success',
        bodyBase64: Buffer.from('abcd\xc3', 'latin1').toString('base64'),
      },
    },
  },
  'create-with-bad-rid': {
    why: 'a request that is refused makes nothing',
    expect: { status: 400, body: 'invalid uuid format', createdCheck: null },
  },
  'slug-ambiguous-create': {
    why: 'names are unique, so that no slug is ambiguous: a second job of the name is refused where it is written',
    expect: { status: 200, body: 'OK', stateAfter: { n_pings: 1 } },
  },
};

/** What the settings of a check are called in a job; null: Tocsin has no such thing, for the reason beside it. */
const SETTINGS: Readonly<Record<string, ((value: never) => Fields) | null>> = {
  // A job has one name, which is its slug.
  slug: () => ({}),
  timeout: (seconds: number) => ({ every: `${seconds}s` }),
  grace: (seconds: number) => ({ grace: `${seconds}s` }),
  methods: (methods: string) => ({ methods }),
  manual_resume: (manual_resume: boolean) => ({ manual_resume }),
  filter_http_body: (filter_http_body: boolean) => ({ filter_http_body }),
  filter_default_fail: (filter_default_fail: boolean) => ({ filter_default_fail }),
  success_kw: (success_kw: string) => ({ success_kw }),
  failure_kw: (failure_kw: string) => ({ failure_kw }),
  start_kw: (start_kw: string) => ({ start_kw }),
  // Reports do not come by e-mail.
  filter_subject: null,
};

const KEYS = {
  ping: 'pingkey-abcdefghijklmn',
  read: 'read-key-000000000',
  admin: 'admin-key-00000000',
};
const DAY_S = 86_400;
/** Of a longer time only so much at either end passes awake; the middle the process sleeps through. */
const AWAKE_S = 600;

const nameOf = ({ id }: Case): string => id.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
const uuidOf = (index: number): string =>
  `5e1f0000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;

function jobOf(one: Case, index: number): Fields[] {
  const { check } = one.given;
  if (check === null) return [];
  const settings = Object.entries(check).map(([key, value]) => {
    const translate = SETTINGS[key];
    assert.notEqual(translate, undefined, `${one.id}: what is ${key} in a job?`);
    return translate?.(value as never) ?? {};
  });
  const defaults = { every: `${DAY_S}s`, grace: '3600s' };
  return [Object.assign({ name: nameOf(one), uuid: uuidOf(index) }, defaults, ...settings)];
}

const configText = (jobs: readonly Fields[]): string =>
  JSON.stringify({
    jobs,
    keys: { ping: [KEYS.ping], read: [KEYS.read], admin: [KEYS.admin] },
    server: { auto_created_jobs_max: 1_000 },
    route: { receiver: 'nobody' },
    receivers: [{ name: 'nobody' }],
  });

/** One job as Healthchecks' API would show it. */
interface Shown extends Fields {
  readonly status: string;
}

const HC_STATE: Readonly<Record<string, string>> = { late: 'grace' };

class Run {
  readonly #site: Site;
  readonly #case: Case;
  readonly #name: string;
  readonly #words: Readonly<Record<string, string>>;
  /** Whether it was up at each change, as Healthchecks' flips, oldest first. */
  readonly flips: number[] = [];
  #status = 'new';

  constructor(site: Site, one: Case, index: number) {
    this.#site = site;
    this.#case = one;
    this.#name = nameOf(one);
    this.#words = {
      '{uuid}': uuidOf(index),
      '{slug}': this.#name,
      '{pingKey}': KEYS.ping,
      '{rwKey}': KEYS.admin,
      '{roKey}': KEYS.read,
    };
  }

  async request(request: Request): Promise<Answer> {
    const { query = '' } = request;
    const path = this.#fill(request.path).replace(
      /^\/api\/v[123]\/checks\/[0-9a-f-]{36}/,
      `/api/v1/jobs/${this.#name}`,
    );
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name, this.#fill(value)]),
    );
    const answer = await this.#site.ask({
      method: request.method,
      path: query === '' ? path : `${path}?${query}`,
      headers,
      body: bodyOf(request),
    });
    await this.#look();
    return answer;
  }

  async step(step: Before): Promise<void> {
    if ('path' in step) {
      const { status } = await this.request(step);
      assert.equal(status, 200, `${step.path} was answered ${status}`);
      return;
    }
    const seconds = 'sleep' in step ? step.sleep : step.advance;
    const { h } = this.#site;
    if (seconds > DAY_S) {
      await h.stride(AWAKE_S);
      h.clock.stall((seconds - 2 * AWAKE_S) * 1_000);
      await h.stride(AWAKE_S);
    } else await h.stride(seconds);
    await this.#look();
  }

  /** null: there is no such job. */
  async shown(): Promise<Shown | null> {
    const answer = await this.#read(`/api/v1/jobs/${this.#name}`);
    return answer.status === 404 ? null : shownJob(answer);
  }

  async lastPing(): Promise<Fields> {
    const { status, body } = await this.#read(`/api/v1/jobs/${this.#name}/pings?limit=1`);
    assert.equal(status, 200);
    const { items } = JSON.parse(body.toString()) as { items: Fields[] };
    const [newest] = items;
    assert.ok(newest !== undefined, 'no ping is in the log');
    const url = newest['body_url'];
    const bytes = typeof url === 'string' ? (await this.#read(url)).body : null;
    assert.equal(bytes?.length ?? 0, newest['body_bytes']);
    return {
      type: newest['kind'],
      method: newest['method'],
      rid: newest['run'],
      duration: newest['duration_ms'],
      ua: newest['user_agent'],
      scheme: newest['scheme'],
      remote_addr: newest['remote_addr'],
      body: bytes?.toString() ?? null,
      bodyBase64: bytes?.toString('base64') ?? null,
      bodyLength: bytes?.length ?? 0,
    };
  }

  async check(expect: Expect): Promise<void> {
    for (const step of this.#case.given.before ?? []) await this.step(step);
    const earlier = await this.shown();
    const answer = await this.request(this.#case.request);
    assert.equal(answer.status, expect.status, answer.body.toString());
    if (expect.body !== undefined) assert.equal(answer.body.toString(), expect.body);
    for (const [name, value] of Object.entries(expect.headers ?? {})) {
      const real = String(answer.headers[name.replace('~', '').toLowerCase()]);
      if (name.endsWith('~')) assert.ok(real.includes(value), `${name}: ${real}`);
      else assert.equal(real, value, name);
    }
    if (expect.json !== undefined) sameFields(shownJob(answer), expect.json, earlier);
    const later = await this.shown();
    if (expect.stateAfter !== undefined) sameFields(later, expect.stateAfter, earlier);
    if (expect.lastPing !== undefined) sameFields(await this.lastPing(), expect.lastPing, null);
    if (expect.flips !== undefined) {
      assert.deepEqual(this.flips.toReversed(), expect.flips);
      await this.#alertsAgree(expect.flips);
    }
    if (expect.downFlipAt !== undefined) this.#wentDownAt(expect.downFlipAt, later);
    if (expect.createdCheck === null) assert.equal(later, null);
    else if (expect.createdCheck !== undefined) this.#created(expect.createdCheck, later);
  }

  /** An alert fires for a job that is down and for no other; Healthchecks tells of each change to down once. */
  async #alertsAgree(flips: readonly number[]): Promise<void> {
    const { h } = this.#site;
    const all = await h.store.alerts({ now: h.clock.now(), firing: true, limit: 1_000 });
    const own = all.filter(({ labels }) => labels['job_name'] === this.#name);
    assert.equal(own.length, flips[0] === 0 ? 1 : 0);
  }

  #wentDownAt(rule: string, later: Shown | null): void {
    assert.equal(rule, 'last_ping+timeout+grace');
    const { timeout, grace } = this.#case.given.check as { timeout: number; grace: number };
    const { last_ping, since, problems } = later as unknown as {
      last_ping: string;
      since: string;
      problems: { since: string }[];
    };
    const wanted = Date.parse(last_ping) + (timeout + grace) * 1_000;
    assert.equal(Date.parse(since), wanted);
    assert.deepEqual(
      problems.map((problem) => Date.parse(problem.since)),
      [wanted],
    );
  }

  #created(expected: Fields, later: Shown | null): void {
    const { name, slug, timeout, grace, tags, channels, ...state } = expected;
    assert.equal(later?.['name'], this.#fill(String(name)));
    assert.equal(slug, name, 'a job has one name');
    assert.deepEqual([timeout, grace], [DAY_S, 3_600]);
    assert.deepEqual([later?.['schedule'], later?.['grace']], ['every 1d', '1h']);
    assert.deepEqual([tags, later?.['labels']], ['', {}]);
    assert.equal(channels, 'all', 'routes decide, for this job as for any other');
    sameFields(later, state, null);
  }

  async #look(): Promise<void> {
    const status = (await this.shown())?.status ?? 'new';
    const isUp = (one: string): boolean => one === 'up' || one === 'grace';
    if (isUp(status) !== isUp(this.#status) || (status === 'down') !== (this.#status === 'down'))
      this.flips.push(isUp(status) ? 1 : 0);
    this.#status = status;
  }

  #read(path: string): Promise<Answer> {
    return this.#site.ask({ path, headers: { 'X-Api-Key': KEYS.read } });
  }

  #fill(text: string): string {
    return text.replaceAll(/\{\w+\}/g, (word) => {
      const value = this.#words[word];
      assert.ok(value !== undefined, `what is ${word}?`);
      return value;
    });
  }
}

function shownJob({ status, body }: Answer): Shown {
  assert.equal(status, 200, body.toString());
  const job = JSON.parse(body.toString()) as Fields & { state: string };
  return {
    ...job,
    status: HC_STATE[job.state] ?? job.state,
    n_pings: job['pings'],
    started: job['running'],
    last_ping: job['last_ping_at'],
    next_ping: job['next_at'],
    last_duration: job['last_duration_ms'],
  };
}

/** `set`, `absent`, `unchanged` and `number` are matchers; anything else is the value. */
function sameFields(real: Fields | null, wanted: Fields, earlier: Fields | null): void {
  assert.ok(real !== null, 'there is no such job');
  for (const [field, value] of Object.entries(wanted)) {
    const found: unknown = real[field];
    assert.notEqual(found, undefined, `nothing is known of ${field}`);
    if (value === 'set') assert.notEqual(found, null, field);
    else if (value === 'absent') assert.equal(found, null, field);
    else if (value === 'number') assert.equal(typeof found, 'number', field);
    else if (value === 'unchanged') assert.equal(found, earlier?.[field], field);
    else assert.equal(found, value, field);
  }
}

function bodyOf(request: Request): Buffer | null {
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, 'base64');
  if (request.bodyRepeat !== undefined) {
    const [text, count] = request.bodyRepeat;
    return Buffer.from(text.repeat(count));
  }
  return typeof request.body === 'string' ? Buffer.from(request.body) : null;
}

describe("Healthchecks' contract, black box", () => {
  const places = cases.map((one, index) => ({ one, index }));
  const isAt = ({ one }: { one: Case }, group: string): boolean =>
    group === (isTimed(one) ? 'time' : 'now');
  const isTimed = (one: Case): boolean =>
    (one.given.before ?? []).some((step) => 'advance' in step);

  for (const group of ['now', 'time']) {
    describe(group === 'now' ? 'at once' : 'as time passes', () => {
      let site: Site;
      before(async () => {
        const jobs = places
          .filter((place) => isAt(place, group))
          .flatMap(({ one, index }) => jobOf(one, index));
        site = await Site.open(compiledText(configText(jobs)), {
          settings: { autoCreatedJobsMax: 1_000 },
        });
      });
      after(() => site[Symbol.asyncDispose]());

      for (const { one, index } of places.filter((place) => isAt(place, group))) {
        const apart = APART[one.id];
        const name = apart === undefined ? one.id : `${one.id}, but ${apart.why}`;
        test(name, async () => {
          const { config } = site;
          const limit = Number(one.given.server?.PING_BODY_LIMIT ?? config.server.pingBodyLimit);
          site.config = { ...config, server: { ...config.server, pingBodyLimit: limit } };
          try {
            await new Run(site, one, index).check(apart?.expect ?? one.expect);
          } finally {
            site.config = config;
          }
        });
      }
    });
  }

  test('every difference is one', async () => {
    const known = new Set(cases.map(({ id }) => id));
    assert.deepEqual(
      Object.keys(APART).filter((id) => !known.has(id)),
      [],
    );
    const differing = places.filter(({ one }) => APART[one.id] !== undefined);
    const jobs = differing.flatMap(({ one, index }) => jobOf(one, index));
    await using site = await Site.open(compiledText(configText(jobs)));
    for (const { one, index } of differing)
      await assert.rejects(new Run(site, one, index).check(one.expect), assert.AssertionError);
  });

  test('a second job of one name is refused where it is written', () => {
    const twice = cases.filter(({ given }) => given.extraCheck !== undefined);
    assert.equal(twice.length, 2);
    for (const one of twice) {
      const text = configText([...jobOf(one, 0), ...jobOf(one, 1)]);
      const result = compileConfig([{ name: 'jobs.yml', text }], { env: {} });
      assert.equal(result.kind, 'invalid');
      const [issue] = result.kind === 'invalid' ? result.issues : [];
      assert.match(issue?.message ?? '', /two jobs have the same `name`/);
    }
  });
});
