/** What was opened last is closed first. A cleanup that fails or hangs is told of and does not stop the others. */
import type { Log } from '../ports/telemetry.ts';

interface Step {
  readonly name: string;
  readonly close: () => Promise<void> | void;
}

export class Cleanup {
  readonly #steps: Step[] = [];
  #running: Promise<void> | null = null;

  add(name: string, close: () => Promise<void> | void): void {
    this.#steps.push({ name, close });
  }

  /** Runs once however often it is asked for. */
  run(log: Log): Promise<void> {
    this.#running ??= this.#run(log);
    return this.#running;
  }

  async #run(log: Log): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.close();
      } catch (error) {
        log.warn({ err: error, step: step.name }, 'closing failed');
      }
    }
  }
}
