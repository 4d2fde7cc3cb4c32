// Which parties of a switch's calls are recorded: control of the media server on their legs, and GSIP_RECORD in attached data.

import { errorCodes, lookUp, privateMessages, type RecordingExtensions, updated } from '#src/cti';
import type { ModelCall } from './call-model.core.ts';
import { isRecordedByOption, type MsrOptions, type SwitchDn } from './dns.ts';
import type { Leg } from './leg.io.ts';
import { Refused } from './refused.ts';

export interface RecordingsOptions {
  readonly msr: MsrOptions;
  readonly dn: (number: string) => SwitchDn | undefined;
  /** The call as it is now. */
  readonly call: (callUuid: string) => ModelCall | undefined;
  /** The leg of a party; undefined when it has none. */
  readonly leg: (callUuid: string, dn: string) => Leg | undefined;
  /** Replaces attached data, and tells it. */
  readonly attach: (call: ModelCall, by: string, userData: ModelCall['userData']) => void;
  readonly log: { warn(fields: object, text: string): void };
}

export class Recordings {
  readonly #options: RecordingsOptions;
  /** Recorded DNs of each call. */
  readonly #running = new Map<string, Set<string>>();

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** What 3013 to 3016 ask for. Throws {@link Refused}. */
  async control(message: number, dn: string, { callUuid }: ModelCall, asked: RecordingExtensions): Promise<void> {
    if (!this.#options.msr.msmlSupport) throw new Refused(errorCodes.unsupported, 'recording needs msml-support');
    const leg = this.#options.leg(callUuid, dn);
    if (!leg) throw new Refused(errorCodes.invalidConnId, `DN ${dn} is not in this call`);
    const isRunning = this.#running.get(callUuid)?.has(dn) ?? false;
    switch (message) {
      case privateMessages.GSIP_RECORD_START:
        // Asked for again by a core that does not know that another has asked: it runs already.
        if (!isRunning) await this.#start(callUuid, dn, leg, asked);
        return;
      case privateMessages.GSIP_RECORD_STOP:
        await this.end(callUuid, dn);
        return;
      case privateMessages.GSIP_RECORD_PAUSE:
      case privateMessages.GSIP_RECORD_RESUME:
        if (!isRunning) throw new Refused(errorCodes.unknown, `DN ${dn} is not recorded`);
        await leg.record(message === privateMessages.GSIP_RECORD_PAUSE ? 'pause' : 'resume');
        return;
      default:
        throw new Refused(errorCodes.unsupported, `PrivateMsgID ${message} is not supported`);
    }
  }

  /** A DN with `record=true` is recorded without anybody asking. */
  async startByOption({ callUuid, parties }: ModelCall): Promise<void> {
    for (const { dn } of parties) {
      const [known, leg] = [this.#options.dn(dn), this.#options.leg(callUuid, dn)];
      if (!known || !leg || !isRecordedByOption(known)) continue;
      await this.#start(callUuid, dn, leg, {}).catch((error: Error) => {
        this.#options.log.warn({ dn, error: error.message }, 'a DN that is to be recorded is not');
      });
    }
  }

  /** The recording of a party ends; nothing happens when it has none. */
  async end(callUuid: string, dn: string): Promise<void> {
    const running = this.#running.get(callUuid);
    if (!running?.delete(dn)) return;
    await this.#options
      .leg(callUuid, dn)
      ?.stopRecording()
      .catch(() => {});
    if (running.size > 0) return;
    this.#running.delete(callUuid);
    this.#tell(callUuid, dn, 'OFF');
  }

  async #start(callUuid: string, dn: string, leg: Leg, asked: RecordingExtensions): Promise<void> {
    const { call, msr } = this.#options;
    const other = call(callUuid)?.parties.find((party) => party.dn !== dn)?.dn;
    const [recdest, recdest2] = [asked.dest ?? msr.recdest, asked.dest2 ?? msr.recdest2];
    const status = await leg.record('start', {
      calluuid: callUuid,
      recordDN: dn,
      dn,
      ...(asked.id !== undefined && { id: asked.id }),
      ...(other !== undefined && { otherDN: other }),
      ...(recdest !== undefined && { recdest }),
      ...(recdest2 !== undefined && { recdest2 }),
    });
    if (status >= 300) throw new Refused(errorCodes.unknown, `the media server refused with ${status}`);
    this.#running.set(callUuid, new Set([...(this.#running.get(callUuid) ?? []), dn]));
    this.#tell(callUuid, dn, 'ON');
  }

  #tell(callUuid: string, by: string, state: 'ON' | 'OFF'): void {
    const call = this.#options.call(callUuid);
    if (!call || lookUp(call.userData, 'GSIP_RECORD') === state) return;
    this.#options.attach(call, by, updated(call.userData, [['GSIP_RECORD', state]]));
  }
}
