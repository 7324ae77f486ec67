/**
 * The top-level keys of all files: those that hold one thing and may stand in one file only, and the lists, which
 * are joined. Invariant: a list with a fault of its own is `cut`, so that nobody takes what it names for missing.
 */
import { type Faults, inside, type Place, valueText } from './issue.ts';
import { CONFIG_LIMITS } from './limits.ts';
import { addUnknownKey } from './shape-fault.ts';
import type { YamlRead } from './yaml.ts';

const SINGLES = ['route', 'global', 'keys', 'server', 'defaults', 'tiers'] as const;
type Single = (typeof SINGLES)[number];

const LISTS = {
  jobs: CONFIG_LIMITS.jobs,
  receivers: CONFIG_LIMITS.receivers,
  inhibit_rules: CONFIG_LIMITS.inhibitRules,
  time_intervals: CONFIG_LIMITS.timeIntervals,
  mute_time_intervals: CONFIG_LIMITS.timeIntervals,
  silences: CONFIG_LIMITS.silences,
} as const;
type List = keyof typeof LISTS;

const KEYS: readonly string[] = [...Object.keys(LISTS), ...SINGLES];

/** A value and where it stands. */
export interface Found {
  readonly place: Place;
  readonly value: unknown;
}

export class Sections {
  readonly #faults: Faults;
  readonly #singles = new Map<Single, Found>();
  readonly #lists = new Map<List, { place: Place; items: readonly unknown[] }[]>();
  readonly #cut = new Set<List>();

  constructor(faults: Faults, reads: readonly YamlRead[]) {
    this.#faults = faults;
    for (const [file, read] of reads.entries()) {
      for (const fault of read.faults) faults.addText(file, fault);
      for (const [key, value] of Object.entries(read.file?.sections ?? {})) {
        // A key with nothing after it is a section whose lines were all commented out.
        if (value !== null) this.#add(key, { place: { file, path: [key] }, value });
      }
    }
  }

  single(key: Single): Found | undefined {
    return this.#singles.get(key);
  }

  /** The items of a list over all files, in order. */
  items(key: List): Found[] {
    return (this.#lists.get(key) ?? []).flatMap(({ items, place }) =>
      items.map((value, index) => ({ value, place: inside(place, index) })),
    );
  }

  /** The items of a list of one file. */
  itemsOf(key: List, file: number): readonly unknown[] {
    return this.#lists.get(key)?.find(({ place }) => place.file === file)?.items ?? [];
  }

  isCut(key: List): boolean {
    return this.#cut.has(key);
  }

  #add(key: string, found: Found): void {
    const list = (Object.keys(LISTS) as List[]).find((one) => one === key);
    const single = SINGLES.find((one) => one === key);
    if (list !== undefined) this.#addList(list, found);
    else if (single !== undefined) this.#addSingle(single, found);
    else {
      const at = { ...found.place, path: [] };
      addUnknownKey({ key, at, known: KEYS, faults: this.#faults });
    }
  }

  #addSingle(key: Single, found: Found): void {
    const first = this.#singles.get(key);
    if (first === undefined) {
      this.#singles.set(key, found);
      return;
    }
    const message = `\`${key}\` may stand in one file only`;
    const other = { words: 'it stands at', place: first.place };
    this.#faults.add(found.place, { onKey: true, message, other });
  }

  #addList(key: List, { place, value }: Found): void {
    const lists = this.#lists.get(key) ?? [];
    const before = lists.reduce((sum, { items }) => sum + items.length, 0);
    if (!Array.isArray(value)) {
      const message = `\`${key}\` is ${valueText(value)}`;
      this.#faults.add(place, { message, expected: 'a list' });
      this.#cut.add(key);
    } else if (before + value.length > LISTS[key]) {
      const message = `there are too many \`${key}\``;
      this.#faults.add(place, { onKey: true, message, expected: `at most ${LISTS[key]}` });
      this.#cut.add(key);
    } else this.#lists.set(key, [...lists, { place, items: value }]);
  }
}
