// Gives back the capture journal's segments that nothing needs any more: every stream in them is closed, and every take
// they hold packets of is a finished recording. Must never delete what it is not sure of: without capture nothing goes.

import type { SessionState } from '#actors/session';
import { deleteSegment, type Position, segmentsOf } from '#src/journal';

export interface ReclaimOptions {
  readonly folder: string;
  readonly writer: string;
  /** Where capture writes now and where its running streams begin; undefined while it cannot be asked. */
  readonly captured: () => Promise<readonly Position[] | undefined>;
  /** Takes that are not finished. */
  readonly unfinished: () => readonly SessionState[];
}

/** Deletes what can go; returns the names of the segments that went. */
export async function reclaimSegments(options: ReclaimOptions): Promise<string[]> {
  const { folder, writer, captured, unfinished } = options;
  const running = await captured();
  if (running === undefined || running.length === 0) return [];
  const waiting = unfinished().flatMap((state) => [...state.streams.values()].flatMap((one) => one.opened?.from ?? []));
  const [oldest = ''] = [...running, ...waiting].map((position) => position.segment).sort();
  const gone = segmentsOf({ folder, writer }).filter((segment) => segment < oldest);
  for (const segment of gone) await deleteSegment(folder, segment);
  return gone;
}
