// Phones and a media server that speak SIP and no RTP, for tests of the switch between them: who was called, what was offered, what
// the media server was told is there to be looked at.

import Srf from 'drachtio-srf';
import { systemClock, systemRandom } from '#src/ports';
import { startEdge } from '#src/sip/edge';
import type { Dialog, SipAgent, SipRequest, SipResponse } from '../../../../ops/lab/sip-server/agent.ts';

export interface SipPeer {
  readonly agent: SipAgent;
  readonly sip: { readonly address: string; readonly port: number };
  close(): Promise<void>;
}

export async function startPeer(): Promise<SipPeer> {
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret: 'peer' },
    clock: systemClock,
    random: systemRandom,
  });
  const agent = new Srf() as unknown as SipAgent;
  agent.on('error', () => {});
  agent.connect({ ...edge.application, secret: 'peer' });
  await new Promise<void>((resolve) => agent.once('connect', () => resolve()));
  return {
    agent,
    sip: edge.sip,
    async close() {
      agent.disconnect();
      await edge.close();
    },
  };
}

/** A session description that says where it comes from by its port. */
export function sdp(port: number, direction = 'sendrecv'): string {
  return `v=0\r\no=- ${port} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\na=${direction}\r\n`;
}

export function portOf(text: string): number {
  return Number(/m=audio (\d+)/.exec(text)?.[1]);
}

/** Answers every leg, with or without an offer; its ports count up from 30000. */
export class MediaServerPeer {
  readonly #peer: SipPeer;
  /** Conference of each leg, in the order they came, with its DN and whether it is up. */
  readonly legs: { readonly conference: string; readonly dn: string; readonly dialog: Dialog; up: boolean }[] = [];
  /** Bodies of INFO. */
  readonly told: string[] = [];
  readonly reoffered: string[] = [];
  infoStatus = 200;
  #port = 30_000;

  constructor(peer: SipPeer) {
    this.#peer = peer;
    peer.agent.invite((request, response) => void this.#answer(request, response));
  }

  get sip() {
    return this.#peer.sip;
  }

  get up(): string[] {
    return this.legs.filter((leg) => leg.up).map(({ dn }) => dn);
  }

  async #answer(request: SipRequest, response: SipResponse): Promise<void> {
    this.#port += 2;
    const dialog = await this.#peer.agent.createUAS(request, response, { localSdp: sdp(this.#port) });
    const [, conference = '', dn = ''] = /msml=([^@]+)@.*;dn=([^;]+)/.exec(request.uri) ?? [];
    const leg = { conference, dn: decodeURIComponent(dn), dialog, up: true };
    this.legs.push(leg);
    dialog.on('destroy', () => {
      leg.up = false;
    });
    dialog.on('modify', (offered: SipRequest, answer: SipResponse) => {
      this.reoffered.push(offered.body);
      answer.send(200, { body: sdp(this.#port) });
    });
    dialog.on('info', (info: SipRequest, answer: SipResponse) => {
      this.told.push(info.body);
      answer.send(this.infoStatus);
    });
  }
}

/** Phones at one place: a call to any number is answered, refused or left ringing as was said. */
export class PhonesPeer {
  readonly #peer: SipPeer;
  readonly calls: { readonly to: string; readonly offered: string; dialog?: Dialog }[] = [];
  readonly refusing = new Set<string>();
  readonly ringing = new Map<string, SipResponse>();
  readonly cancelled: string[] = [];
  #port = 40_000;

  constructor(peer: SipPeer) {
    this.#peer = peer;
    peer.agent.invite((request, response) => void this.#called(request, response));
  }

  get sip() {
    return this.#peer.sip;
  }

  /** Calls `to` as `from` through the switch. */
  async call(switchAt: { address: string; port: number }, from: string, to: string): Promise<Dialog> {
    this.#port += 2;
    return this.#peer.agent.createUAC(`sip:${to}@${switchAt.address}:${switchAt.port}`, {
      localSdp: sdp(this.#port),
      callingNumber: from,
    });
  }

  /** As {@link call}, before anybody has answered. */
  calling(switchAt: { address: string; port: number }, from: string, to: string) {
    this.#port += 2;
    let told: (request: SipRequest) => void = () => {};
    const sent = new Promise<SipRequest>((resolve) => {
      told = resolve;
    });
    const ended = this.#peer.agent.createUAC(
      `sip:${to}@${switchAt.address}:${switchAt.port}`,
      { localSdp: sdp(this.#port), callingNumber: from },
      { cbRequest: (_error, request) => told(request) },
    );
    ended.catch(() => {});
    return { sent, ended };
  }

  dialogOf(dn: string): Dialog {
    const dialog = this.calls.findLast((one) => one.to === dn)?.dialog;
    if (!dialog) throw new Error(`${dn} has no call`);
    return dialog;
  }

  async #called(request: SipRequest, response: SipResponse): Promise<void> {
    const to = /sip:([^@]+)@/.exec(request.uri)?.[1] ?? '';
    this.#port += 2;
    const made: PhonesPeer['calls'][number] = { to, offered: request.body };
    this.calls.push(made);
    if (this.refusing.has(to)) return response.send(486);
    response.send(180);
    request.on('cancel', () => void this.cancelled.push(to));
    if (this.ringing.has(to)) return void this.ringing.set(to, response);
    made.dialog = await this.#peer.agent.createUAS(request, response, { localSdp: sdp(this.#port) });
    made.dialog.on('modify', (_offered: SipRequest, answer: SipResponse) =>
      answer.send(200, { body: made.dialog!.local.sdp }),
    );
  }
}
