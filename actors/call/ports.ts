// What a call needs of the world around it, as ports: the core process gives the real ones, tests and simulation their own.
// A promise that rejects is an operating error; the call decides what it means.

import type { Asking, CallFact, CallName, Ordering, PrivateService, RecorderOrder } from './call.protocol.ts';
import type { CoupleWord } from './couple-word.ts';

/** The core's journal, as calls see it. A call is known by its tenant and CallUUID. */
export interface CallFacts {
  of(call: CallName): readonly CallFact[];
  /** When it returns, kill -9 of this process can no longer take the facts. */
  write(call: CallName, facts: readonly CallFact[]): void;
  /**
   * As `write`, but with the next block, which costs a fraction: for facts from which nothing follows outside of this process. Who
   * kills it before takes no more than if the event had not been read yet.
   */
  note(call: CallName, facts: readonly CallFact[]): void;
  /** When it returns, kill -9 can no longer take what was noted, of any call. */
  secure(): void;
  /** The call is over, and all that is known of it was told: its facts are needed no longer. */
  forget(call: CallName): void;
}

/** Whose recording a request is about; `asking` goes with a start. */
export interface RecordedParty {
  readonly dn: string;
  readonly connId: string;
  readonly recordingId: string;
  readonly asking?: Asking;
}

/** The telephony server. */
export interface CallTelephony {
  /**
   * Resolves when the server has accepted; rejects with its error. Nothing goes out before the facts are secured: here, so that
   * one block of the journal serves all that is asked for at the same moment.
   */
  privateService(service: PrivateService, party: RecordedParty): Promise<void>;
  /** Attaches data to a call, or replaces it, through a DN that is in it; resolves and rejects likewise. */
  attach(dn: string, connId: string, data: Readonly<Record<string, string>>): Promise<void>;
  /** Has every core that watches the DN told that the recording of a couple is asked for again; resolves and rejects likewise. */
  tellAsked(dn: string, sid: string): Promise<void>;
  /** Has every core that watches the DN told that a couple is wanted; resolves and rejects likewise. */
  tellKept(dn: string, sid: string, by: string): Promise<void>;
}

/** All recorders that are linked. */
export interface CallRecorders {
  /**
   * Resolves with the takes that obeyed. `pause` and `resume` reach every recorder: one that has no such recording keeps a pause for
   * when it comes.
   */
  order(command: RecorderOrder | 'destroy', recordingId: string, ordering: Ordering): Promise<readonly string[]>;
}

export interface CallPorts {
  readonly facts: CallFacts;
  readonly telephony: CallTelephony;
  readonly recorders: CallRecorders;
  /** Told again and again, the last word counts; must not fail. Nobody outside of this process hears of it before the facts are secured. */
  readonly couples: { tell(word: CoupleWord, isOurs: boolean): void };
}
