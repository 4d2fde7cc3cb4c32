export { formatOf, type PayloadFormat, type PayloadMap, staticPayloadFormats } from './payload-type.ts';
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
export {
  dropoutPacketsMax,
  misorderPacketsMax,
  SequenceTracker,
  type SequenceVerdict,
  sequenceVerdict,
} from './sequence.ts';
