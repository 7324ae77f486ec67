import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DAY, duration } from '../../../src/core/time.ts';
import { JOB, KEY, openStation, type Station, UUID } from './station.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly bodyBase64?: string;
  readonly bodyRepeat?: readonly [string, number];
}

interface Case {
  readonly id: string;
  readonly given: {
    readonly check: Readonly<Record<string, unknown>> | null;
    readonly server?: { readonly PING_BODY_LIMIT: string };
    readonly extraCheck?: unknown;
    readonly before?: readonly (Partial<Request> & { advance?: number; sleep?: number })[];
  };
  readonly request: Request;
  readonly expect: {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly stateAfter?: { readonly n_pings?: number };
    readonly lastPing?: Readonly<Record<string, unknown>>;
    readonly createdCheck?: unknown;
  };
  readonly quirk?: boolean;
}

const file = new URL('../../fixtures/conformance/hc-contract.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: readonly Case[] };

/** Cases that cannot come about here, or where Tocsin does better, with the reason. */
const apart: Readonly<Record<string, string>> = {
  'ping-put-accepted': 'other verbs than GET, HEAD and POST are refused with 405',
  'ping-options-counts': 'a preflight is answered with 204 and not counted',
  'body-over-2.5MiB-refused': 'a body of any size is taken',
  'filter-invalid-utf8-500': 'text that is not UTF-8 is taken',
  'filter-cut-multibyte-500': 'a character may be cut',
  'create-with-bad-rid': 'a refused ping creates nothing; the answer is the same',
  'slug-ambiguous-create': 'names are unique',
  'slug-ambiguous-uuid-still-works': 'names are unique',
};

/** What the engine judges is not asked of the desk that stands in for it. */
const judged = (one: Case): boolean =>
  one.expect.lastPing?.['type'] === 'ign' || one.given.check?.['filter_http_body'] === true;

const fill = (text: string): string =>
  text.replaceAll('{uuid}', UUID).replaceAll('{slug}', JOB).replaceAll('{pingKey}', KEY);

const send = (
  station: Station,
  { path, query = '', ...request }: Partial<Request> & { path: string },
) =>
  station.request({
    method: request.method ?? 'GET',
    path: fill(path) + (query === '' ? '' : `?${query}`),
    headers: request.headers ?? {},
    body: bodyOf(request),
  });

const bodyOf = (request: Partial<Request>): Buffer | null => {
  if (request.bodyBase64 !== undefined) return Buffer.from(request.bodyBase64, 'base64');
  if (request.bodyRepeat !== undefined)
    return Buffer.alloc(request.bodyRepeat[1], request.bodyRepeat[0]);
  return request.body === undefined || request.body === null ? null : Buffer.from(request.body);
};

/** The fields of their ping list, from what was reported. */
const shown = (station: Station): Readonly<Record<string, unknown>> => {
  const ping = station.desk.reported.at(-1)?.ping;
  assert.ok(ping !== undefined, 'nothing was reported');
  const body = ping.body === null ? null : Buffer.from(ping.body);
  return {
    type: ping.kind,
    method: ping.method,
    rid: ping.runId,
    body: body?.toString() ?? null,
    bodyBase64: body?.toString('base64') ?? null,
    bodyLength: body?.length ?? 0,
    remote_addr: ping.remoteAddr,
    scheme: ping.scheme,
    ua: ping.userAgent,
  };
};

describe("Healthchecks' ping contract", () => {
  for (const one of cases) {
    if (!one.request.path.startsWith('/ping/') || apart[one.id] !== undefined) continue;
    test(one.id, async () => {
      await using station = await openStation();
      const limit = Number(one.given.server?.PING_BODY_LIMIT ?? 10_000);
      station.settings = { ...station.settings, bodyLimitBytes: limit, maxAge: duration(DAY) };
      if (one.given.check === null) station.desk.retire(JOB);
      for (const { path, ...earlier } of one.given.before ?? [])
        if (path?.startsWith('/ping/') === true) await send(station, { path, ...earlier });
      const before = station.desk.reported.length;
      const { query = '' } = one.request;
      // `{slug}` without a job of that name stands for one that is free.
      const answer = await send(station, { ...one.request, query });
      assert.equal(answer.status, one.expect.status);
      if (one.expect.body !== undefined) assert.equal(answer.body, one.expect.body);
      for (const [name, value] of Object.entries(one.expect.headers ?? {})) {
        const real = answer.headers.get(name.replace('~', '').toLowerCase()) ?? '';
        if (name.endsWith('~')) assert.ok(real.includes(value), real);
        else assert.equal(real, value);
      }
      const counts = answer.status < 300 ? 1 : 0;
      assert.equal(station.desk.reported.length - before, counts);
      if (one.expect.createdCheck !== undefined)
        assert.equal(station.desk.jobByName(JOB) !== undefined, one.expect.createdCheck !== null);
      if (one.expect.lastPing === undefined || judged(one)) return;
      const real = shown(station);
      for (const [field, value] of Object.entries(one.expect.lastPing))
        if (field !== 'duration') assert.deepEqual(real[field], value, field);
    });
  }

  test('every case that stands apart is in the list', () => {
    const ids = new Set(cases.map(({ id }) => id));
    assert.deepEqual(
      Object.keys(apart).filter((id) => !ids.has(id)),
      [],
    );
  });
});
