// Refusals as RFC 9457 has them: a stable code, its status, and words for a person. What nobody foresaw says nothing of itself.

import { type Code, codes, TwinreelError } from '#src/errors';

/** `application/problem+json`. `code` is what to rely on. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

const statuses: Partial<Record<Code, number>> = {
  'request-invalid': 400,
  'catalogue-refused': 400,
  'not-signed-in': 401,
  'sign-in-refused': 401,
  'not-allowed': 403,
  'request-forged': 403,
  'nothing-here': 404,
  'audio-missing': 404,
  'audio-undecodable': 409,
  'user-unremovable': 409,
  'range-unsatisfiable': 416,
  'too-many-requests': 429,
  'audio-preparing': 503,
  'flac-encoder-missing': 501,
  'audit-unavailable': 503,
  'catalogue-timed-out': 503,
  'catalogue-unreachable': 503,
};

/** Seconds after which what is refused for the moment may be asked for again. */
export const retryAfterSeconds: Partial<Record<Code, number>> = { 'audio-preparing': 2, 'too-many-requests': 10 };

/** Undefined for what is no refusal, but a fault of ours. */
export function problemOf(error: unknown): Problem | undefined {
  if (!(error instanceof TwinreelError)) return undefined;
  const status = statuses[error.code];
  if (status === undefined) return undefined;
  return { type: 'about:blank', title: codes[error.code], status, code: error.code, detail: error.message };
}

/** What is told of a fault: that there is one. The log has the rest. */
export const faultProblem: Problem = {
  type: 'about:blank',
  title: 'A fault of the server',
  status: 500,
  code: 'unexpected',
  detail: 'The log of the server says what happened.',
};
