/**
 * Talks to a running server. Invariant: keys come from the environment or from files that it names, never from the
 * command line, where other users of the machine could read them.
 */
import { readFile } from 'node:fs/promises';
import type { CliDeps } from './deps.ts';
import { Failure } from './failure.ts';

export const URL_DEFAULT = 'http://127.0.0.1:8686';
const TIMEOUT_MS = 15_000;
const PAGE = 1_000;

export interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

export interface Client {
  readonly url: string;
  /** GET of the API, parsed. Throws a Failure when there is no good answer. */
  get(path: string): Promise<object>;
  /** A list over its pages, until `limit` items are there. */
  list(path: string, limit: number): Promise<Page>;
  /** Any request to the server; throws only when nothing answers. */
  send(path: string, init: RequestInit): Promise<Response>;
}

export const makeClient = async (
  deps: Pick<CliDeps, 'env' | 'fetch'>,
  given: { url?: string | undefined },
): Promise<Client> => {
  const url = readUrl(given.url ?? (deps.env['TOCSIN_URL'] || URL_DEFAULT));
  const key =
    (await secretFrom(deps.env, 'TOCSIN_ADMIN_KEY')) ??
    (await secretFrom(deps.env, 'TOCSIN_READ_KEY'));
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    try {
      return await deps.fetch(`${url}${path}`, {
        ...init,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new Failure(unreachable(url, cause), { cause });
    }
  };
  const get = async (path: string): Promise<object> => {
    const headers = { Accept: 'application/json', ...(key !== null && { 'X-Api-Key': key }) };
    return await readJson(url, await send(path, { headers }));
  };
  const list = async (path: string, limit: number): Promise<Page> => {
    const items: unknown[] = [];
    let next: string | null = null;
    do {
      const query = new URLSearchParams({ limit: String(Math.min(PAGE, limit - items.length)) });
      if (next !== null) query.set('cursor', next);
      const joint = path.includes('?') ? '&' : '?';
      const page = (await get(`${path}${joint}${query.toString()}`)) as Page;
      items.push(...page.items);
      next = page.next;
    } while (next !== null && items.length < limit);
    return { items, next };
  };
  return { url, get, list, send };
};

/** The value of a variable, or of the file that `<name>_FILE` names; null when neither is set. */
export const secretFrom = async (env: CliDeps['env'], name: string): Promise<string | null> => {
  const value = env[name] || null;
  const file = env[`${name}_FILE`] || null;
  if (value !== null || file === null) return value;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new Failure(`${name}_FILE names ${file}, which cannot be read.`, { cause });
  }
};

const readUrl = (text: string): string => {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Failure(`${text} is no address of a server; expected one such as ${URL_DEFAULT}.`, {
      exitCode: 2,
    });
  return url.href.replace(/\/+$/, '');
};

const unreachable = (url: string, cause: unknown): string => {
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return `The server at ${url} did not answer within ${TIMEOUT_MS / 1_000} s.`;
  return `No server answers at ${url}. Start one with \`npm start\`, or name another with --url or TOCSIN_URL.`;
};

const readJson = async (url: string, answer: Response): Promise<object> => {
  const text = await answer.text();
  const value = parsed(text);
  if (answer.ok && typeof value === 'object' && value !== null) return value;
  const detail = (value as { detail?: unknown } | null)?.detail;
  if (typeof detail !== 'string')
    throw new Failure(`${url} answers ${answer.status}, and not as Tocsin does.`);
  const hint =
    answer.status === 401 ? ' Set TOCSIN_READ_KEY or TOCSIN_ADMIN_KEY to a key of the server.' : '';
  throw new Failure(`${detail}${hint}`);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
