export { clip16, type Decoder, type Encoder, type StreamDecoder } from './codec.ts';
export { ComfortNoise } from './comfort-noise.ts';
export { durationTicksOf, kindOf, type PayloadKind } from './duration.ts';
export { decodersWith } from './ffmpeg-decoders.io.ts';
export { pcmaDecoder, pcmaEncoder, pcmuDecoder, pcmuEncoder } from './g711.ts';
export { g722Decoder, g722Encoder } from './g722.ts';
export { builtInDecoders, type DecoderRegistry, decoderFor, isUndecodable, type Undecodable } from './registry.ts';
