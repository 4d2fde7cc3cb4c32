// One leg of a conference: its SIP dialog, its port, what was agreed with the party behind it. Hands on what it hears; knows
// neither the other legs nor recorders.

import {
  type AudioLine,
  audioAnswer,
  audioOffer,
  type EndpointAgent,
  type EndpointDialog,
  type IncomingRequest,
  type MediaSocket,
  mirrored,
  type NegotiatedAudio,
  negotiate,
  openMediaSocket,
  type ReplyTo,
  staticFormat,
} from '#ops/lab/endpoint';
import { messageOf } from '#src/errors';
import { isRtp } from '#src/media';
import { type PayloadFormat, parseOffer } from '#src/sip';
import type { LegFacts } from './leg-uri.core.ts';
import { exitMsml, msmlType } from './msml.core.ts';

/** What a leg needs, and whom it tells. */
export interface LegSurroundings {
  readonly agent: EndpointAgent;
  readonly address: string;
  /** Of its session descriptions. */
  readonly sessionId: number;
  readonly log: (line: string) => void;
  /** What may be spoken on it, best first; formats with their payload types where those are settled. */
  welcome(leg: Leg): { readonly codecs: readonly string[]; readonly settled: readonly PayloadFormat[] };
  /** RTP came while the party may speak. */
  heard(leg: Leg, packet: Buffer): void;
  /** Something was agreed anew. */
  agreed(leg: Leg): void;
  asked(leg: Leg, request: IncomingRequest, reply: ReplyTo): void;
  left(leg: Leg): void;
}

export class Leg {
  readonly facts: LegFacts;
  /** Undefined as long as the party has not said where it is. */
  agreed: NegotiatedAudio | undefined;
  packetsHeard = 0;
  packetsSent = 0;
  readonly #around: LegSurroundings;
  #socket: MediaSocket | undefined;
  #dialog: EndpointDialog | undefined;
  #version = 0;
  /** Our own offer that waits for its answer. */
  #offered: readonly PayloadFormat[] | undefined;

  constructor(facts: LegFacts, around: LegSurroundings) {
    this.facts = facts;
    this.#around = around;
  }

  /** Its port, 0 before it has one. */
  get port(): number {
    return this.#socket?.port ?? 0;
  }

  /** Whether the party says that it speaks, and that it listens. */
  get speaks(): boolean {
    return this.agreed?.direction === 'sendrecv' || this.agreed?.direction === 'sendonly';
  }

  get listens(): boolean {
    return this.agreed?.direction === 'sendrecv' || this.agreed?.direction === 'recvonly';
  }

  /** Answers the INVITE: 200 with an answer, or with an offer when there was none; else 488. Whether it stands now. */
  async open(request: IncomingRequest, reply: ReplyTo): Promise<boolean> {
    this.#socket = await openMediaSocket(this.#around.address, (packet) => this.#heardPacket(packet));
    const localSdp = this.#described(request.body);
    if (typeof localSdp !== 'string') {
      this.#socket.close();
      reply.send(488, { headers: { Warning: `399 media-server "${localSdp.refused}"` } });
      return false;
    }
    try {
      this.#dialog = await this.#around.agent.createUAS(request, reply, { localSdp });
    } catch (error) {
      // Cancelled in the meantime.
      this.#socket.close();
      this.#around.log(`media-server: leg of ${this.facts.dn} not opened: ${messageOf(error)}`);
      return false;
    }
    this.#attend(this.#dialog);
    return true;
  }

  /** To the party, if it listens. */
  send(packet: Uint8Array): void {
    if (!this.agreed || !this.listens) return;
    this.packetsSent += 1;
    this.#socket?.send(packet, this.agreed.target);
  }

  /** Says that a dialog of the leg has come to an end that nobody asked for. */
  tellExit(dialog: string, reason: string): void {
    const body = exitMsml(this.facts.dn, dialog, reason);
    const headers = { 'Content-Type': msmlType };
    this.#dialog?.request({ method: 'INFO', body, headers }).catch((error: unknown) => {
      this.#around.log(`media-server: leg of ${this.facts.dn}: ${messageOf(error)}`);
    });
  }

  /** Gives its port back; no BYE. */
  close(): void {
    this.#socket?.close();
  }

  #attend(dialog: EndpointDialog): void {
    dialog.on('destroy', () => {
      this.close();
      this.#around.left(this);
    });
    dialog.on('ack', ({ body }) => this.#answered(body));
    dialog.on('modify', (request, reply) => this.#reOffered(request, reply));
    dialog.on('update', (request, reply) => {
      if (request.body) this.#reOffered(request, reply);
      else reply.send(200);
    });
    dialog.on('info', (request, reply) => this.#around.asked(this, request, reply));
    if (this.agreed) this.#around.agreed(this);
  }

  #reOffered(request: IncomingRequest, reply: ReplyTo): void {
    const localSdp = this.#described(request.body);
    if (typeof localSdp !== 'string') {
      reply.send(488, { headers: { Warning: `399 media-server "${localSdp.refused}"` } });
      return;
    }
    reply.send(200, { body: localSdp, headers: { 'Content-Type': 'application/sdp' } });
    if (this.agreed && request.body) this.#around.agreed(this);
  }

  /** Our description for this offer, or our own offer when there is none. */
  #described(offerText: string | undefined): string | { readonly refused: string } {
    const { codecs, settled } = this.#around.welcome(this);
    const welcome = codecs.map((codec) => settled.find((one) => one.codec === codec) ?? staticFormat(codec));
    if (codecs.length === 0) return { refused: 'no further leg can be mixed here: G.711 is needed' };
    this.#version += 1;
    if (!offerText) {
      this.#offered = welcome;
      return audioOffer(this.#line('sendrecv'), welcome);
    }
    try {
      const offer = parseOffer(offerText);
      // What is spoken here already needs no mixing.
      const agreed = negotiate(offer, codecs.slice(0, settled.length && 1)) ?? negotiate(offer, codecs);
      if (!agreed) return { refused: `none of ${codecs.join(', ')} in clear` };
      this.agreed = agreed;
      return audioAnswer(offer, this.#line(mirrored(agreed.direction)), agreed);
    } catch (error) {
      return { refused: messageOf(error).replace(/["\\]/g, "'") };
    }
  }

  #answered(body: string | undefined): void {
    const offered = this.#offered;
    if (!offered || !body) return;
    this.#offered = undefined;
    try {
      this.agreed = negotiate(
        parseOffer(body),
        offered.map(({ codec }) => codec),
      );
    } catch (error) {
      this.#around.log(`media-server: the answer of ${this.facts.dn} in its ACK is unreadable: ${messageOf(error)}`);
    }
    if (this.agreed) this.#around.agreed(this);
  }

  #heardPacket(packet: Buffer): void {
    if (!isRtp(packet) || !this.speaks) return;
    this.packetsHeard += 1;
    this.#around.heard(this, packet);
  }

  #line(direction: AudioLine['direction']): AudioLine {
    const { address, sessionId } = this.#around;
    return { address, port: this.port, sessionId, version: this.#version, direction };
  }
}
