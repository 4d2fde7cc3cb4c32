// What scenarios need of the cluster that they are played on: one machine of one node, or several nodes. Types only.

import type { CoupleCommand } from '#cluster/core';
import type { Lab } from '#ops/lab';
import type { Couple } from '#src/recording';
import type { Conversation } from '#src/recording/consolidate';

/** Two channels, as exported. */
export interface Sound {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly sampleRateHz: number;
}

/** A conversation as its page shows it. */
export interface FoundConversation {
  /** The id by which it stands in the list. */
  readonly listed: string;
  readonly conversation: Conversation;
  readonly audio: 'ready' | 'preparing' | 'undecodable' | 'none';
}

export interface ListedConversation {
  readonly tenant: string;
  readonly conversation: string;
}

/** Replay, as somebody asks it who may hear every tenant. */
export interface ReplayAsked {
  /** Every conversation of every tenant, as often as it is listed. */
  listed(): Promise<readonly ListedConversation[]>;
  conversations(): Promise<readonly FoundConversation[]>;
  /** What a player gets that asks for a part of the audio, in words. */
  play(found: FoundConversation): Promise<string>;
}

export interface PlayedCluster {
  readonly lab: Lab;
  /** A recorder's SIP address. */
  readonly recorder: { readonly address: string; readonly port: number };
  /** True when every DN is watched by as many cores as wanted. */
  readonly isWatched: boolean;
  /** What the cores know, each couple once; empty while none answers. */
  couples(): Promise<readonly Couple[]>;
  command(command: CoupleCommand, sid: string): Promise<unknown>;
  /** What the media server sent of a recording, by recorder: packets of the recorded party, and of the other one. */
  sent(recordingId: string): readonly (readonly [number, number])[];
  /** kill -9 of a process; it is started again at once. */
  kill(name: string, node: 'first' | 'second'): Promise<void>;
  /** Cores are away from the SIP Server until they are let in again. */
  cutLink(): void;
  letIn(): void;
  /** The finished recordings of an id whose media was not destroyed, as anybody would export them. */
  sounds(recordingId: string): Promise<Sound[]>;
  /** Signs in; undefined while nobody answers. Absent where no replay runs. */
  readonly replay?: () => Promise<ReplayAsked | undefined>;
  end(): Promise<void>;
}
