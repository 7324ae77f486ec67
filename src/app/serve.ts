/** Runs the app until a signal or a fatal error, and says what the person who started it needs to know. */
import { type App, StartError, startApp } from './compose.ts';
import { type RawOptions, readOptions } from './options.ts';

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Calls back at each signal of these names; the returned function stops that. */
  readonly onSignal: (names: readonly NodeJS.Signals[], call: () => void) => () => void;
  /** Calls back when an error reached nobody. */
  readonly onCrash: (call: (error: unknown) => void) => () => void;
}

export async function serve(raw: RawOptions, terminal: Terminal): Promise<number> {
  const read = readOptions(raw, terminal.env);
  if (read.kind === 'invalid') {
    terminal.err(`${read.message}\n`);
    return 2;
  }
  let app: App;
  try {
    app = await startApp(read.options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    terminal.err(`${error.message}\n`);
    return 1;
  }
  terminal.out(
    `Tocsin listens on ${app.address}\nTry it:  curl -fsS -m 10 --retry 5 '${app.exampleUrl}'\n`,
  );
  return await untilStopped(app, terminal);
}

async function untilStopped(app: App, terminal: Terminal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const off = [
    terminal.onSignal(['SIGHUP'], () => void app.reload()),
    terminal.onSignal(['SIGINT', 'SIGTERM'], () => resolve(0)),
    // Everything that matters is on disk, so that ending and starting again is the safest way on.
    terminal.onCrash((error) => {
      app.crashed(error);
      resolve(1);
    }),
  ];
  void app.broken.then(() => resolve(1));
  const exitCode = await promise;
  await app.stop();
  for (const stop of off) stop();
  return exitCode;
}
