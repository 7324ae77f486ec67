/**
 * Texts of all files -> Config, or all their faults. Pure: what is not text comes in by options.
 * Invariant: a Config is given only when there is no fault in any file.
 *
 * The order matters: single sections first, since jobs and receivers take their defaults from them; then jobs,
 * piece by piece; then what refers to names.
 */
import { createHash } from 'node:crypto';
import type { Receiver, Route, Silence, TimeInterval } from '../core/route/route.ts';
import { duration, MINUTE } from '../core/time.ts';
import type { Config, Issue, LoadResult, ServerSettings } from './config.ts';
import { compileInterval } from './intervals.ts';
import { ENVIRONMENT, inside } from './issue.ts';
import { compileDefaults, JobCompiler } from './jobs.ts';
import { LENGTHS } from './limits.ts';
import { issuesOf, linesOf } from './locate.ts';
import { Names } from './names.ts';
import { Reader } from './read.ts';
import { compileReceiver, emailDefaults } from './receivers.ts';
import { compileRoutes, onlyRoute } from './routes.ts';
import { type SecretFile, Secrets } from './secrets.ts';
import { type Found, Sections } from './sections.ts';
import {
  compileAliases,
  compileKeys,
  compileServer,
  keysInEnvironment,
  keysInYaml,
} from './settings.ts';
import {
  defaultsShape,
  globalShape,
  inhibitRuleShape,
  keysShape,
  serverShape,
  silenceShape,
  tiersShape,
} from './shape.ts';
import { checkShape } from './shape-fault.ts';
import { compileInhibitRule, compileSilence } from './silences.ts';
import { jobBatches, readYaml, type YamlRead } from './yaml.ts';

export interface ConfigText {
  readonly name: string;
  readonly text: string;
}

export interface CompileOptions {
  /** The environment that `${NAME}` and `TOCSIN_…_KEY` are read from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Contents of `*_file` keys by path as written. */
  readonly secrets?: ReadonlyMap<string, SecretFile>;
  /** What `location: Local` of a time interval means; default UTC. */
  readonly localTimezone?: string;
}

/** A file after its YAML was read. */
export interface ReadText extends ConfigText, YamlRead {}

export function compileConfig(files: readonly ConfigText[], options: CompileOptions): LoadResult {
  const texts = files.map(({ name, text }) => ({ name, text, ...readYaml(name, text) }));
  const steps = compileSteps(texts, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of some milliseconds, so that a running server can take pings in between. */
export function* compileSteps(
  texts: readonly ReadText[],
  options: CompileOptions,
): Generator<void, LoadResult> {
  const reader = new Reader();
  const sources = { env: options.env, files: options.secrets ?? new Map<string, SecretFile>() };
  const context: Context = {
    texts,
    options,
    reader,
    sections: new Sections(reader.faults, texts),
    secrets: new Secrets(sources, reader.faults),
  };
  const settings = compileSettings(context);
  yield;
  const jobs = yield* compileJobs(context, settings);
  const routing = compileRouting(context, settings.server);
  yield;
  const hash = yield* hashOf(texts);
  const { faults, warnings } = reader;
  const { route, ...others } = routing;
  if (faults.total > 0 || route === null) {
    return { kind: 'invalid', issues: withoutSecrets(issuesOf(faults, texts), context) };
  }
  const config: Config = {
    jobs,
    route,
    ...others,
    ...settings,
    warnings: withoutSecrets(issuesOf(warnings, texts), context),
    files: texts.map(({ name }) => name),
    hash,
    secrets: context.secrets.values,
  };
  return { kind: 'ok', config };
}

/** What the parts of one load share. */
interface Context {
  readonly texts: readonly ReadText[];
  readonly options: CompileOptions;
  readonly reader: Reader;
  readonly sections: Sections;
  readonly secrets: Secrets;
}

/** Where a section would stand that is not there. */
const NOWHERE: Found = { place: { file: 0, path: [] }, value: {} };

type Settings = Pick<Config, 'server' | 'keys' | 'severityAliases'>;

function compileSettings(context: Context): Settings {
  const { reader, sections } = context;
  const { faults } = reader;
  const tiers = sections.single('tiers') ?? NOWHERE;
  const tiersRaw = checkShape(tiersShape, tiers.value, { faults, place: tiers.place });
  const server = sections.single('server') ?? NOWHERE;
  const serverRaw = checkShape(serverShape, server.value, { faults, place: server.place });
  const resolveTimeout = compileResolveTimeout(context);
  return {
    severityAliases: compileAliases(tiersRaw?.value ?? {}, tiers.place, reader),
    server: compileServer(serverRaw?.value ?? {}, server.place, { reader, resolveTimeout }),
    keys: compileAccess(context),
  };
}

function compileResolveTimeout({ sections, reader }: Context): ServerSettings['resolveTimeout'] {
  const { value, place } = sections.single('global') ?? NOWHERE;
  const usual = duration(5 * MINUTE);
  // The shape of `global` is checked with the receivers, once its secrets are filled in.
  const text = (value as { readonly resolve_timeout?: unknown } | null)?.resolve_timeout;
  if (typeof text !== 'string') return usual;
  const bounds = { least: LENGTHS.resolveTimeoutLeast, most: LENGTHS.resolveTimeoutMost };
  return reader.duration(text, inside(place, 'resolve_timeout'), bounds) ?? usual;
}

function compileAccess({ sections, reader, secrets, options }: Context): Config['keys'] {
  const { value, place } = sections.single('keys') ?? NOWHERE;
  const shaped = checkShape(keysShape, value, { faults: reader.faults, place, secret: true });
  const found = [
    ...keysInYaml(shaped?.value ?? {}, place, secrets),
    ...keysInEnvironment(options.env, ENVIRONMENT, secrets),
  ];
  return compileKeys(found, { reader, secrets });
}

const JOBS_PER_STEP = 500;

function* compileJobs(
  { texts, sections, reader }: Context,
  { server, severityAliases: aliases }: Settings,
): Generator<void, Config['jobs']> {
  const { faults } = reader;
  const { value, place } = sections.single('defaults') ?? NOWHERE;
  const raw = checkShape(defaultsShape, value, { faults, place })?.value ?? {};
  const defaults = compileDefaults(raw, place, { reader, aliases, timezone: server.timezone });
  const compiler = new JobCompiler(reader, defaults, aliases);
  for (const [file, { file: yaml }] of texts.entries()) {
    for (const [index, job] of sections.itemsOf('jobs', file).entries()) {
      if (!compiler.take(job, file, index)) return compiler.jobs;
      if (index % JOBS_PER_STEP === JOBS_PER_STEP - 1) yield;
    }
    for (const batch of yaml === null ? [] : jobBatches(yaml)) {
      for (const fault of batch.faults) faults.addText(file, fault);
      for (const [index, job] of batch.items.entries()) {
        if (!compiler.take(job, file, batch.first + index)) return compiler.jobs;
      }
      yield;
    }
  }
  compiler.finish();
  return compiler.jobs;
}

interface Routing {
  readonly receivers: ReadonlyMap<string, Receiver>;
  readonly timeIntervals: ReadonlyMap<string, TimeInterval>;
  readonly route: Route | null;
  readonly inhibitRules: Config['inhibitRules'];
  readonly silences: readonly Silence[];
}

function compileRouting(context: Context, server: ServerSettings): Routing {
  const { reader, sections, texts } = context;
  const { faults } = reader;
  const receivers = compileReceivers(context, server);
  const intervals = compileIntervals(context);
  // What stands in a file or a list that cannot be read is not missing.
  const readable = texts.every(({ file }) => file !== null);
  const section = sections.single('route');
  const route =
    section === undefined
      ? withoutRoute({ receivers, readable }, reader)
      : compileRoutes(section.value, section.place, {
          reader,
          receivers: readable && receivers.complete ? receivers.byName : null,
          intervals: readable && intervals.complete ? intervals.byName : null,
        });
  if (section !== undefined && route !== null) warnOfUnused(receivers, route, reader);
  const inhibitRules = sections.items('inhibit_rules').flatMap(({ value, place }) => {
    const shaped = checkShape(inhibitRuleShape, value, { faults, place });
    const rule = shaped === null ? null : compileInhibitRule(shaped.value, place, reader);
    return rule === null ? [] : [rule];
  });
  const silences = compileSilences(context, server.timezone);
  if (!receivers.byName.has('default') && section === undefined) {
    receivers.byName.set('default', { name: 'default', channels: [] });
  }
  return {
    receivers: receivers.byName,
    timeIntervals: intervals.byName,
    route,
    inhibitRules,
    silences,
  };
}

function compileReceivers(context: Context, server: ServerSettings): Names<Receiver> {
  const { reader, sections, secrets } = context;
  const { locale, timezone } = server;
  const email = compileGlobal(context);
  const names = new Names<Receiver>('receivers', reader.faults);
  names.complete = !sections.isCut('receivers');
  for (const { value, place } of sections.items('receivers')) {
    const receiver = compileReceiver(value, place, { reader, secrets, locale, timezone, email });
    if (receiver === null) names.complete = false;
    else names.add(receiver.name, receiver, place);
  }
  return names;
}

/** What `global` gives to email entries; null when it has faults. */
function compileGlobal({ sections, reader, secrets }: Context): Record<string, unknown> | null {
  const { value, place } = sections.single('global') ?? NOWHERE;
  const resolved = secrets.resolve(value, place);
  if (resolved === null) return null;
  const shaped = checkShape(globalShape, resolved.value, {
    faults: reader.faults,
    place,
    secret: true,
  });
  return shaped === null || shaped.dropped.size > 0 ? null : emailDefaults(shaped.value);
}

function compileIntervals({ sections, reader, options }: Context): Names<TimeInterval> {
  const names = new Names<TimeInterval>('time intervals', reader.faults);
  const localTimezone = options.localTimezone ?? 'UTC';
  names.complete = !sections.isCut('time_intervals') && !sections.isCut('mute_time_intervals');
  // Two lists, one set of names, as in Alertmanager.
  const all = [...sections.items('time_intervals'), ...sections.items('mute_time_intervals')];
  for (const { value, place } of all) {
    const interval = compileInterval(value, place, { reader, localTimezone });
    if (interval === null) names.complete = false;
    else names.add(interval.name, interval, place);
  }
  return names;
}

function compileSilences({ sections, reader, texts }: Context, timezone: string): Silence[] {
  const names = new Names<Omit<Silence, 'origin'> | null>('silences', reader.faults);
  for (const { value, place } of sections.items('silences')) {
    const shaped = checkShape(silenceShape, value, { faults: reader.faults, place });
    if (shaped === null) continue;
    const silence = compileSilence(shaped, place, { reader, timezone });
    names.add(shaped.value.name, silence, place);
  }
  const places = [...names.places.values()];
  const lines = linesOf(places, texts);
  return [...names.byName.values()].flatMap((silence, index) => {
    if (silence === null) return [];
    const file = texts[places[index]?.file ?? 0]?.name ?? '';
    return [{ ...silence, origin: `${file}:${lines[index] ?? 1}` }];
  });
}

/** A folder of jobs alone works; one with receivers that nothing reaches was not meant so. */
function withoutRoute(
  { receivers, readable }: { receivers: Names<Receiver>; readable: boolean },
  reader: Reader,
): Route {
  const [first] = receivers.places;
  const message = 'no file has a `route`';
  if (first === undefined) {
    const warning = `${message}: alerts are kept and shown, and nobody is told`;
    reader.warnings.add(NOWHERE.place, { message: warning });
  } else if (readable) {
    const [name, place] = first;
    reader.faults.add(place, { message, expected: `\`route: { receiver: ${name} }\`` });
  }
  return onlyRoute('default');
}

function warnOfUnused(receivers: Names<Receiver>, root: Route, reader: Reader): void {
  const used = new Set<string>();
  const visit = (route: Route): void => {
    used.add(route.receiver);
    route.routes.forEach(visit);
  };
  visit(root);
  for (const [name, place] of receivers.places) {
    if (used.has(name)) continue;
    const message = `no route leads to the receiver ${JSON.stringify(name)}`;
    reader.warnings.add(place, { message });
  }
}

/** A last guard: whatever a channel or a parser says, no secret leaves in an issue. */
function withoutSecrets(issues: readonly Issue[], { secrets }: Context): Issue[] {
  const { values } = secrets;
  const clean = (text: string): string =>
    values.reduce((result, secret) => result.replaceAll(secret, '<secret>'), text);
  return issues.map((issue) => ({
    ...issue,
    message: clean(issue.message),
    expected: clean(issue.expected),
  }));
}

const HASH_STEP_CHARS = 1024 * 1024;

function* hashOf(texts: readonly ConfigText[]): Generator<void, string> {
  const hash = createHash('sha256');
  for (const { text } of texts) {
    // The length keeps two files apart from one; the names of folders do not matter.
    hash.update(`${text.length}:`);
    for (let at = 0; at < text.length; at += HASH_STEP_CHARS) {
      hash.update(text.slice(at, at + HASH_STEP_CHARS));
      yield;
    }
  }
  return hash.digest('hex');
}
