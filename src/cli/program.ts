/**
 * The commands and their options. Invariant: a command ends with 0 when all is well, 1 when the answer is no or
 * something failed, 2 when it cannot be meant; and a failure is one sentence, never a stack.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { check } from './check.ts';
import { URL_DEFAULT } from './client.ts';
import type { CliDeps, PlaceOptions } from './deps.ts';
import { Failure } from './failure.ts';
import {
  alerts,
  deliveries,
  incident,
  incidents,
  jobs,
  type ListOptions,
  silences,
} from './lists.ts';
import { type PingOptions, ping } from './ping.ts';
import { type ScheduleOptions, schedule } from './schedule.ts';
import { oneLine } from './table.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 100_000;

/** Runs one command; `args` without the program's name. Resolves with the exit code, and never rejects. */
export const runCli = async (args: readonly string[], deps: CliDeps): Promise<number> => {
  let exitCode = 0;
  const program = buildProgram(deps, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    deps.err(`${messageOf(error)}\n`);
    return error instanceof Failure ? error.exitCode : 1;
  }
};

/** `ended` is told the exit code of the command that ran. */
export const buildProgram = (deps: CliDeps, ended: (exitCode: number) => void): Command => {
  const program = new Command('tocsin')
    .description('The alarm bell of scheduled jobs.')
    .version(deps.version)
    .exitOverride()
    .configureOutput({ writeOut: deps.out, writeErr: deps.err })
    .showHelpAfterError('(--help says what is possible)');
  const add: Add = (name, description) =>
    program.command(name).description(description).allowExcessArguments(false);
  addServing(add, deps, ended);
  addOffline(add, deps, ended);
  addPing(add, deps, ended);
  addLists(add, deps, ended);
  return program;
};

type Add = (name: string, description: string) => Command;
type Ended = (exitCode: number) => void;

const messageOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').map(oneLine).join('\n');
};

const CONFIG = ['--config <dir>', 'folder of *.yml files (TOCSIN_CONFIG, else rules)'] as const;
const DATA = ['--data <dir>', 'folder of the data (TOCSIN_DATA, else data)'] as const;
const LISTEN = ['--listen <host:port>', 'TOCSIN_LISTEN, else 127.0.0.1:8686'] as const;
const STORE = [
  '--store <url>',
  'sqlite:FILE (TOCSIN_STORE, else a file in the data folder)',
] as const;
const URL_OPTION = ['--url <url>', `the server (TOCSIN_URL, else ${URL_DEFAULT})`] as const;
const JSON_OPTION = ['--json', 'print JSON'] as const;

const addServing = (add: Add, deps: CliDeps, ended: Ended): void => {
  add('serve', 'run the server')
    .option(...CONFIG)
    .option(...DATA)
    .option(...LISTEN)
    .option(...STORE)
    .action(async (options: PlaceOptions) => ended(await deps.serve(options)));
  add('backup', 'copy the data to a new file, while the server runs')
    .argument('<file>')
    .option(...DATA)
    .option(...STORE)
    .option(...JSON_OPTION)
    .action(async (file: string, { json, ...options }: PlaceOptions & { json?: boolean }) => {
      const { bytes } = await deps.backup(file, options);
      deps.out(json ? `${JSON.stringify({ file, bytes })}\n` : `${file}: ${bytes} bytes\n`);
    });
  add('migrate', 'bring the data to the schema of this version')
    .option(...DATA)
    .option(...STORE)
    .option(...JSON_OPTION)
    .action(async ({ json, ...options }: PlaceOptions & { json?: boolean }) => {
      const done = await deps.migrate(options);
      deps.out(json ? `${JSON.stringify({ done })}\n` : `${done}\n`);
    });
};

const addOffline = (add: Add, deps: CliDeps, ended: Ended): void => {
  add('check', 'validate a configuration')
    .argument('[dir]', 'folder of *.yml files (TOCSIN_CONFIG, else rules)')
    .option(...JSON_OPTION)
    .action(async (dir: string | undefined, options: { json?: boolean }) =>
      ended(await check(deps, dir ?? (deps.env['TOCSIN_CONFIG'] || 'rules'), options)),
    );
  add('schedule', 'say what a schedule means, and its next times')
    .argument('<expression>', 'cron, an interval such as 10m, or a systemd calendar')
    .addOption(new Option('--dialect <name>', 'of cron').choices(['vixie', 'wall']))
    .option('--timezone <zone>', 'IANA name, else UTC')
    .option('--from <time>', 'RFC 3339, else now')
    .option('--count <n>', 'how many times', wholeNumber(1, 100))
    .addOption(new Option('--lang <language>').choices(['en', 'zh']))
    .option(...JSON_OPTION)
    .action((expression: string, options: ScheduleOptions) =>
      ended(schedule(deps, expression, options)),
    );
};

const addPing = (add: Add, deps: CliDeps, ended: Ended): void => {
  add('ping', 'report once')
    .argument('<job>', 'name or uuid')
    .argument('[kind]', 'start, success, fail, log, or an exit status', 'success')
    .option('--rid <uuid>', 'run id, the same at start and end')
    .option('--body <text>', 'log text; - reads standard input')
    .option('--create', 'make the job when there is none of this name')
    .option('--at <time>', 'when it happened, if not now')
    .option('--host <name>')
    .option('--env <name>')
    .option('--metric <name:value...>')
    .option(...URL_OPTION)
    .option(...JSON_OPTION)
    .action(async (job: string, kind: string, options: PingOptions) =>
      ended(await ping(deps, { job, kind }, options)),
    );
};

const addLists = (add: Add, deps: CliDeps, ended: Ended): void => {
  const list = (command: Command): Command =>
    command
      .option('--limit <n>', 'show so many', wholeNumber(1, LIMIT_MAX), LIMIT_DEFAULT)
      .option(...URL_OPTION)
      .option(...JSON_OPTION);
  list(add('jobs', 'show jobs'))
    .addOption(new Option('--state <state>').choices(['new', 'up', 'late', 'down', 'paused']))
    .option('--group <name>')
    .option('--search <text>', 'part of the name or description')
    .action(async (options: ListOptions) => ended(await jobs(deps, options)));
  list(add('alerts', 'show alerts that fire'))
    .option('--all', 'resolved ones too')
    .action(async (options: ListOptions) => ended(await alerts(deps, options)));
  list(add('incidents', 'show incidents, or the story of one'))
    .argument('[id]')
    .option('--open', 'only open ones')
    .action(async (id: string | undefined, options: ListOptions) =>
      ended(await (id === undefined ? incidents(deps, options) : incident(deps, id, options))),
    );
  list(add('deliveries', 'show notifications to channels'))
    .addOption(new Option('--state <state>').choices(['pending', 'sent', 'dead', 'cancelled']))
    .option('--incident <id>')
    .action(async (options: ListOptions) => ended(await deliveries(deps, options)));
  const silence = add('silence', 'look at silences');
  list(silence.command('list', { isDefault: true }).description('show silences'))
    .allowExcessArguments(false)
    .action(async (options: ListOptions) => ended(await silences(deps, options)));
};

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (number < least || number > most)
      throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
    return number;
  };
