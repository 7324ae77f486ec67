/**
 * Cron expressions: five fields as Debian's cron reads them, six with seconds first, nicknames, and a `CRON_TZ=` prefix.
 * Invariant: what this accepts has a next time in some year; what it refuses says where and what was expected.
 */
import { type CronField, type FieldName, parseCronField } from './cron-field.ts';
import { type Fault, fault, quote, type Token, words } from './fault.ts';
import { ALL_YEARS, type Fields, single } from './fields.ts';

export interface Cron {
  readonly kind: 'cron';
  readonly dialect: 'vixie' | 'wall';
  readonly fields: Fields;
  /** Neither minute nor hour begins with `*`: to Debian's cron a job at a fixed time, which daylight saving must not lose. */
  readonly fixedTime: boolean;
  /** From `CRON_TZ=` or `TZ=`, as written. */
  readonly timezone: Token | null;
  /** Where the day field stands, for faults of the whole. */
  readonly dayAt: number;
}

const FIVE = 'five fields: minute hour day month weekday (or six, with seconds first)';

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

export function parseCron(expression: string, dialect?: 'vixie' | 'wall'): Cron | Fault {
  const [first, ...others] = words({ text: expression, at: 0 });
  if (first === undefined) return fault(0, 'the schedule is empty', FIVE);
  const prefix = /^(?:CRON_)?TZ=(.*)$/.exec(first.text);
  if (prefix === null) return parseTokens([first, ...others], { dialect, timezone: null });
  const name = prefix[1] ?? '';
  const timezone = { text: name, at: first.at + first.text.length - name.length };
  if (others.length === 0) return fault(expression.length, 'only a time zone is here', FIVE);
  return parseTokens(others, { dialect, timezone });
}

interface Frame {
  readonly dialect: 'vixie' | 'wall' | undefined;
  readonly timezone: Token | null;
}

function parseTokens(tokens: readonly Token[], frame: Frame): Cron | Fault {
  const [first] = tokens;
  if (first === undefined) return fault(0, 'the schedule is empty', FIVE);
  if (first.text.startsWith('@')) return parseNickname(first, tokens[1], frame);
  if (tokens.length < 5) {
    const last = tokens.at(-1) ?? first;
    const count = `${tokens.length} field${tokens.length === 1 ? '' : 's'}`;
    return fault(last.at + last.text.length, `the schedule has only ${count}`, FIVE);
  }
  const seventh = tokens[6];
  if (seventh !== undefined) {
    return fault(seventh.at, `the schedule has ${tokens.length} fields`, `${FIVE}; no year`);
  }
  if (tokens.length === 6 && frame.dialect === 'vixie') {
    return fault(
      first.at,
      'vixie cron has no field for seconds, so six fields need the dialect wall',
      'five fields, or dialect: wall',
    );
  }
  return parseFields(tokens, frame);
}

function parseNickname(token: Token, next: Token | undefined, frame: Frame): Cron | Fault {
  const name = token.text.toLowerCase();
  if (name === '@reboot') {
    return fault(
      token.at,
      '@reboot has no next time, so nobody can tell when it is late',
      'a time, or every: 1d for a host that should report each day',
    );
  }
  if (name === '@every') {
    const length = next?.text ?? '10m';
    return fault(token.at, '@every is an interval, not a cron schedule', `every: ${length}`);
  }
  const expression = NICKNAMES.get(name);
  if (expression === undefined) {
    return fault(token.at, `${quote(token.text)} is unknown`, [...NICKNAMES.keys()].join(' '));
  }
  if (next !== undefined) {
    return fault(next.at, `nothing may follow ${token.text}`, `${token.text} alone`);
  }
  const tokens = expression.split(' ').map((text) => ({ text, at: token.at }));
  return parseFields(tokens, frame);
}

const NAMES: readonly FieldName[] = ['second', 'minute', 'hour', 'day', 'month', 'weekday'];

/** Five tokens or six. */
function parseFields(tokens: readonly Token[], frame: Frame): Cron | Fault {
  const withSeconds = tokens.length === NAMES.length;
  const parsed = new Map<FieldName, CronField>();
  const names = withSeconds ? NAMES : NAMES.slice(1);
  for (const [index, name] of names.entries()) {
    const token = tokens[index] ?? { text: '', at: 0 };
    const field = parseCronField(name, token);
    if ('kind' in field) return field;
    parsed.set(name, field);
  }
  const get = (name: FieldName): CronField => parsed.get(name) ?? { ...single(0), star: false };
  const [minutes, hours, days, weekdays] = [get('minute'), get('hour'), get('day'), get('weekday')];
  return {
    kind: 'cron',
    dialect: withSeconds ? 'wall' : (frame.dialect ?? 'vixie'),
    fields: {
      seconds: get('second'),
      minutes,
      hours,
      days,
      months: get('month'),
      weekdays,
      years: ALL_YEARS,
      // cron(5) as Debian has it: a field that merely begins with * counts as unrestricted, so */2 narrows.
      dayRule: days.star || weekdays.star ? 'both' : 'either',
    },
    fixedTime: !minutes.star && !hours.star,
    timezone: frame.timezone,
    dayAt: tokens[withSeconds ? 3 : 2]?.at ?? 0,
  };
}
