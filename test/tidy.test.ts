/**
 * The house rules about code that no compiler checks: who may import whom, what each room must not say, and
 * that no test waits. A rule that is written anywhere and not held by a test, the linter or the types decays.
 * Exceptions are named with their reason, and one that is no longer needed is a fault too.
 */
import path from 'node:path';
import { describe, test } from 'node:test';
import { documents, none, places, read, type Source, sources } from './repository.ts';
import type { Import } from './source-text.ts';

const inSource = sources.filter(({ file }) => file.startsWith('src/'));
const inTests = sources.filter(({ file }) => file.startsWith('test/'));

describe('who imports whom', () => {
  /**
   * Room -> what it may import: rooms, or single files of a room, and packages. A room may always import
   * itself, but for siblings (below). `node:` is free outside core and ports.
   */
  const table: Readonly<Record<string, readonly string[]>> = {
    core: ['re2js'],
    ports: ['core'],
    config: ['core', 'channel/*/config.ts', 'js-yaml', 'zod', 're2js'],
    engine: ['core', 'ports'],
    store: ['core', 'ports'],
    channel: ['core', 'ports', 'undici', 'nodemailer', 'zod', 'ipaddr.js'],
    telemetry: ['core', 'ports', 'pino', 'prom-client', '@opentelemetry'],
    protocol: ['core', 'ports', 'engine/desk.ts', 'zod'],
    http: ['core', 'ports', 'engine', 'protocol', 'config', 'ui', 'express', 'ipaddr.js', 'zod'],
    ui: ['core', 'ports'],
    sdk: [],
    cli: ['core', 'config', 'sdk', 'commander'],
    app: ['*'],
    'main.ts': ['app', 'cli'],
  };
  /** Rooms whose folders stand for alternatives; only `shared` and the list of all may know more than one. */
  const siblings = ['store', 'channel', 'protocol'];
  const isCommon = (part: string | undefined): boolean =>
    part === 'shared' || part === 'migrations' || part === 'all.ts';

  /** `src/store/sqlite/log.ts` -> room `store`, place `sqlite/log.ts`. */
  const split = (file: string): { room: string; place: string } => {
    const [, room = '', ...rest] = file.split('/');
    return { room, place: rest.join('/') };
  };

  function fault(source: Source, { specifier, line }: Import): string | undefined {
    const where = `${source.file}:${line}`;
    const from = split(source.file);
    const allowed = table[from.room];
    if (allowed === undefined) return `${where}: no such room as ${from.room} in the table`;
    if (!specifier.startsWith('.')) {
      if (specifier.startsWith('node:')) {
        return ['core', 'ports'].includes(from.room) ? `${where}: ${specifier}` : undefined;
      }
      const name = specifier.startsWith('@')
        ? (specifier.split('/')[0] ?? '')
        : (specifier.split('/')[0] ?? '');
      return allowed.includes('*') || allowed.includes(name)
        ? undefined
        : `${where}: ${from.room} may not import ${specifier}`;
    }
    const target = path.posix.join(path.posix.dirname(source.file), specifier);
    if (!target.startsWith('src/')) {
      return target === 'package.json' ? undefined : `${where}: ${target} lies outside src`;
    }
    const to = split(target);
    if (to.room === from.room) {
      if (!siblings.includes(from.room)) return undefined;
      const [own] = from.place.split('/');
      const [other] = to.place.split('/');
      return own === other || isCommon(own) || isCommon(other)
        ? undefined
        : `${where}: siblings do not know each other: ${target}`;
    }
    if (to.room === 'app' && from.room !== 'main.ts') return `${where}: only main imports app`;
    const matches = (rule: string): boolean =>
      rule === '*' || rule === to.room || path.posix.matchesGlob(`${to.room}/${to.place}`, rule);
    return allowed.some(matches) ? undefined : `${where}: ${from.room} may not import ${target}`;
  }

  test('each room imports only what the table allows', () => {
    const faults = inSource.flatMap((source) =>
      source.imports.flatMap((one) => fault(source, one) ?? []),
    );
    none(faults, 'The table above says who may import whom.');
  });

  test('ports import types only', () => {
    const faults = inSource
      .filter(({ file }) => file.startsWith('src/ports/'))
      .flatMap(({ file, imports }) =>
        imports.filter((one) => !one.typeOnly).map((one) => `${file}:${one.line}`),
      );
    none(faults, 'A port is types.');
  });

  test('protocols take only types from the engine', () => {
    const faults = inSource
      .filter(({ file }) => file.startsWith('src/protocol/'))
      .flatMap(({ file, imports }) =>
        imports
          .filter((one) => one.specifier.includes('/engine/') && !one.typeOnly)
          .map((one) => `${file}:${one.line}`),
      );
    none(faults, 'A protocol is handed the desk; it does not make one.');
  });

  test('relative imports end in .ts, which is the file that Node loads', () => {
    const faults = sources.flatMap(({ file, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('.') && !/\.(?:ts|json)$/.test(specifier))
        .map(({ specifier, line }) => `${file}:${line}: ${specifier}`),
    );
    none(faults, 'tsc resolves ./a.js to ./a.ts; Node does not.');
  });
});

describe('what a room must not say', () => {
  const rows: readonly {
    name: string;
    within: RegExp;
    not?: RegExp;
    pattern: RegExp;
    why: string;
  }[] = [
    {
      name: 'core is pure',
      within: /^src\/core\//,
      pattern:
        /\b(?:await|async|Date|process|performance|crypto|console|fetch|globalThis|setTimeout|setInterval|setImmediate|queueMicrotask)\b(?!['":])|\bMath\.random\b|\bTemporal\.Now\b/,
      why: 'Time and chance are arguments; core does nothing but compute.',
    },
    {
      name: 'the engine takes time and chance from ports/clock',
      within: /^src\/engine\//,
      pattern:
        /\bDate\.now\b|\bnew Date\(\)|\bTemporal\.Now\b|\bMath\.random\b|\bperformance\b|\brandomUUID\b|\brandomBytes\b|\bset(?:Timeout|Interval)\b/,
      why: 'One clock per decision, and the simulator has to own it.',
    },
    {
      name: 'the store is told what time it is',
      within: /^src\/store\//,
      pattern: /\bDate\.now\b|\bnew Date\(\)|\bTemporal\.Now\b|\bMath\.random\b/,
      why: 'Two clocks in one decision disagree one day.',
    },
    {
      name: 'only main ends the process',
      within: /^src\//,
      not: /^src\/main\.ts$/,
      pattern: /\bprocess\.(?:exit|abort|reallyExit)\b/,
      why: 'Shutdown runs in the order that app composed.',
    },
    {
      name: 'the server does not print',
      within: /^src\//,
      not: /^src\/(?:cli\/|main\.ts$)/,
      pattern: /\bconsole\.\w+/,
      why: 'Logs go through ports/telemetry.',
    },
    {
      name: 'no switch that only tests use',
      within: /^src\//,
      pattern: /\bNODE_ENV\b|\b__test\w*|\bisTest\b|\bprocess\.env\[?\.?['"]?TEST/,
      why: 'What a test runs is what production runs.',
    },
    {
      name: 'no default exports, barrels or enums',
      within: /./,
      pattern: /\bexport default\b|\bexport \* from\b|^\s*(?:export )?(?:const )?enum \w+/m,
      why: 'A name is the same everywhere; enums do not survive type stripping.',
    },
    {
      name: 'no module mocks and no lonely tests',
      within: /^test\//,
      pattern: /\bmock\.module\b|\b(?:test|it|describe|suite)\.only\b|\bonly: true\b/,
      why: 'Dependencies are passed, and every test runs.',
    },
  ];
  for (const { name, within, not, pattern, why } of rows) {
    test(name, () => {
      const faults = sources
        .filter(({ file }) => within.test(file) && !(not?.test(file) ?? false))
        .flatMap((source) => places(source, pattern));
      none(faults, why);
    });
  }

  test('the store does not ask SQL for the time', () => {
    const pattern = /\bCURRENT_(?:TIMESTAMP|TIME|DATE)\b|\bnow\(\)|['(]now['")]/i;
    const faults = inSource
      .filter(({ file }) => file.startsWith('src/store/'))
      .flatMap((source) => places(source, pattern, source.text));
    none(faults, 'The time is a parameter of every statement.');
  });

  test('nothing is left for later in a comment', () => {
    const pattern = /\b(?:TO[D]O|FI[X]ME|XX[X]|HAC[K])\b/;
    none(
      sources.flatMap((source) => places(source, pattern, source.text)),
      'Do it, or write an issue.',
    );
  });

  test('a checker is only silenced with a reason', () => {
    const pattern =
      /(?:(?:ox|es)lint-disable|biome-ign[o]re|@ts-expect-e[r]ror)(?![^\n]* -- \S)|@ts-(?:ign[o]re|noch[e]ck)/;
    none(
      sources.flatMap((source) => places(source, pattern, source.text)),
      'Write the reason behind two dashes.',
    );
  });

  test('no path of one machine', () => {
    const pattern = /(?<![\w.}])\/(?:home|Users|work|root)\/[\w.-]+|\b[A-Z]:\\\\?Users\b/;
    const faults = [
      ...sources.map(({ file, text }) => ({ file, text })),
      ...documents.map((file) => ({ file, text: read(file) })),
    ].flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, index) => {
        const found = pattern.exec(line);
        return found === null ? [] : [`${file}:${index + 1}: ${found[0]}`];
      }),
    );
    none(faults, 'It does not exist elsewhere.');
  });
});

describe('tests do not wait', () => {
  /** Files that may use real timers, and why. */
  const allowed: Readonly<Record<string, string>> = {
    'test/acceptance/server.ts': 'polls a real process until a deadline',
  };
  // A socket's own setTimeout is a deadline, not a wait.
  const pattern = /(?<!\.)\bset(?:Timeout|Interval)\b|\bAtomics\.wait\b/;
  const waits = (source: Source): string[] => [
    ...places(source, pattern),
    ...source.imports
      .filter(({ specifier }) => specifier === 'node:timers/promises')
      .map(({ line }) => `${source.file}:${line}: node:timers/promises`),
  ];

  test('no sleeping', () => {
    const faults = inTests.filter(({ file }) => allowed[file] === undefined).flatMap(waits);
    none(faults, 'Wait for what happens, with a deadline, or drive a clock.');
  });

  test('the list of exceptions is as short as can be', () => {
    const faults = Object.keys(allowed).filter((file) => {
      const source = inTests.find((one) => one.file === file);
      return source === undefined || waits(source).length === 0;
    });
    none(faults, 'These no longer wait: take them off the list.');
  });
});
