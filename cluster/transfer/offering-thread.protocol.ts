// What the recorder and its offering thread say to each other.

import type { Identity } from '#cluster/links';
import type { Config } from '#src/config';
import type { Place } from './transfer.schema.ts';

/** Given to the thread when it is started. */
export interface OfferingThreadOptions {
  readonly node: string;
  readonly recordingsDir: string;
  readonly links: Pick<Config['links'], 'secret' | 'beatMs' | 'missedMax'>;
  readonly identity: Identity | undefined;
  readonly offers: Config['recorder']['offers'];
}

/** Recorder to thread. */
export type ToOffering =
  | { readonly type: 'finished'; readonly places: readonly Place[] }
  /** The media of a recording was destroyed here. */
  | { readonly type: 'destroyed'; readonly place: Place };

/** Thread to recorder. */
export type FromOffering =
  | { readonly type: 'listening'; readonly host: string; readonly port: number }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly fields: object; readonly text: string };
