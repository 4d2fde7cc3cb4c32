// Seals the blocks of a segment, by Node or by compiled code (sealing.c), where that is there: the bytes are the same. Node makes a
// cipher and a buffer for each block, and V8 collects its garbage more often for them; the code seals into memory that is used again.

import { createRequire } from 'node:module';
import { messageOf } from '#src/errors';
import { blockHeaderBytes, coveredBytes, finishBlockHeader, tagBytes } from './block.ts';
import { giveBack } from './given-back.io.ts';
import { nonceOf, sealBody } from './seal.ts';

/** A body that is sealed, in the parts it is written in; its digest stands in the header, too. */
export interface SealedBody {
  readonly parts: readonly Buffer[];
  readonly digest: Buffer;
  /** It is written, and needed no more. To be called before the next block is sealed. */
  written(): void;
}

/** Seals the body of block `sequence` of a segment, and finishes its header. */
export type BlockSeal = (sequence: number, header: Buffer, body: Buffer) => SealedBody;

/** Seals for a segment with this key. */
export type Sealing = (key: Buffer) => BlockSeal;

export const sealingByNode: Sealing = (key) => (sequence, header, body) => {
  const parts = sealBody(key, sequence, header.subarray(0, coveredBytes), body);
  return { parts, digest: finishBlockHeader(header, parts), written: () => giveBack(parts[0]) };
};

/** All segments are sealed into the same memory. */
export function sealingBy(code: SealingCode): Sealing {
  let into = Buffer.alloc(0);
  return (key) => {
    const sealing = code.create(key);
    return (sequence, header, body) => {
      const bytes = body.length + tagBytes;
      if (into.length < bytes) into = Buffer.allocUnsafeSlow(2 * bytes);
      code.seal(sealing, nonceOf(sequence), header, body, into);
      const digest = Buffer.from(header.subarray(coveredBytes, blockHeaderBytes));
      return { parts: [into.subarray(0, bytes)], digest, written() {} };
    };
  };
}

/** sealing.c, which says what each does. */
export interface SealingCode {
  create(key: Buffer): object;
  seal(sealing: object, nonce: Buffer, header: Buffer, body: Buffer, into: Buffer): void;
}

/** Loads the compiled code; the reason why not, where it is not there or not for this machine. */
export function loadSealingCode(path: string): SealingCode | string {
  try {
    return createRequire(import.meta.url)(path) as SealingCode;
  } catch (error) {
    return messageOf(error);
  }
}
