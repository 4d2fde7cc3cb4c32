// One party of a call as SIP has it: the dialog with its phone, and the one with the media server, which joins it to the others of
// its conference. The offer of the one is the answer of the other. While it consults somebody its place in the first call is kept:
// what is recorded there goes on.

import { type ReplacedDialog, referProgress, referTarget, replacedBy } from '#ops/lab/endpoint';
import type { Dialog, SipAgent, SipRequest, SipResponse } from './agent.ts';
import { endMsml, isRecordingExit, msmlType, playMsml, type RecorderParameters, recorderMsml } from './msml.ts';
import { userOf } from './names.ts';

export interface LegOptions {
  readonly agent: SipAgent;
  readonly mediaServer: { readonly address: string; readonly port: number };
  readonly dn: string;
  readonly callUuid: string;
  /** How a party is held without its phone asking: by a direction (RFC 3264), or by no address (RFC 2543). */
  readonly holdsBy: 'direction' | 'address';
}

/** What a phone asks for by REFER, and how it is told what comes of it: see {@link referProgress}. */
export interface Referral {
  readonly to: string;
  /** Its own call with whom it wants to have there. */
  readonly replaces: ReplacedDialog | undefined;
  tell(status: number): Promise<void>;
}

/** A place in a conference. */
interface Seat {
  readonly callUuid: string;
  readonly media: Dialog;
}

/** A caller who hears it ring. */
export interface WaitingCaller {
  answer(response: SipResponse): Promise<Leg>;
  /** It will not be answered: the media server lets go of it. */
  leave(): Promise<void>;
}

export class Leg {
  readonly dn: string;
  readonly #phone: Dialog;
  #seat: Seat;
  /** Its place in the call it consults somebody about. */
  #kept: Seat | undefined;
  readonly #options: LegOptions;
  #phase: 'up' | 'parted' | 'gone' = 'up';
  #stopped: (callUuid: string) => void = () => {};
  #lost: () => void = () => {};
  /** Whether the media server plays the ring tone, once it was asked to. */
  #rings: Promise<boolean> | undefined;

  private constructor(options: LegOptions, phone: Dialog, media: Dialog) {
    this.dn = options.dn;
    this.#options = options;
    this.#phone = phone;
    this.#seat = this.#seated(options.callUuid, media);
  }

  /** Joins a caller, whose INVITE is not answered yet. Rejects when the media server refuses. */
  static async ofCaller(options: LegOptions, request: SipRequest): Promise<WaitingCaller> {
    const media = await options.agent.createUAC(conferenceUri(options), { localSdp: request.body });
    const leave = async () => void (await media.destroy().catch(ignored));
    return {
      leave,
      async answer(response) {
        const localSdp = media.remote.sdp;
        return new Leg(options, await options.agent.createUAS(request, response, { localSdp }), media);
      },
    };
  }

  /** Calls a phone and joins it when it answers. Rejects with its refusal; `rung` gives a way to stop calling. */
  static async ofCalled(
    options: LegOptions,
    target: string,
    caller: string,
    rung: { readonly ringing: () => void; readonly sent: (cancel: () => void) => void },
  ): Promise<Leg> {
    const offered = await options.agent.createUAC(conferenceUri(options), { noAck: true });
    let phone: Dialog;
    try {
      phone = await options.agent.createUAC(
        target,
        { localSdp: offered.sdp, callingNumber: caller },
        {
          cbRequest: (_error, request) => rung.sent(() => request?.cancel(() => {})),
          cbProvisional: ({ status }) => status === 180 && rung.ringing(),
        },
      );
    } catch (error) {
      // What is offered must be answered before it can be ended (RFC 3261 §13.2.2.4).
      await offered.ack(refusedSdp).then((dialog) => dialog.destroy(), ignored);
      throw error;
    }
    return new Leg(options, phone, await offered.ack(phone.remote.sdp));
  }

  /** Calls a phone and has it make the offer (RFC 3725 §4.1). Rejects with the refusal of either. */
  static async ofMaker(options: LegOptions, target: string, caller: string): Promise<Leg> {
    // Who has a call made from a desktop need not lift the receiver as well.
    const headers = { 'Call-Info': '<sip:switch>;answer-after=0' };
    const offered = await options.agent.createUAC(target, { noAck: true, callingNumber: caller, headers });
    const media = await options.agent
      .createUAC(conferenceUri(options), { localSdp: offered.sdp })
      .catch(async (error: unknown) => {
        await offered.ack(refusedSdp).then((dialog) => dialog.destroy(), ignored);
        throw error;
      });
    return new Leg(options, await offered.ack(media.remote.sdp), media);
  }

  /** The phone hangs up, or the media server lets go. */
  onGone(gone: () => void): void {
    this.#phone.on('destroy', () => {
      if (this.#phase === 'up') void this.#endMedia();
      this.#phase = 'gone';
      gone();
    });
    this.#lost = () => {
      void this.#end(this.#phone);
      gone();
    };
  }

  /** The media server says that its recording has come to an end that nobody asked for. */
  onRecordingStopped(stopped: (callUuid: string) => void): void {
    this.#stopped = stopped;
  }

  /** A re-INVITE of the phone goes on to the media server, whose answer comes back. */
  onOffer(offered: (direction: string) => void): void {
    this.#phone.on('modify', (request: SipRequest, response: SipResponse) => {
      this.#seat.media.modify(request.body).then(
        (body) => {
          response.send(200, { body });
          offered(/a=(sendonly|inactive|recvonly|sendrecv)/.exec(request.body)?.[1] ?? 'sendrecv');
        },
        () => response.send(488),
      );
    });
  }

  /** The phone wants its party given to somebody else (RFC 3515 §2.4): it is told that, and later what came of it. */
  onRefer(referred: (referral: Referral) => void): void {
    this.#phone.on('refer', (request: SipRequest, response: SipResponse) => {
      const uri = referTarget(request.get('Refer-To')) ?? '';
      const to = userOf(uri);
      response.send(to === '' ? 400 : 202);
      if (to === '') return;
      const tell = async (status: number) => void (await this.#phone.request(referProgress(status)).catch(ignored));
      void tell(100);
      referred({ to, replaces: replacedBy(uri), tell });
    });
  }

  /** Whether a dialog is the one with its phone. */
  isDialog({ callId, toTag, fromTag }: ReplacedDialog): boolean {
    const { sip } = this.#phone;
    return sip.callId === callId && sip.localTag === toTag && sip.remoteTag === fromTag;
  }

  /** Moves the phone into another conference, for good. */
  async moveTo(callUuid: string): Promise<void> {
    const before = this.#seat;
    await this.#sitDown(callUuid);
    await this.#leave(before);
  }

  /** Moves the phone into another conference, and keeps its place in this one. */
  async consultIn(callUuid: string): Promise<void> {
    const before = this.#seat;
    await this.#sitDown(callUuid);
    this.#kept = before;
  }

  /**
   * Leaves a call: hangs up, unless it consults somebody. Then it goes back to the call it consults about, whose CallUUID this resolves
   * with, or gives up its place there and stays where it is.
   */
  async quit(callUuid: string): Promise<string | undefined> {
    const kept = this.#kept;
    if (!kept || this.#phase !== 'up') {
      await this.hangUp();
      return undefined;
    }
    this.#kept = undefined;
    if (kept.callUuid === callUuid) {
      await this.#leave(kept);
      return undefined;
    }
    const before = this.#seat;
    const answer = await this.#phone.modify(directed(kept.media.remote.sdp, 'sendrecv'));
    await kept.media.modify(answer || this.#phone.remote.sdp);
    this.#seat = kept;
    await this.#leave(before);
    return kept.callUuid;
  }

  /** Puts the party on hold for the others, or back, without its phone asking. */
  async hold(held: boolean): Promise<void> {
    const isNowhere = held && this.#options.holdsBy === 'address';
    const sdp = directed(this.#phone.remote.sdp, held && !isNowhere ? 'inactive' : 'sendrecv');
    await this.#seat.media.modify(isNowhere ? sdp.replace(/c=IN IP4 \S+/g, 'c=IN IP4 0.0.0.0') : sdp);
  }

  /** Takes the phone out of its conference; its own dialog stands until {@link hangUp}. */
  async part(): Promise<void> {
    if (this.#phase !== 'up') return;
    this.#phase = 'parted';
    await this.#endMedia();
  }

  /** Its part in a call; resolves with the status of the media server. */
  async record(
    callUuid: string,
    state: 'start' | 'pause' | 'resume',
    parameters: Partial<RecorderParameters>,
  ): Promise<number> {
    return this.#info(callUuid, recorderMsml(this.dn, state, parameters));
  }

  async stopRecording(callUuid: string): Promise<number> {
    return this.#info(callUuid, endMsml('rec'));
  }

  /** Has it hear that it rings elsewhere, until {@link hush}. What cannot be played is not heard, and that is all. */
  ring(callUuid: string): void {
    if (this.#rings) return;
    const asked = this.#info(callUuid, playMsml(this.dn, 'ring', 'file://music/ring_back'));
    this.#rings = asked.then(
      (status) => status < 300,
      () => false,
    );
  }

  async hush(callUuid: string): Promise<void> {
    const rings = this.#rings;
    this.#rings = undefined;
    if (await rings) await this.#info(callUuid, endMsml('ring')).catch(ignored);
  }

  async hangUp(): Promise<void> {
    if (this.#phase === 'gone') return;
    const media = this.#phase === 'up' ? this.#endMedia() : undefined;
    await Promise.all([this.#end(this.#phone), media]);
  }

  async #sitDown(callUuid: string): Promise<void> {
    const offered = await this.#options.agent.createUAC(conferenceUri({ ...this.#options, callUuid }), { noAck: true });
    const answer = await this.#phone.modify(offered.sdp);
    this.#seat = this.#seated(callUuid, await offered.ack(answer || this.#phone.remote.sdp));
  }

  #seated(callUuid: string, media: Dialog): Seat {
    media.on('destroy', () => this.#lost());
    media.on('info', (request: SipRequest, response: SipResponse) => {
      response.send(200);
      if (isRecordingExit(request.body)) this.#stopped(callUuid);
    });
    return { callUuid, media };
  }

  async #info(callUuid: string, body: string): Promise<number> {
    const { media } = this.#kept?.callUuid === callUuid ? this.#kept : this.#seat;
    const { status } = await media.request({ method: 'INFO', headers: { 'Content-Type': msmlType }, body });
    return status;
  }

  async #endMedia(): Promise<void> {
    await Promise.all([this.#leave(this.#seat), this.#kept && this.#leave(this.#kept)]);
  }

  async #leave({ media }: Seat): Promise<void> {
    media.removeAllListeners('destroy');
    await media.destroy().catch(ignored);
  }

  async #end(dialog: Dialog): Promise<void> {
    this.#phase = 'gone';
    dialog.removeAllListeners('destroy');
    await dialog.destroy().catch(ignored);
  }
}

/** The other side has gone already. */
const ignored = () => {};

/** The same, in that direction. */
function directed(sdp: string, direction: 'sendrecv' | 'inactive'): string {
  return `${sdp.replace(/a=(sendrecv|sendonly|recvonly|inactive)\r\n/g, '')}a=${direction}\r\n`;
}

const refusedSdp = 'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n';

function conferenceUri({ mediaServer, dn, callUuid }: LegOptions): string {
  const { address, port } = mediaServer;
  return `sip:msml=${callUuid}@${address}:${port};dn=${encodeURIComponent(dn)};calluuid=${callUuid}`;
}
