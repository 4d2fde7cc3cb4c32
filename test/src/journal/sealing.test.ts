// Blocks sealed by Node and by the compiled code are the same bytes; what the code is given wrongly it refuses.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSealingCode, sealingBy } from '#src/journal';
import { blockHeaderBytes } from '../../../src/journal/block.ts';
import { type SealingCode, sealingByNode } from '../../../src/journal/sealing.io.ts';
import { folder, memoryJournal, readTexts, settle } from './fixture.ts';

const file = resolve('dist/native/sealing.node');

it('R-REC-5: where the code is not there, the reason is told', () => {
  expect(loadSealingCode('/nowhere/sealing.node')).toContain('/nowhere/sealing.node');
});

describe.skipIf(!existsSync(file))('sealing by compiled code', () => {
  const code = loadSealingCode(file) as SealingCode;

  it('R-REC-5: gives the bytes that Node gives, for any block of any segment', () => {
    const sealing = sealingBy(code);
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const block = fc.record({
      sequence: fc.nat(2 ** 48),
      header: bytes(blockHeaderBytes),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(200_000).map((length) => new Uint8Array(length).fill(7)),
      ),
    });
    const segments = fc.array(fc.record({ key: bytes(32), blocks: fc.array(block, { maxLength: 4 }) }), {
      maxLength: 3,
    });
    const property = fc.property(segments, (all) => {
      for (const { key, blocks } of all) {
        const [ours, nodes] = [sealing, sealingByNode].map((by) => by(Buffer.from(key)));
        for (const { sequence, header, body } of blocks) {
          const sealed = [ours!, nodes!].map((seal) => {
            const into = Buffer.from(header);
            const { parts, digest, written } = seal(sequence, into, Buffer.from(body));
            const whole = Buffer.concat(parts);
            written();
            return { header: into.toString('hex'), digest: digest.toString('hex'), whole: whole.toString('base64') };
          });
          expect(sealed[0]).toEqual(sealed[1]);
        }
      }
    });
    fc.assert(property, { seed: 5, numRuns: process.env['TWINREEL_FULL'] ? 2_000 : 60 });
  });

  it('R-REC-5: a journal sealed by it is read as any other is', async () => {
    const { journal, files, clock } = memoryJournal({ sealing: sealingBy(code), segmentBytesMax: 4_096 });
    const texts = Array.from({ length: 100 }, (_, index) => `record ${index} ${'x'.repeat(index)}`);
    for (const text of texts) {
      journal.append('rtp', 1, clock.nowMs() * 1_000, Buffer.from(text));
      clock.advance(20);
    }
    await journal.close();
    await settle();
    expect(await readTexts(files, folder)).toEqual(texts);
  });

  it('R-REC-5: refuses a key, a nonce, a header and room of the wrong size', () => {
    expect(() => code.create(Buffer.alloc(31))).toThrow('a key of 32 bytes');
    const sealing = code.create(Buffer.alloc(32));
    const sizes: readonly (readonly [nonce: number, header: number, body: number, into: number])[] = [
      [11, 104, 10, 26],
      [12, 103, 10, 26],
      [12, 104, 10, 25],
    ];
    for (const [nonce, header, body, into] of sizes) {
      const [a, b, c, d] = [nonce, header, body, into].map((size) => Buffer.alloc(size));
      expect(() => code.seal(sealing, a!, b!, c!, d!)).toThrow('are wanted');
    }
    expect(() => code.seal({}, Buffer.alloc(12), Buffer.alloc(104), Buffer.alloc(1), Buffer.alloc(17))).toThrow();
  });
});
