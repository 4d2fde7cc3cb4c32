// What the rest of the media code knows of a codec. It must never know which library or process does the work.

/** Turns the payloads of one source, in the order they were sent, into samples. May keep state from packet to packet. */
export interface Decoder {
  /** Rate of the samples: for G.722 not the rate of the RTP timestamps. */
  readonly sampleRateHz: 8000 | 16000;
  /** All samples of a payload, or of several that were sent one behind the other; one channel. Never throws on any bytes. */
  decode(payload: Uint8Array): Int16Array;
}

/** Turns all payloads of one run into samples: for decoders that are processes and cannot answer packet by packet. */
export interface StreamDecoder {
  readonly sampleRateHz: 8000 | 16000;
  /** The samples, in pieces of any length, as many as the payloads last; fewer when it fails. Never throws. */
  decodeAll(payloads: AsyncIterable<Uint8Array>): AsyncGenerator<Int16Array>;
}

/** Turns samples into payloads of any length. */
export interface Encoder {
  readonly sampleRateHz: 8000 | 16000;
  encode(samples: Int16Array): Buffer;
}

/** Clips to 16 bits. */
export function clip16(value: number): number {
  return Math.max(-32768, Math.min(32767, value));
}
