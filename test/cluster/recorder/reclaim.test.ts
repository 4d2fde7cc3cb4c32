import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionState } from '#actors/session';
import { reclaimSegments } from '#cluster/recorder';
import { Journal, type Position, segmentsOf } from '#src/journal';

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
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

/** A session with one stream that begins at `from`: all that reclaiming looks at. */
function unfinished(from: Position): SessionState {
  return { streams: new Map([['s', { opened: { from } }]]) } as unknown as SessionState;
}

function reclaim(running: readonly Position[] | undefined, waiting: readonly SessionState[] = []) {
  return reclaimSegments({ folder, writer, captured: async () => running, unfinished: () => waiting });
}

describe('the capture journal given back', () => {
  it('R-REC-5: everything before the segment in use goes when nothing runs or waits', async () => {
    expect(await reclaim([journal.position])).toHaveLength(3);
    expect(segmentsOf({ folder, writer })).toEqual([journal.position.segment]);
  });

  it('R-REC-5: a running stream keeps its segment and all later ones', async () => {
    expect(await reclaim([journal.position, begins[1]!])).toEqual([begins[0]!.segment]);
  });

  it('R-REC-5: so does a take that is not finished', async () => {
    expect(await reclaim([journal.position], [unfinished(begins[2]!)])).toEqual(
      begins.slice(0, 2).map((one) => one.segment),
    );
  });

  it('R-REC-5: nothing goes while capture cannot be asked', async () => {
    expect(await reclaim(undefined)).toEqual([]);
    expect(segmentsOf({ folder, writer })).toHaveLength(4);
  });
});
