// RequestPrivateService as it starts, stops, pauses and resumes a recording: the Extensions on both sides. Keys are sent in
// lower case and read in any, since the vendor's pages differ; what is empty is not sent; what is not known is passed on.

import type { KeyValueList } from './key-value-list.schema.ts';
import { listOf, lookUpAnyCase, textOf } from './key-value-list.ts';

/** What a request for a recording may say besides the call. */
export interface RecordingExtensions {
  /** Geo-location: on the side of ThisDN (which servers take unless told otherwise) or of OtherDN. */
  readonly record?: 'source' | 'destination' | undefined;
  /** The recording's id; it comes back in `record=` of the recording session. */
  readonly id?: string | undefined;
  /** SIP addresses of the first and the second group of recorders, in place of the configured ones. */
  readonly dest?: string | undefined;
  readonly dest2?: string | undefined;
}

/** The Extensions of a request; `others` are added as they are. */
export function recordingExtensions(known: RecordingExtensions, others: KeyValueList = []): KeyValueList {
  const { record, id, dest, dest2 } = known;
  return [...listOf({ record, id: id || undefined, dest: dest || undefined, dest2: dest2 || undefined }), ...others];
}

/** Reads the Extensions of a request; an unknown side is as good as none. */
export function readRecordingExtensions(list: KeyValueList | undefined): RecordingExtensions {
  const text = (key: string) => textOf(lookUpAnyCase(list, key)) || undefined;
  const record = text('record')?.toLowerCase();
  return {
    record: record === 'source' || record === 'destination' ? record : undefined,
    id: text('id'),
    dest: text('dest'),
    dest2: text('dest2'),
  };
}
