export { nameOf, type SegmentName, segmentId, takeId, unnamedRecordingId } from './recording-id.ts';
