// What the console, the tests and an operator may see of a running system.

/** Why a message was not handled: no such actor any more, mailbox full, or the result of an incarnation that has ended. */
export type DeadLetterReason = 'stopped' | 'full' | 'late';

export interface DeadLetter {
  readonly to: string;
  readonly kind: string;
  readonly reason: DeadLetterReason;
  readonly message: unknown;
}

/** A crash, as it is kept and shown. */
export interface Crash {
  /** Wall clock. */
  readonly atMs: number;
  /** The actor that threw; differs from the actor looked at when the crash was escalated. */
  readonly path: string;
  readonly kind: string;
  readonly error: unknown;
}

/** One actor. */
export interface ActorView {
  readonly path: string;
  readonly kind: string;
  /** `restarting`: it waits for its back-off to pass. */
  readonly life: 'starting' | 'running' | 'restarting' | 'stopped';
  /** What the actor says of itself (`describe`). */
  readonly phase?: string;
  readonly summary?: Readonly<Record<string, string | number | boolean | null>>;
  /** Messages that wait. */
  readonly mailbox: number;
  readonly restarts: number;
  readonly lastCrash?: { readonly atMs: number; readonly path: string; readonly text: string };
  /** Messages for this actor that were lost. */
  readonly deadLetters: number;
  /** Messages whose sender was told that the mailbox is full. */
  readonly refused: number;
  readonly children: readonly ActorView[];
}

/** A running system. */
export interface SystemView {
  readonly name: string;
  readonly life: 'running' | 'stopped' | 'failed';
  readonly roots: readonly ActorView[];
  /** Of all actors that live or lived. */
  readonly deadLetters: Readonly<Record<DeadLetterReason, number>>;
  readonly crashes: number;
  /** Actors that wait for a turn. */
  readonly turnsPending: number;
  /** Promises that actors wait for. */
  readonly performing: number;
}
