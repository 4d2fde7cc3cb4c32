export { deleteSegment } from './delete.io.ts';
export type { JournalFile, JournalFiles } from './files.ts';
export { inspectJournal, type JournalInspection, type SegmentInspection } from './inspect.io.ts';
export { Journal, type JournalOptions } from './journal.io.ts';
export type { JournalAlarm } from './journal-alarm.ts';
export { ensureKeyPair, type KeyFiles, loadPrivateKey, loadPublicKey } from './keys.io.ts';
export { comparePositions, type Position, type PositionRange, parseSegmentName } from './position.ts';
export {
  type JournalRecord,
  type JournalSpace,
  type RecordKind,
  recordHeaderBytes,
  writeRecordHeader,
} from './record.ts';
export { SealedFile, type SealedFileOptions } from './sealed-file.io.ts';
export { loadSealingCode, type Sealing, sealingBy } from './sealing.io.ts';
export {
  type Block,
  type EndReason,
  openSegment,
  type RecoveryReport,
  SegmentReader,
  type SegmentReaderOptions,
} from './segment-reader.io.ts';
export { bind, type StreamBinding } from './stream-binding.ts';
export {
  type ReadStreamsOptions,
  readStreams,
  type StreamRecord,
  segmentsOf,
} from './streams.io.ts';
export { systemFiles } from './system-files.io.ts';
export { keyIdOf, openWithheld, type WithheldKey, type WithheldRelease, Withholder } from './withheld.ts';
