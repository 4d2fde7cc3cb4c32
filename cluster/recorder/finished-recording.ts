// What the queue is told of a recording that is finished, and what the log says of it.

import type { FinishedFolder } from '#src/recording';

export interface FinishedRecording {
  readonly take: string;
  readonly recordingId: string;
  readonly folder: string;
  readonly lengthMs: number;
  readonly packets: number;
  /** Packets of each stream, by its name. */
  readonly streams: Readonly<Record<string, number>>;
  /** Codes of what is wrong with it. */
  readonly problems: readonly string[];
}

/** The few words of a manifest that are told on. */
export function finishedRecording({ take, folder, facts }: FinishedFolder): FinishedRecording {
  const { recordingId, lengthMs, streams, problems } = facts;
  return {
    ...{ take, recordingId, folder, lengthMs },
    packets: streams.reduce((sum, stream) => sum + stream.packets, 0),
    streams: Object.fromEntries(streams.map(({ stream, packets }) => [stream, packets])),
    problems: problems.map(({ code }) => code),
  };
}
