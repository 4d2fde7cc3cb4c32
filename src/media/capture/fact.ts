// The facts capture writes into its journal between the packets. They make a segment readable by itself: each begins with
// `stream-opened` of every stream that runs.

import type { StreamBinding } from '#src/journal';
import type { Peer, StreamCounters } from './control.schema.ts';

export type CaptureFact =
  | (StreamBinding & {
      /** `opened` by a request; `continued` at the start of a segment; `adopted` by a restarted capture. */
      readonly as: 'opened' | 'continued' | 'adopted';
      readonly peer: Peer | null;
      readonly address: string;
      readonly rtpPort: number;
      readonly rtcpPort: number;
      readonly paused: boolean;
      readonly openedAtMs: number;
      readonly note: string;
    })
  | { readonly fact: 'stream-moved'; readonly peer: Peer }
  | { readonly fact: 'stream-paused'; readonly atMs: number }
  | { readonly fact: 'stream-resumed'; readonly atMs: number }
  | { readonly fact: 'stream-closed'; readonly counters: StreamCounters };
