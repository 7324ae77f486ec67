/** Silences and inhibit rules from YAML. A silence is once or recurring, and never silences everything. */

import { isLabelName } from '../core/alert/labels.ts';
import type { InhibitRule, Silence } from '../core/route/route.ts';
import { SECOND } from '../core/time.ts';
import { inside, keyText, type Place } from './issue.ts';
import { LENGTHS } from './limits.ts';
import { bounds, type Reader } from './read.ts';
import type { RawInhibitRule, RawSilence } from './shape.ts';
import type { Shaped } from './shape-fault.ts';

const SILENCE = bounds(SECOND, LENGTHS.silence);
const WHEN = 'starts_at and ends_at, or schedule and duration';

/** `origin` is filled in later, when lines are known. */
export function compileSilence(
  { value: raw, dropped }: Shaped<RawSilence>,
  place: Place,
  { reader, timezone }: { reader: Reader; timezone: string },
): Omit<Silence, 'origin'> | null {
  const matchers = reader.matchers({ list: { key: 'matchers', value: raw.matchers } }, place);
  if (matchers !== null && matchers.every((matcher) => matcher.test(''))) {
    const message =
      matchers.length === 0
        ? 'a silence needs at least one matcher'
        : 'these matchers also match alerts without the labels, so they would silence everything';
    const expected = 'a matcher that an empty value does not meet, such as \'team="data"\'';
    reader.faults.add(inside(place, 'matchers'), { message, expected });
  }
  const when = dropped.size > 0 && hasNoTime(raw) ? null : whenOf(raw, place, { reader, timezone });
  if (matchers === null || when === null) return null;
  const { name, comment = '', created_by: createdBy = '' } = raw;
  return { name, matchers, when, comment, createdBy };
}

const hasNoTime = (raw: RawSilence): boolean =>
  [raw.starts_at, raw.ends_at, raw.schedule, raw.duration].includes(undefined);

function whenOf(
  raw: RawSilence,
  place: Place,
  { reader, timezone }: { reader: Reader; timezone: string },
): Silence['when'] | null {
  const once = raw.starts_at !== undefined || raw.ends_at !== undefined;
  const recurring = raw.schedule !== undefined || raw.duration !== undefined;
  if (once === recurring) {
    const message = once ? 'a silence is once or recurring, not both' : 'the silence has no time';
    reader.faults.add(place, { message, expected: WHEN });
    return null;
  }
  const [first, second] = once
    ? (['starts_at', 'ends_at'] as const)
    : (['schedule', 'duration'] as const);
  const missing = [first, second].find((key) => raw[key] === undefined);
  if (missing !== undefined) {
    reader.faults.add(place, { message: `\`${missing}\` is missing`, expected: WHEN });
    return null;
  }
  return once ? onceOf(raw, place, reader) : recurringOf(raw, place, { reader, timezone });
}

function onceOf(raw: RawSilence, place: Place, reader: Reader): Silence['when'] | null {
  const startsAt = reader.instant(raw.starts_at ?? '', inside(place, 'starts_at'));
  const endsAt = reader.instant(raw.ends_at ?? '', inside(place, 'ends_at'));
  if (startsAt === null || endsAt === null) return null;
  if (endsAt > startsAt) return { kind: 'once', startsAt, endsAt };
  const message = 'the silence ends before it starts';
  reader.faults.add(inside(place, 'ends_at'), { message, expected: 'a time after starts_at' });
  return null;
}

function recurringOf(
  raw: RawSilence,
  place: Place,
  { reader, timezone }: { reader: Reader; timezone: string },
): Silence['when'] | null {
  const zone =
    raw.timezone === undefined
      ? timezone
      : reader.timezone(raw.timezone, inside(place, 'timezone'));
  const schedule = reader.schedule(
    { kind: 'cron', expression: reader.shared(raw.schedule ?? ''), timezone: zone ?? 'UTC' },
    inside(place, 'schedule'),
  );
  const duration = reader.duration(raw.duration ?? '', inside(place, 'duration'), SILENCE);
  if (zone === null || schedule === null || duration === null) return null;
  return { kind: 'recurring', schedule, duration };
}

export function compileInhibitRule(
  raw: RawInhibitRule,
  place: Place,
  reader: Reader,
): InhibitRule | null {
  const sourceMatchers = reader.matchers(
    {
      list: { key: 'source_matchers', value: raw.source_matchers },
      equal: { key: 'source_match', value: raw.source_match },
      pattern: { key: 'source_match_re', value: raw.source_match_re },
    },
    place,
  );
  const targetMatchers = reader.matchers(
    {
      list: { key: 'target_matchers', value: raw.target_matchers },
      equal: { key: 'target_match', value: raw.target_match },
      pattern: { key: 'target_match_re', value: raw.target_match_re },
    },
    place,
  );
  for (const [index, label] of (raw.equal ?? []).entries()) {
    if (isLabelName(label)) continue;
    const here = inside(place, 'equal', index);
    reader.faults.add(here, {
      message: `${keyText(here.path)} is no label name`,
      expected: 'a label name',
    });
  }
  if (sourceMatchers === null || targetMatchers === null) return null;
  return { name: raw.name ?? '', sourceMatchers, targetMatchers, equal: raw.equal ?? [] };
}
