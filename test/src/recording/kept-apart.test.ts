import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type JournalRecord, SegmentReader } from '#src/journal';
import { sequenceOf } from '#src/media';
import { readQuarantined } from '#src/media/capture';
import { finishTakes, manifestHolds, manifestSchema } from '#src/recording';
import { CaptureJournal, journalKeys, signingKeys } from './capture-journal.ts';

async function recordsIn(path: string): Promise<JournalRecord[]> {
  const reader = await SegmentReader.open(path, { privateKey: journalKeys.privateKey });
  const records: JournalRecord[] = [];
  for (let block = await reader.next(); block; block = await reader.next()) records.push(...block.records);
  await reader.close();
  return records;
}

/** The recording of a call whose packets 40 to 59 came from elsewhere. */
async function finished(fact?: 'promoted' | 'moved') {
  const capture = new CaptureJournal();
  const elsewhere = Array.from({ length: 20 }, (_, index) => 40 + index);
  const take = capture.foreign('r', elsewhere, fact);
  const [{ folder, facts } = { folder: '', facts: undefined }] = await finishTakes([take], capture.options);
  const sequences = (await recordsIn(join(folder, 'n1.rtp')))
    .filter(({ kind }) => kind === 'rtp')
    .map(({ bytes }) => sequenceOf(bytes));
  return { folder, facts: facts!, sequences, elsewhere };
}

const all = Array.from({ length: 100 }, (_, sequence) => sequence);

describe('what capture kept apart', () => {
  it('R-REC-4: a stranger’s packets lie beside the recording, sealed, and are told in its manifest', async () => {
    const { folder, facts, sequences, elsewhere } = await finished();
    expect(sequences).toEqual(all.filter((one) => !elsewhere.includes(one)));
    expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'n1.quarantine', 'n1.rtp']);
    const kept = await recordsIn(join(folder, 'n1.quarantine'));
    expect(kept.map(({ bytes }) => sequenceOf(readQuarantined(bytes).datagram))).toEqual(elsewhere);
    expect(facts.quarantine).toMatchObject({ file: 'n1.quarantine', packets: 20 });
    expect(facts.problems).toContainEqual({
      code: 'foreign-packets',
      stream: 'r-1',
      detail: '20 packets of 10.0.0.9:4002 are no part of it',
    });
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
    expect(manifestHolds(manifest, signingKeys.publicKey)).toBe(true);
  });

  it.each(['promoted', 'moved'] as const)(
    'R-REC-4: what turns out to be the peer’s own is part of it, in its place: %s',
    async (fact) => {
      const { folder, facts, sequences } = await finished(fact);
      expect(sequences).toEqual(all);
      expect(readdirSync(folder).sort()).toEqual(['manifest.json', 'n1.rtp']);
      expect(facts.streams[0]).toMatchObject({ packets: 100, lost: 0, gaps: [] });
      const codes = facts.problems.map(({ code }) => code);
      expect(codes).toEqual(fact === 'promoted' ? ['source-unsignalled', 'one-party'] : ['one-party']);
    },
  );
});
