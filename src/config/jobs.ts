/**
 * From the raw jobs of all files to JobSpecs. Names, uuids and former names are unique over all files.
 */
import type { Labels, Severity } from '../core/alert/alert.ts';
import { labelsFrom } from '../core/alert/labels.ts';
import type { JobSpec, PingFilter } from '../core/job/job.ts';
import type { Schedule, ScheduleSpec } from '../core/schedule/schedule.ts';
import { type Duration, HOUR } from '../core/time.ts';
import { cut, inside, keyText, type Place } from './issue.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { type Bounds, bounds, detached, type Reader } from './read.ts';
import { jobShape, type RawDefaults, type RawJob } from './shape.ts';
import { checkShape, type Shaped } from './shape-fault.ts';

const GRACE: Bounds = bounds(0, CONFIG_LIMITS.patience);
const RUNTIME: Bounds = bounds(1, CONFIG_LIMITS.patience);
// How short or long a rhythm may be is for the reader of schedules to say.
const EVERY: Bounds = bounds(0, Number.POSITIVE_INFINITY);
const KEYWORD_KEYS = ['success_kw', 'failure_kw', 'start_kw'] as const;
const KINDS = ['schedule', 'every', 'calendar'] as const;
const KIND_EXPECTED = 'one of schedule, every and calendar';

/** What a job has that says nothing of it. */
export interface JobDefaults {
  readonly timezone: string;
  readonly grace: Duration;
  readonly maxRuntime: Duration | null;
  readonly severity: Severity;
  readonly group: string;
  readonly labels: Labels;
  readonly failures: number;
  readonly recoveries: number;
}

export type SeverityAliases = ReadonlyMap<string, Severity>;

const SEVERITIES: readonly Severity[] = ['P0', 'P1', 'P2'];

export function compileDefaults(
  raw: RawDefaults,
  place: Place,
  { reader, aliases, timezone }: { reader: Reader; aliases: SeverityAliases; timezone: string },
): JobDefaults {
  const zone =
    raw.timezone === undefined ? null : reader.timezone(raw.timezone, inside(place, 'timezone'));
  return {
    timezone: zone ?? timezone,
    // An hour of grace is Healthchecks' default.
    grace: optionalDuration(raw, 'grace', { reader, place, bounds: GRACE }) ?? HOUR,
    maxRuntime: optionalDuration(raw, 'max_runtime', { reader, place, bounds: RUNTIME }),
    severity: readSeverity(raw.severity, place, { reader, aliases }) ?? 'P1',
    group: raw.group ?? 'default',
    labels: reader.labels(raw.labels ?? {}, inside(place, 'labels')) ?? {},
    failures: raw.failures ?? 1,
    recoveries: raw.recoveries ?? 1,
  };
}

/** Collects the jobs of one load; `take` is called for each in the order of files. */
export class JobCompiler {
  readonly jobs: JobSpec[] = [];
  readonly #reader: Reader;
  readonly #defaults: JobDefaults;
  readonly #aliases: SeverityAliases;
  readonly #byName = new Map<string, Stand>();
  readonly #byUuid = new Map<string, Stand>();
  readonly #byFormerName = new Map<string, Stand>();
  readonly #groups = new Set<string>();
  readonly #labels = new Map<string, Labels>();

  constructor(reader: Reader, defaults: JobDefaults, aliases: SeverityAliases) {
    this.#reader = reader;
    this.#defaults = defaults;
    this.#aliases = aliases;
  }

  /** False when no more jobs are taken. */
  take(value: unknown, file: number, index: number): boolean {
    const place: Place = { file, path: ['jobs', index] };
    if (this.jobs.length >= CONFIG_LIMITS.jobs) {
      const expected = `at most ${CONFIG_LIMITS.jobs} jobs`;
      this.#reader.faults.add(place, { message: 'there are too many jobs', expected });
      return false;
    }
    const shaped = checkShape(jobShape, value, { faults: this.#reader.faults, place });
    if (shaped === null) return true;
    const raw = shaped.value;
    const stand = { file, index };
    this.#claim(this.#byName, raw.name, stand, 'name');
    if (raw.uuid !== undefined) this.#claim(this.#byUuid, raw.uuid, stand, 'uuid');
    if (raw.was !== undefined) this.#claim(this.#byFormerName, raw.was, stand, 'was');
    const job = this.#compile(shaped, place);
    if (job !== null && shaped.dropped.size === 0) this.jobs.push(job);
    return true;
  }

  /** Checks what can only be known when all jobs are. */
  finish(): void {
    for (const [name, stand] of this.#byFormerName) {
      const living = this.#byName.get(name);
      if (living === undefined) continue;
      this.#reader.faults.add(placeOf(stand, 'was'), {
        message: `\`was\` is ${JSON.stringify(name)}, a job that still exists`,
        other: { words: 'see', place: placeOf(living, 'name') },
        expected: 'the name of a job that was renamed',
      });
    }
  }

  #claim(
    taken: Map<string, Stand>,
    value: string,
    stand: Stand,
    key: 'name' | 'uuid' | 'was',
  ): void {
    const first = taken.get(value);
    if (first === undefined) {
      taken.set(detached(value), stand);
      return;
    }
    this.#reader.faults.add(placeOf(stand, key), {
      // A uuid is a secret: whoever has it can report.
      message: `two jobs have the same \`${key}\`${key === 'uuid' ? '' : ` ${JSON.stringify(value)}`}`,
      other: { words: 'the first is at', place: placeOf(first, key) },
    });
  }

  #compile({ value: raw, dropped }: Shaped<RawJob>, place: Place): JobSpec | null {
    const reader = this.#reader;
    const defaults = this.#defaults;
    const before = reader.faults.total;
    const timezone =
      raw.timezone === undefined
        ? defaults.timezone
        : reader.timezone(raw.timezone, inside(place, 'timezone'));
    const schedule = this.#schedule({ raw, dropped, timezone: timezone ?? 'UTC' }, place);
    const grace = optionalDuration(raw, 'grace', { reader, place, bounds: GRACE });
    const maxRuntime = optionalDuration(raw, 'max_runtime', { reader, place, bounds: RUNTIME });
    const severity = readSeverity(raw.severity, place, { reader, aliases: this.#aliases });
    const labels = this.#labelsOf(raw, place);
    const group = this.#group(raw, place);
    const filter = filterOf(raw);
    this.#warnOfIdleKeywords(raw, place);
    const runbook =
      raw.runbook === undefined ? '' : reader.httpUrl(raw.runbook, inside(place, 'runbook'));
    if (reader.faults.total > before || schedule === null || timezone === null) return null;
    return {
      name: detached(raw.name),
      ...(raw.was === undefined ? {} : { was: detached(raw.was) }),
      ...(raw.uuid === undefined ? {} : { uuid: detached(raw.uuid) }),
      schedule,
      timezone,
      grace: grace ?? defaults.grace,
      maxRuntime: maxRuntime ?? defaults.maxRuntime,
      severity: severity ?? defaults.severity,
      group,
      labels,
      failures: raw.failures ?? defaults.failures,
      recoveries: raw.recoveries ?? defaults.recoveries,
      description: detached(raw.description ?? ''),
      runbook: runbook ?? '',
      paused: raw.paused ?? false,
      ...(filter === null ? {} : { filter }),
      ...(raw.trace_sample_ratio === undefined ? {} : { traceSampleRatio: raw.trace_sample_ratio }),
    };
  }

  #schedule(
    { raw, dropped, timezone }: { raw: RawJob; dropped: ReadonlySet<string>; timezone: string },
    place: Place,
  ): Schedule | null {
    const reader = this.#reader;
    const [kind, second] = KINDS.filter((key) => raw[key] !== undefined);
    if (kind === undefined) {
      // It is most likely one of the keys that had a fault.
      if (dropped.size > 0) return null;
      const message = `the job ${JSON.stringify(raw.name)} has no schedule`;
      reader.faults.add(place, { message, expected: KIND_EXPECTED });
      return null;
    }
    if (second !== undefined) {
      const message = `\`${kind}\` and \`${second}\` exclude each other`;
      reader.faults.add(inside(place, second), { onKey: true, message, expected: KIND_EXPECTED });
      return null;
    }
    if (raw.dialect !== undefined && kind !== 'schedule') {
      const message = `\`dialect\` has no meaning beside \`${kind}\``;
      reader.faults.add(inside(place, 'dialect'), { onKey: true, message, expected: '`schedule`' });
    }
    const here = inside(place, kind);
    if (kind === 'every') {
      const every = reader.duration(raw.every ?? '', here, EVERY);
      return every === null ? null : reader.schedule({ kind: 'every', every }, here);
    }
    const expression = reader.shared(raw[kind] ?? '');
    const spec: ScheduleSpec =
      kind === 'calendar'
        ? { kind: 'calendar', expression, timezone }
        : {
            kind: 'cron',
            expression,
            timezone,
            ...(raw.dialect === undefined ? {} : { dialect: raw.dialect }),
          };
    return reader.schedule(spec, here);
  }

  #warnOfIdleKeywords(raw: RawJob, place: Place): void {
    if (raw.filter_http_body === true) return;
    const idle = KEYWORD_KEYS.find((key) => raw[key] !== undefined && raw[key] !== '');
    if (idle === undefined) return;
    const message = `\`${idle}\` has no effect without \`filter_http_body: true\``;
    this.#reader.warnings.add(inside(place, idle), { onKey: true, message });
  }

  /** Defaults first, the job's own over them. Equal sets are one object. */
  #labelsOf(raw: RawJob, place: Place): Labels {
    if (raw.labels === undefined || raw.labels === null) return this.#defaults.labels;
    const id = JSON.stringify(raw.labels);
    const known = this.#labels.get(id);
    if (known !== undefined) return known;
    const own = this.#reader.labels(raw.labels, inside(place, 'labels'));
    if (own === null) return {};
    const { labels } = raw;
    // An empty value is no label, so it also takes one of the defaults away.
    const all = labelsFrom(
      Object.entries({ ...this.#defaults.labels, ...own }).filter(([name]) => labels[name] !== ''),
    );
    this.#labels.set(detached(id), all);
    return all;
  }

  #group(raw: RawJob, place: Place): string {
    const group = this.#reader.shared(raw.group ?? this.#defaults.group);
    if (!this.#groups.has(group) && this.#groups.size >= CONFIG_LIMITS.groups) {
      const expected = `at most ${CONFIG_LIMITS.groups}, since each is a label of metrics`;
      const message = `there are too many different groups`;
      this.#reader.faults.add(inside(place, 'group'), { message, expected });
    }
    this.#groups.add(group);
    return group;
  }
}

interface Stand {
  readonly file: number;
  readonly index: number;
}

const placeOf = ({ file, index }: Stand, key: string): Place => ({
  file,
  path: ['jobs', index, key],
});

export function readSeverity(
  word: string | undefined,
  place: Place,
  { reader, aliases }: { reader: Reader; aliases: SeverityAliases },
): Severity | null {
  if (word === undefined) return null;
  const severity = SEVERITIES.find((one) => one === word) ?? aliases.get(word);
  if (severity !== undefined) return severity;
  const here = inside(place, 'severity');
  const message = `${keyText(here.path)}: there is no severity ${JSON.stringify(cut(word, 64))}`;
  const expected = [...SEVERITIES, ...aliases.keys()].join(', ');
  reader.faults.add(here, { message, expected });
  return null;
}

function optionalDuration<Key extends string>(
  raw: { readonly [key in Key]?: string | undefined },
  key: Key,
  { reader, place, bounds }: { reader: Reader; place: Place; bounds: Bounds },
): Duration | null {
  const text = raw[key];
  return text === undefined ? null : reader.duration(text, inside(place, key), bounds);
}

function filterOf(raw: RawJob): PingFilter | null {
  const filter: PingFilter = {
    postOnly: raw.methods === 'POST',
    filterBody: raw.filter_http_body ?? false,
    successKeywords: keywordsOf(raw.success_kw),
    failureKeywords: keywordsOf(raw.failure_kw),
    startKeywords: keywordsOf(raw.start_kw),
    defaultFail: raw.filter_default_fail ?? false,
    manualResume: raw.manual_resume ?? false,
  };
  const says = filter.postOnly || filter.filterBody || filter.manualResume;
  return says ? filter : null;
}

/** Healthchecks' lists: commas, spaces around them do not count, case does. */
function keywordsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => detached(word.trim()))
    .filter((word) => word !== '');
}
