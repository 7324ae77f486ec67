/**
 * Fills secrets in: `${NAME}` from the environment and `<key>_file` from disk, in channels, global and keys.
 * Invariant: every value that came from there, or stands under a key that holds a secret, is in `values`; no
 * fault that is added here says a value.
 */
import { type Faults, inside, keyText, type Place } from './issue.ts';
import { isMap } from './yaml.ts';

export type SecretFile =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By path as written in the YAML. */
  readonly files: ReadonlyMap<string, SecretFile>;
}

/** Keys whose text is a secret even when it stands in the YAML itself. */
const SECRET_KEY = /^(?:url|key|dsn|secret|credentials|(?:smtp_)?(?:auth_)?password)$/;
/** Shorter ones cannot be told from ordinary words when logs are redacted. */
const SECRET_CHARS_LEAST = 6;

export class Secrets {
  readonly #sources: SecretSources;
  readonly #faults: Faults;
  readonly #values = new Set<string>();

  constructor(sources: SecretSources, faults: Faults) {
    this.#sources = sources;
    this.#faults = faults;
  }

  /** All values, longest first, so that a secret that contains another is redacted as a whole. */
  get values(): string[] {
    return [...this.#values].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  }

  remember(value: string): void {
    if (value.length >= SECRET_CHARS_LEAST) this.#values.add(value);
  }

  /** The value with its secrets; null when one is missing. */
  resolve(value: unknown, place: Place): { readonly value: unknown } | null {
    const before = this.#faults.total;
    const resolved = this.#resolve(value, place);
    return this.#faults.total === before ? { value: resolved } : null;
  }

  /** The content of a secret file without its final line break. `said` names who asks for it. */
  file(path: string, place: Place, said = keyText(place.path)): string | null {
    const file = this.#sources.files.get(path);
    if (file?.kind !== 'ok') {
      const reason = file?.reason ?? 'it was not read';
      const message = `${said}: cannot use the file ${JSON.stringify(path)}: ${reason}`;
      this.#faults.add(place, { message, expected: 'a readable file that holds the secret' });
      return null;
    }
    const text = file.text.replace(/\r?\n$/, '');
    this.remember(text);
    return text;
  }

  #resolve(value: unknown, place: Place): unknown {
    if (typeof value === 'string') return this.#substitute(value, place);
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#resolve(item, inside(place, index)));
    }
    if (!isMap(value)) return value;
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      const here = inside(place, key);
      const base = fileBase(key, value);
      const resolved = this.#resolve(item, here);
      if (base !== null && typeof resolved === 'string') {
        entries.push([base, this.file(resolved, here)]);
        continue;
      }
      if (SECRET_KEY.test(key) && typeof resolved === 'string') this.remember(resolved);
      entries.push([key, resolved]);
    }
    return Object.fromEntries(entries);
  }

  #substitute(text: string, place: Place): string {
    if (!text.includes('$')) return text;
    return text.replaceAll(/\$(?:\$|\{([^}]*)(\}?))/g, (whole, name?: string, end?: string) => {
      if (whole === '$$') return '$';
      const key = keyText(place.path);
      if (name === undefined || end !== '}' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        const message = `${key}: \${ begins no variable`;
        this.#faults.add(place, { message, expected: '${NAME}, or $${ for the characters ${' });
        return '';
      }
      const value = this.#sources.env[name];
      if (value === undefined) {
        const message = `${key}: the environment variable ${name} is not set`;
        this.#faults.add(place, {
          message,
          expected: 'a value for it, or another way to the secret',
        });
        return '';
      }
      this.remember(value);
      return value;
    });
  }
}

/** `url` for `url_file`, unless both stand there: that is for the shape to refuse. */
function fileBase(key: string, map: Readonly<Record<string, unknown>>): string | null {
  const base = key.endsWith('_file') ? key.slice(0, -'_file'.length) : '';
  return base === '' || Object.hasOwn(map, base) ? null : base;
}

/** The paths of all `*_file` keys below a value, as written; `${NAME}` in them is filled in where it can be. */
export function secretFilePaths(value: unknown, env: SecretSources['env']): string[] {
  const paths = new Set<string>();
  const visit = (one: unknown, depth: number): void => {
    if (depth > 100) return;
    if (Array.isArray(one)) for (const item of one) visit(item, depth + 1);
    else if (isMap(one)) {
      for (const [key, item] of Object.entries(one)) {
        if (key.endsWith('_file') && typeof item === 'string') {
          paths.add(
            item.replaceAll(/\$\{(\w+)\}|\$\$/g, (_, name?: string) =>
              name === undefined ? '$' : (env[name] ?? ''),
            ),
          );
        } else visit(item, depth + 1);
      }
    }
  };
  visit(value, 0);
  return [...paths];
}
