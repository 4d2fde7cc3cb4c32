// Where a block stands. The one way by which others point into a journal.

/** The start of a block: the segment's file name, the block's sequence in it, its first byte in the file. */
export interface Position {
  readonly segment: string;
  readonly block: number;
  readonly offset: number;
}

/** Half open: from the first block of interest up to, but without, the block at `to`. */
export interface PositionRange {
  readonly from: Position;
  readonly to: Position;
}

const ending = '.journal';

/**
 * The file name of a segment. Names of one writer sort in the order of writing: an incarnation starts later than every
 * segment it found in the folder, whatever the clock says.
 *
 *     capture-01764000000000-3f2a9c1e-000001.journal
 *     writer  started at ms  incarnation  ordinal
 */
export function segmentName(writer: string, startedAtMs: number, incarnation: string, ordinal: number): string {
  const started = String(Math.floor(startedAtMs)).padStart(14, '0');
  return `${writer}-${started}-${incarnation.slice(0, 8)}-${String(ordinal).padStart(6, '0')}${ending}`;
}

/** What the name of a segment says, or undefined when it is not one. */
export function parseSegmentName(name: string): { writer: string; startedAtMs: number } | undefined {
  const match = /^(.+)-(\d{14})-[0-9a-f]{8}-\d{6,}\.journal$/.exec(name);
  return match ? { writer: match[1]!, startedAtMs: Number(match[2]) } : undefined;
}

/** Before 0, same place 0, after > 0; only for positions of one writer. */
export function comparePositions(left: Position, right: Position): number {
  if (left.segment !== right.segment) return left.segment < right.segment ? -1 : 1;
  return left.block - right.block;
}

/** Whether `position`, in its own segment, is at `to` or behind. */
export function isReached(position: Position, to: Position): boolean {
  return position.segment === to.segment && position.block >= to.block;
}
