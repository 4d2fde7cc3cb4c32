export type { CapturedPacket, Endpoint } from './captured-packet.ts';
export { formatOf, type PayloadFormat, type PayloadMap, staticPayloadFormats } from './payload-type.ts';
export { readPcap, writePcap } from './pcap.ts';
export { parseRtcp, type RtcpCompound, type SenderReport } from './rtcp.ts';
export {
  buildRtp,
  isRtcp,
  isRtp,
  markerOf,
  parseRtp,
  payloadTypeOf,
  type RtpFields,
  type RtpPacket,
  type RtpProblem,
  rtpHeaderBytes,
  sequenceOf,
  ssrcOf,
  timestampOf,
} from './rtp.ts';
export { type Rtpdump, readRtpdump, writeRtpdump } from './rtpdump.ts';
export {
  dropoutPacketsMax,
  misorderPacketsMax,
  SequenceTracker,
  type SequenceVerdict,
  sequenceVerdict,
} from './sequence.ts';
export { type Party, planStereo, renderStereo, renderWav, type StereoPlan } from './stereo.ts';
export { type Block, blocksOf, type VoiceSource } from './voice.ts';
export { readWav, type Wav, type WavShape, wavHeader } from './wav.ts';
