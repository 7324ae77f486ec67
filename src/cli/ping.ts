/** `tocsin ping`: one report, to a job by its uuid or by its name. */
import { type Client, makeClient, secretFrom } from './client.ts';
import type { CliDeps } from './deps.ts';
import { Failure } from './failure.ts';

export interface PingOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly rid?: string;
  /** `-` for standard input. */
  readonly body?: string;
  readonly create?: boolean;
  readonly at?: string;
  readonly host?: string;
  readonly env?: string;
  readonly metric?: readonly string[];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KINDS = ['start', 'success', 'fail', 'log'];

export const ping = async (
  deps: CliDeps,
  { job, kind }: { job: string; kind: string },
  options: PingOptions,
): Promise<number> => {
  const isExitStatus = /^\d{1,3}$/.test(kind) && Number(kind) <= 255;
  if (!KINDS.includes(kind) && !isExitStatus)
    throw new Failure(
      `${kind} is no kind of report; expected ${KINDS.join(', ')} or an exit status 0 to 255.`,
      {
        exitCode: 2,
      },
    );
  const client = await makeClient(deps, options);
  const place = UUID.test(job) ? job : await placeOf(deps, client, { job, create: options.create });
  const suffix = kind === 'success' ? '' : `/${kind}`;
  const answer = await client.send(`/ping/${place}${suffix}${queryOf(options)}`, {
    method: 'POST',
    body: await bodyOf(deps, options.body),
    headers: { 'User-Agent': `tocsin/${deps.version}` },
  });
  const text = (await answer.text()).slice(0, 1_000);
  const about = {
    status: answer.status,
    body: text,
    run: answer.headers.get('tocsin-run'),
    traceparent: answer.headers.get('traceparent'),
    warning: answer.headers.get('tocsin-warning'),
  };
  if (options.json) deps.out(`${JSON.stringify(about)}\n`);
  else if (answer.ok) deps.out(`${text}\n`);
  else throw new Failure(refusal(job, about));
  if (!options.json && about.warning !== null) deps.err(`${about.warning}\n`);
  return answer.ok ? 0 : 1;
};

/** By name it takes a ping key; without one, a server that shows us the uuid will do. */
const placeOf = async (
  deps: CliDeps,
  client: Client,
  { job, create }: { job: string; create: boolean | undefined },
): Promise<string> => {
  const key = await secretFrom(deps.env, 'TOCSIN_PING_KEY');
  if (key !== null) return `${encodeURIComponent(key)}/${encodeURIComponent(job)}`;
  if (create) throw new Failure('To create a job by its first ping, set TOCSIN_PING_KEY.');
  const shown = await client.get(`/api/v1/jobs/${encodeURIComponent(job)}`);
  const { uuid } = shown as { uuid: string | null };
  if (uuid === null)
    throw new Failure('To report by name, set TOCSIN_PING_KEY (or TOCSIN_ADMIN_KEY).');
  return uuid;
};

const queryOf = (options: PingOptions): string => {
  const query = new URLSearchParams();
  const { rid, at, host, env } = options;
  for (const [name, value] of Object.entries({ rid, at, host, env }))
    if (value !== undefined) query.set(name, value);
  for (const metric of options.metric ?? []) query.append('metric', metric);
  if (options.create) query.set('create', '1');
  return query.size === 0 ? '' : `?${query.toString()}`;
};

const bodyOf = async (
  deps: CliDeps,
  text: string | undefined,
): Promise<string | Uint8Array<ArrayBuffer> | null> =>
  text === '-' ? new Uint8Array(await deps.readInput()) : (text ?? null);

const refusal = (job: string, { status, body }: { status: number; body: string }): string => {
  if (status === 404) return `No job answers to ${job}, or the ping key is wrong.`;
  if (status === 503) return 'The server cannot store reports now; try again in a moment.';
  return `The report was refused (${status}): ${body}`;
};
