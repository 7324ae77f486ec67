/** What runs: the version of the package and, in an image, the revision it was built from. */
import manifest from '../../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
export const REVISION = (env: Readonly<Record<string, string | undefined>>): string =>
  env['TOCSIN_REVISION'] || 'unknown';
