// What the queue is told of a recording that is finished, what the log says of it, and what is told to others.

import { basename, dirname, join } from 'node:path';
import type { Fact } from '#cluster/outbox';
import type { FinishedFolder } from '#src/recording';

export interface FinishedRecording {
  readonly take: string;
  readonly recordingId: string;
  readonly tenant: string;
  readonly node: string;
  readonly folder: string;
  /** SHA-256 of its `manifest.json`, in hex. */
  readonly manifestDigest: string;
  readonly lengthMs: number;
  readonly packets: number;
  /** Packets of each stream, by its name. */
  readonly streams: Readonly<Record<string, number>>;
  /** Codes of what is wrong with it. */
  readonly problems: readonly string[];
}

/** The few words of a manifest that are told on. */
export function finishedRecording({ take, folder, facts }: FinishedFolder, manifestDigest: string): FinishedRecording {
  const { recordingId, tenant, node, lengthMs, streams, problems } = facts;
  return {
    ...{ take, recordingId, tenant, node, folder, manifestDigest, lengthMs },
    packets: streams.reduce((sum, stream) => sum + stream.packets, 0),
    streams: Object.fromEntries(streams.map(({ stream, packets }) => [stream, packets])),
    problems: problems.map(({ code }) => code),
  };
}

/** A recording's folder is named by its day and its take, wherever recordings lie. */
export function finishedFact({ streams: _, folder, problems, ...said }: FinishedRecording): Fact {
  const below = join(basename(dirname(folder)), basename(folder));
  return { type: 'finished', finished: { ...said, folder: below, problems: [...problems] } };
}
