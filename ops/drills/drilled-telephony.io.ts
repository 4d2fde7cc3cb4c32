// The telephony side of a drill on two nodes: a T-Lib server, and a media server that brings a recording that is asked for again to the
// other node when the one that had it is gone, or from the beginning to both where it is asked for twice. What it sends is in the ledgers of its calls.

import { type MsrCall, type MsrSource, startMsrSource } from '#ops/lab/msr-source';
import {
  callTypes,
  errorCodes,
  listOf,
  type MessageOf,
  privateMessages,
  readRecordingExtensions,
  type TLibClient,
  TLibServer,
} from '#src/cti';
import { type Random, systemClock } from '#src/ports';

export interface DrilledCall {
  readonly dn: string;
  readonly connId: string;
  readonly callUuid: string;
  readonly establishedMs: number;
  /** Present from when a recording was asked for. */
  media: MsrCall | undefined;
  phase: 'talking' | 'released';
  restarts: number;
  /** When its pause was in force. */
  pausedMs: number;
  /** Until then nobody may have paused it. */
  unpausedUntilMs: number;
}

type Recorder = { readonly address: string; readonly port: number };

const silentMsMax = 1_000;
const otherDn = '5550100';
/** As a DN's party is described that talks. */
const talking = 12;
/** What the data attached to a call say of it. */
const recorded = { UserData: listOf({ GSIP_RECORD: 'ON' }) };

export class DrilledTelephony {
  readonly calls: DrilledCall[] = [];
  /** Requests for a recording that runs. */
  doubled = 0;
  /** How often a DN was registered. */
  registrations = 0;
  readonly #source: MsrSource;
  readonly #recorders: readonly Recorder[];
  readonly #chosenBy: 'order' | 'manager';
  readonly #random: Random;
  readonly #dns: readonly string[];
  #server: TLibServer | undefined;
  /** How many of the recorders are gone, the first ones first. */
  #gone = 0;
  #restarting = Promise.resolve();
  /** What is asked for again at this moment. */
  readonly #asking = new Set<DrilledCall>();

  private constructor(
    source: MsrSource,
    recorders: readonly Recorder[],
    chosenBy: 'order' | 'manager',
    random: Random,
    dns: readonly string[],
  ) {
    this.#source = source;
    this.#chosenBy = chosenBy;
    this.#recorders = recorders;
    this.#random = random;
    this.#dns = dns;
  }

  /**
   * It is at `address`, and its T-Lib at `port`. Calls are at DNs of `dns`, one after the other. What is asked for again goes to the next of
   * the recorders once the one before is gone; or they are one resource manager, which is asked again when a recorder has lost its dialogs.
   */
  static async open(
    { address, port }: { readonly address: string; readonly port: number },
    recorders: readonly Recorder[],
    chosenBy: 'order' | 'manager',
    random: Random,
    dns: readonly string[],
  ) {
    const source = await startMsrSource({ recorder: recorders[0]!, address, random });
    const telephony = new DrilledTelephony(source, recorders, chosenBy, random, dns);
    telephony.#server = await TLibServer.listen({
      host: address,
      port,
      handler: {
        mayRegister: () => telephony.#registers(),
        request: (request, client) => telephony.#asked(request, client),
      },
    });
    return telephony;
  }

  /** What each core watches. */
  get watched(): readonly ReadonlySet<string>[] {
    return this.#server!.clients.map(({ dns }) => dns);
  }

  get sendFailures(): number {
    return this.#source.sendFailures;
  }

  establish(): DrilledCall {
    const number = this.calls.length;
    const call: DrilledCall = {
      dn: this.#dns[number % this.#dns.length]!,
      connId: (number + 1).toString(16).padStart(16, '0'),
      callUuid: `CALL${String(number).padStart(28, '0')}`,
      establishedMs: systemClock.monotonicMs(),
      media: undefined,
      phase: 'talking',
      restarts: 0,
      pausedMs: Number.POSITIVE_INFINITY,
      unpausedUntilMs: Number.NEGATIVE_INFINITY,
    };
    this.calls.push(call);
    this.#server!.publish('EventRinging', known(call));
    this.#server!.publish('EventEstablished', known(call));
    return call;
  }

  /** The recorder that has them all is gone: what is asked for again goes to the next one. */
  firstIsGone(): void {
    this.#gone = 1;
  }

  /** Ends the first calls of those that are up: so many, or all. Gives how many these were. */
  async release(count = this.calls.length): Promise<number> {
    const up = this.calls.filter(({ phase }) => phase === 'talking').slice(0, count);
    await Promise.allSettled(up.map((call) => this.end(call)));
    return up.length;
  }

  /** Ends one, unless it has ended. Never rejects. */
  async end(call: DrilledCall): Promise<void> {
    if (call.phase === 'released') return;
    call.phase = 'released';
    this.#server!.publish('EventReleased', known(call));
    call.media?.cancel();
    await call.media?.hangUp().catch(() => {});
  }

  async close(): Promise<void> {
    await this.#server?.close();
    await this.#source.close();
  }

  #registers(): undefined {
    this.registrations += 1;
  }

  #asked(request: Parameters<Parameters<typeof TLibServer.listen>[0]['handler']['request']>[0], client: TLibClient) {
    if (request.message === 'RequestPrivateService') this.#record(request, client);
    else if (request.message === 'RequestQueryAddress') {
      const { ThisDN } = request.attributes;
      const here = this.calls.filter(({ dn, phase }) => dn === ThisDN && phase === 'talking');
      const parties = here.flatMap(({ connId }, index) => [
        [`conn-${index + 1}`, connId],
        [`ps-${index + 1}`, talking],
      ]);
      client.answer(request, 'EventAddressInfo', { ThisDN, Extensions: listOf(Object.fromEntries(parties)) });
    } else if (request.message === 'RequestQueryCall') {
      // One that has ended since its DN was asked about is not known any more.
      const call = this.calls.find((one) => one.connId === request.attributes.ConnID && !isOver(one));
      if (call) client.answer(request, 'EventPartyInfo', { ...known(call), ...(call.media && recorded) });
      else client.refuse(request, errorCodes.invalidConnId, 'invalid ConnID');
    } else if (request.message === 'RequestUpdateUserData') client.acknowledge(request);
    else client.refuse(request, errorCodes.unsupported, 'unsupported');
  }

  #record(request: MessageOf<'RequestPrivateService'>, client: TLibClient): void {
    const { PrivateMsgID: message, ConnID: connId, Extensions: extensions } = request.attributes;
    const call = this.calls.find((one) => one.connId === connId);
    if (!call) {
      client.refuse(request, errorCodes.invalidConnId, 'invalid ConnID');
      return;
    }
    client.acknowledge(request);
    if (message !== privateMessages.GSIP_RECORD_START) return;
    const { id, dest2 } = readRecordingExtensions(extensions);
    if (!call.media) call.media = this.#replicate(call, id, dest2 === undefined ? undefined : this.#recorders[1]);
    else if (this.#chosenBy === 'manager') void this.#again(call, id);
    else if (this.#gone > call.restarts) {
      call.restarts += 1;
      this.#restarting = this.#restarting.then(() => this.#restart(call));
    } else this.doubled += 1;
    this.#server!.publish('EventAttachedDataChanged', { ...known(call), ...recorded });
  }

  /** Where a recorder has lost it, whichever one the manager chooses has it next. */
  async #again(call: DrilledCall, id: string | undefined): Promise<void> {
    if (this.#asking.has(call)) {
      this.doubled += 1;
      return;
    }
    this.#asking.add(call);
    try {
      const isAnswered = await call.media!.answered.then(
        () => true,
        () => false,
      );
      if (isOver(call)) return;
      if (isAnswered && (await Promise.race([call.media!.isKnownThere(), silence()]))) {
        this.doubled += 1;
        return;
      }
      call.restarts += 1;
      if (isAnswered) await call.media!.restartAt(this.#recorders[0]!);
      else call.media = this.#replicate(call, id, undefined);
      if (isOver(call)) await call.media!.hangUp();
    } catch {
      // Nobody takes it now: it is asked for again, or it is over.
    } finally {
      this.#asking.delete(call);
    }
  }

  /** One after the other, as they were asked for; nobody waits for the answer to the one before. */
  #restart({ media, restarts }: DrilledCall): Promise<void> {
    media!.restartAt(this.#recorders[restarts]!).catch(() => {});
    return new Promise((resolve) => setImmediate(resolve));
  }

  #replicate({ dn, callUuid }: DrilledCall, id: string | undefined, second: Recorder | undefined): MsrCall {
    const party = (number: string) => {
      const ssrc = this.#random.bytes(4).readUInt32BE(0);
      return { dn: number, ssrc, audio: { kind: 'counters', tag: ssrc } as const };
    };
    const parties = [party(dn), party(otherDn)] as const;
    return this.#source.call({
      form: 'per-party',
      parties,
      callUuid,
      second,
      ...(id !== undefined && { recordId: id }),
    });
  }
}

function isOver({ phase }: DrilledCall): boolean {
  return phase === 'released';
}

/** Who is asked whether it knows a dialog and says nothing does not. */
function silence(): Promise<false> {
  return new Promise((resolve) => systemClock.after(silentMsMax, () => resolve(false)));
}

function known({ dn, connId, callUuid }: DrilledCall) {
  const names = { ThisDN: dn, OtherDN: otherDn, ConnID: connId, CallUUID: callUuid, PartyUUID: `P${dn}` };
  return { ...names, CallType: callTypes.inbound, ANI: otherDn, DNIS: '8005550100' };
}
