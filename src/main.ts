/** argv and env -> options -> app -> signals. The only place that ends the process. */
import { backupStore, migrateStore } from './app/maintenance.ts';
import { serve } from './app/serve.ts';
import { systemClock } from './app/system.ts';
import { VERSION } from './app/version.ts';
import type { CliDeps } from './cli/deps.ts';
import { runCli } from './cli/program.ts';

const { env } = process;
const out = (text: string) => void process.stdout.write(text);
const err = (text: string) => void process.stderr.write(text);

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
  backup: async (file, options) => backupStore(file, options, env),
  migrate: async (options) => migrateStore(options, env),
};

// Standard output may be a pipe whose reader has gone; that is no reason to end a server.
process.stdout.on('error', () => undefined);
const exitCode = await runCli(process.argv.slice(2), deps);
process.exit(exitCode);
