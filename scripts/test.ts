/**
 * `npm test`: all tests, in two runs. Everything but acceptance shares this process, because imports cost
 * more than the tests do; acceptance starts real servers and runs one process per file, two at a time.
 * The last line is always `N passed, N failed`, with `, N skipped` when there are any.
 *
 *     npm test                                   everything
 *     npm test -- test/core test/http/a.test.ts  these folders and files
 *     npm test -- --name 'daylight' test/core    tests whose name matches
 *     npm test -- --verbose                      name each test
 */
import { globSync, statSync } from 'node:fs';
import module from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';

type Isolation = 'none' | 'process';
type TestEvent = { readonly type: string; readonly data: Record<string, unknown> };

/** A hung test fails after this long, so that a run always ends. */
const UNIT_TIMEOUT_MS = 120_000;
const ACCEPTANCE_TIMEOUT_MS = 600_000;
const ACCEPTANCE_CONCURRENCY = 2;
const PRINTED_BYTES_MAX = 2_000;

const root = path.resolve(import.meta.dirname, '..');
const cacheDirectory = path.join(root, 'node_modules', '.cache', 'node-compile');

interface Tally {
  passed: number;
  failed: number;
  /** Name and reason of each test that was skipped or is still to do. */
  readonly skipped: string[];
  /** What is wrong with the run beside failing tests. */
  readonly faults: string[];
}

const relative = (file: unknown): string =>
  typeof file === 'string' ? path.relative(root, file) : '(no file)';

/** Test files below the given files and folders, or all of them, each once and in order. */
function testFiles(args: readonly string[]): string[] {
  const named = args.length === 0 ? ['test'] : args;
  const found = named.flatMap((arg) => {
    const absolute = path.resolve(arg);
    return statSync(absolute).isDirectory()
      ? globSync('**/*.test.ts', { cwd: absolute, exclude: ['**/fixtures/**'] }).map((file) =>
          path.join(absolute, file),
        )
      : [absolute];
  });
  return [...new Set(found)].toSorted();
}

/** Takes the place of a standard stream while tests run in this process: a test that prints is a fault. */
function watchPrinting(stream: NodeJS.WriteStream, onText: (text: string) => void): () => void {
  const original = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array): boolean => {
    onText(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    return true;
  };
  return () => {
    stream.write = original;
  };
}

function record(event: TestEvent, tally: Tally): void {
  const { type, data } = event;
  if (type === 'test:pass' && (data['skip'] !== undefined || data['todo'] !== undefined)) {
    const reason = data['skip'] ?? data['todo'];
    const words = typeof reason === 'string' && reason !== '' ? reason : 'no reason given';
    tally.skipped.push(`${relative(data['file'])}: ${String(data['name'])} (${words})`);
  }
  if (type === 'test:stdout' || type === 'test:stderr') {
    const text = String(data['message']).trim();
    if (text !== '') tally.faults.push(`${relative(data['file'])} printed: ${text}`);
  }
  if (type === 'test:summary' && data['file'] === undefined) {
    const counts = data['counts'] as { passed: number; failed: number; cancelled: number };
    tally.passed += counts.passed;
    tally.failed += counts.failed + counts.cancelled;
  }
}

interface RunOptions {
  readonly files: readonly string[];
  readonly isolation: Isolation;
  readonly verbose: boolean;
  readonly name: string | undefined;
}

/** Runs the files and prints failures, figures and the summary; every name as well when verbose. */
async function runTests(options: RunOptions, tally: Tally): Promise<void> {
  const { files, isolation, verbose, name } = options;
  const write = process.stdout.write.bind(process.stdout);
  let printed = '';
  const onText = (text: string): void => {
    if (printed.length < PRINTED_BYTES_MAX) printed += text;
  };
  const restores =
    isolation === 'none'
      ? [watchPrinting(process.stdout, onText), watchPrinting(process.stderr, onText)]
      : [];
  try {
    const events = run({
      files: [...files],
      isolation,
      ...(isolation === 'process' ? { concurrency: ACCEPTANCE_CONCURRENCY } : {}),
      timeout: isolation === 'none' ? UNIT_TIMEOUT_MS : ACCEPTANCE_TIMEOUT_MS,
      ...(name === undefined ? {} : { testNamePatterns: [name] }),
    });
    const shown = Readable.from(
      (async function* () {
        for await (const event of events as AsyncIterable<TestEvent>) {
          record(event, tally);
          // Acceptance takes minutes: what is done shows as it happens. The reporter wants all starts or none.
          const outer = isolation === 'process' && event.data['nesting'] === 0;
          const shows = event.type !== 'test:start' && (event.type !== 'test:pass' || outer);
          if (verbose || shows) yield event;
        }
      })(),
    );
    const terminal = new Writable({
      write: (chunk: Buffer, _encoding, done) => void write(chunk, () => done()),
    });
    await pipeline(shown, new spec(), terminal);
  } finally {
    for (const restore of restores) restore();
  }
  if (printed !== '') tally.faults.push(`tests printed: ${printed.trim()}`);
  // A server left behind would keep a later test, or a person's terminal, waiting for nothing.
  if (isolation === 'none' && process.getActiveResourcesInfo().includes('TCPServerWrap')) {
    tally.faults.push('a test left a server listening');
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { name: { type: 'string' }, verbose: { type: 'boolean', default: false } },
  });
  module.enableCompileCache(cacheDirectory);
  process.env['NODE_COMPILE_CACHE'] = cacheDirectory;

  const files = testFiles(positionals);
  const isAcceptance = (file: string): boolean => relative(file).startsWith('test/acceptance/');
  const tally: Tally = { passed: 0, failed: 0, skipped: [], faults: [] };
  const unit = files.filter((file) => !isAcceptance(file));
  const acceptance = files.filter(isAcceptance);
  const shared = { name: values.name, verbose: values.verbose };
  if (unit.length > 0) {
    await runTests({ files: unit, isolation: 'none', ...shared }, tally);
  }
  if (acceptance.length > 0) {
    await runTests({ files: acceptance, isolation: 'process', ...shared }, tally);
  }

  if (tally.skipped.length > 0) console.log(`\nskipped:\n  ${tally.skipped.join('\n  ')}`);
  // The machine that decides has to have every program; a right that it withholds cannot be installed.
  const withheld = tally.skipped.filter((line) => !line.includes('(may not '));
  if (process.env['CI'] === 'true' && withheld.length > 0) {
    tally.faults.push(`${withheld.length} tests were skipped, which CI does not allow`);
  }
  if (tally.passed + tally.failed === 0) tally.faults.push('no test ran');
  if (tally.faults.length > 0) console.log(`\nfaults:\n  ${tally.faults.join('\n  ')}`);
  const failed = tally.failed + tally.faults.length;
  const skipped = tally.skipped.length === 0 ? '' : `, ${tally.skipped.length} skipped`;
  console.log(`\n${tally.passed} passed, ${failed} failed${skipped}`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
