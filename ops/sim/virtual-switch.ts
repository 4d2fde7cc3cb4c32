// A telephony server of the simulation, of one tenant: its calls are those of the lab's model, so its events come in the same order
// with the same attributes. It tells them to whoever has registered a DN, and has recordings made by the media server.

import {
  type Calls,
  describeParty,
  type Happening,
  happen,
  type ModelCall,
  type ModelEvent,
} from '#ops/lab/sip-server';
import {
  type Attributes,
  agentStatuses,
  type DnState,
  type EventName,
  lookUp,
  partyStates,
  privateMessages,
  type RequestName,
  readRecordingExtensions,
  updated,
} from '#src/cti';
import type { Host } from './host.ts';
import type { MediaServer } from './media-server.ts';
import type { LineEnd, Side } from './network.ts';
import { VirtualProcess } from './virtual-process.ts';
import type { World } from './world.ts';

/** What a core says to the server. */
export type ToSwitch =
  | { readonly type: 'register' | 'query'; readonly dn: string }
  | { readonly type: 'unregister'; readonly dn: string }
  | {
      readonly type: 'request';
      readonly reference: number;
      readonly message: RequestName;
      readonly attributes: Attributes;
    };

/** What the server says to a core. */
export type FromSwitch =
  | { readonly type: 'event'; readonly message: EventName; readonly attributes: Attributes }
  | { readonly type: 'stands'; readonly state: DnState }
  | { readonly type: 'answer'; readonly reference: number; readonly refusal?: string };

interface Client {
  readonly side: Side<FromSwitch>;
  readonly dns: Set<string>;
}

/** A recording of one party, as the server knows it. */
interface Running {
  readonly id: string;
  phase: 'running' | 'lost';
}

const silenceMsMax = 10_000;
const lateMs = [30, 400] as const;

export class VirtualSwitch {
  readonly tenant: string;
  readonly process: VirtualProcess;
  readonly #world: World;
  readonly #media: MediaServer;
  readonly #changed: (calls: Calls) => void;
  readonly #clients = new Set<Client>();
  readonly #running = new Map<string, Map<string, Running>>();
  /** Parties that have gone and are still shown: a planted fault. */
  readonly #ghosts: { readonly dn: string; readonly attributes: Attributes }[] = [];
  #calls: Calls = new Map();
  /** Shares of events that are told twice, and late: others overtake them. */
  hostility = { twice: 0, late: 0 };

  /** `changed` hears what the calls are whenever they are others. */
  constructor(host: Host, tenant: string, media: MediaServer, changed: (calls: Calls) => void) {
    this.tenant = tenant;
    this.process = new VirtualProcess(host, `switch-${tenant}`);
    this.#world = host.world;
    this.#media = media;
    this.#changed = changed;
  }

  get calls(): Calls {
    return this.#calls;
  }

  call(callUuid: string): ModelCall | undefined {
    return this.#calls.get(callUuid);
  }

  /** A core connects; gives its side of the line. */
  accept(core: LineEnd<FromSwitch>): Side<ToSwitch> {
    const end: LineEnd<ToSwitch> = {
      process: this.process,
      heard: (said) => this.#heard(client, said),
      ended: () => this.#clients.delete(client),
    };
    const [theirs, ours] = this.#world.network.connect<ToSwitch, FromSwitch>(core, end, silenceMsMax);
    const client: Client = { side: ours, dns: new Set() };
    this.#clients.add(client);
    return theirs;
  }

  /** Every line to a core is broken off. */
  breakLines(): void {
    for (const { side } of [...this.#clients]) side.close();
    this.#clients.clear();
  }

  happen(happening: Happening): void {
    const before = this.#calls;
    const { calls, events } = happen(before, happening);
    this.#calls = calls;
    this.#changed(calls);
    for (const event of events) this.#tell(event);
    for (const [callUuid, { parties }] of before) {
      const stay = calls.get(callUuid)?.parties ?? [];
      for (const { dn } of parties) if (!stay.some((party) => party.dn === dn)) this.#endRecording(callUuid, dn);
      if (!calls.has(callUuid)) this.#running.delete(callUuid);
    }
  }

  /** The media server says that a recording came to an end nobody asked for. */
  stopped(callUuid: string, dn: string): void {
    const one = this.#running.get(callUuid)?.get(dn);
    if (!one) return;
    one.phase = 'lost';
    this.#tellRecording(callUuid, dn);
  }

  #tell({ message, attributes }: ModelEvent): void {
    const { ThisDN: dn, CallUUID: call } = attributes;
    this.#world.note(this.process.name, `${message} ${dn} ${call}`);
    if (message === 'EventReleased' && this.#world.isPlantedEvery('release-never-told', 2)) {
      this.#ghosts.push({ dn, attributes });
      return;
    }
    const isLate = this.#world.chance(this.hostility.late);
    const isTwice = this.#world.chance(this.hostility.twice);
    const times = isTwice ? 2 : 1;
    const send = () => {
      for (const { side, dns } of this.#clients)
        if (dns.has(dn)) for (let n = 0; n < times; n++) side.send({ type: 'event', message, attributes });
    };
    if (isLate) this.#world.after(this.#world.between(...lateMs), send);
    else send();
  }

  #heard(client: Client, said: ToSwitch): void {
    switch (said.type) {
      case 'register':
        client.dns.add(said.dn);
        client.side.send({ type: 'stands', state: this.#stateOf(said.dn) });
        return;
      case 'query':
        client.side.send({ type: 'stands', state: this.#stateOf(said.dn) });
        return;
      case 'unregister':
        client.dns.delete(said.dn);
        return;
      case 'request':
        void this.#obey(said.message, said.attributes).then((refusal) =>
          client.side.send({ type: 'answer', reference: said.reference, ...(refusal !== undefined && { refusal }) }),
        );
    }
  }

  #stateOf(dn: string): DnState {
    const isForgotten = this.#world.isPlanted('server-forgets-calls');
    const parties = [...this.#calls.values()].flatMap((call) =>
      call.parties
        .filter((party) => party.dn === dn && !party.outside && !isForgotten)
        .map((party) => ({
          partyState:
            party.phase === 'talking'
              ? partyStates.connected
              : party.phase === 'held'
                ? partyStates.held
                : partyStates.alerting,
          call: describeParty(call, party) as never,
        })),
    );
    const ghosts = this.#ghosts
      .filter((ghost) => ghost.dn === dn)
      .map(({ attributes }) => ({ partyState: partyStates.connected, call: attributes as never }));
    return { phase: 'known', dn, agent: { status: agentStatuses.ready }, parties: [...parties, ...ghosts] };
  }

  /** Undefined when it was done, else why not. */
  async #obey(message: RequestName, attributes: Attributes): Promise<string | undefined> {
    const dn = attributes.ThisDN ?? '';
    if (message === 'RequestDistributeUserEvent') {
      for (const { side, dns } of this.#clients)
        if (dns.has(dn)) side.send({ type: 'event', message: 'EventUserEvent', attributes });
      return undefined;
    }
    const call = [...this.#calls.values()].find(({ connId }) => connId === attributes.ConnID);
    if (!call?.parties.some((party) => party.dn === dn)) return `DN ${dn} is not in this call`;
    if (message === 'RequestUpdateUserData') {
      this.happen({
        type: 'data',
        callUuid: call.callUuid,
        by: dn,
        userData: updated(call.userData, attributes.UserData ?? []),
      });
      return undefined;
    }
    const { id = '', dest2 } = readRecordingExtensions(attributes.Extensions ?? []);
    if (attributes.PrivateMsgID === privateMessages.GSIP_RECORD_START)
      return this.#start(call, dn, id, dest2 !== undefined);
    if (attributes.PrivateMsgID === privateMessages.GSIP_RECORD_STOP) this.#endRecording(call.callUuid, dn);
    return undefined; // a pause is the recorder's: the media server of this world goes on sending
  }

  async #start(
    { callUuid, parties }: ModelCall,
    dn: string,
    id: string,
    isDuplicated: boolean,
  ): Promise<string | undefined> {
    const running = this.#running.get(callUuid) ?? new Map<string, Running>();
    const known = running.get(dn);
    this.#world.note(this.process.name, `3013 ${dn} ${callUuid} id=${id}${known ? ` (${known.phase})` : ''}`);
    if (known?.phase === 'running' && known.id !== id)
      this.#world.breach('one recording', `${dn} in ${callUuid} is asked for as ${known.id} and as ${id}`);
    // The media server knows whether a recorder has lost it.
    if (known?.phase === 'running') {
      const stands = known.id !== id || (await this.#media.stands(this, callUuid, dn));
      // Somebody has ended it meanwhile, or had it started anew.
      if (stands || running.get(dn) !== known || !this.#running.has(callUuid)) return undefined;
    }
    const one: Running = { id, phase: 'running' };
    this.#running.set(callUuid, running.set(dn, one));
    const other = parties.find((party) => party.dn !== dn)?.dn ?? '';
    const status = await this.#media.record(this, { callUuid, dn, other, id, isDuplicated });
    if (status < 300) {
      this.#tellRecording(callUuid, dn);
      return undefined;
    }
    if (running.get(dn) === one) running.delete(dn);
    return `the media server refused with ${status}`;
  }

  #endRecording(callUuid: string, dn: string): void {
    if (!this.#running.get(callUuid)?.delete(dn)) return;
    this.#media.end(this, callUuid, dn);
    this.#tellRecording(callUuid, dn);
  }

  /** On as long as one of its parties is recorded. */
  #tellRecording(callUuid: string, by: string): void {
    const call = this.#calls.get(callUuid);
    const isOn = [...(this.#running.get(callUuid)?.values() ?? [])].some(({ phase }) => phase === 'running');
    const state = isOn ? 'ON' : 'OFF';
    if (!call || lookUp(call.userData, 'GSIP_RECORD') === state) return;
    this.happen({ type: 'data', callUuid, by, userData: updated(call.userData, [['GSIP_RECORD', state]]) });
  }
}
