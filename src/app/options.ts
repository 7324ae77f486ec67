/** Command line and environment as the app understands them. Everything has a default that works. */
import { isIP } from 'node:net';
import { join } from 'node:path';

export interface Options {
  readonly config: string;
  readonly data: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly storeFile: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly env: Readonly<Record<string, string | undefined>>;
}

export type OptionsResult =
  | { readonly kind: 'ok'; readonly options: Options }
  | { readonly kind: 'invalid'; readonly message: string };

export interface RawOptions {
  readonly config?: string | undefined;
  readonly data?: string | undefined;
  readonly listen?: string | undefined;
  readonly store?: string | undefined;
}

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
const invalid = (message: string): OptionsResult => ({ kind: 'invalid', message });

/** Flags win over the environment, the environment over the defaults; an empty variable counts as unset. */
export function readOptions(
  raw: RawOptions,
  env: Readonly<Record<string, string | undefined>>,
): OptionsResult {
  const pick = (flag: string | undefined, variable: string, fallback: string): string =>
    flag ?? (env[variable] || fallback);
  const data = pick(raw.data, 'TOCSIN_DATA', 'data');
  const listenText = pick(raw.listen, 'TOCSIN_LISTEN', '127.0.0.1:8686');
  const listen = parseListen(listenText);
  if (listen === null)
    return invalid(
      `--listen ${listenText} is not an address; expected HOST:PORT, such as 127.0.0.1:8686 or [::]:8686`,
    );
  const store = pick(raw.store, 'TOCSIN_STORE', '');
  if (store !== '' && !store.startsWith('sqlite:'))
    return invalid(
      `--store ${store.replace(/:\/\/.*/, '://…')} is not supported by this version; expected sqlite:FILE`,
    );
  const storeFile = store === '' ? join(data, 'tocsin.db') : store.slice('sqlite:'.length);
  if (storeFile === '') return invalid('--store sqlite: names no file; expected sqlite:FILE');
  const level = env['TOCSIN_LOG_LEVEL'] || 'info';
  const logLevel = LEVELS.find((one) => one === level);
  if (logLevel === undefined)
    return invalid(`TOCSIN_LOG_LEVEL is ${level}; expected one of ${LEVELS.join(', ')}`);
  const config = pick(raw.config, 'TOCSIN_CONFIG', 'rules');
  return { kind: 'ok', options: { config, data, listen, storeFile, logLevel, env } };
}

function parseListen(text: string): Options['listen'] | null {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]*)):([0-9]{1,5})$/.exec(text);
  if (found === null) return null;
  const port = Number(found[3]);
  const host = found[1] ?? found[2] ?? '';
  if (port > 65_535 || (found[1] !== undefined && isIP(found[1]) !== 6)) return null;
  return { host: host === '' ? '0.0.0.0' : host, port };
}

/** Without a key only this machine may ask. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
