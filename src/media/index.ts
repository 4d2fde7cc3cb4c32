export * from '#src/media/rtp';
export type { CapturedPacket, Endpoint } from './captured-packet.ts';
export { type Mp3Shape, Mp3Stream } from './mp3.ts';
export { readPcap, writePcap } from './pcap.ts';
export { PeakStream, type Peaks, peaksHeaderBytes, peakWindowMs, readPeaks } from './peaks.ts';
export { type Rtpdump, readRtpdump, writeRtpdump } from './rtpdump.ts';
export { type Party, planStereo, renderStereo, renderWav, type StereoPlan } from './stereo.ts';
export { type Block, blocksOf, type VoiceSource } from './voice.ts';
export { readWav, type Wav, type WavShape, wavHeader } from './wav.ts';
