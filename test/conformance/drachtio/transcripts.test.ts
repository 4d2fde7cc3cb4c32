// Every transcript has a scenario or a reason, every scenario a transcript.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transcripts } from './transcripts.ts';

const folder = import.meta.dirname;
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => readFileSync(join(folder, file), 'utf8'));
/** Numbers that names of tests begin with: `it('05: …`, also in tables. */
const played = new Set(
  sources.flatMap((text) => [...text.matchAll(/['`](\d\d[a-z]?): /g)].map(([, number]) => number)),
);
const differences = readFileSync(join(folder, 'differences.md'), 'utf8');

describe('R-SIP-4: what was written down of drachtio-server', () => {
  it('is played through, or it is said why not', () => {
    const missing = transcripts.filter((one) => played.has(one.number) === (one.withoutScenario !== undefined));
    expect(missing).toEqual([]);
  });

  it('is all there is to play', () => {
    const known = new Set(transcripts.map(({ number }) => number));
    expect([...played].filter((number) => !known.has(number!))).toEqual([]);
  });

  it('stands among the differences where a server of ours refuses it', () => {
    for (const { number, withoutScenario } of transcripts) {
      if (withoutScenario !== undefined) expect(differences).toMatch(new RegExp(`^\\| ${number}\\b`, 'm'));
    }
  });
});
