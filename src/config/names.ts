/** Things by name. Invariant: a name is in `byName` once; a second use of it is a fault that names both places. */
import { cut, type Faults, inside, type Place } from './issue.ts';

export class Names<Value> {
  readonly byName = new Map<string, Value>();
  readonly places = new Map<string, Place>();
  /** False when there may be more, whose names could not be read. */
  complete = true;
  readonly #what: string;
  readonly #faults: Faults;

  /** `what` in the plural: `receivers`. */
  constructor(what: string, faults: Faults) {
    this.#what = what;
    this.#faults = faults;
  }

  add(name: string, value: Value, place: Place): void {
    const first = this.places.get(name);
    if (first === undefined) {
      this.places.set(name, place);
      this.byName.set(name, value);
      return;
    }
    const message = `two ${this.#what} have the name ${JSON.stringify(cut(name, 64))}`;
    const other = { words: 'the first is at', place: inside(first, 'name') };
    this.#faults.add(inside(place, 'name'), { message, other });
  }
}
