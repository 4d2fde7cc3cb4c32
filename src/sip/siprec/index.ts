export {
  type Couple,
  couplesOf,
  type KnownCall,
  type Membership,
  type MetadataHistory,
  type Span,
  type Speaking,
  withUpdate,
} from './history.ts';
export {
  type ClientHeaders,
  type RecordingBody,
  type RecordingClient,
  readRecordingBody,
  recordingClient,
  snapshotRequest,
  type ToldMetadata,
} from './message.ts';
export {
  type Association,
  applyMetadata,
  type CommunicationSession,
  type Metadata,
  type MetadataStream,
  type MetadataUpdate,
  metadataEntriesMax,
  needsSnapshot,
  type Participant,
  type ParticipantSession,
  type ParticipantStream,
  type SessionRecording,
} from './metadata.ts';
export { parseMetadata } from './metadata-document.ts';
export { numberOf, type Party, partyOf } from './party.ts';
export { attribute, childrenNamed, parseXml, type XmlElement } from './xml.ts';
