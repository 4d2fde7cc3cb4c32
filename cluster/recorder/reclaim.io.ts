// Gives back the capture journal's segments that nothing needs any more: what they hold is finished, or copied out, or of
// no stream that is known. Must never delete what it is not sure of: without capture nothing goes.

import type { SessionState, StreamState } from '#actors/session';
import {
  comparePositions,
  deleteSegment,
  type JournalFiles,
  type Position,
  segmentsOf,
  systemFiles,
} from '#src/journal';

/** What capture says of its journal. */
export interface CapturedPositions {
  /** Where it writes now. */
  readonly position: Position;
  /** Where each of its running streams begins, by id. */
  readonly begins: ReadonlyMap<string, Position>;
}

export interface ReclaimOptions {
  readonly folder: string;
  readonly writer: string;
  /** Undefined while capture cannot be asked. */
  readonly captured: () => Promise<CapturedPositions | undefined>;
  /** Takes that are not forgotten; what is said of them must be on the disk for good. */
  readonly unfinished: () => readonly SessionState[];
  readonly files?: JournalFiles;
}

/** Segments that are needed, by name; all from `from` on when `to` is absent. */
interface Need {
  readonly from: string;
  readonly to?: string;
}

/** Deletes what can go; returns the names of the segments that went. */
export async function reclaimSegments(options: ReclaimOptions): Promise<string[]> {
  const { folder, writer, captured, unfinished, files = systemFiles } = options;
  const running = await captured();
  if (running === undefined) return [];
  const states = unfinished();
  const known = new Set(
    states.flatMap(({ streams }) => [...streams].flatMap(([id, { opened }]) => (opened ? [id] : []))),
  );
  const strangers = [...running.begins].filter(([stream]) => !known.has(stream));
  const needs: Need[] = [
    { from: running.position.segment },
    ...strangers.map(([, { segment }]) => ({ from: segment })),
    ...states.flatMap((state) => [...state.streams.values()].flatMap((stream) => needOf(state, stream) ?? [])),
  ];
  const isNeeded = (name: string) => needs.some(({ from, to }) => name >= from && (to === undefined || name <= to));
  const gone = segmentsOf({ folder, writer, files }).filter((segment) => !isNeeded(segment));
  for (const segment of gone) await deleteSegment(folder, segment, files);
  return gone;
}

/** What a session needs of the journal for one of its streams; undefined when that is nothing. */
export function needOf({ copied }: SessionState, { opened, closed }: StreamState): Need | undefined {
  if (!opened) return undefined;
  const from = copied && comparePositions(copied.to, opened.from) > 0 ? copied.to : opened.from;
  if (!closed) return { from: from.segment };
  if (copied && comparePositions(closed.to, copied.to) <= 0) return undefined;
  return { from: from.segment, to: closed.to.segment };
}
