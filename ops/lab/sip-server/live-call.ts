// What a call has besides what is told of it. Types only.

import type { Leg } from './leg.io.ts';
import type { MsmlService } from './msr-options.core.ts';
import type { RoutedRecording } from './strategy.core.ts';

export interface LiveCall {
  /** By DN. */
  readonly legs: Map<string, Leg>;
  readonly service: MsmlService | undefined;
  /** What the strategy said that routed it last. */
  routed: RoutedRecording | undefined;
  /** Stops the phone that is being called. */
  cancel: (() => void) | undefined;
}

/** By CallUUID. */
export type LiveCalls = Map<string, LiveCall>;
