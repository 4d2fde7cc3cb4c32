// Plays a scenario on a cluster: does its steps with phones and desktop, waits until all is said about its calls, and judges.

import type { LabTenant } from '#ops/lab';
import { ringTone } from '#ops/lab/media-server';
import type { Phone, PhoneCall } from '#ops/lab/phones';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import { Desktop } from './desktop.io.ts';
import { Guests } from './guests.io.ts';
import { type Check, type HeardVoices, judge } from './judgement.ts';
import { until } from './lab-cluster.io.ts';
import { isOwn } from './own-couples.ts';
import type { PlayedCluster, Sound } from './played-cluster.ts';
import { copiesOf, type ringToneVoice, type Scenario, type Step, voicesOf } from './scenario.ts';
import { placeOf, spoken } from './site.ts';
import { voicesIn } from './voices.ts';

const stepMsMax = 30_000;
const settledMsMax = 60_000;
/** It is played at -10 dB. */
const heardDbMin = -14;

/** Gives every check, and the couples that were made. Rejects with `scenario-impossible` when a step cannot be done. */
export async function play(
  scenario: Scenario,
  cluster: PlayedCluster,
  desktop: Desktop,
  signal: AbortSignal,
): Promise<{ readonly checks: readonly Check[]; readonly couples: readonly Couple[] }> {
  const known = new Set((await cluster.couples()).map(({ sid }) => sid));
  const stage = new Stage(scenario, cluster, cluster.lab, desktop, isOwn(known), signal);
  desktop.notified.clear();
  try {
    for (const step of scenario.steps) await stage.perform(step);
  } finally {
    await stage.clear();
  }
  const couples = await stage.settled();
  const heard = new Map<string, HeardVoices[]>();
  for (const { sid, recordingId, dn } of couples) {
    const { besides } = scenario.couples.find((one) => one.dn === dn && one.besides !== undefined) ?? {};
    heard.set(sid, [...(await stage.heard(recordingId)), ...(besides === undefined ? [] : await stage.heard(besides))]);
  }
  const sent = new Map(couples.map(({ sid, recordingId }) => [sid, cluster.sent(recordingId)]));
  const asked = new Map(couples.map((couple) => [couple.sid, stage.askedFor(couple)]));
  return { couples, checks: judge(scenario, couples, { heard, notified: desktop.notified, sent, asked }) };
}

/** Where the steps of one scenario are done: at the home tenant, where nothing else is said. */
export class Stage {
  readonly #scenario: Scenario;
  readonly #cluster: PlayedCluster;
  readonly #home: LabTenant;
  readonly #desktop: Desktop;
  readonly #isOwn: (couple: Couple) => boolean;
  readonly #signal: AbortSignal;
  readonly #voices: ReadonlyMap<string, number>;
  readonly #guests = new Guests();
  /** The call each phone is in. */
  readonly #calls = new Map<string, PhoneCall>();
  /** The one that a phone makes while its other one is held. */
  readonly #besides = new Map<string, PhoneCall>();

  constructor(
    scenario: Scenario,
    cluster: PlayedCluster,
    home: LabTenant,
    desktop: Desktop,
    isOwn: (couple: Couple) => boolean,
    signal: AbortSignal,
  ) {
    this.#scenario = scenario;
    this.#cluster = cluster;
    this.#home = home;
    this.#desktop = desktop;
    this.#isOwn = isOwn;
    this.#signal = signal;
    this.#voices = voicesOf(scenario);
  }

  async perform(step: Step): Promise<void> {
    const desktop = this.#desktop;
    switch (step.do) {
      case 'call':
        return this.#call(step.from, step.to, step.reaches);
      case 'make-call':
        return this.#makeCall(step.from, step.to);
      case 'hears':
        return this.#hears(step.who, step.sound);
      case 'answer':
        await this.#callOf(step.who).answer();
        return this.#inTime(this.#callOf(step.who).answered, `${step.who} to be connected`);
      case 'decline':
        return this.#callOf(step.who).decline();
      case 'rings':
        return this.#takes(step.at, await this.#inTime(this.#phone(step.at).ringing(), `${step.at} to ring`));
      case 'hold':
        return this.#callOf(step.who).hold();
      case 'retrieve':
        return this.#callOf(step.who).retrieve();
      case 'hang-up':
        await this.#callOf(step.who).hangUp();
        this.#calls.delete(step.who);
        return;
      case 'speak':
        return this.#speak(this.#callOf(step.who), step.voice);
      case 'press':
        return this.#callOf(step.who).press(step.digits);
      case 'transfer': {
        const { address, port } = this.#home.sipServer.sip;
        const call = this.#callOf(step.by);
        await this.#reaches(step.to, () => call.transfer(`sip:${step.to}@${address}:${port}`));
        this.#calls.delete(step.by);
        return;
      }
      case 'call-besides':
        return this.#callBesides(step.by, step.to);
      case 'transfer-together': {
        const [call, besides] = [this.#callOf(step.by), this.#besides.get(step.by)!];
        const status = await this.#inTime(call.transfer(besides), `${step.by} to give its call away`);
        if (status !== 200) throw new TwinreelError('scenario-impossible', `${step.by}: REFER ended with ${status}`);
        await this.#inTime(Promise.all([call.ended, besides.ended]), `${step.by} to be let go`);
        this.#calls.delete(step.by);
        return;
      }
      case 'consult':
        return this.#reaches(step.to, () => desktop.consult(step.by, step.to));
      case 'confer':
        return this.#reaches(step.to, () => desktop.confer(step.by, step.to));
      case 'complete-conference':
        return desktop.completeConference(step.by);
      case 'route':
        return desktop.route(step.at, step.to, step.record);
      case 'complete-transfer':
        await desktop.completeTransfer(step.by);
        this.#calls.delete(step.by);
        return;
      case 'reconnect':
        return desktop.reconnect(step.by);
      case 'ask-recording':
        return desktop.askRecording(step.of, step.id);
      case 'siprec':
        return this.#guests.record(
          this.#cluster.recorder,
          Object.entries(step.parties).map(([number, name]) => ({ number, name, audio: this.#toneOf(number) })),
        );
      case 'siprec-over':
        return this.#guests.recordedNoMore();
      case 'baresip': {
        const server = this.#telephonyOf(step.at).sipServer.sip;
        const { frequencyHz } = this.#toneOf(step.at);
        return this.#guests.seat({ number: placeOf(step.at).number, server, frequencyHz });
      }
      case 'call-baresip': {
        const call = this.#dial(step.from, step.to);
        return this.#inTime(call.answered, `${step.to} to answer`);
      }
      case 'baresip-calls': {
        const ringing = this.#phone(step.to).ringing();
        await this.#guests.call(placeOf(step.to).number);
        return this.#takes(step.to, await this.#inTime(ringing, `${step.to} to ring`));
      }
      case 'attach':
        return desktop.attach(step.by, step.data);
      case 'login':
        return desktop.login(step.at, step.agentId, step.queue);
      case 'logout':
        return desktop.logout(step.at);
      case 'ready':
        return desktop.ready(step.at);
      case 'after-call-work':
        return desktop.afterCallWork(step.at);
      case 'recorded':
        await this.#couple(step.dn, 'to be recorded', (couple) => isRecorded(couple, copiesOf(this.#scenario)));
        return;
      case 'discarded':
        await this.#coupleAtLast(step.dn, 'to be discarded', ({ standing }) => standing === 'discarded');
        return;
      case 'keep': {
        const { sid } = await this.#coupleAtLast(step.dn, 'to be there', () => true);
        await this.#cluster.command('keep', sid);
        await this.#coupleAtLast(step.dn, 'to be kept', ({ standing }) => standing === 'recording');
        return;
      }
      case 'pause':
      case 'resume':
        return this.#command(step.do, step.dn);
      case 'pass':
        return new Promise<void>((resolve) => systemClock.after(step.ms, resolve));
      case 'kill':
        return this.#cluster.kill(step.process, step.node);
      case 'cut-link':
        return this.#cluster.cutLink();
      case 'link-back':
        this.#cluster.letIn();
        await this.#until('the core to be back at the SIP Server', () => this.#cluster.isWatched || undefined);
        return;
    }
  }

  /** Everybody who is still on the phone hangs up. */
  async clear(): Promise<void> {
    for (const call of [...this.#calls.values(), ...this.#besides.values()]) await call.hangUp().catch(() => {});
    await this.#guests.leave();
  }

  /** The couples of the scenario, as they are when nothing more is to be said of them, or after a while. */
  async settled(): Promise<readonly Couple[]> {
    const count = this.#scenario.couples.length;
    const isSettled = ({ phase, takes, standing, afterCallWork: work }: Couple) =>
      phase === 'ended' &&
      takes.length >= copiesOf(this.#scenario) &&
      takes.every((take) => take.phase === 'finished' && (standing !== 'discarded' || take.destroyed)) &&
      standing !== 'pre-recording' &&
      (work === undefined || work.toMs !== undefined);
    const all = async () => {
      const couples = await this.#own();
      return couples.length >= count && couples.every(isSettled) ? couples : undefined;
    };
    return until('the couples', all, settledMsMax, this.#signal).catch(() => this.#own());
  }

  async heard(recordingId: string): Promise<HeardVoices[]> {
    const sounds = await this.#cluster.sounds(recordingId);
    return sounds.map((sound) => this.heardIn(sound));
  }

  /** What went with the last request about its DN: `id, record=source`. */
  askedFor({ dn, tenant }: Couple): string {
    const { sipServer } = this.#cluster.lab.tenants.find(({ path }) => path === tenant) ?? this.#home;
    const pairs = [...(sipServer.privateServices.get(dn) ?? [])].map(([key, value]) =>
      key.toLowerCase() === 'id' ? 'id' : `${key.toLowerCase()}=${value}`,
    );
    return pairs.sort().join(', ');
  }

  heardIn({ left, right, sampleRateHz }: Sound): HeardVoices {
    return {
      left: voicesIn(left, sampleRateHz, this.#voices),
      right: voicesIn(right, sampleRateHz, this.#voices),
    };
  }

  async #call(from: string, to: string, reached = to): Promise<void> {
    const ringing = this.#phone(reached).ringing();
    this.#dial(from, to);
    this.#takes(reached, await this.#inTime(ringing, `${reached} to ring`));
  }

  #dial(from: string, to: string): PhoneCall {
    const { address, port } = this.#telephonyOf(from).sipServer.sip;
    const call = this.#phone(from).call(placeOf(to).number, `${address}:${port}`);
    this.#takes(from, call);
    return call;
  }

  async #makeCall(from: string, to: string): Promise<void> {
    const { sipServer } = this.#telephonyOf(from);
    const { number } = placeOf(from);
    const [taken, ringing] = [this.#phone(from).ringing(), this.#phone(to).ringing()];
    const desktop = await Desktop.open(sipServer, [number]);
    try {
      await desktop.makeCall(number, placeOf(to).number);
    } finally {
      desktop.close();
    }
    this.#takes(from, await this.#inTime(taken, `${from} to be called`));
    this.#takes(to, await this.#inTime(ringing, `${to} to ring`));
  }

  async #hears(who: string, sound: typeof ringToneVoice | 'nothing'): Promise<void> {
    const { heard } = this.#callOf(who);
    if (sound === 'nothing') {
      await this.perform(spoken);
      if (heard.packets.length === 0) return;
      throw new TwinreelError('scenario-impossible', `${who} hears ${heard.frequencyHz()} Hz`);
    }
    const { frequencyHz } = ringTone;
    const isHeard = () => heard.toneLevelDb(frequencyHz) > heardDbMin && heard.frequencyHz() === frequencyHz;
    await this.#until(`${who} to hear the ${sound}`, () => isHeard() || undefined);
  }

  async #callBesides(by: string, to: string): Promise<void> {
    const { address, port } = this.#home.sipServer.sip;
    await this.#callOf(by).hold();
    await this.#reaches(to, () => {
      const call = this.#phone(by).call(to, `${address}:${port}`);
      this.#speak(call, by);
      this.#besides.set(by, call);
      return call.answered;
    });
  }

  /** Somebody is called by what `ask` asks for, and answers. */
  async #reaches(who: string, ask: () => Promise<unknown>): Promise<void> {
    const ringing = this.#phone(who).ringing();
    const asked = ask();
    const call = await this.#inTime(Promise.race([ringing, asked.then(() => ringing)]), `${who} to ring`);
    this.#takes(who, call);
    await call.answer();
    await asked;
  }

  #phone(who: string): Phone {
    return this.#telephonyOf(who).phones.phone(placeOf(who).number);
  }

  #telephonyOf(who: string): LabTenant {
    const { nth } = placeOf(who);
    return nth === 0 ? this.#home : this.#cluster.lab.tenants[nth]!;
  }

  #takes(who: string, call: PhoneCall): void {
    this.#speak(call, who);
    this.#calls.set(who, call);
  }

  #speak(call: PhoneCall, voice: string): void {
    call.play(this.#toneOf(voice));
  }

  #toneOf(voice: string) {
    return { kind: 'tone', frequencyHz: this.#voices.get(voice)! } as const;
  }

  async #command(command: 'pause' | 'resume', dn: string): Promise<void> {
    const { sid } = await this.#couple(dn, 'to be there', () => true);
    await this.#cluster.command(command, sid);
    const isDone = ({ takes }: Couple) => {
      const running = takes.filter((take) => take.phase === 'running');
      const last = running.map(({ pauses }) => pauses.at(-1));
      return last.length > 0 && last.every((pause) => pause && (pause.toMs === undefined) === (command === 'pause'));
    };
    await this.#couple(dn, `to obey '${command}'`, isDone);
  }

  /** The latest couple of a DN. */
  #couple(dn: string, what: string, holds: (couple: Couple) => boolean): Promise<Couple> {
    return this.#until(`the couple of ${dn} ${what}`, async () =>
      (await this.#own()).find((couple) => this.#isAt(couple, dn) && couple.phase !== 'ended' && holds(couple)),
    );
  }

  /** The same, also of a call that is over. */
  #coupleAtLast(dn: string, what: string, holds: (couple: Couple) => boolean): Promise<Couple> {
    return this.#until(`the couple of ${dn} ${what}`, async () =>
      (await this.#own()).find((couple) => this.#isAt(couple, dn) && holds(couple)),
    );
  }

  async #own(): Promise<Couple[]> {
    return (await this.#cluster.couples()).filter(this.#isOwn);
  }

  #isAt({ dn, tenant }: Couple, who: string): boolean {
    return dn === placeOf(who).number && tenant === this.#telephonyOf(who).path;
  }

  #callOf(who: string): PhoneCall {
    const call = this.#calls.get(who);
    if (!call) throw new TwinreelError('scenario-impossible', `${who} is in no call`);
    return call;
  }

  #until<Found>(what: string, look: () => Promise<Found | undefined> | Found | undefined): Promise<Found> {
    return until(what, look, stepMsMax, this.#signal);
  }

  async #inTime<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let found: { readonly value: Value } | undefined;
    let failure: { readonly error: unknown } | undefined;
    promise.then(
      (value) => {
        found = { value };
      },
      (error: unknown) => {
        failure = { error };
      },
    );
    const { value } = await this.#until(what, () => {
      if (failure) throw failure.error;
      return found;
    });
    return value;
  }
}

function isRecorded({ takes }: Couple, copies: number): boolean {
  return takes.filter((take) => take.phase === 'running' && take.streams.length > 1).length >= copies;
}
