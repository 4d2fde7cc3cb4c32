import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { finishTakes, manifestJsonSchema, signManifest } from '#src/recording';
import { CaptureJournal, signingKeys } from '../../src/recording/capture-journal.ts';

const path = 'ops/schemas/manifest.schema.json';

describe('the published schema of a manifest', () => {
  it('R-REC-8: is the one that manifests are written by', () => {
    const anew = 'write it anew: npm run -s build && node dist/ops/cli/twinreel.js schema manifest';
    expect(JSON.parse(readFileSync(path, 'utf8')), `${anew} > ${path}`).toEqual(manifestJsonSchema());
  });

  it('R-REC-8: accepts a manifest as it is written and one of a later version with more in it, not one with less', async () => {
    const published = z.fromJSONSchema(JSON.parse(readFileSync(path, 'utf8')));
    const capture = new CaptureJournal();
    const [finished] = await finishTakes([capture.call('r', { party: '1', packets: 50, lost: [3] })], capture.options);
    const manifest = signManifest(finished!.facts, signingKeys.privateKey);
    const { recordingId: _, ...less } = manifest.facts;
    expect(published.safeParse(manifest).success).toBe(true);
    expect(published.safeParse({ ...manifest, facts: { ...manifest.facts, later: true } }).success).toBe(true);
    expect(published.safeParse({ ...manifest, facts: less }).success).toBe(false);
  });
});
