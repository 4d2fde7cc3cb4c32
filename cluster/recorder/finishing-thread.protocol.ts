// What the recorder and its finishing thread say to each other. One batch at a time.

import type { FinishOptions, Take } from '#src/recording';
import type { FinishedRecording } from './finished-recording.ts';

/** Given to the thread when it is started. */
export type FinishingThreadOptions = Pick<
  FinishOptions,
  'journalDir' | 'journalWriter' | 'recordingsDir' | 'privateKey' | 'publicKey' | 'signingKey' | 'packetsMin'
> & {
  /** As `recorder.ffmpeg` of the configuration. */
  readonly ffmpeg: string;
};

/** Recorder to thread: a batch to finish. */
export type Batch = readonly Take[];

/** Thread to recorder: what became of the batch. */
export type BatchEnd =
  | { readonly type: 'finished'; readonly recordings: readonly FinishedRecording[] }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string };
