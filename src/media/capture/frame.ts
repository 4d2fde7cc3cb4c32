// Frames of the control socket: a length, then JSON. Bounded, so that a peer gone wrong costs its connection, not memory.
//
//     0                4                 4 + n
//     +----------------+-----------------+
//     | n, u32         | n bytes of JSON |
//     +----------------+-----------------+

import { TwinreelError } from '#src/errors';

const prefixBytes = 4;

/** A value as one frame. */
export function encodeFrame(value: unknown): Buffer {
  const json = JSON.stringify(value);
  const frame = Buffer.allocUnsafe(prefixBytes + Buffer.byteLength(json));
  frame.writeUInt32BE(frame.length - prefixBytes, 0);
  frame.write(json, prefixBytes);
  return frame;
}

/** Takes a stream of bytes apart again. */
export class FrameReader {
  readonly #bytesMax: number;
  #pending: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The values that are complete now. Throws TwinreelError `capture-request-invalid` for a frame too long or no JSON. */
  push(bytes: Buffer): unknown[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const values: unknown[] = [];
    while (this.#pending.length >= prefixBytes) {
      const length = this.#pending.readUInt32BE(0);
      if (length > this.#bytesMax) throw invalid(`a frame of ${length} bytes, at most ${this.#bytesMax} are allowed`);
      const end = prefixBytes + length;
      if (this.#pending.length < end) break;
      values.push(parse(this.#pending.toString('utf8', prefixBytes, end)));
      this.#pending = this.#pending.subarray(end);
    }
    return values;
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid(`a frame that is not JSON: ${json.slice(0, 40)}`);
  }
}

function invalid(message: string): TwinreelError {
  return new TwinreelError('capture-request-invalid', message);
}
