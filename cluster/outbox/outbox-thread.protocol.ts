// What a process and the thread of its outbox say to each other.

import type { KeyObject } from 'node:crypto';
import type { RedisPlace } from '#src/config';
import type { WrittenFact } from './fact.schema.ts';
import type { Outbox, OutboxOptions } from './outbox.io.ts';

/** Given to the thread when it is started. */
export interface OutboxThreadOptions extends Pick<OutboxOptions, 'node' | 'process' | 'bytesMax'> {
  readonly redisPlace: RedisPlace;
  readonly commandTimeoutMs: number;
  /** Of its journal. */
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** How an outbox stands. */
export type OutboxStanding = Pick<Outbox, 'untold' | 'heads'>;

/** Process to thread. `close`: the last that is said. */
export type ToOutbox =
  | { readonly type: 'tell'; readonly facts: readonly WrittenFact[] }
  | { readonly type: 'compact' }
  | { readonly type: 'close' };

/** Thread to process. `kept`: what was said first of what was not answered yet; kill -9 can no longer take it. */
export type FromOutbox =
  | { readonly type: 'standing'; readonly standing: OutboxStanding }
  | { readonly type: 'kept'; readonly standing: OutboxStanding }
  | { readonly type: 'failed'; readonly code: string | undefined; readonly message: string }
  | { readonly type: 'log'; readonly level: 'warn' | 'error'; readonly fields: object; readonly text: string };
