// What replay and a thread that exports say to each other: the thread tells which files there are, then gives a piece whenever one is asked for.

import type { KeyObject } from 'node:crypto';
import type { OriginalFile, OriginalKind } from '#cluster/replay-api';
import type { AudioWork } from './audio-work.ts';

/** Given to the thread when it is started. */
export interface ExportOrder {
  readonly work: Pick<AudioWork, 'folders' | 'channels' | 'clocks'>;
  readonly kinds: readonly OriginalKind[];
  readonly privateKeys: readonly KeyObject[];
  /** As `recorder.ffmpeg` and `replay.flac` of the configuration. */
  readonly ffmpeg: string;
  readonly flac: string;
}

/** Replay to thread: it wants more of the file it is at. */
export type MoreWanted = 'more';

/** Thread to replay: first the files, then an answer to each {@link MoreWanted}. After `file-ended` comes the next file. */
export type ExportAnswer =
  | { readonly type: 'files'; readonly files: readonly Pick<OriginalFile, 'name' | 'bytesMax'>[] }
  | { readonly type: 'piece'; readonly bytes: Uint8Array }
  | { readonly type: 'file-ended' }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string };
