// Somebody who is no core, and has parties recorded under ids of their own when their calls are answered.

import { privateMessages } from '#src/cti';
import type { Clock } from '#src/ports';
import type { Calls } from './call-model.core.ts';
import type { ThirdParty } from './hostility.core.ts';
import type { Recordings } from './recordings.io.ts';

export interface ThirdPartiesOptions {
  readonly clock: Clock;
  readonly calls: () => Calls;
  readonly recordings: () => Pick<Recordings, 'control'>;
  /** Whether, and how, a DN's call is wanted. */
  readonly wanted: (dn: string) => ThirdParty | undefined;
}

export class ThirdParties {
  readonly #options: ThirdPartiesOptions;

  constructor(options: ThirdPartiesOptions) {
    this.#options = options;
  }

  answered(callUuid: string | undefined, dn: string): void {
    const { clock, wanted } = this.#options;
    const asked = callUuid === undefined ? undefined : wanted(dn);
    // Refused when it is recorded already.
    if (asked) clock.after(asked.ms, () => void this.#start(callUuid!, dn, asked.id).catch(() => {}));
  }

  async #start(callUuid: string, dn: string, id: string): Promise<void> {
    const call = this.#options.calls().get(callUuid);
    if (!call) return;
    await this.#options.recordings().control(privateMessages.GSIP_RECORD_START, dn, call, { record: 'source', id });
  }
}
