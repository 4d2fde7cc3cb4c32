import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionState } from '#actors/session';
import { reclaimSegments } from '#cluster/recorder';
import { Journal, type Position, segmentsOf } from '#src/journal';
import { journalKeys } from '../../harness/journal-keys.ts';

const { publicKey } = journalKeys;
const writer = 'capture';

let folder: string;
let journal: Journal;
let begins: Position[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reclaim-'));
  journal = new Journal({ folder, writer, publicKey });
  begins = [];
  for (let segment = 0; segment < 4; segment++) {
    begins.push(journal.position);
    journal.fact(1, { segment });
    if (segment < 3) journal.rotate();
  }
});

afterEach(async () => {
  await journal.close();
  await rm(folder, { recursive: true });
});

interface Stream {
  readonly from: Position;
  readonly to?: Position;
  /** Up to where its session was copied out. */
  readonly copiedTo?: Position;
}

/** A session with one stream: all that reclaiming looks at. */
function unfinished({ from, to, copiedTo }: Stream): SessionState {
  const stream = { opened: { from }, ...(to && { closed: { to } }) };
  const copied = copiedTo && { copied: { parts: [], to: copiedTo, cuts: [] } };
  return { streams: new Map([['s', stream]]), ...copied } as unknown as SessionState;
}

/** `running`: where streams begin, by id. */
function reclaim(running: Readonly<Record<string, Position>> | undefined, waiting: readonly SessionState[] = []) {
  const captured = running && { position: journal.position, begins: new Map(Object.entries(running)) };
  return reclaimSegments({ folder, writer, captured: async () => captured, unfinished: () => waiting });
}

describe('the capture journal given back', () => {
  it('R-REC-5: everything before the segment in use goes when nothing runs or waits', async () => {
    expect(await reclaim({})).toHaveLength(3);
    expect(segmentsOf({ folder, writer })).toEqual([journal.position.segment]);
  });

  const named = (...segments: number[]) => segments.map((one) => begins[one]!.segment);

  it('R-REC-5: a running stream that no session knows keeps its segment and all later ones', async () => {
    expect(await reclaim({ stranger: begins[1]! })).toEqual(named(0));
  });

  it('R-REC-5: so does one of a session; what was copied out of it goes', async () => {
    expect(await reclaim({ s: begins[1]! }, [unfinished({ from: begins[1]! })])).toEqual(named(0));
    expect(await reclaim({ s: begins[1]! }, [unfinished({ from: begins[1]!, copiedTo: begins[3]! })])).toEqual(
      named(1, 2),
    );
  });

  it('R-REC-5: a stream that is closed keeps the segments it stands in and no others, until it is finished', async () => {
    const waiting = unfinished({ from: begins[1]!, to: begins[2]! });
    expect(await reclaim({}, [waiting])).toEqual(named(0));
    journal.rotate();
    expect(await reclaim({}, [waiting])).toEqual(named(3));
    const copied = unfinished({ from: begins[1]!, to: begins[2]!, copiedTo: begins[2]! });
    expect(await reclaim({}, [copied])).toEqual(named(1, 2));
  });

  it('R-REC-5: nothing goes while capture cannot be asked', async () => {
    expect(await reclaim(undefined)).toEqual([]);
    expect(segmentsOf({ folder, writer })).toHaveLength(4);
  });
});
