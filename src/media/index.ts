export * from '#src/media/rtp';
export type { CapturedPacket, Endpoint } from './captured-packet.ts';
export { readPcap, writePcap } from './pcap.ts';
export { type Rtpdump, readRtpdump, writeRtpdump } from './rtpdump.ts';
export { type Party, planStereo, renderStereo, renderWav, type StereoPlan } from './stereo.ts';
export { type Block, blocksOf, type VoiceSource } from './voice.ts';
export { readWav, type Wav, type WavShape, wavHeader } from './wav.ts';
