export {
  coupleId,
  nameOf,
  type PartyName,
  recordingIdOf,
  type SegmentName,
  segmentId,
  takeId,
  unnamedRecordingId,
} from './recording-id.ts';
