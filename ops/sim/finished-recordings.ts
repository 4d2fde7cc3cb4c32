// The finished recordings of a node: what of each take's audio was in the journal when it was made. Asked twice for a take, it is the
// same one.

import type { FinishedTake, SessionState } from '#actors/session';
import type { RecorderNode } from './recorder-node.ts';
import { packetsOf, type Span } from './virtual-capture.ts';
import type { VirtualProcess } from './virtual-process.ts';

export interface FinishedRecording {
  readonly take: string;
  readonly recordingId: string;
  readonly host: string;
  readonly callUuid: string;
  readonly finishedMs: number;
  readonly streams: readonly { readonly party: string; readonly spans: readonly Span[] }[];
}

const takesMs = [50, 1_200] as const;

export class FinishedRecordings {
  readonly #node: RecorderNode;
  readonly #byTake = new Map<string, FinishedRecording>();

  constructor(node: RecorderNode) {
    this.#node = node;
  }

  list(): readonly FinishedRecording[] {
    return [...this.#byTake.values()];
  }

  finish(process: VirtualProcess, session: SessionState): Promise<FinishedTake> {
    const { world } = this.#node.host;
    return new Promise((resolve) => {
      process.clock.after(world.between(...takesMs), () => {
        const { take, recordingId } = session;
        const callUuid = [...session.dialogs.values()][0]?.invite.msr.callUuid ?? '';
        const isCut = world.isPlantedEvery('finished-without-its-end', 2);
        const streams = [...session.streams].map(([stream, { wanted }]) => ({
          stream,
          party: wanted.party,
          spans: isCut ? this.#node.capture.spansOf(stream).slice(0, -1) : [...this.#node.capture.spansOf(stream)],
        }));
        this.#byTake.set(take, {
          take,
          recordingId,
          host: this.#node.host.name,
          callUuid,
          finishedMs: world.nowMs,
          streams,
        });
        world.note(
          process.name,
          `finished ${take.slice(0, 6)} of ${recordingId.slice(0, 6)}: ${streams.map(({ party, spans }) => `${party} ${packetsOf(spans)}`).join(', ')}`,
        );
        const packets = Object.fromEntries(streams.map(({ stream, spans }) => [stream, packetsOf(spans)]));
        resolve({ folder: `${this.#node.host.name}/${take}`, packets });
      });
    });
  }
}
