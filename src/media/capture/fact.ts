// The facts capture writes into its journal between the packets. They make a segment readable by itself: each begins with
// `stream-opened` of every stream that runs.

import type { StreamBinding, WithheldRelease } from '#src/journal';
import type { Peer, StreamCounters } from './control.schema.ts';
import type { PinChange } from './source-pin.ts';
import type { StreamFacts } from './stream.ts';

export type CaptureFact =
  | (StreamBinding & {
      /** `opened` by a request; `continued` at the start of a segment; `adopted` by a restarted capture. */
      readonly as: 'opened' | 'continued' | 'adopted';
      readonly peer: Peer | null;
      readonly address: string;
      readonly rtpPort: number;
      readonly rtcpPort: number;
      readonly gate: StreamFacts['gate'];
      readonly openedAtMs: number;
      readonly note: string;
    })
  /** What came from there since `sinceMs` belongs to the stream, even if it was kept apart. */
  | { readonly fact: 'stream-moved'; readonly peer: Peer; readonly sinceMs: number }
  /** The first packet from elsewhere than the peer: what comes of it is kept apart, in records `quarantined`. */
  | { readonly fact: 'stream-foreign'; readonly source: Peer }
  | ({ readonly fact: 'stream-source-changed' } & PinChange)
  | { readonly fact: 'stream-paused'; readonly atMs: number }
  | { readonly fact: 'stream-resumed'; readonly atMs: number }
  /** From now on nobody knows whether it is paused: its records are `withheld`, until they are released or shredded. */
  | { readonly fact: 'stream-withheld'; readonly sinceMs: number }
  | WithheldRelease
  | { readonly fact: 'stream-shredded'; readonly sinceMs: number }
  | { readonly fact: 'stream-closed'; readonly counters: StreamCounters };
