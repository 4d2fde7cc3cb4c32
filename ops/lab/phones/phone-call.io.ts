// One call of a phone, from the first ring to the last BYE: what the phone does becomes SIP, what the other end does is told.

import {
  type AudioLine,
  audioAnswer,
  audioOffer,
  type EndpointAgent,
  type EndpointDialog,
  type IncomingRequest,
  mirrored,
  type NegotiatedAudio,
  negotiate,
  type ReplacedDialog,
  type ReplyTo,
  referProgress,
  referStatus,
  referTarget,
  replacing,
} from '#ops/lab/endpoint';
import type { Audio, MediaPort, SentPacket } from '#ops/lab/msr-source';
import { messageOf } from '#src/errors';
import { type PayloadFormat, parseOffer } from '#src/sip';
import type { Heard } from './heard.ts';
import type { PhoneVoice } from './phone-voice.io.ts';

export type PhoneCallPhase = 'calling' | 'ringing' | 'talking' | 'held' | 'ended';

/** How a call ended; `status` is that of the refusal. */
export type PhoneCallEnd =
  | { readonly reason: 'hung-up' | 'hung-up-by-other' | 'cancelled' }
  | { readonly reason: 'refused'; readonly status: number };

/** What a call needs of its phone. */
export interface PhoneCallSurroundings {
  readonly agent: EndpointAgent;
  readonly voice: PhoneVoice;
  readonly dn: string;
  /** Where numbers are called: `host:port`. */
  readonly place: string;
  readonly sessionId: number;
  /** By preference. */
  readonly formats: readonly PayloadFormat[];
  readonly log: (line: string) => void;
  /** Calls somebody because the other end asks for it; `referredBy` is who that says it is (RFC 3892). */
  readonly refer: (uri: string, referredBy: string | undefined) => PhoneCall;
}

type Role =
  | { readonly role: 'caller' }
  | { readonly role: 'called'; readonly request: IncomingRequest; readonly reply: ReplyTo };

/** A phone call. */
export class PhoneCall {
  /** The number at the other end, as SIP tells it. */
  readonly other: string;
  /** Resolves when both ends have answered; rejects when the call ends before. */
  readonly answered: Promise<void>;
  readonly ended: Promise<PhoneCallEnd>;
  /** Resolves when it rings at the other end; never, when it does not say so. */
  readonly rung: Promise<void>;
  readonly #around: PhoneCallSurroundings;
  readonly #role: Role;
  #phase: PhoneCallPhase;
  #resolveAnswered: () => void = () => {};
  #rejectAnswered: (why: Error) => void = () => {};
  #resolveEnded: (end: PhoneCallEnd) => void = () => {};
  #resolveRung: () => void = () => {};
  #dialog: EndpointDialog | undefined;
  #port: MediaPort | undefined;
  #agreed: NegotiatedAudio | undefined;
  #cancel: (() => void) | undefined;
  #hungUp: 'cancelled' | undefined;
  #taking: Promise<void> | undefined;
  #version = 0;
  #offered = false;
  #told: (status: number) => void = () => {};

  constructor(other: string, role: Role, around: PhoneCallSurroundings) {
    this.other = other;
    this.#role = role;
    this.#around = around;
    this.#phase = role.role === 'caller' ? 'calling' : 'ringing';
    this.answered = new Promise((resolve, reject) => {
      this.#resolveAnswered = resolve;
      this.#rejectAnswered = reject;
    });
    // Whoever is interested awaits it; a refused call must not end the process of who is not.
    this.answered.catch(() => {});
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.rung = new Promise((resolve) => {
      this.#resolveRung = resolve;
    });
    if (role.role === 'called') role.request.on('cancel', () => this.#end({ reason: 'cancelled' }));
  }

  get phase(): PhoneCallPhase {
    return this.#phase;
  }

  get heard(): Heard {
    return this.#around.voice.heard;
  }

  /** Every packet that left. */
  sent(): Generator<SentPacket> {
    return this.#around.voice.sent();
  }

  /** Says this from now on. */
  play(audio: Audio): void {
    this.#around.voice.play(audio);
  }

  press(digits: string): void {
    this.#around.voice.press(digits);
  }

  /** Resolves when it has said what it plays; never for audio without an end, before the call ends. */
  said(): Promise<void> {
    return this.#around.voice.said();
  }

  /** Sends the INVITE to `uri`, by `proxy` when it is given. See {@link answered} for what comes of it. */
  async dial(uri: string, proxy: string | undefined, referredBy?: string): Promise<void> {
    const { agent, dn, voice, formats } = this.#around;
    this.#port = await voice.open();
    const address = `<sip:${dn}@localhost>`;
    const options = {
      localSdp: audioOffer(this.#line('sendrecv'), formats),
      headers: { From: address, Contact: address, ...(referredBy !== undefined && { 'Referred-By': referredBy }) },
      ...(proxy !== undefined && { proxy }),
    };
    try {
      const dialog = await agent.createUAC(uri, options, {
        cbRequest: (_error, sent) => {
          this.#cancel = () => sent?.cancel(() => {});
          if (this.#hungUp) this.#cancel();
        },
        cbProvisional: ({ status }) => status === 180 && this.#resolveRung(),
      });
      this.#stand(dialog);
      if (this.#hungUp) await this.hangUp();
      else this.#settle(dialog.remote.sdp);
    } catch (error) {
      const status = (error as { readonly status?: number }).status ?? 0;
      this.#end(this.#hungUp ? { reason: 'cancelled' } : { reason: 'refused', status });
    }
  }

  /** Takes a call that rings: 200 with an answer, or with an offer to an INVITE that had none. Asked twice, it does so once. */
  answer(): Promise<void> {
    this.#taking ??= this.#take();
    return this.#taking;
  }

  async #take(): Promise<void> {
    if (this.#role.role !== 'called' || this.#phase !== 'ringing') throw new Error(`cannot answer: ${this.#phase}`);
    const { request, reply } = this.#role;
    const { agent, voice } = this.#around;
    this.#port = await voice.open();
    const localSdp = this.#described(request.body);
    if (localSdp === undefined) {
      this.decline(488);
      return;
    }
    try {
      this.#stand(await agent.createUAS(request, reply, { localSdp }));
    } catch {
      this.#end({ reason: 'cancelled' });
      return;
    }
    if (this.#agreed) this.#talk();
  }

  /** Does not take a call that rings. */
  decline(status = 486): void {
    if (this.#role.role !== 'called' || this.#phase !== 'ringing') throw new Error(`cannot decline: ${this.#phase}`);
    this.#role.reply.send(status);
    this.#end({ reason: 'refused', status });
  }

  /** Re-INVITE `inactive`; says nothing meanwhile. Rejects when it is refused. */
  async hold(): Promise<void> {
    await this.#reoffer('inactive');
    this.#phase = 'held';
  }

  /** Re-INVITE `sendrecv`. */
  async retrieve(): Promise<void> {
    await this.#reoffer('sendrecv');
    this.#phase = 'talking';
  }

  /** Ends the call, or takes it back before it is answered. */
  async hangUp(): Promise<void> {
    if (this.#phase === 'ringing') return this.decline(603);
    if (this.#phase === 'ended') return;
    if (!this.#dialog) {
      this.#hungUp = 'cancelled';
      this.#cancel?.();
      return;
    }
    const dialog = this.#dialog;
    this.#end({ reason: this.#hungUp ?? 'hung-up' });
    await dialog.request({ method: 'BYE' });
  }

  /**
   * Asks the other end to call a number, or a `sip:` URI, instead (REFER, RFC 3515), or to take the place of this phone in `to`, another call
   * of it (RFC 5589 §7). Gives the status of that call as it was told last, or of the refusal; 0 when the other end hung up without
   * telling. Does not hang up by itself.
   */
  async transfer(to: string | PhoneCall): Promise<number> {
    if (!this.#dialog || this.#phase === 'ended') throw new Error(`cannot transfer: ${this.#phase}`);
    const told = new Promise<number>((resolve) => {
      this.#told = resolve;
    });
    const { dn, place } = this.#around;
    const uriOf = (number: string) => (/^sips?:/i.test(number) ? number : `sip:${encodeURIComponent(number)}@${place}`);
    const uri = typeof to === 'string' ? uriOf(to) : replacing(uriOf(to.other), to.#replaced());
    const headers = { 'Refer-To': `<${uri}>`, 'Referred-By': `<sip:${dn}@${place}>` };
    const { status } = await this.#dialog.request({ method: 'REFER', headers });
    if (status >= 300) return status;
    return Promise.race([told, this.ended.then(() => 0)]);
  }

  /** Its dialog, as the other end sees it. */
  #replaced(): ReplacedDialog {
    if (!this.#dialog) throw new Error(`cannot be taken over: ${this.#phase}`);
    const { callId, localTag, remoteTag } = this.#dialog.sip;
    return { callId, toTag: remoteTag, fromTag: localTag };
  }

  #stand(dialog: EndpointDialog): void {
    this.#dialog = dialog;
    dialog.on('destroy', () => this.#end({ reason: 'hung-up-by-other' }));
    dialog.on('ack', ({ body }) => {
      if (!this.#offered || !body) return;
      this.#offered = false;
      this.#settle(body);
    });
    dialog.on('modify', (request, reply) => this.#reOffered(request, reply));
    dialog.on('update', (request, reply) => {
      if (request.body) this.#reOffered(request, reply);
      else reply.send(200);
    });
    dialog.on('refer', (request, reply) => this.#referred(dialog, request, reply));
    dialog.on('notify', (request, reply) => {
      reply.send(200);
      const status = referStatus(request.body);
      if (status >= 200) this.#told(status);
    });
  }

  /** Calls whom the other end names, and tells it what comes of that (RFC 3515 §2.4). This call stands until that hangs up. */
  #referred(dialog: EndpointDialog, request: IncomingRequest, reply: ReplyTo): void {
    const target = referTarget(request.get('Refer-To'));
    if (target === undefined) {
      reply.send(400);
      return;
    }
    reply.send(202);
    let told: Promise<void> = Promise.resolve();
    const tell = (status: number) => {
      told = told.then(async () => {
        if (this.#phase !== 'ended') await dialog.request(referProgress(status)).catch(() => {});
      });
    };
    tell(100);
    const call = this.#around.refer(target, request.get('Referred-By'));
    void call.rung.then(() => tell(180));
    call.answered.then(
      () => tell(200),
      () => call.ended.then((end) => tell(end.reason === 'refused' && end.status > 0 ? end.status : 487)),
    );
  }

  #reOffered(request: IncomingRequest, reply: ReplyTo): void {
    const body = this.#described(request.body);
    if (body === undefined) {
      reply.send(488);
      return;
    }
    reply.send(200, { body, headers: { 'Content-Type': 'application/sdp' } });
    if (!this.#offered) this.#talk();
  }

  /** Our description for this offer, or an offer when there is none; undefined when nothing can be agreed. */
  #described(offerText: string | undefined): string | undefined {
    const { formats, log, dn } = this.#around;
    this.#version += 1;
    const own = this.#phase === 'held' ? 'inactive' : 'sendrecv';
    if (!offerText) {
      this.#offered = true;
      return audioOffer(this.#line(own), formats);
    }
    try {
      const offer = parseOffer(offerText);
      const agreed = negotiate(offer, this.#codecs());
      if (!agreed) return undefined;
      this.#agreed = agreed;
      return audioAnswer(offer, this.#line(mirrored(agreed.direction, own)), agreed);
    } catch (error) {
      log(`phone ${dn}: ${messageOf(error)}`);
      return undefined;
    }
  }

  async #reoffer(direction: 'inactive' | 'sendrecv'): Promise<void> {
    if (!this.#dialog || this.#phase === 'ended') throw new Error(`cannot hold or retrieve: ${this.#phase}`);
    this.#version += 1;
    const headers = { Contact: this.#dialog.local.contact, 'Content-Type': 'application/sdp' };
    const body = audioOffer(this.#line(direction), this.#around.formats);
    const { status, reason, body: answer } = await this.#dialog.request({ method: 'INVITE', body, headers });
    if (status >= 300) throw new Error(`the re-INVITE of ${this.#around.dn} was answered ${status} ${reason}`);
    this.#settle(answer);
  }

  /** The other end's answer to an offer of ours. */
  #settle(answer: string): void {
    const { log, dn } = this.#around;
    try {
      this.#agreed = negotiate(parseOffer(answer), this.#codecs()) ?? this.#agreed;
    } catch (error) {
      log(`phone ${dn}: ${messageOf(error)}`);
    }
    if (this.#agreed) this.#talk();
    else void this.hangUp();
  }

  #talk(): void {
    if (!this.#agreed || this.#phase === 'ended') return;
    const { format, target, direction } = this.#agreed;
    const isOpen = direction === 'sendrecv' || direction === 'recvonly';
    this.#around.voice.speakTo({ format, target, isOpen });
    if (this.#phase === 'calling' || this.#phase === 'ringing') this.#phase = 'talking';
    this.#resolveAnswered();
  }

  #end(end: PhoneCallEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#around.voice.close();
    this.#resolveEnded(end);
    this.#rejectAnswered(new Error(`the call of ${this.#around.dn} with ${this.other} ended: ${end.reason}`));
  }

  #codecs(): readonly string[] {
    return this.#around.formats.map(({ codec }) => codec);
  }

  #line(direction: AudioLine['direction']): AudioLine {
    return { ...this.#port!, sessionId: this.#around.sessionId, version: this.#version, direction };
  }
}
