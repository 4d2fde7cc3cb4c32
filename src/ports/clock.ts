// Time as an argument. Nothing outside `.io.ts` files asks the machine what time it is: a test or a seed decides.

/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 (may have a fraction, may jump). */
  nowMs(): number;
  /** Monotonic clock, milliseconds since an arbitrary origin: for durations, leases and time-outs. */
  monotonicMs(): number;
  /** Calls `run` once, not before `delayMs` have passed on the monotonic clock. */
  after(delayMs: number, run: () => void): Timer;
}
