/** A command that did not succeed, in words for the person who gave it; no stack is shown. */
export class Failure extends Error {
  /** 1: the answer is no, or it went wrong; 2: the command cannot be meant. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: ErrorOptions & { exitCode?: 1 | 2 } = {}) {
    super(message, options);
    this.name = 'Failure';
    this.exitCode = options.exitCode ?? 1;
  }
}
