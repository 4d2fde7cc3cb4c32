// One phone: its number, how it answers, its calls. It registers nowhere; who calls it has to know where it is.

import { type EndpointAgent, type IncomingRequest, type ReplyTo, staticFormat } from '#ops/lab/endpoint';
import type { Audio, MediaSender, SpokenCodec } from '#ops/lab/msr-source';
import type { Random } from '#src/ports';
import { PhoneCall } from './phone-call.io.ts';
import { PhoneVoice } from './phone-voice.io.ts';

/** How a phone behaves. */
export interface PhoneOptions {
  /** What it says from the answer on; default nothing until it is told to. */
  readonly audio?: Audio;
  /** By preference; default PCMU, PCMA. */
  readonly codecs?: readonly SpokenCodec[];
  /** `by-hand` (default): rings until told to answer. */
  readonly answers?: 'at-once' | 'by-hand';
  /** Calls at a time; a further one finds it busy (486). Default 4. */
  readonly callsMax?: number;
}

/** What a phone needs. */
export interface PhoneSurroundings {
  readonly agent: EndpointAgent;
  readonly sender: MediaSender;
  readonly random: Random;
  readonly log: (line: string) => void;
  /** Where calls go that are not told: `host:port` of a proxy. */
  readonly proxy: string | undefined;
  /** Where it is itself: `host:port`. */
  readonly place: string;
}

const callsMaxDefault = 4;
/** Calls that are over are forgotten beyond this. */
const keptCallsMax = 20;

export class Phone {
  readonly dn: string;
  /** In the order they began; those of the past are forgotten some day. */
  readonly calls: PhoneCall[] = [];
  readonly #options: PhoneOptions;
  readonly #around: PhoneSurroundings;
  readonly #waiting: PhoneCall[] = [];
  #expected: ((call: PhoneCall) => void)[] = [];

  constructor(dn: string, options: PhoneOptions, around: PhoneSurroundings) {
    this.dn = dn;
    this.#options = options;
    this.#around = around;
  }

  /** Where it is called. */
  get uri(): string {
    return `sip:${encodeURIComponent(this.dn)}@${this.#around.place}`;
  }

  /** Calls a number by `proxy` (`host:port`), or a whole `sip:` URI. `referredBy`: who asked for it by REFER. */
  call(to: string, proxy = this.#around.proxy, referredBy?: string): PhoneCall {
    const isUri = /^sips?:/i.test(to);
    if (!isUri && proxy === undefined) throw new Error(`${this.dn} cannot call ${to}: a sip: URI or a proxy is needed`);
    const call = this.#newCall(to, { role: 'caller' });
    const next = isUri && proxy !== undefined ? `sip:${proxy}` : undefined;
    void call.dial(isUri ? to : `sip:${encodeURIComponent(to)}@${proxy}`, next, referredBy);
    return call;
  }

  /** The next call that comes in, or came in and was not asked for yet. */
  ringing(): Promise<PhoneCall> {
    const waiting = this.#waiting.shift();
    if (waiting) return Promise.resolve(waiting);
    return new Promise((resolve) => {
      this.#expected.push(resolve);
    });
  }

  /** Answers the call that rings, as if somebody had lifted the receiver; false when none does. */
  talk(): boolean {
    const ringing = this.calls.findLast(({ phase }) => phase === 'ringing');
    if (ringing) void ringing.answer();
    return ringing !== undefined;
  }

  /** An INVITE for it. */
  invited(request: IncomingRequest, reply: ReplyTo): void {
    const busy = this.calls.filter(({ phase }) => phase !== 'ended').length;
    if (busy >= (this.#options.callsMax ?? callsMaxDefault)) {
      reply.send(486);
      return;
    }
    const call = this.#newCall(request.callingNumber ?? '', { role: 'called', request, reply });
    reply.send(180);
    const expected = this.#expected.shift();
    if (expected) expected(call);
    else this.#waiting.push(call);
    if (this.#waiting.length > keptCallsMax) this.#waiting.shift();
    const isAsked = /;\s*answer-after\s*=\s*0/i.test(request.get('Call-Info') ?? '');
    if (isAsked || this.#options.answers === 'at-once') void call.answer();
  }

  #newCall(other: string, role: ConstructorParameters<typeof PhoneCall>[1]): PhoneCall {
    const { agent, sender, random, log, proxy, place } = this.#around;
    const { audio, codecs = ['PCMU', 'PCMA'] } = this.#options;
    const voice = new PhoneVoice(sender, random);
    if (audio) voice.play(audio);
    const formats = codecs.map(staticFormat);
    const sessionId = random.bytes(4).readUInt32BE(0);
    const call = new PhoneCall(other, role, {
      agent,
      voice,
      dn: this.dn,
      place: proxy ?? place,
      sessionId,
      formats,
      log,
      refer: (uri, referredBy) => this.call(uri, proxy, referredBy),
    });
    this.calls.push(call);
    if (this.calls.length > keptCallsMax) this.calls.shift();
    return call;
  }
}
