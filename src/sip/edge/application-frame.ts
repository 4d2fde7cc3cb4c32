// Frames of the drachtio application protocol, in both directions:
//
//   length "#" payload                       length: decimal count of the payload's bytes, at most five digits from applications
//   payload = field *( "|" field ) [ CRLF SIP message ]
//
// Frames may come split or glued. Leaders are read as bytes (one character per byte), like SIP headers.

import { TwinreelError } from '#src/errors';

const hash = 0x23;
const digitsMax = 5;

/** Cuts a stream into payloads. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The payloads that are complete now. Throws `edge-frame-invalid` for what can be no frame, or too long a one. */
  push(chunk: Buffer): Buffer[] {
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const payloads: Buffer[] = [];
    for (let frame = this.#first(rest); frame; frame = this.#first(rest)) {
      payloads.push(rest.subarray(frame.start, frame.end));
      rest = rest.subarray(frame.end);
    }
    this.#pending = rest;
    return payloads;
  }

  #first(bytes: Buffer): { start: number; end: number } | undefined {
    const at = bytes.subarray(0, digitsMax + 1).indexOf(hash);
    if (at < 0 && bytes.length <= digitsMax && isDigits(bytes)) return undefined;
    const prefix = bytes.subarray(0, at < 0 ? digitsMax + 1 : at);
    if (at <= 0 || !isDigits(prefix)) {
      throw new TwinreelError(
        'edge-frame-invalid',
        `frame starts with "${prefix.toString('latin1')}", wanted up to 5 digits and #`,
      );
    }
    const length = Number(prefix.toString('latin1'));
    if (length > this.#bytesMax || length === 0) {
      throw new TwinreelError('edge-frame-invalid', `frame of ${length} bytes, 1 to ${this.#bytesMax} are allowed`);
    }
    return bytes.length < at + 1 + length ? undefined : { start: at + 1, end: at + 1 + length };
  }
}

/** A frame with its length in front. */
export function frameOf(leader: string, message?: Buffer): Buffer {
  const head = message ? `${leader}\r\n` : leader;
  const length = head.length + (message?.length ?? 0);
  const text = `${length}#${head}`;
  const frame = Buffer.allocUnsafe(text.length + (message?.length ?? 0));
  frame.write(text, 'latin1');
  message?.copy(frame, text.length);
  return frame;
}

function isDigits(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte < 0x30 || byte > 0x39) return false;
  return true;
}
