// A recorder's SIP side on an edge of ours, whose clock stands still until it is told, and a scripted peer.

import { onTestFinished } from 'vitest';
import type { Bye, Invite } from '#actors/session';
import { Signalling } from '#cluster/signalling';
import { seededRandom, VirtualClock } from '#src/ports';
import type { Load } from '#src/sip';
import { type Edge, startEdge } from '#src/sip/edge';
import { field, type Heard, openPeer, type Peer, tagIn } from '../../conformance/drachtio/peer.ts';
import { type Call, inviteOf, newCall, type RequestMore, sdp } from '../../conformance/drachtio/scenario.ts';
import { freeTcpPort } from '../../harness/ports.ts';
import { until } from '../../harness/processes.ts';

export const secret = 'cymru';
export const answerSdp = sdp.replace('40000', '20000');

export class Scene {
  readonly clock = new VirtualClock();
  readonly invites: Invite[] = [];
  /** What the listener heard, INVITEs left out. */
  readonly told: string[] = [];
  readonly logged: string[] = [];
  readonly signalling: Signalling;
  readonly peer: Peer;
  readonly #applicationPort: number;
  #edge: Edge;

  private constructor(edge: Edge, applicationPort: number, peer: Peer, clock: VirtualClock) {
    this.#edge = edge;
    this.#applicationPort = applicationPort;
    this.peer = peer;
    this.clock = clock;
    const { invites, told, logged } = this;
    const log = {
      info: (_: object, text: string) => void logged.push(text),
      warn: (_: object, text: string) => void logged.push(text),
    };
    const listener = {
      invited: (invite: Invite) => void invites.push(invite),
      cancelled: (dialog: string) => void told.push(`cancelled ${dialog}`),
      reInvited: (dialog: string, request: string, offer?: { media: readonly { port: number }[] }) => {
        this.request = request;
        told.push(`re-invited ${dialog} port ${offer?.media[0]?.port}`);
      },
      bye: ({ dialog, reason, detail, request }: Bye) => {
        told.push(`bye ${dialog} ${reason}${detail === undefined ? '' : ` (${detail})`}`);
        if (request === undefined) return;
        this.bye = request;
        if (this.answersByes) this.signalling.answerBye(request);
      },
      metadataTold: (dialog: string) => void told.push(`metadata ${dialog}`),
    };
    this.signalling = new Signalling(
      { host: '127.0.0.1', port: applicationPort, secret, log, load: () => this.load() },
      listener,
    );
  }

  load: () => Promise<Load> = async () => ({ streams: 4, streamsMax: 1_350 });

  /** At once, as if nothing had to be written down. */
  answersByes = true;
  /** Transaction of the last one. */
  bye = '';

  /** Transaction of the last re-INVITE or UPDATE with an offer. */
  request = '';

  static async open(): Promise<Scene> {
    const clock = new VirtualClock();
    const applicationPort = await freeTcpPort();
    const edge = await openEdge(applicationPort, clock);
    const peer = await openPeer();
    onTestFinished(() => peer.close());
    const scene = new Scene(edge, applicationPort, peer, clock);
    onTestFinished(() => scene.#edge.close());
    onTestFinished(() => scene.signalling.close());
    await scene.signalling.connect();
    return scene;
  }

  get server() {
    return { sipPort: this.#edge.sip.port };
  }

  /** The edge goes and comes back in the same place. */
  async restartEdge(): Promise<void> {
    await this.closeEdge();
    await this.openEdge();
  }

  closeEdge(): Promise<void> {
    return this.#edge.close();
  }

  async openEdge(): Promise<void> {
    this.#edge = await openEdge(this.#applicationPort, this.clock);
  }

  /** Resolves when the edge has heard what it was told before: it answers OPTIONS through the same connection. */
  async roomHeard(): Promise<void> {
    this.say(this.newCall().request('OPTIONS', 1));
    await this.next();
  }

  get edgeRefusals() {
    return this.#edge.counters().refused;
  }

  newCall(): Call {
    return newCall(this);
  }

  say(text: string): void {
    this.peer.send(text, this.server.sipPort);
  }

  /** The next message that is no provisional response. */
  async next(): Promise<Heard> {
    for (;;) {
      const heard = await this.peer.next();
      if (!heard.startLine.startsWith('SIP/2.0 1')) return heard;
    }
  }

  async heard(text: string): Promise<void> {
    await until(text, () => this.told.includes(text));
  }

  /** A call that has come in: the listener knows of it. */
  async incoming(more: RequestMore = {}): Promise<{ call: Call; dialog: string; invite: Invite }> {
    const call = this.newCall();
    const before = this.invites.length;
    this.say(inviteOf(call, 1, more));
    await until('the INVITE', () => this.invites.length > before);
    const invite = this.invites.at(-1)!;
    return { call, dialog: invite.dialog, invite };
  }

  /** A call that is answered and acknowledged. */
  async answered(): Promise<{ call: Call; dialog: string; toTag: string }> {
    const { call, dialog } = await this.incoming();
    await this.signalling.answer(dialog, answerSdp);
    const toTag = tagIn(field(await this.next(), 'To'));
    this.say(call.request('ACK', 1, { toTag }));
    return { call, dialog, toTag };
  }
}

export async function openEdge(port: number, clock: VirtualClock): Promise<Edge> {
  return startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port, secret },
    clock,
    random: seededRandom(port),
  });
}

/** The branch of a call's INVITE: a CANCEL carries the same (RFC 3261 §9.1). */
export function branchOf(call: Call): string {
  return /branch=z9hG4bK(\S+?);/.exec(call.request('INVITE', 1))![1]!;
}
