// The error every part raises when the world is at fault. A programmer's error is a plain Error: it crashes the actor.

import type { Code } from './codes.ts';

/** What an error is about: the bad value, what is allowed, and whatever else a person needs to act. Never a secret. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An operating error. `code` is stable; `message` shows the bad value and what is allowed. */
export class TwinreelError extends Error {
  override readonly name = 'TwinreelError';
  readonly code: Code;
  readonly details: ErrorDetails;

  constructor(code: Code, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** The code of an error that is ours, or undefined. */
export function codeOf(error: unknown): Code | undefined {
  return error instanceof TwinreelError ? error.code : undefined;
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
