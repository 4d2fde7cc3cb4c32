// The sessions of a recorder on virtual time, with ports in memory, and the words of the dialogs that come to them.

import { type Address, type ReplyTo, type SimulatedSystem, simulateActorSystem } from '#actors/kit';
import type { Invite } from '#actors/session';
import { type SessionsMessage, type SessionsReport, sessions } from '#actors/sessions';
import { tree } from '#actors/tree';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { CaptureInMemory, FactsInMemory, FinisherInMemory, SignallingInMemory } from './ports-in-memory.ts';

const settings = {
  tenant: 'acme',
  node: 'n1',
  codecs: ['PCMU', 'PCMA'],
  lingerMs: 500,
  silenceMsMax: 120_000,
  retryAfterSeconds: 7,
};

/** How a dialog introduces itself; what is left out, it does not say. */
export interface Words {
  readonly callId: string;
  readonly id?: string;
  readonly callUuid?: string;
  readonly dn?: string;
  readonly otherDn?: string;
  readonly recordDn?: string;
  /** m-lines of the offer. */
  readonly lines?: 1 | 2;
  readonly payloads?: string;
}

export function dialogOf(callId: string): string {
  return `${callId};from-tag=t`;
}

export function inviteOf({ callId, id, callUuid, dn, otherDn, recordDn, lines = 1, payloads = '0' }: Words): Invite {
  const parameters = Object.entries({ calluuid: callUuid, dn, otherDN: otherDn, recordDN: recordDn })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `;${name}=${value}`);
  const msr = parseMsrInvite(`sip:${id === undefined ? 'msml' : `record=${id}`}@h${parameters.join('')}`, []);
  const media = Array.from({ length: lines }, (_, line) => `m=audio ${6_000 + 2 * line} RTP/AVP ${payloads}\r\n`);
  const offer = parseOffer(`v=0\r\nc=IN IP4 127.0.0.1\r\n${media.join('')}`);
  return { dialog: dialogOf(callId), callId, fromTag: 't', msr, offer, source: 'udp/127.0.0.1:5070' };
}

export class Stage {
  readonly facts = new FactsInMemory();
  readonly capture = new CaptureInMemory();
  readonly signalling = new SignallingInMemory();
  readonly finisher = new FinisherInMemory();
  /** Recordings that are paused before they come, and by whom. */
  readonly paused = new Map<string, string>();
  readonly system: SimulatedSystem;
  readonly #root: Address<SessionsMessage>;

  constructor({ streamsMax = 1_350, seed = 1 }: { streamsMax?: number; seed?: number } = {}) {
    this.system = simulateActorSystem({ seed, tree });
    const { facts, capture, signalling, finisher } = this;
    const pausedBy = (recordingId: string) => {
      const by = this.paused.get(recordingId);
      return by === undefined ? undefined : { by };
    };
    const ports = { facts, capture, signalling, finisher, pausedBy };
    this.#root = this.system.spawn(sessions, 'sessions', { settings: { ...settings, streamsMax }, ports });
  }

  send(message: SessionsMessage): void {
    const { waiting } = this.signalling;
    if (message.type === 'invited') waiting.add(message.invite.dialog);
    if (message.type === 're-invited') waiting.add(message.request);
    if (message.type === 'cancelled') waiting.delete(message.dialog);
    this.system.send(this.#root, message);
  }

  /** Says something to the sessions and lets everything happen that needs no time. */
  async tell(message: SessionsMessage): Promise<void> {
    this.send(message);
    await this.system.advance(0);
  }

  invite(words: Words): Promise<void> {
    return this.tell({ type: 'invited', invite: inviteOf(words) });
  }

  bye(callId: string): Promise<void> {
    return this.tell({ type: 'bye', dialog: dialogOf(callId), reason: 'bye' });
  }

  report(): Promise<SessionsReport> {
    return this.#ask((reply) => ({ type: 'report', reply }));
  }

  command(command: 'pause' | 'resume' | 'stop', recording: string): Promise<readonly string[]> {
    return this.#ask((reply) => ({ type: 'command', command, recording, by: 'supervisor', reply }));
  }

  /** Lets every session that has no dialogs any more come to its end. */
  async settle(): Promise<void> {
    await this.system.advance(2_000, 100);
  }

  /** The message is the crash of the session that hears it: what it decides cannot be written down. Waits out the back-off. */
  async crashSession(message: SessionsMessage): Promise<void> {
    this.facts.fuse.load();
    await this.tell(message);
    this.facts.fuse.unload();
    await this.system.advance(100, 10);
  }

  /** The parent of all sessions crashes while it refuses a dialog, all sessions with it. Waits out the back-off. */
  async crashSessions(): Promise<void> {
    this.signalling.fuse.load();
    await this.invite({ callId: 'unwelcome', payloads: '18' });
    this.signalling.waiting.delete(dialogOf('unwelcome'));
    await this.system.advance(200, 10);
  }

  /** Parties of each finished take. */
  get finishedParties(): string[][] {
    return this.finisher.finished.map((take) => take.streams.map((stream) => stream.party));
  }

  refusedWith(status: number): string[] {
    return this.signalling.refused.filter((one) => one.status === status).map((one) => one.name);
  }

  async #ask<Answer>(build: (reply: ReplyTo<Answer>) => SessionsMessage): Promise<Answer> {
    const answer = this.system.ask(this.#root, build, 1_000);
    await this.system.advance(0);
    return answer;
  }
}

/** The two dialogs of one call, as a media server sends them. */
export function call(name: string): [Words, Words] {
  const common = { id: name, callUuid: `U-${name}`, recordDn: '3556' };
  return [
    { callId: `${name}-1`, ...common, dn: '3556' },
    { callId: `${name}-2`, ...common, dn: '0412' },
  ];
}

export async function recording(stage: Stage, name: string): Promise<void> {
  for (const words of call(name)) await stage.invite(words);
}
