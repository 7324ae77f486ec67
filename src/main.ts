/** argv and env -> options -> app -> signals. The only place that ends the process. */
import { readOptions } from './app/options.ts';
import { serve } from './app/serve.ts';
import { systemClock } from './app/system.ts';
import { VERSION } from './app/version.ts';
import { type CliDeps, type PlaceOptions } from './cli/deps.ts';
import { runCli } from './cli/program.ts';
import { backupFile } from './store/sqlite/backup.ts';
import { migrate } from './store/sqlite/migrate.ts';

const { env } = process;
const out = (text: string) => void process.stdout.write(text);
const err = (text: string) => void process.stderr.write(text);

function storeFile(options: PlaceOptions): string {
  const read = readOptions(options, env);
  if (read.kind === 'invalid') throw new Error(read.message);
  return read.options.storeFile;
}

async function readInput(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

const deps: CliDeps = {
  version: VERSION,
  env,
  out,
  err,
  now: () => systemClock.now(),
  fetch,
  readInput,
  serve: (options) =>
    serve(options, {
      env,
      out,
      err,
      onSignal(names, call) {
        for (const name of names) process.on(name, call);
        return () => {
          for (const name of names) process.off(name, call);
        };
      },
      onCrash(call) {
        process.on('uncaughtException', call);
        process.on('unhandledRejection', call);
        return () => {
          process.off('uncaughtException', call);
          process.off('unhandledRejection', call);
        };
      },
    }),
  backup: async (file, options) => backupFile(storeFile(options), file),
  migrate: async (options) => {
    const file = storeFile(options);
    const applied = migrate(file);
    return applied.length === 0
      ? `${file} is up to date.`
      : `${file}: applied ${applied.join(', ')}.`;
  },
};

// Standard output may be a pipe whose reader has gone; that is no reason to end a server.
process.stdout.on('error', () => undefined);
const exitCode = await runCli(process.argv.slice(2), deps);
process.exit(exitCode);
