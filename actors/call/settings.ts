// What a call is told once and keeps.

import type { MetadataSettings } from '#src/metadata';
import type { RuleBook } from '#src/rules';
import type { Duty } from '#src/shards';
import type { Asking, NoticeSettings } from './call.protocol.ts';

export interface CallSettings {
  /** How long a couple waits for its media before that counts as a problem. */
  readonly mediaMsMax: number;
  /** How long a call whose parties have gone waits for the last word of its recorders. */
  readonly lingerMs: number;
  /** As long, while a recorder that went with a part of it may come back and tell what has become of that. */
  readonly lostLingerMs: number;
  /** How often the telephony server is asked about parties of which it is in doubt whether they are there, and talk. */
  readonly enquireMs: number;
  readonly packetsMin: number;
  /** How long after-call work keeps a call from being forgotten. */
  readonly afterCallWorkMsMax: number;
  /** What the configuration server knows of every couple, without prefix: its tenant and its switch. */
  readonly configured?: Readonly<Record<string, string>>;
  readonly metadata: MetadataSettings;
  readonly asking: Asking;
  readonly notification: NoticeSettings;
  /** What is to be recorded, by the rules that are in force now. */
  readonly rules: Pick<RuleBook, 'decide'>;
  /** How long after its end a pre-recorded party can still be asked for. */
  readonly keepMs: number;
  /** Whether we act for a DN at this moment, or our twin does. */
  readonly duty: (dn: string) => Duty;
  /** How long who stands by waits for what it would have done itself. */
  readonly twinWaitMs: number;
  /** Whether a recording is asked for again when all its recorders are lost (guide ch. 4, Detect Recorder Ping). */
  readonly restartsLost: boolean;
}
