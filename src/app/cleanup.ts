/** What was opened last is closed first. A cleanup that fails or hangs is told of and does not stop the others. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/telemetry.ts';

interface Step {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

/** Longest that one step may take; orchestrators kill after some 10 s to 30 s. */
const STEP_MS_MAX = 8_000;

export class Cleanup {
  readonly #steps: Step[] = [];
  readonly #clock: Pick<Clock, 'after'>;
  #running: Promise<void> | null = null;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /** Runs once however often it is asked for. */
  run(log: Log): Promise<void> {
    this.#running ??= this.#run(log);
    return this.#running;
  }

  #limit(name: string): Promise<never> {
    return new Promise((_, reject) => {
      this.#clock.after(STEP_MS_MAX, () =>
        reject(new Error(`${name} did not close within ${STEP_MS_MAX / 1_000} s`)),
      );
    });
  }

  async #run(log: Log): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await Promise.race([step.close(), this.#limit(step.name)]);
      } catch (error) {
        log.warn({ err: error, step: step.name }, 'closing failed');
      }
    }
  }
}
