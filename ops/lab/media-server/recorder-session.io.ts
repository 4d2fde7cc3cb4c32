// One recording at one recorder: the dialogs with it, and the copies of two streams that go there. Whatever the recorder does
// or fails to do stays in here.

import { type MediaSocket, openMediaSocket } from '#ops/lab/endpoint';
import { type MsrCallFacts, MsrDialog, type MsrInvite, msrInvites, msrOffer } from '#ops/lab/msr-source';
import { messageOf } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import type { OfferedMedia, PayloadFormat } from '#src/sip';
import { Pacer } from './pacer.ts';
import type { RecorderPlace, RecordingPlan } from './recording-plan.core.ts';

/** Whose packets: the recorded party's own, or what it is to hear. */
export type Side = 0 | 1;

export interface RecorderSurroundings {
  readonly agent: ConstructorParameters<typeof MsrDialog>[0];
  readonly address: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (line: string) => void;
  readonly tenant: MsrCallFacts['tenant'];
  /** Undefined: as they come. */
  readonly transmitRate: number | undefined;
  /** The way of the packets of a DN's recording, asked for once for each of its two sides; default as signalled. */
  readonly route?: ((dn: string) => Route) | undefined;
}

/** From where the packets of a copy leave. What was signalled is the port of a socket that is open all the time. */
export interface Route {
  readonly from: 'signalled' | 'another port' | 'another address';
  /** So many leave from where it was signalled before. */
  readonly afterPackets: number;
  /** Somebody else sends there, too: what the other side says. */
  readonly stranger: boolean;
}

type Formats = readonly [PayloadFormat, PayloadFormat];

interface Copy {
  readonly socket: MediaSocket;
  readonly route: Route;
  /** Where packets leave that do not leave as signalled. */
  readonly astray: MediaSocket | undefined;
  readonly stranger: MediaSocket | undefined;
  readonly pacer: Pacer | undefined;
  /** Undefined until the recorder has accepted its m-line. */
  target: { readonly address: string; readonly port: number } | undefined;
  packets: number;
}

/** What a recorder that lives answers at once takes no longer. */
const answerMsMax = 2_000;

export class RecorderSession {
  readonly place: RecorderPlace;
  readonly #plan: RecordingPlan;
  readonly #around: RecorderSurroundings;
  readonly #tellLost: () => void;
  readonly #sdpSessionId: number;
  readonly #copies: Copy[] = [];
  #dialogs: readonly MsrDialog[] = [];
  #formats: Formats;
  #direction: 'sendonly' | 'inactive' = 'sendonly';
  #version = 1;
  #phase: 'inviting' | 'running' | 'gone' = 'inviting';
  /** Offers go one after the other (RFC 3261 §14.1). */
  #offering: Promise<void>;

  /** `lost`: the recorder is of no use any more; told at most once. */
  constructor(
    plan: RecordingPlan,
    place: RecorderPlace,
    formats: Formats,
    around: RecorderSurroundings,
    lost: () => void,
  ) {
    this.place = place;
    this.#plan = plan;
    this.#formats = formats;
    this.#around = around;
    this.#tellLost = lost;
    this.#sdpSessionId = around.random.bytes(4).readUInt32BE(0);
    this.#offering = this.#open().catch((error: unknown) => this.#lost(messageOf(error)));
  }

  get phase(): 'inviting' | 'running' | 'gone' {
    return this.#phase;
  }

  /** Packets that went to the recorder: the recorded party's own, and what it heard. */
  get packets(): readonly [number, number] {
    return [this.#copies[0]?.packets ?? 0, this.#copies[1]?.packets ?? 0];
  }

  /** Copies a packet, unchanged; dropped while the recorder has not said where to. */
  copy(side: Side, packet: Uint8Array): void {
    const copy = this.#copies[side];
    if (!copy?.target || this.#phase !== 'running') return;
    if (copy.pacer) copy.pacer.send(packet);
    else leave(copy, packet);
    const other = this.#copies[1 - side];
    if (other?.target) other.stranger?.send(packet, other.target);
  }

  /** Re-INVITE: `inactive` says that the recording is paused, `sendonly` that it goes on. Packets are sent all the same. */
  direct(direction: 'sendonly' | 'inactive'): void {
    this.#direction = direction;
    this.#reoffer();
  }

  /** Re-INVITE when one of the parties speaks something else from now on. */
  speak(formats: Formats): void {
    const isSame = formats.every((one, side) => one.payloadType === this.#formats[side]!.payloadType);
    this.#formats = formats;
    if (!isSame) this.#reoffer();
  }

  /** Asks the recorder whether it still knows the session, and gives it up when it does not say so in time. */
  async probe(): Promise<void> {
    if (this.#phase !== 'running') return;
    const known = Promise.all(this.#dialogs.map((dialog) => dialog.isKnownThere().catch(() => false)));
    const answer = await this.#inTime(known);
    if (answer === undefined) this.#lost(`no answer within ${answerMsMax} ms`);
    else if (answer.includes(false)) this.#lost('it does not know the session any more');
  }

  /** Ends it: BYE, or CANCEL as long as it is not answered. Resolves when the recorder has answered, or would not in time. */
  async stop(): Promise<void> {
    for (const copy of this.#copies) copy.pacer?.flush();
    this.#phase = 'gone';
    for (const dialog of this.#dialogs) dialog.cancel();
    const ended = Promise.all(this.#dialogs.map((dialog) => dialog.hangUp().catch(() => {})));
    await this.#inTime(ended);
    for (const { socket, astray, stranger } of this.#copies) for (const one of [socket, astray, stranger]) one?.close();
  }

  async #open(): Promise<void> {
    const { agent, address, clock, random, tenant, transmitRate } = this.#around;
    const open = (at: string) => openMediaSocket(at, () => {});
    for (const _ of this.#formats) {
      const route = this.#around.route?.(this.#plan.dn) ?? asSignalled;
      const { from } = route;
      const copy: Copy = {
        socket: await open(address),
        route,
        astray: from === 'signalled' ? undefined : await open(from === 'another port' ? address : elsewhere),
        stranger: route.stranger ? await open(strange) : undefined,
        pacer: transmitRate === undefined ? undefined : new Pacer(clock, transmitRate, (packet) => leave(copy, packet)),
        target: undefined,
        packets: 0,
      };
      this.#copies.push(copy);
    }
    const { id, callUuid, dn, otherDn, recordDn, form, route, keys } = this.#plan;
    const [own, other] = this.#formats;
    const facts: MsrCallFacts = {
      recordId: id,
      callUuid,
      recordDn,
      keys,
      tenant,
      sessionId: random.uuid().toUpperCase(),
      parties: [
        { dn, formats: [own] },
        { dn: otherDn, formats: [other] },
      ],
    };
    this.#dialogs = msrInvites(form, facts, this.place).map((invite) => new MsrDialog(agent, invite, route));
    const opened = await Promise.allSettled(
      this.#dialogs.map(async (dialog) => ({ dialog, answer: await dialog.open(this.#offerOf(dialog.invite)) })),
    );
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
    for (const one of opened) if (one.status === 'fulfilled') this.#aim(one.value.dialog, one.value.answer);
    if (this.#isOver()) {
      await this.stop();
      return;
    }
    this.#phase = 'running';
    for (const dialog of this.#dialogs) {
      void dialog.ended.then(({ reason }) => {
        if (reason === 'hung-up-by-recorder') this.#lost('it hung up');
      });
    }
  }

  #reoffer(): void {
    this.#offering = this.#offering
      .then(async () => {
        if (this.#phase !== 'running') return;
        this.#version += 1;
        for (const dialog of this.#dialogs) this.#aim(dialog, await dialog.reoffer(this.#offerOf(dialog.invite)));
      })
      .catch((error: unknown) => this.#around.log(`media-server: ${this.#name()}: ${messageOf(error)}`));
  }

  #offerOf({ parties }: MsrInvite): string {
    const streams = parties.map((side) => ({
      address: this.#around.address,
      port: this.#copies[side]!.socket.port,
      formats: [this.#formats[side as Side]],
      direction: this.#direction,
    }));
    return msrOffer(this.#sdpSessionId, this.#version, streams);
  }

  /** Packets go where the answer says; to m-lines that were refused none go. */
  #aim({ invite }: MsrDialog, answer: readonly OfferedMedia[]): void {
    for (const [line, side] of invite.parties.entries()) {
      const media = answer[line];
      const isAccepted = media !== undefined && media.port > 0;
      this.#copies[side]!.target = isAccepted ? { address: media.address, port: media.port } : undefined;
    }
  }

  /** The recorder is of no use any more. What stands of it is ended; nobody waits for that. */
  #lost(why: string): void {
    if (this.#phase !== 'gone') {
      this.#around.log(`media-server: ${this.#name()} lost: ${why}`);
      this.#phase = 'gone';
      this.#tellLost();
    }
    void this.stop();
  }

  /** Undefined when it takes too long. */
  async #inTime<T>(answered: Promise<T>): Promise<T | undefined> {
    let timer: Timer | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = this.#around.clock.after(answerMsMax, () => resolve(undefined));
    });
    try {
      return await Promise.race([answered, late]);
    } finally {
      timer?.cancel();
    }
  }

  #isOver(): boolean {
    return this.#phase === 'gone';
  }

  #name(): string {
    return `recording ${this.#plan.id} at ${this.place.address}:${this.place.port}`;
  }
}

const asSignalled: Route = { from: 'signalled', afterPackets: 0, stranger: false };
/** Further addresses of the loopback network. */
const [elsewhere, strange] = ['127.0.0.2', '127.0.0.3'];

function leave(copy: Copy, packet: Uint8Array): void {
  const { target, astray, route } = copy;
  if (!target) return;
  const socket = copy.packets < route.afterPackets ? copy.socket : (astray ?? copy.socket);
  copy.packets += 1;
  socket.send(packet, target);
}
