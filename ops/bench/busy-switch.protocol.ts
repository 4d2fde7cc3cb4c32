// What a bench and its telephony server, a process of its own, say to each other.

import type { AskedSums } from './asked-ledger.ts';

export type SwitchOrder =
  /** Listens, and knows this many DNs. */
  | { readonly type: 'listen'; readonly dns: number }
  /** Tells of calls. `flat-out`: as many as are asked for. */
  | { readonly type: 'begin'; readonly eventsPerSecond: number | 'flat-out' }
  /** Calls that begin from now on come at another rate. */
  | { readonly type: 'pace'; readonly eventsPerSecond: number }
  /** From here on figures are taken: calls of every age are up. */
  | { readonly type: 'measure' }
  /** Tells the figures that were taken so far. */
  | { readonly type: 'tell' }
  /** No further call begins; answered when the last one has ended and, if that comes, was asked for. */
  | { readonly type: 'end' }
  /** Cuts the link; calls stand still until every DN is registered again. */
  | { readonly type: 'cut' };

export type SwitchNews =
  | { readonly type: 'listening'; readonly port: number }
  /** The client has registered every DN, and asked what each is doing, so long after the link was cut, or it came. */
  | { readonly type: 'registered'; readonly ms: number }
  | ({ readonly type: 'figures' } & SwitchFigures)
  | ({ readonly type: 'ended' } & SwitchFigures);

export interface SwitchFigures extends AskedSums {
  readonly calls: number;
  /** From `measure`, or else from `begin`, to `tell` or `end`; so are the times. */
  readonly events: number;
  readonly seconds: number;
}
