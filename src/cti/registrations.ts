// Which DNs are registered, which are to be, and what is asked next: at most `windowMax` DNs at a time, so that a hundred
// thousand of them do not bury a server. A DN is registered, then asked for its state, then for each of its calls. Pure: it is
// told what was answered, and says what to send.

import type { Outcome } from '#src/wire';
import { type DnState, type NamedParty, type PartyOfDn, readAddressInfo } from './dn-state.ts';
import type { AttributesOf, SomeMessage, TLibEvent } from './message.schema.ts';
import { errorOf, requestOf } from './message.ts';
import { addressInfoTypes, addressTypes, controlModes, registerModes } from './numbers.protocol.ts';

/** What follows. */
export type RegistrationStep =
  /** Send this, with a ReferenceID, and hand its outcome to `answered`. */
  | { readonly step: 'ask'; readonly dn: string; readonly request: SomeMessage }
  /** The DN is registered; this is what it is doing. */
  | { readonly step: 'stands'; readonly dn: string; readonly state: DnState }
  /** The server would not, or did not answer; tried again `retryMs` later. */
  | { readonly step: 'refused'; readonly dn: string; readonly why: string }
  | { readonly step: 'left'; readonly dn: string };

export interface RegistrationProgress {
  readonly wanted: number;
  readonly registered: number;
  readonly refused: number;
  /** Asked for, not yet through. */
  readonly outstanding: number;
}

type Journey =
  | { readonly phase: 'registering' | 'querying-address' | 'leaving' }
  | { readonly phase: 'querying-calls'; readonly agent: DnState & { phase: 'known' }; readonly left: NamedParty[] };

type Standing = 'queued' | 'asked' | 'registered' | 'refused';

export class Registrations {
  readonly #windowMax: number;
  readonly #retryMs: number;
  readonly #wanted = new Map<string, Standing>();
  readonly #queue: string[] = [];
  #queueAt = 0;
  readonly #leaving = new Set<string>();
  readonly #journeys = new Map<string, Journey>();
  /** By DN, in the order of the time from which on it is tried again. */
  readonly #refused = new Map<string, number>();
  #registered = 0;
  #isOpen = false;

  constructor({ windowMax, retryMs }: { readonly windowMax: number; readonly retryMs: number }) {
    this.#windowMax = windowMax;
    this.#retryMs = retryMs;
  }

  get progress(): RegistrationProgress {
    const { size: wanted } = this.#wanted;
    const outstanding = this.#journeys.size;
    return { wanted, registered: this.#registered, refused: this.#refused.size, outstanding };
  }

  /** Whether every wanted DN is registered or was refused, and every other one is left. */
  get isSettled(): boolean {
    const { wanted, registered, refused, outstanding } = this.progress;
    return outstanding === 0 && this.#leaving.size === 0 && registered + refused === wanted;
  }

  /** Wants these DNs; those it wants already stay as they are. */
  want(dns: Iterable<string>): void {
    for (const dn of dns) {
      this.#leaving.delete(dn);
      if (this.#wanted.has(dn)) continue;
      this.#enqueue(dn);
    }
  }

  /** Asks anew what a registered DN is doing. Nothing for one that is not registered or asked about already, or a full window. */
  query(dn: string): RegistrationStep | undefined {
    if (!this.#isOpen || this.#journeys.size >= this.#windowMax) return undefined;
    if (this.#wanted.get(dn) !== 'registered' || this.#journeys.has(dn)) return undefined;
    return this.#askAddress(dn);
  }

  /** Wants these DNs no more. */
  drop(dns: Iterable<string>): void {
    for (const dn of dns) {
      const standing = this.#wanted.get(dn);
      if (standing === undefined) continue;
      this.#wanted.delete(dn);
      this.#refused.delete(dn);
      if (standing === 'registered') this.#registered -= 1;
      if (standing === 'registered' || this.#journeys.has(dn)) this.#leaving.add(dn);
    }
  }

  /** The server is there and knows none of our DNs: all are to be registered. */
  start(): void {
    this.stop();
    this.#isOpen = true;
    for (const dn of this.#wanted.keys()) this.#enqueue(dn);
  }

  /** The server is away: nothing is registered, nothing that was asked will be answered. */
  stop(): void {
    this.#isOpen = false;
    this.#journeys.clear();
    this.#leaving.clear();
    this.#refused.clear();
    this.#registered = 0;
    this.#queue.length = 0;
    this.#queueAt = 0;
    for (const dn of this.#wanted.keys()) this.#wanted.set(dn, 'queued');
  }

  /** The server has dropped a DN of its own accord. */
  lost(dn: string, nowMs: number): void {
    const standing = this.#wanted.get(dn);
    const phase = this.#journeys.get(dn)?.phase;
    const isAsked = phase === 'querying-address' || phase === 'querying-calls';
    if (standing === undefined || (standing !== 'registered' && !isAsked)) return;
    // What is still answered was asked of a DN that was registered.
    if (isAsked) this.#journeys.delete(dn);
    this.#refuse(dn, nowMs);
  }

  /** What to ask now, or undefined: the window is full, or there is nothing to ask. */
  next(nowMs: number): RegistrationStep | undefined {
    if (!this.#isOpen || this.#journeys.size >= this.#windowMax) return undefined;
    for (const dn of this.#leaving) {
      if (this.#journeys.has(dn)) continue;
      this.#leaving.delete(dn);
      return this.#ask(dn, { phase: 'leaving' }, requestOf('RequestUnregisterAddress', { ThisDN: dn, ...control }));
    }
    for (const [dn, dueMs] of this.#refused) {
      if (dueMs > nowMs) break;
      this.#refused.delete(dn);
      this.#enqueue(dn);
    }
    for (;;) {
      const dn = this.#queue[this.#queueAt];
      if (dn === undefined) return undefined;
      this.#queueAt += 1;
      if (this.#queueAt === this.#queue.length) {
        this.#queue.length = 0;
        this.#queueAt = 0;
      }
      // Not wanted any more, asked already, or still under way to leaving: then it comes back when it has left.
      if (this.#wanted.get(dn) !== 'queued' || this.#journeys.has(dn)) continue;
      this.#wanted.set(dn, 'asked');
      return this.#ask(
        dn,
        { phase: 'registering' },
        requestOf('RequestRegisterAddress', { ThisDN: dn, ...registration }),
      );
    }
  }

  /** When a refused DN is due again, or undefined. */
  get retryAtMs(): number | undefined {
    for (const dueMs of this.#refused.values()) return dueMs;
    return undefined;
  }

  /** What follows from the outcome of a request for `dn`. */
  answered(dn: string, outcome: Outcome<TLibEvent>, nowMs: number): RegistrationStep | undefined {
    const journey = this.#journeys.get(dn);
    if (!journey) return undefined;
    switch (journey.phase) {
      case 'leaving':
        return this.#left(dn);
      case 'registering':
        return this.#registeredOrNot(dn, outcome, nowMs);
      case 'querying-address':
        return this.#addressTold(dn, outcome);
      case 'querying-calls':
        return this.#callTold(dn, journey, outcome);
    }
  }

  #left(dn: string): RegistrationStep {
    this.#journeys.delete(dn);
    if (this.#wanted.has(dn)) this.#enqueue(dn); // wanted again meanwhile
    return { step: 'left', dn };
  }

  #registeredOrNot(dn: string, outcome: Outcome<TLibEvent>, nowMs: number): RegistrationStep {
    const refusal = refusalOf(outcome, 'EventRegistered');
    if (refusal !== undefined) {
      this.#journeys.delete(dn);
      this.#leaving.delete(dn);
      if (this.#wanted.has(dn)) this.#refuse(dn, nowMs);
      return { step: 'refused', dn, why: refusal };
    }
    return this.#askAddress(dn);
  }

  #askAddress(dn: string): RegistrationStep {
    const attributes = { ThisDN: dn, AddressType: addressTypes.dn, AddressInfoType: addressInfoTypes.dnStatus };
    return this.#ask(dn, { phase: 'querying-address' }, requestOf('RequestQueryAddress', attributes));
  }

  #addressTold(dn: string, outcome: Outcome<TLibEvent>): RegistrationStep {
    const refusal = refusalOf(outcome, 'EventAddressInfo');
    if (refusal !== undefined) return this.#stands(dn, { phase: 'unknown', dn, why: refusal });
    const { agent, parties } = readAddressInfo((outcome as Answered).answer.attributes.Extensions);
    return this.#nextCall(dn, { phase: 'known', dn, agent, parties: [] }, [...parties]);
  }

  #callTold(dn: string, journey: Journey & { phase: 'querying-calls' }, outcome: Outcome<TLibEvent>): RegistrationStep {
    const [asked, ...left] = journey.left;
    // A call that the server knows no more has ended while we were asking; of one that the DN has left, it tells of somebody else.
    const isTold = refusalOf(outcome, 'EventPartyInfo') === undefined;
    const call = isTold ? ((outcome as Answered).answer.attributes as AttributesOf<'EventPartyInfo'>) : undefined;
    const isItsOwn = call !== undefined && (call.ThisDN === undefined || call.ThisDN === dn);
    const party: PartyOfDn[] = isItsOwn ? [{ partyState: asked!.partyState, call }] : [];
    return this.#nextCall(dn, { ...journey.agent, parties: [...journey.agent.parties, ...party] }, left);
  }

  #nextCall(dn: string, agent: DnState & { phase: 'known' }, left: NamedParty[]): RegistrationStep {
    const [call] = left;
    if (!call) return this.#stands(dn, agent);
    const request = requestOf('RequestQueryCall', { ThisDN: dn, ConnID: call.connId });
    return this.#ask(dn, { phase: 'querying-calls', agent, left }, request);
  }

  #stands(dn: string, state: DnState): RegistrationStep {
    this.#journeys.delete(dn);
    const standing = this.#wanted.get(dn);
    // One that was registered before was only asked about.
    if (standing === 'asked' || standing === 'queued') {
      this.#wanted.set(dn, 'registered');
      this.#registered += 1;
    }
    return { step: 'stands', dn, state };
  }

  #ask(dn: string, journey: Journey, request: SomeMessage): RegistrationStep {
    this.#journeys.set(dn, journey);
    return { step: 'ask', dn, request };
  }

  #refuse(dn: string, nowMs: number): void {
    if (this.#wanted.get(dn) === 'registered') this.#registered -= 1;
    this.#wanted.set(dn, 'refused');
    this.#refused.set(dn, nowMs + this.#retryMs);
  }

  #enqueue(dn: string): void {
    this.#wanted.set(dn, 'queued');
    if (this.#isOpen) this.#queue.push(dn);
  }
}

type Answered = Extract<Outcome<TLibEvent>, { outcome: 'answered' }>;

const control = { ControlMode: controlModes.default } as const;
const registration = { AddressType: addressTypes.dn, RegisterMode: registerModes.share, ...control } as const;

/** Undefined when the answer is the event that was hoped for. */
function refusalOf(outcome: Outcome<TLibEvent>, hoped: TLibEvent['message']): string | undefined {
  if (outcome.outcome !== 'answered') return outcome.outcome === 'lost' ? 'the link was lost' : 'no answer in time';
  const { answer } = outcome;
  if (answer.message === hoped) return undefined;
  return answer.message === 'EventError' ? errorOf(answer) : `answered with ${answer.message}`;
}
