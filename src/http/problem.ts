/**
 * The one table of what can be wrong with a request, answered as RFC 9457 problem details.
 * Invariant: `code` is stable and for programs, `detail` is one sentence for a person and holds no secret.
 */
export const PROBLEMS = {
  bad_request: { status: 400, title: 'Bad request' },
  unauthorized: { status: 401, title: 'A key is needed' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  conflict: { status: 409, title: 'Conflict' },
  too_large: { status: 413, title: 'Request body too large' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Unavailable' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Which part of the request: a JSON pointer into its body, or the name of a parameter. */
export type ProblemPart =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string };

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly ProblemPart[];
  /** Further response headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const problemJson = ({ code, detail, errors }: Problem): object => {
  const { status, title } = PROBLEMS[code];
  return { type: 'about:blank', title, status, code, detail, ...(errors && { errors }) };
};

/** Thrown by a handler that cannot go on; the app turns it into the answer. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'Refusal';
    this.problem = problem;
  }
}

export const badParameter = (parameter: string, detail: string): Refusal =>
  new Refusal({
    code: 'bad_request',
    detail: `The parameter ${parameter} cannot be used: ${detail}.`,
    errors: [{ parameter, detail }],
  });

export const notFound = (detail: string): Refusal => new Refusal({ code: 'not_found', detail });
