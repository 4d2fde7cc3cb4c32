// Frames of every link of ours that speaks JSON over a stream: a length, then JSON. Bounded, so that a peer gone wrong costs
// its connection, not memory.
//
//     0                4                 4 + n
//     +----------------+-----------------+
//     | n, u32         | n bytes of JSON |
//     +----------------+-----------------+

import { TwinreelError } from '#src/errors';

const prefixBytes = 4;

/** A value as one frame. */
export function encodeFrame(value: unknown): Buffer {
  return frameOf(JSON.stringify(value));
}

/** A text as one frame, JSON or not. */
export function frameOf(json: string): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + Buffer.byteLength(json));
  frame.writeUInt32BE(frame.length - prefixBytes, 0);
  frame.write(json, prefixBytes);
  return frame;
}

/** Takes a stream of bytes apart again. */
export class FrameReader {
  readonly #bytesMax: number;
  readonly #unreadable: (fault: TwinreelError) => void;
  #parts: Buffer[] = [];
  #held = 0;
  /** Bytes that must be there before it is worth looking. */
  #wanted = prefixBytes;

  /**
   * `bytesMax`: the longest JSON that is taken. `unreadable` hears of a frame that is no JSON, and reading goes on behind it:
   * its length has said where the next one begins. Without it such a frame throws.
   */
  constructor(bytesMax: number, unreadable: (fault: TwinreelError) => void = raise) {
    this.#bytesMax = bytesMax;
    this.#unreadable = unreadable;
  }

  /**
   * The values that are complete now. Throws TwinreelError `frame-invalid` for a frame too long, and, unless somebody hears of
   * it, for one that is no JSON: the connection should end.
   */
  push(bytes: Buffer): unknown[] {
    this.#parts.push(bytes);
    this.#held += bytes.length;
    // A long frame that comes in many pieces is put together once, not at every piece.
    if (this.#held < this.#wanted) return [];
    const pending = this.#parts.length === 1 ? bytes : Buffer.concat(this.#parts);
    const values: unknown[] = [];
    let at = 0;
    for (;;) {
      this.#wanted = prefixBytes;
      if (pending.length - at < prefixBytes) break;
      const length = pending.readUInt32BE(at);
      if (length > this.#bytesMax) throw invalid(`a frame of ${length} bytes, at most ${this.#bytesMax} are allowed`);
      this.#wanted = prefixBytes + length;
      if (pending.length - at < this.#wanted) break;
      const json = pending.toString('utf8', at + prefixBytes, at + this.#wanted);
      at += this.#wanted;
      try {
        values.push(JSON.parse(json));
      } catch {
        this.#unreadable(invalid(`a frame that is not JSON: ${json.slice(0, 40)}`));
      }
    }
    this.#parts = at === pending.length ? [] : [pending.subarray(at)];
    this.#held = pending.length - at;
    return values;
  }
}

function raise(fault: TwinreelError): never {
  throw fault;
}

function invalid(message: string): TwinreelError {
  return new TwinreelError('frame-invalid', message);
}
