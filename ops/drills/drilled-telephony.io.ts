// The telephony side of a drill on two nodes: a T-Lib server, and a media server that brings a recording that is asked for again to the
// other node when the one that had it is gone, or from the beginning to both where it is asked for twice; or leaves it to resource managers
// where it goes. What it sends is in the ledgers of its calls.

import { type MsrCall, type MsrSource, type SentPacket, startMsrSource } from '#ops/lab/msr-source';
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
  /** Which of the recorders it comes to, where it goes by their order. */
  readonly at: 0 | 1;
  /** What became of its recording, each with the ms since it was established: for whoever asks why there is none. */
  readonly story: string[];
  /** Present from when a recording was asked for. */
  media: MsrCall | undefined;
  /** Every attempt to have it recorded, that one among them. */
  readonly tries: MsrCall[];
  phase: 'talking' | 'released';
  restarts: number;
  /** When its pause was in force. */
  pausedMs: number;
  /** Until then nobody may have paused it. */
  unpausedUntilMs: number;
}

type Recorder = { readonly address: string; readonly port: number };

const silentMsMax = 1_000;
/** Recordings that the media server brings to another recorder at a time: of all at once the first would be answered with the last. */
const restartsAtOnce = 8;
/** A resource manager may take that long to find a recorder before the other one is asked, too. */
const patienceMs = 800;
const otherDn = '5550100';
/** As a DN's party is described that talks. */
const talking = 12;
/** What the data attached to a call say of it. */
const recorded = (state: 'ON' | 'OFF') => ({ UserData: listOf({ GSIP_RECORD: state }) });

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
  /** What is to be brought there, in the order in which it was asked for, and how many are being brought. */
  readonly #toRestart: DrilledCall[] = [];
  #restarting = 0;
  /** What is being brought to a recorder at this moment. */
  readonly #bringing = new Set<DrilledCall>();

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
   * the recorders once the one before is gone; or they are resource managers, which are asked again when a recorder has lost its dialogs.
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

  /** `at`: which of the recorders it comes to. */
  establish(at: DrilledCall['at'] = 0): DrilledCall {
    const number = this.calls.length;
    const call: DrilledCall = {
      dn: this.#dns[number % this.#dns.length]!,
      connId: (number + 1).toString(16).padStart(16, '0'),
      callUuid: `CALL${String(number).padStart(28, '0')}`,
      establishedMs: systemClock.monotonicMs(),
      at,
      story: [],
      media: undefined,
      tries: [],
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
    note(call, 'is over');
    this.#server!.publish('EventReleased', known(call));
    for (const one of call.tries) one.cancel();
    await Promise.allSettled(call.tries.map((one) => one.hangUp()));
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
      if (call) client.answer(request, 'EventPartyInfo', { ...known(call), ...(call.media && recorded('ON')) });
      else client.refuse(request, errorCodes.invalidConnId, 'invalid ConnID');
    } else if (request.message === 'RequestDistributeUserEvent') {
      this.#server!.publish('EventUserEvent', { ...request.attributes, ReferenceID: undefined });
      client.acknowledge(request);
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
    note(call, 'is asked for');
    if (this.#chosenBy === 'manager') void this.#bring(call, id);
    else if (!call.media)
      call.media = this.#replicate(call, id, {
        recorder: this.#recorders[call.at]!,
        second: dest2 === undefined ? undefined : this.#recorders[1],
      });
    else if (this.#gone > call.restarts) {
      call.restarts += 1;
      this.#toRestart.push(call);
      this.#restartNext();
    } else this.doubled += 1;
    this.#attach(call, 'ON');
  }

  #attach(call: DrilledCall, state: 'ON' | 'OFF'): void {
    this.#server!.publish('EventAttachedDataChanged', { ...known(call), ...recorded(state) });
  }

  /** To whichever recorder a manager chooses; also where one has lost it. Telephony is told when none takes it. */
  async #bring(call: DrilledCall, id: string | undefined): Promise<void> {
    if (this.#bringing.has(call) || (call.media && (await this.#isKnown(call.media)))) {
      this.doubled += 1;
      return;
    }
    if (isOver(call) || this.#bringing.has(call)) return;
    this.#bringing.add(call);
    const isFirst = call.media === undefined;
    if (!isFirst) call.restarts += 1;
    const isTaken = await this.#isTaken(call, id);
    this.#bringing.delete(call);
    if (!isTaken && !isOver(call)) this.#attach(call, 'OFF');
  }

  /** Of a manager that says nothing in time the other one is asked as well: whose recorder answers first has it. */
  async #isTaken(call: DrilledCall, id: string | undefined): Promise<boolean> {
    const before = call.media?.parties.some(({ stream }) => stream) ? call.media : undefined;
    const answers: Promise<MsrCall>[] = [];
    for (const recorder of this.#recorders) {
      const media = before ?? this.#replicate(call, id, { recorder });
      call.media ??= media;
      const answer = (before ? before.restartAt(recorder) : media.answered).then(() => media);
      answer.catch((error: Error) => note(call, error.message.replace(/ for sip:\S+/, '')));
      // It may come when the call is over, by a resource manager that was away.
      void answer.then(() => (isOver(call) ? media.hangUp() : undefined)).catch(() => {});
      answers.push(answer);
      const first = Promise.any(answers).catch(() => 'nobody' as const);
      const isLast = answers.length === this.#recorders.length;
      const taken = await (isLast ? first : Promise.race([first, silence(patienceMs)]));
      if (taken === 'nobody' || isOver(call)) return false;
      if (taken) {
        call.media = taken;
        for (const other of call.tries) if (other !== taken) giveUp(other);
        note(call, 'is recorded');
        return true;
      }
      note(call, 'hears nothing of a resource manager');
    }
    return false;
  }

  /** Whether its recorder has it still. */
  async #isKnown(media: MsrCall): Promise<boolean> {
    const isAnswered = media.parties.some(({ stream }) => stream);
    return isAnswered && ((await Promise.race([media.isKnownThere(), silence(silentMsMax)])) ?? false);
  }

  #restartNext(): void {
    const call = this.#restarting < restartsAtOnce ? this.#toRestart.shift() : undefined;
    if (!call) return;
    this.#restarting += 1;
    const answered = call.media!.restartAt(this.#recorders[call.restarts]!).catch(() => {});
    // Who says nothing holds the others up no longer.
    void Promise.race([answered, silence(silentMsMax)]).then(() => {
      this.#restarting -= 1;
      this.#restartNext();
    });
  }

  #replicate(
    { dn, callUuid, tries }: DrilledCall,
    id: string | undefined,
    where: { readonly recorder?: Recorder; readonly second?: Recorder | undefined },
  ): MsrCall {
    const party = (number: string) => {
      const ssrc = this.#random.bytes(4).readUInt32BE(0);
      return { dn: number, ssrc, audio: { kind: 'counters', tag: ssrc } as const };
    };
    const parties = [party(dn), party(otherDn)] as const;
    const media = this.#source.call({
      form: 'per-party',
      parties,
      callUuid,
      ...where,
      ...(id !== undefined && { recordId: id }),
    });
    tries.push(media);
    return media;
  }
}

/** Every packet that left, of whichever attempt: one may have been answered just when another one was. */
export function sentOf({ tries }: Pick<DrilledCall, 'tries'>): SentPacket[] {
  return tries.flatMap((one) => [...one.sent()]);
}

/** Takes it back, also what of it has been answered, or is before it hears of that. */
function giveUp(media: MsrCall): void {
  media.cancel();
  void media.hangUp().catch(() => {});
  void media.answered.then(() => media.hangUp()).catch(() => {});
}

function isOver({ phase }: DrilledCall): boolean {
  return phase === 'released';
}

/** Who says nothing in time says no. */
function silence(ms: number): Promise<undefined> {
  return new Promise((resolve) => systemClock.after(ms, () => resolve(undefined)));
}

function note({ story, establishedMs }: DrilledCall, what: string): void {
  story.push(`${Math.round(systemClock.monotonicMs() - establishedMs)} ms: ${what}`);
}

function known({ dn, connId, callUuid }: DrilledCall) {
  const names = { ThisDN: dn, OtherDN: otherDn, ConnID: connId, CallUUID: callUuid, PartyUUID: `P${dn}` };
  return { ...names, CallType: callTypes.inbound, ANI: otherDn, DNIS: '8005550100' };
}
