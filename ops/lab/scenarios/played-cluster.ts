// What scenarios need of the cluster that they are played on: one machine of one node, or several nodes. Types only.

import type { CoupleCommand } from '#cluster/core';
import type { Lab } from '#ops/lab';
import type { Couple } from '#src/recording';

/** Two channels, as exported. */
export interface Sound {
  readonly left: Int16Array;
  readonly right: Int16Array;
  readonly sampleRateHz: number;
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
  end(): Promise<void>;
}
