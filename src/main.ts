/** argv and env -> options -> app -> signals. The only place that ends the process. */
import { type App, StartError, startApp } from './app/compose.ts';
import { readOptions } from './app/options.ts';

const raw: Record<string, string> = {};
const args = process.argv.slice(2);
for (let i = 0; i < args.length; i += 1) {
  const m = /^--(config|data|listen|store)$/.exec(args[i] ?? '');
  if (m) raw[m[1] as string] = args[i + 1] ?? '';
}
const read = readOptions(raw, process.env);
if (read.kind === 'invalid') {
  console.error(read.message);
  process.exit(2);
}
let app: App;
try {
  app = await startApp(read.options);
} catch (error) {
  console.error(error instanceof StartError ? error.message : error);
  process.exit(1);
}
console.log(
  `Tocsin listens on ${app.address}\nTry it:  curl -fsS -m 10 --retry 5 ${app.exampleUrl}`,
);
process.on('SIGHUP', () => void app.reload());
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void app.stop().then(() => process.exit(0)));
