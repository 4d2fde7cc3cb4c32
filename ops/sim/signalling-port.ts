// The recorder's SIP side: INVITEs that wait for their answer, and dialogs by the name sessions know them by.

import type { EndReason, Invite, SessionSignalling } from '#actors/session';
import type { SessionsMessage } from '#actors/sessions';
import { TwinreelError } from '#src/errors';
import { parseMsrInvite, parseOffer } from '#src/sip';
import type { Dialog } from './media-server.ts';
import type { RecorderNode } from './recorder-node.ts';
import { tenantNumber } from './tenants.ts';
import type { EdgeApplication } from './virtual-edge.ts';
import type { VirtualProcess } from './virtual-process.ts';

/** How long callers repeat an INVITE. */
const repeatMsMax = 32_000;

interface Caller {
  readonly dialog: Dialog;
  answer?: { readonly sdp: string; resolve(): void };
}

export class SignallingPort implements SessionSignalling, EdgeApplication {
  readonly process: VirtualProcess;
  readonly #node: RecorderNode;
  readonly #tell: (message: SessionsMessage) => void;
  readonly #callers = new Map<string, Caller>();

  constructor(node: RecorderNode, process: VirtualProcess, tell: (message: SessionsMessage) => void) {
    this.#node = node;
    this.process = process;
    this.#tell = tell;
  }

  invited(dialog: Dialog): void {
    const name = dialogName(dialog);
    const before = this.#callers.get(name);
    if (before) {
      if (before.answer) this.#send(name, before);
      return;
    }
    this.#callers.set(name, { dialog });
    if (this.#node.host.world.isPlantedEvery('invite-unheard', 3)) return;
    this.#tell({ type: 'invited', invite: inviteOf(dialog) });
  }

  cancelled(dialog: Dialog): void {
    if (this.#callers.delete(dialogName(dialog))) this.#tell({ type: 'cancelled', dialog: dialogName(dialog) });
  }

  bye(dialog: Dialog): void {
    if (this.#node.host.world.isPlantedEvery('bye-lost', 3)) return;
    const name = dialogName(dialog);
    const times = this.#node.host.world.isPlantedEvery('byes-in-thousands', 10) ? 12_000 : 1;
    for (let n = 0; n < times; n++) this.#tell({ type: 'bye', dialog: name, reason: 'bye', request: name });
  }

  answer(name: string, sdp: string): Promise<void> {
    const caller = this.#callers.get(name);
    if (!caller) return Promise.reject(new TwinreelError('dialog-gone', `${name} does not wait any more`));
    return new Promise((resolve, reject) => {
      caller.answer = { sdp, resolve };
      this.process.clock.after(repeatMsMax, () => {
        if (this.#callers.get(name) !== caller) return;
        this.#callers.delete(name);
        reject(new TwinreelError('dialog-gone', `${name} is repeated no more`));
      });
      this.#send(name, caller);
    });
  }

  refuse(name: string, status: number): void {
    if (this.#callers.delete(name)) this.#node.edge.refuse(callIdOf(name), status);
  }

  async stands(name: string): Promise<boolean> {
    const stands = this.#node.edge.stands(callIdOf(name));
    if (stands === undefined) throw new TwinreelError('edge-refused', 'the edge is away');
    return stands;
  }

  answerBye(name: string): void {
    this.#node.edge.answerBye(callIdOf(name));
  }

  async hangUp(name: string, _reason: EndReason): Promise<void> {
    if (!this.#node.edge.hangUp(callIdOf(name))) throw new TwinreelError('dialog-gone', `${name} is not there`);
  }

  room(): void {}

  async answerReInvite(): Promise<void> {}

  refuseReInvite(): void {}

  async requestSnapshot(): Promise<void> {}

  /** An edge that was killed may have taken it along: then the copy that the next one brings is answered. */
  #send(name: string, { answer }: Caller): void {
    const rtpPort = Number(/m=audio (\d+)/.exec(answer!.sdp)?.[1]);
    if (!this.#node.edge.answer(callIdOf(name), { status: 200, rtpPort })) return;
    this.#callers.delete(name);
    answer!.resolve();
  }
}

function dialogName({ callId }: Dialog): string {
  return `${callId};from-tag=t`;
}

function callIdOf(name: string): string {
  return name.slice(0, name.indexOf(';'));
}

/** As a media server introduces the audio of one party. */
function inviteOf(dialog: Dialog): Invite {
  const { callId, party, leg } = dialog;
  const other = party === leg.dn ? leg.other : leg.dn;
  const uri = `sip:record=${leg.id}@h;calluuid=${leg.callUuid};dn=${party};otherDN=${other};recordDN=${leg.dn}`;
  const offer = parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\n');
  const session = `gvp.rm.tenant-id=1.${tenantNumber(dialog.tenant)}_PROFILE`;
  const msr = parseMsrInvite(uri, [['X-Genesys-GVP-Session-ID', session]]);
  return { dialog: dialogName(dialog), callId, fromTag: 't', msr, offer, source: 'udp/media:5060' };
}
