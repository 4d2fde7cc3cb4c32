// A conference: its legs, who hears whom, and what of it is recorded. A recording of a leg has two sides: what that leg says,
// and what the others say to it, whether it listens or holds (facts of media stream replication; with three legs the mix).

import type { IncomingRequest, ReplyTo } from '#ops/lab/endpoint';
import { parseRtp } from '#src/media';
import type { Timer } from '#src/ports';
import type { PayloadFormat } from '#src/sip';
import { type BridgeKind, bridgeKind, welcomeCodecs } from './bridge.core.ts';
import type { Leg } from './leg.io.ts';
import { Mixer } from './mixer.ts';
import { type MsmlRequest, parseMsml } from './msml.core.ts';
import { Player } from './player.ts';
import { RecorderSession, type RecorderSurroundings } from './recorder-session.io.ts';
import { planRecording, type RecordingPlan, type RecordingSettings } from './recording-plan.core.ts';

const tickMs = 20;
/** Who was kept from running for longer goes on where it is, instead of flooding the legs. */
const catchUpMsMax = 200;

/** Recordings of one conference at a time; a call needs one, or one for each party. */
const recordingsMax = 16;

/** A recording of one leg. */
export interface Recording {
  readonly plan: RecordingPlan;
  readonly leg: Leg;
  /** Its name as a dialog of the leg. */
  readonly name: string;
  /** One for each place it goes to, the latest attempt each. */
  sessions: readonly RecorderSession[];
}

export interface ConferenceSurroundings extends RecorderSurroundings {
  /** A recording has come to its end. */
  readonly over: (recording: Recording) => void;
}

export class Conference {
  readonly id: string;
  readonly legs = new Set<Leg>();
  readonly recordings = new Map<string, Recording>();
  bridge: BridgeKind = 'alone';
  readonly #settings: RecordingSettings;
  readonly #around: ConferenceSurroundings;
  readonly #mixer: Mixer<Leg>;
  /** What is played to a leg, each by its name as a dialog of it. */
  readonly #players = new Map<Leg, Map<string, Player>>();
  #timer: Timer | undefined;

  constructor(id: string, settings: RecordingSettings, around: ConferenceSurroundings) {
    this.id = id;
    this.#settings = settings;
    this.#around = around;
    this.#mixer = new Mixer(around.random);
  }

  /** What a leg may speak here. */
  welcome(leg: Leg): { readonly codecs: readonly string[]; readonly settled: readonly PayloadFormat[] } {
    const settled = [...this.legs].flatMap((one) => (one === leg ? [] : (one.agreed?.format ?? [])));
    return { codecs: welcomeCodecs(settled.map(({ codec }) => codec)), settled };
  }

  heard(leg: Leg, packet: Buffer): void {
    this.#copy(leg, 0, packet);
    if (this.bridge === 'mix') {
      const read = parseRtp(packet);
      if (typeof read !== 'string') this.#mixer.hear(leg, read.payloadType, read.payload);
      return;
    }
    for (const other of this.legs) if (other !== leg) this.#tell(other, packet);
  }

  /** The legs, or what they speak, have changed. */
  settle(): void {
    const agreed = new Map([...this.legs].flatMap((leg) => (leg.agreed ? [[leg, leg.agreed.format] as const] : [])));
    this.bridge = bridgeKind([...agreed.values()]);
    this.#mixer.seat(this.bridge === 'mix' ? agreed : new Map());
    this.#keepTime();
    for (const { leg, sessions } of this.recordings.values()) {
      for (const session of sessions) session.speak(this.#formatsOf(leg));
    }
  }

  /** A leg has hung up: what was recorded of it ends with it. */
  leave(leg: Leg): void {
    this.legs.delete(leg);
    this.#players.delete(leg);
    for (const recording of [...this.recordings.values()]) if (recording.leg === leg) this.#stop(recording);
    this.settle();
  }

  /** Answers an INFO. */
  asked(leg: Leg, request: IncomingRequest, reply: ReplyTo): void {
    const outcome = this.#perform(leg, parseMsml(request.get('Content-Type'), request.body ?? ''));
    if (!outcome) {
      reply.send(200);
      return;
    }
    this.#around.log(`media-server: ${leg.facts.dn} in ${this.id}: ${outcome.status} ${outcome.reason}`);
    const warning = `399 media-server "${outcome.reason.replace(/["\\]/g, "'").slice(0, 300)}"`;
    reply.send(outcome.status, { headers: { Warning: warning } });
  }

  /** Ends every recording, in order. */
  async close(): Promise<void> {
    this.#players.clear();
    this.#stopTicking();
    const sessions = [...this.recordings.values()].flatMap((recording) => recording.sessions);
    this.recordings.clear();
    await Promise.all(sessions.map((session) => session.stop()));
  }

  #perform(leg: Leg, request: MsmlRequest): { readonly status: number; readonly reason: string } | undefined {
    switch (request.type) {
      case 'refused':
        return request;
      case 'start':
        return this.#start(request);
      case 'pause':
      case 'resume': {
        const recording = request.id === undefined ? this.#named(leg, request.dialog) : this.recordings.get(request.id);
        if (!recording) return { status: 404, reason: `no recording ${request.id ?? request.dialog} here` };
        for (const session of recording.sessions) session.direct(request.type === 'pause' ? 'inactive' : 'sendonly');
        return undefined;
      }
      case 'play':
        return this.#play(request);
      case 'stop': {
        if (this.#players.get(leg)?.delete(request.dialog)) {
          this.#keepTime();
          return undefined;
        }
        const recording = this.#named(leg, request.dialog);
        if (!recording) return { status: 404, reason: `no dialog ${request.dialog} of ${leg.facts.dn}` };
        this.#stop(recording);
        return undefined;
      }
    }
  }

  #start(request: MsmlRequest & { type: 'start' }): { status: number; reason: string } | undefined {
    const leg = this.#legOf(request.target);
    if (!leg) return { status: 404, reason: `no leg conn:${request.target} in ${this.id}` };
    const otherDn = [...this.legs].find((one) => one !== leg)?.facts.dn;
    const facts = { leg: leg.facts, otherDn, ownId: this.#around.random.uuid() };
    const plan = planRecording(request.parameters, this.#settings, facts);
    if ('no' in plan) {
      if (plan.no === 'refused') return { status: 400, reason: plan.reason };
      this.#around.log(`media-server: ${leg.facts.dn} in ${this.id} is not recorded: ${plan.reason}`);
      if (plan.no === 'failed') leg.tellExit(request.dialog, plan.reason);
      return undefined;
    }
    const known = this.recordings.get(plan.id);
    if (known) {
      void this.#revive(known);
      return undefined;
    }
    if (this.recordings.size >= recordingsMax) {
      return { status: 486, reason: `${recordingsMax} recordings of ${this.id} are as many as there may be` };
    }
    const recording: Recording = { plan, leg, name: request.dialog, sessions: [] };
    recording.sessions = plan.recorders.map((place) => this.#sessionOf(recording, place));
    this.recordings.set(plan.id, recording);
    return undefined;
  }

  #play({ dialog, target, uri }: MsmlRequest & { type: 'play' }): { status: number; reason: string } | undefined {
    const leg = this.#legOf(target);
    if (!leg?.agreed) return { status: 404, reason: `no leg conn:${target} in ${this.id} to play to` };
    const player = Player.of(uri, leg.agreed.format, this.#around.random);
    if ('refused' in player) return { status: 488, reason: player.refused };
    this.#players.set(leg, (this.#players.get(leg) ?? new Map()).set(dialog, player));
    this.#keepTime();
    return undefined;
  }

  /** The latest of that DN: a party that is being transferred may have two for a moment. */
  #legOf(dn: string): Leg | undefined {
    return [...this.legs].findLast(({ facts }) => facts.dn === dn);
  }

  /** Asked for again: what its recorder has lost is begun anew, the rest goes on. */
  async #revive(recording: Recording): Promise<void> {
    await Promise.all(recording.sessions.map((session) => session.probe()));
    if (this.recordings.get(recording.plan.id) !== recording) return;
    recording.sessions = recording.sessions.map((session) =>
      session.phase === 'gone' ? this.#sessionOf(recording, session.place) : session,
    );
  }

  #sessionOf(recording: Recording, place: RecorderSession['place']): RecorderSession {
    const { plan, leg } = recording;
    return new RecorderSession(plan, place, this.#formatsOf(leg), this.#around, () => this.#lost(recording));
  }

  /** When none of its sessions is left, whoever asked for it is told. */
  #lost({ plan, leg, name, sessions }: Recording): void {
    if (!this.recordings.has(plan.id) || sessions.some(({ phase }) => phase !== 'gone')) return;
    leg.tellExit(name, 'no recorder has it any more');
  }

  /** What a leg speaks, and what is said to it. */
  #formatsOf(leg: Leg): readonly [PayloadFormat, PayloadFormat] {
    const own = leg.agreed?.format ?? pcmu;
    const other = [...this.legs].find((one) => one !== leg && one.agreed);
    return [own, this.bridge === 'relay' ? (other?.agreed?.format ?? own) : own];
  }

  #named(leg: Leg, name: string): Recording | undefined {
    return [...this.recordings.values()].findLast((one) => one.leg === leg && one.name === name);
  }

  #stop(recording: Recording): void {
    this.recordings.delete(recording.plan.id);
    for (const session of recording.sessions) void session.stop();
    this.#around.over(recording);
  }

  /** To a leg, and into its recordings. */
  #tell(leg: Leg, packet: Uint8Array): void {
    leg.send(packet);
    this.#copy(leg, 1, packet);
  }

  #copy(leg: Leg, side: 0 | 1, packet: Uint8Array): void {
    for (const recording of this.recordings.values()) {
      if (recording.leg === leg) for (const session of recording.sessions) session.copy(side, packet);
    }
  }

  /** Ticks as long as there is something to mix or to play. */
  #keepTime(): void {
    const isNeeded = this.bridge === 'mix' || [...this.#players.values()].some(({ size }) => size > 0);
    if (isNeeded) this.#timer ??= this.#tickAt(this.#around.clock.monotonicMs() + tickMs);
    else this.#stopTicking();
  }

  #tickAt(dueMs: number): Timer {
    const { clock } = this.#around;
    return clock.after(dueMs - clock.monotonicMs(), () => {
      for (const [leg, packet] of this.#mixer.tick()) this.#tell(leg, packet);
      for (const [leg, players] of this.#players) for (const player of players.values()) this.#tell(leg, player.tick());
      this.#timer = this.#tickAt(Math.max(dueMs + tickMs, clock.monotonicMs() - catchUpMsMax));
    });
  }

  #stopTicking(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** What is announced of a leg that has not said yet what it speaks. */
const pcmu: PayloadFormat = { payloadType: 0, codec: 'PCMU', clockRateHz: 8000, channels: 1 };
