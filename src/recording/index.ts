export {
  type AudioOptions,
  type AudioReport,
  audioFile,
  peaksFile,
  readAudioReport,
  renderAudio,
} from './audio.io.ts';
export { callName, connName } from './call-name.ts';
export {
  type CopiedSegment,
  type CopyOptions,
  type CopyRequest,
  copySegment,
  removeParts,
} from './copy-out.io.ts';
export {
  type Couple,
  coupleSchema,
  type ProblemStatus,
  problemStatuses,
  type RecordingState,
  recordingStates,
} from './couple.schema.ts';
export { destroyedFile, destroyedNote, destroyMedia, readDestroyed } from './destroy.io.ts';
export type { FinishedFolder } from './draft.io.ts';
export { exportFormats, exportRecording } from './export.io.ts';
export { type FinishOptions, finishTakes, removeUnfinished } from './finish.io.ts';
export {
  type Gap,
  gapSchema,
  type Manifest,
  type ManifestFacts,
  manifestSchema,
  type Problem,
} from './manifest.schema.ts';
export { manifestJsonSchema } from './manifest-json.schema.ts';
export { payloadMapOf } from './payloads.ts';
export { SealedPackets } from './sealed-packets.io.ts';
export { type SessionNews, sessionNewsSchema } from './session-news.schema.ts';
export { keyId, manifestHolds, signManifest } from './signature.ts';
export { ensureSigningKey } from './signing-key.io.ts';
export {
  findRecordings,
  folderOf,
  listRecordings,
  manifestDigest,
  manifestFile,
  readRecording,
  type StoredRecording,
  takeFolder,
} from './store.io.ts';
export type { Copied, Interval, Take, TakeCall, TakeCouple, TakeDialog, TakeSpeaker, TakeStream } from './take.ts';
export { verifyRecording } from './verify.io.ts';
