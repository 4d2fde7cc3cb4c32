// Which parties of a switch's calls are recorded: control of the media server on their legs, and GSIP_RECORD in attached data.

import { errorCodes, type KeyValueList, lookUp, privateMessages, type RecordingExtensions, updated } from '#src/cti';
import type { ModelCall, ModelParty } from './call-model.core.ts';
import { isRecordedByOption, type SwitchDn } from './dns.ts';
import type { Leg } from './leg.io.ts';
import type { RecorderParameters } from './msml.ts';
import type { MsrOptions } from './msr-options.core.ts';
import { Refused } from './refused.ts';
import type { RoutedRecording, Side } from './strategy.core.ts';

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

/**
 * What of one party is recorded. `ids`: under which ids it was asked for, each a recording of its own; none for what nobody named.
 * `lost`: the media server has said that it came to an end that nobody asked for.
 */
interface Running {
  readonly ids: ReadonlySet<string | undefined>;
  /** The party whose leg it is made on. */
  readonly on: string;
  phase: 'running' | 'lost';
}

export class Recordings {
  readonly #options: RecordingsOptions;
  /** By call, and by the DN it was asked for. */
  readonly #running = new Map<string, Map<string, Running>>();
  #askedAgain: 'acknowledged' | 'refused' = 'acknowledged';

  constructor(options: RecordingsOptions) {
    this.#options = options;
  }

  /** From now on who asks for a recording that runs already is refused. */
  refuseAgain(): void {
    this.#askedAgain = 'refused';
  }

  /** What 3013 to 3016 ask for. Who asks need not be a party: a supervisor means the agent. Throws {@link Refused}. */
  async control(message: number, by: string, call: ModelCall, asked: RecordingExtensions): Promise<void> {
    const { refused } = this.#options.msr;
    if (refused !== undefined) throw new Refused(errorCodes.unsupported, refused);
    const { callUuid, parties } = call;
    const isParty = parties.some(({ dn }) => dn === by);
    const dn = isParty ? by : (parties.find(({ outside }) => !outside)?.dn ?? by);
    const known = this.#running.get(callUuid)?.get(dn);
    switch (message) {
      case privateMessages.GSIP_RECORD_START:
        if (known?.phase === 'running' && this.#askedAgain === 'refused')
          throw new Refused(errorCodes.unknown, `DN ${dn} is recorded already`);
        if (!known || known.phase === 'lost' || isStarted(known, asked.id)) await this.#start(call, dn, asked);
        return;
      case privateMessages.GSIP_RECORD_STOP:
        await this.end(callUuid, dn);
        return;
      case privateMessages.GSIP_RECORD_PAUSE:
      case privateMessages.GSIP_RECORD_RESUME: {
        const leg = known && this.#options.leg(callUuid, known.on);
        if (!leg) throw new Refused(errorCodes.unknown, `DN ${dn} is not recorded`);
        const state = message === privateMessages.GSIP_RECORD_PAUSE ? 'pause' : 'resume';
        for (const id of known.ids) await leg.record(callUuid, state, id === undefined ? {} : { id });
        return;
      }
      default:
        throw new Refused(errorCodes.unsupported, `PrivateMsgID ${message} is not supported`);
    }
  }

  /**
   * What the configuration has recorded without anybody asking: DNs with `record=true`, whoever is outside when a trunk has it, and
   * what the strategy says that routed the call.
   */
  async startByOption(call: ModelCall, routed?: RoutedRecording): Promise<void> {
    const { msr, dn: known, log } = this.#options;
    if (call.callType === 'consult' && !msr.recordConsultCalls) return;
    for (const party of call.parties) {
      const number = known(party.dn);
      const isMeant = number === undefined ? msr.recordsOutside : isRecordedByOption(number);
      const side = sideOf(party);
      const isRouted = routed?.start.has(side) ?? false;
      if (!isRouted && (!isMeant || routed?.disabled.has(side))) continue;
      if (this.#running.get(call.callUuid)?.has(party.dn)) continue;
      await this.#start(call, party.dn, isRouted ? routed!.asked : {}).catch((error: Error) => {
        log.warn({ dn: party.dn, error: error.message }, 'a DN that is to be recorded is not');
      });
    }
  }

  /** The recording of a party ends, and what is made on its leg for another one; nothing happens when there is none. */
  async end(callUuid: string, dn: string): Promise<void> {
    const running = this.#running.get(callUuid);
    const ended = [...(running ?? [])].filter(([by, { on }]) => by === dn || on === dn);
    if (!running || ended.length === 0) return;
    for (const [by, { on, ids }] of ended) {
      running.delete(by);
      const leg = this.#options.leg(callUuid, on);
      for (const _ of ids) await leg?.stopRecording(callUuid).catch(() => {});
    }
    if (running.size === 0) this.#running.delete(callUuid);
    this.#tell(callUuid, dn);
  }

  /** Those of all parties. */
  async endAll(callUuid: string): Promise<void> {
    for (const dn of [...(this.#running.get(callUuid)?.keys() ?? [])]) await this.end(callUuid, dn);
  }

  /** The call is over, and its legs with it. */
  forget(callUuid: string): void {
    this.#running.delete(callUuid);
  }

  /** A leg's recording came to an end that nobody asked for. */
  stopped(callUuid: string, leg: string): void {
    for (const [dn, one] of this.#running.get(callUuid) ?? []) {
      if (one.on !== leg || one.phase === 'lost') continue;
      one.phase = 'lost';
      this.#tell(callUuid, dn);
    }
  }

  async #start(call: ModelCall, dn: string, asked: RecordingExtensions): Promise<void> {
    const { callUuid, parties } = call;
    const { msr, leg: legOf } = this.#options;
    if (msr.refused !== undefined) throw new Refused(errorCodes.unsupported, msr.refused);
    const others = parties.filter((party) => party.dn !== dn);
    const on = asked.record === 'destination' ? others[0]?.dn : dn;
    const leg = on === undefined ? undefined : legOf(callUuid, on);
    if (on === undefined || !leg) throw new Refused(errorCodes.invalidConnId, `DN ${on ?? dn} is not in this call`);
    const running = this.#running.get(callUuid) ?? new Map<string, Running>();
    const before = running.get(dn);
    // Before it is answered: who asks meanwhile must not have it recorded twice.
    const ids = new Set([...(before?.phase === 'running' ? before.ids : []), asked.id]);
    this.#running.set(callUuid, running.set(dn, { ids, on, phase: 'running' }));
    const status = await leg.record(callUuid, 'start', this.#parametersOf(call, dn, on, asked)).catch(() => 500);
    if (status >= 300) {
      if (before) running.set(dn, before);
      else running.delete(dn);
      if (running.size === 0) this.#running.delete(callUuid);
      throw new Refused(errorCodes.unknown, `the media server refused with ${status}`);
    }
    this.#tell(callUuid, dn);
  }

  #parametersOf(call: ModelCall, recordDN: string, dn: string, asked: RecordingExtensions): RecorderParameters {
    const { profile } = this.#options.msr;
    const { callUuid, parties } = call;
    const filename = this.#filenameOf(call);
    const other = parties.find((party) => party.dn !== dn)?.dn;
    const places = {
      ...profile,
      ...(asked.dest !== undefined && { recdest: asked.dest }),
      ...(asked.dest2 !== undefined && { recdest2: asked.dest2 }),
    };
    return {
      calluuid: callUuid,
      recordDN,
      dn,
      ...places,
      ...(asked.id !== undefined && { id: asked.id }),
      ...(other !== undefined && { otherDN: other }),
      ...(filename !== undefined && { filename }),
    };
  }

  #filenameOf({ callUuid, ani, dnis }: ModelCall): string | undefined {
    const words: Readonly<Record<string, string>> = { UUID: callUuid, ANI: ani, DNIS: dnis };
    return this.#options.msr.filename?.replace(/\$(\w+)\$/g, (whole, word: string) => words[word] ?? whole);
  }

  /** On as long as one of its parties is recorded. */
  #tell(callUuid: string, by: string): void {
    const isOn = [...(this.#running.get(callUuid)?.values() ?? [])].some(({ phase }) => phase === 'running');
    const state = isOn ? 'ON' : 'OFF';
    const call = this.#options.call(callUuid);
    if (!call || lookUp(call.userData, 'GSIP_RECORD') === state) return;
    const filename = isOn ? this.#filenameOf(call) : undefined;
    const named: KeyValueList = filename === undefined ? [] : [['GSIP_REC_FN', filename]];
    this.#options.attach(call, by, updated(call.userData, [['GSIP_RECORD', state], ...named]));
  }
}

/**
 * Whether a recording is begun of who is recorded already. Asked for again under its id: the media server knows whether a recorder has
 * lost it. Who has an id of their own gets a recording of their own; what nobody named is whoever's.
 */
function isStarted({ ids }: Running, id: string | undefined): boolean {
  return ids.has(id) || (id !== undefined && !ids.has(undefined));
}

/** Who calls is the source, for the strategy; whoever it reached is the destination. */
function sideOf({ role }: ModelParty): Side {
  return role === 'origination' ? 'source' : 'destination';
}
