// Who is in a scenario and has no phone of the lab: parties whose calls a recording client has recorded, and baresip. They stay until the
// scenario is over.

import { Baresip, type BaresipOptions } from '#ops/lab/baresip';
import { type SiprecCall, type SiprecClient, type SiprecParty, startSiprecClient } from '#ops/lab/siprec-client';
import { TwinreelError } from '#src/errors';

export class Guests {
  #client: SiprecClient | undefined;
  #recorded: SiprecCall | undefined;
  #baresip: Baresip | undefined;

  /** Resolves when the parties speak. */
  async record(
    recorder: { readonly address: string; readonly port: number },
    parties: readonly SiprecParty[],
  ): Promise<void> {
    this.#client = await startSiprecClient({ recorder });
    this.#recorded = await this.#client.record(parties);
  }

  async recordedNoMore(): Promise<void> {
    await this.#recorded?.hangUp();
  }

  /** baresip is the phone of a number from now on. */
  async seat(options: BaresipOptions): Promise<void> {
    this.#baresip = await Baresip.start(options);
  }

  /** baresip calls a number. */
  async call(number: string): Promise<void> {
    if (!this.#baresip) throw new TwinreelError('scenario-impossible', 'baresip has no number yet');
    await this.#baresip.call(number);
  }

  async leave(): Promise<void> {
    await this.#recorded?.hangUp().catch(() => {});
    await this.#client?.close();
    await this.#baresip?.close();
  }
}
