// Which codecs can be decoded here. One that cannot is a value, never a failure: its packets are kept and exported all the same.

import type { PayloadFormat } from '#src/media/rtp';
import type { Decoder, StreamDecoder } from './codec.ts';
import { pcmaDecoder, pcmuDecoder } from './g711.ts';
import { g722Decoder } from './g722.ts';

/** Codec name in upper case → maker of a decoder. An adapter adds itself in a map of its own. */
export type DecoderRegistry = ReadonlyMap<string, (format: PayloadFormat) => Decoder | StreamDecoder>;

/** "Undecodable here": no decoder for this codec is present. */
export interface Undecodable {
  readonly undecodable: string;
}

/** What this project decodes by itself. */
export const builtInDecoders: DecoderRegistry = new Map([
  ['PCMU', pcmuDecoder],
  ['PCMA', pcmaDecoder],
  ['G722', g722Decoder],
]);

/** A new decoder for one source, or why there is none. */
export function decoderFor(
  format: PayloadFormat,
  registry: DecoderRegistry = builtInDecoders,
): Decoder | StreamDecoder | Undecodable {
  const make = (format.channels ?? 1) === 1 || format.codec === 'OPUS' ? registry.get(format.codec) : undefined;
  return make?.(format) ?? { undecodable: format.codec };
}

/** True when {@link decoderFor} found none. */
export function isUndecodable(choice: Decoder | StreamDecoder | Undecodable): choice is Undecodable {
  return 'undecodable' in choice;
}
