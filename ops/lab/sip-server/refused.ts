// A request that the switch does not grant: it becomes an EventError.

/** `code`: one of T-Lib's error codes. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}
