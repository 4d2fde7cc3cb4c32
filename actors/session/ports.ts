// What a session needs of the world around it, as ports: the recorder process gives the real ones, tests and simulation
// their own. A promise that rejects is an operating error; the session decides what it means.

import type { Position } from '#src/journal';
import type { SrtpKey } from '#src/media/srtp';
import type { AskedPause } from './asked-pause.ts';
import type { EndReason, OpenedStream, SessionFact, StreamCounters, WantedStream } from './session.protocol.ts';
import type { SessionState } from './state.ts';

/** The recorder's journal, as sessions see it. */
export interface SessionFacts {
  /** Facts of `take` that have been written down, in order. */
  of(take: string): readonly SessionFact[];
  /** Takes that are not forgotten. */
  takes(): readonly string[];
  /** Has facts written down, those of all sessions of one moment together: nothing may follow outside of this process before {@link written}. */
  write(take: string, facts: readonly SessionFact[]): void;
  /**
   * Resolves when kill -9 of this process can no longer take what was written so far, unless the disk refuses, which is alarmed: a
   * call is recorded all the same. Undefined when that is so already.
   */
  written(): Promise<void> | undefined;
  /** Resolves when power loss can no longer take what was written so far; rejects while the disk refuses. */
  durable(): Promise<void>;
  /** The take is a finished recording, or nothing: its facts are needed no longer. */
  forget(take: string): Promise<void> | void;
}

/** Capture. Every command may be given twice. */
export interface SessionCapture {
  /** All of them or, rejecting, none. */
  open(streams: readonly WantedStream[], paused: boolean): Promise<readonly OpenedStream[]>;
  move(stream: string, peer: { readonly address: string; readonly port: number }): Promise<void>;
  /** They are on hold no longer: their silence counts from now. */
  expect(streams: readonly string[]): Promise<void>;
  /** Its sender seals with another key. */
  rekey(stream: string, srtp: SrtpKey): Promise<void>;
  /** Resolves with the wall-clock milliseconds from which all of them are paused, or run. */
  gate(streams: readonly string[], paused: boolean): Promise<number>;
  close(stream: string): Promise<{ readonly counters: StreamCounters; readonly to: Position }>;
}

/** The SIP side. */
export interface SessionSignalling {
  /** So many streams more can be held. Who finds no room is refused there, without being heard, and may come again after that. */
  room(streams: number, retryAfterSeconds: number): void;
  /** Resolves when the 200 is out. Rejects with `dialog-gone` when it is certain that it never will be, with anything else when it is not. */
  answer(dialog: string, sdp: string): Promise<void>;
  /** Whether a 200 went out that opened this dialog, and nobody has ended it since. Waits for whoever can say so; may reject all the same. */
  stands(dialog: string): Promise<boolean>;
  /** Nothing happens when the dialog has its final response already. */
  refuse(dialog: string, status: number, reason: string, retryAfterSeconds?: number): void;
  answerReInvite(request: string, sdp: string): Promise<void>;
  refuseReInvite(request: string, status: number, reason: string): void;
  /** The end of its dialog is written down: now its peer may know. */
  answerBye(request: string): void;
  hangUp(dialog: string, reason: EndReason): Promise<void>;
  /** Asks a recording client for complete metadata, which comes as any other does. */
  requestSnapshot(dialog: string): Promise<void>;
}

/** A recording in its folder. */
export interface FinishedTake {
  readonly folder: string;
  /** How many of each stream are in it: also what was kept apart at first, and found to be the peer's. */
  readonly packets: Readonly<Record<string, number>>;
}

/** Whoever turns ended sessions into recordings. May be asked twice for the same take. */
export interface SessionFinisher {
  finish(session: SessionState): Promise<FinishedTake>;
}

export interface SessionPorts {
  readonly facts: SessionFacts;
  readonly capture: SessionCapture;
  readonly signalling: SessionSignalling;
  readonly finisher: SessionFinisher;
  /** Who has ordered that nothing of a recording is kept, before it came here; undefined when nobody has. */
  readonly pausedBy: (recordingId: string) => AskedPause | undefined;
}
